"""Numbers as Word prints them: decimal, roman, letters, ordinals, words, and digits of other scripts.

`numeral` returns None for what is not known here: then no number is shown, because a wrong one would be worse.
Ordinals and words depend on the language; only English ones are known.
"""

from collections.abc import Callable

from ingest.loading.counting import in_roman

_MAX_REPEATS = 30  # "zzz…": Word repeats a letter, and nobody reads the thirtieth
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_HUNDRED, _THOUSAND, _TWENTY, _TEN = 100, 1000, 20, 10
_CHINESE = "〇一二三四五六七八九"
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"
_CHICAGO = "*†‡§"
_ENGLISH = frozenset(["ordinal", "cardinalText", "ordinalText"])


def numeral(kind: str, number: int, *, english: bool = True) -> str | None:
    """Return a number in one of the formats of `w:numFmt`, None if it is not known how it is printed.

    Args:
        kind: the format's name; "custom:001" is Word's custom format of that many digits.
        number: from 0.
        english: whether the document's language is English.
    """
    if number < 0 or (kind in _ENGLISH and not english):
        return None
    if kind.startswith("custom:"):
        first = kind.removeprefix("custom:").split(",")[0].strip()
        return str(number).zfill(len(first)) if first.strip("0") == "1" else None
    write = _FORMATS.get(kind)
    return write(number) if write is not None else None


def _repeated(alphabet: str) -> Callable[[int], str | None]:
    """Return what counts a, b, … z, aa, bb, …, as Word does."""

    def write(number: int) -> str | None:
        times, place = divmod(number - 1, len(alphabet))
        return alphabet[place] * (times + 1) if 0 <= times < _MAX_REPEATS else None

    return write


def _upper(write: Callable[[int], str | None]) -> Callable[[int], str | None]:
    def written(number: int) -> str | None:
        text = write(number)
        return None if text is None else text.upper()

    return written


def _ordinal(number: int) -> str:
    teens = number % _HUNDRED // _TEN == 1
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % _TEN, 'th')}"


def _cardinal(number: int) -> str | None:
    if number >= _THOUSAND * _TEN:
        return None
    if number < _TWENTY:
        return _ONES[number]
    if number < _HUNDRED:
        rest = number % _TEN
        return _TENS[number // _TEN] + (f"-{_ONES[rest]}" if rest else "")
    size, name = (_THOUSAND, "thousand") if number >= _THOUSAND else (_HUNDRED, "hundred")
    rest_text = f" {_cardinal(number % size)}" if number % size else ""
    return f"{_cardinal(number // size)} {name}{rest_text}"


def _ordinal_text(number: int) -> str | None:
    text = _cardinal(number)
    if text is None:
        return None
    cut = max(text.rfind(" "), text.rfind("-")) + 1
    last = text[cut:]
    if last in _IRREGULAR:
        return text[:cut] + _IRREGULAR[last]
    return text[:cut] + (f"{last.removesuffix('y')}ieth" if last.endswith("y") else f"{last}th")


def _capital(write: Callable[[int], str | None]) -> Callable[[int], str | None]:
    def written(number: int) -> str | None:
        text = write(number)
        return None if text is None else text[:1].upper() + text[1:]

    return written


def _digits(zero: int) -> Callable[[int], str | None]:
    return lambda number: "".join(chr(zero + int(digit)) for digit in str(number))


def _enclosed(first: int, most: int) -> Callable[[int], str | None]:
    return lambda number: chr(first + number - 1) if 1 <= number <= most else None


def _chinese(number: int) -> str | None:
    if not 0 < number < _HUNDRED:
        return None
    tens, ones = divmod(number, _TEN)
    return ("" if tens < 2 else _CHINESE[tens]) + ("十" if tens else "") + (_CHINESE[ones] if ones else "")  # noqa: PLR2004


_LETTERS = _repeated("abcdefghijklmnopqrstuvwxyz")
_FORMATS: dict[str, Callable[[int], str | None]] = {
    "decimal": str,
    "decimalZero": lambda number: f"{number:02d}",
    "decimalFullWidth": str,
    "decimalHalfWidth": str,
    "numberInDash": lambda number: f"- {number} -",
    "hex": lambda number: f"{number:X}",
    "lowerRoman": lambda number: (in_roman(number) or "").lower() or None,
    "upperRoman": in_roman,
    "lowerLetter": _LETTERS,
    "upperLetter": _upper(_LETTERS),
    "russianLower": _repeated(_RUSSIAN),
    "russianUpper": _upper(_repeated(_RUSSIAN)),
    "chicago": _repeated(_CHICAGO),
    "ordinal": _ordinal,
    "cardinalText": _capital(_cardinal),
    "ordinalText": _capital(_ordinal_text),
    "decimalEnclosedCircle": _enclosed(0x2460, 20),
    "decimalEnclosedCircleChinese": _enclosed(0x2460, 20),
    "decimalEnclosedParen": lambda number: f"({number})",
    "decimalEnclosedFullstop": lambda number: f"{number}.",
    "hindiNumbers": _digits(0x0966),
    "thaiNumbers": _digits(0x0E50),
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
    "ideographDigital": lambda number: "".join(_CHINESE[int(digit)] for digit in str(number)),
    "none": lambda _: "",
}  # fmt: skip

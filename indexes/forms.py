"""What is written in several ways, rewritten in a text before it is cut into words: names, identifiers, amounts, dates.

Capitals, hyphens and signs say what something is, so this comes before letters are made small. A term that no word
could be (the name "IT", the time "9:00") is marked in the text; `indexes.words` takes it as it stands. Nothing is
looked up: a name is one by its letters and by what stands beside it, and where that is not sure, words are left as they
are. A question in small letters throughout says of no "it" that it is a name.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from indexes.dates import dated, month_term
from indexes.spellings import MARK, TENS

_ACRONYM_SIGNS = ("IT", "US", "WHO", "U.", "E.U", "E. U")  # looked for first, which is much quicker than a pattern
_ACRONYM = re.compile(r"\b(?:U\. ?S\.(?: ?A\b\.?)?|USA?\b(?! ?\$)|IT\b|WHO\b|U\. ?K\.|E\. ?U\.)(?:'s\b)?")
_NAME_OF_ACRONYM = {"USA": "US", "UK": "UK", "EU": "EU"}
_ACRONYMS_IN_PLURAL = re.compile(r"(?<=[A-Z][A-Z])s\b")
_LOOK_AROUND = 40  # characters either side that show whether a text is all in capitals

_TIME_BEFORE = "in by of until till since before after from during to through between late early mid next last".split()
_MAY = re.compile(rf"(?<!{MARK})\bMay\b")
_SMALL_MAY = re.compile(rf"(?<!{MARK})\bmay(?=\s*(?:[.?!,;:)]|$|(?:19|20)\d\d\b))")
_BEFORE_MAY = re.compile(rf"\b(?:{'|'.join(_TIME_BEFORE)}|this|every|each|april (?:and|or|to))[ -]+$", re.IGNORECASE)
_SURELY_BEFORE_MAY = re.compile(r"\b(?:in|since|until|during|mid|early|late|by)[ -]+$", re.IGNORECASE)
_WITH_MONTH = re.compile(r"^ (?:and|or|to|through|until) (?:June|July|August|September|October|November|December)\b")
_WILL = re.compile(r"\b([a-z]+) Will\b(?= [A-Z]|['?.,]|$)")

# Patterns are tried around figures and hyphens only: over whole texts they would take most of the time of indexing.
_FIGURES = re.compile(r"\d(?:.{0,60}\d)*")
_HYPHENS = re.compile(r"-\b(?:.{0,60}-)*")
_MORE_THAN_FIGURES = re.compile(
    r"\d[^\W\d]|[^\W\d]\d|\d\(|\d[.,:/' -]\d|[€$£¥]|[A-Z][ .]\d|[a-z][A-Z]|\d ?[kKaApP]|\d o'clock"
    r"|\b(?:[Jj]an|[Ff]eb|[Mm]a[ry]|[Aa]pr|[Jj]u[nl]|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)"
)
_MARGIN = 26  # characters around them that belong to what is written there; twice this is less than the gap above
_GROUPS = re.compile(r"(?<![\w.,+:/-])(?<!\d )([1-9]\d{0,2}(?: \d{3})+)(?![\w]|[.,:/-]\d| \d)")
_SIGNS = {"€": "euro", "$": "dollar", "£": "pound", "¥": "yen"}
_SIGN_FIRST = re.compile(r"(?:\bUS ?)?([€$£¥]) ?(\d[\d.,']*(?<=\d))(?: ?(k|K|m|M|bn|B)\b)?")
_SIGN_LAST = re.compile(r"(?<=[\dkKmM]) ?([€$£¥])")
_MONEY = r"(?= ?(?:[€$£]|EUR|USD|GBP|CHF|[Ee]uros?|[Dd]ollars?|[Pp]ounds?)(?![a-z]))"
_GERMAN = re.compile(rf"\b\d{{1,3}}(?:\.\d{{3}})+{_MONEY}")
_THOUSANDS = re.compile(rf"(?<=\d)(?: k\b| ?[kK]{_MONEY})")
_SIZES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion", "B": "billion"}
_POINT = re.compile(r"(?<=\d\.\d)([ai])\b")  # of a list, as "(a)" is; the letters are words elsewhere

_HYPHENED = re.compile(r"(?<![\w@./-])[^\W_]+(?:-[^\W_]+)+(?![\w@])(?: [A-Z]{2,4}\b(?! [A-Z]{2}))?")
_POINTED = re.compile(r"\b([A-Z])\.(\d{2,})\b")
_SPACED = re.compile(
    r"\b(?P<head>[A-Z]{1,5}|[A-Z][a-z]+[A-Z][A-Za-z]*)(?:/(?P<other>[A-Z]{2,5}))? (?P<number>\d[\d.]*(?<=\d))"
    r"(?P<letters>[A-Z]{0,4})\b(?: (?P<tail>[A-Z]{1,4})\b)?"
)
_SOLID = re.compile(r"\b(?=\w{4})(?:[^\W\d_]+\d+[^\W\d_]*|\d+[^\W\d_]+\d*)\b")
_RUNS = re.compile(r"[^\W\d_]{2,}|\d{2,}")
_COUNTED = re.compile(r"\d+(?:k|st|nd|rd|th)$", re.IGNORECASE)
_NO_HEADS = frozenset("A I AM PM EUR USD GBP CHF JPY AND OR FOR OF IN ON TO BY AT IS".split())
_NO_TAILS = _NO_HEADS | frozenset("IT US UK EU WHO HR PR THE AS IF NOT BE WE MAY".split())
_JOINED_BEFORE = frozenset("e co re t x".split())  # no words by themselves
_SHORT = 2  # letters that are no word before a hyphen and a figure: "w-9"
_LONGEST = 24  # letters of a word put together from parts


class Written(NamedTuple):
    """A text with one form for what has several.

    Attributes:
        text: to be cut into words.
        parts: words besides, of texts and questions alike: the parts of what has become one word.
        beside: words besides that a text may be found by and that no question asks for unless it is written so.
    """

    text: str
    parts: list[str]
    beside: list[str]


def written(text: str) -> Written:
    """Return a text, of which compatibility forms are undone already, with one form for what has several."""
    made = Written(text, [], [])
    if any(sign in text for sign in _ACRONYM_SIGNS):
        text = _ACRONYM.sub(_acronym, text)
    text = _ACRONYMS_IN_PLURAL.sub("", text)
    text = _around(_FIGURES, text, lambda part: _figures(part, made)).replace("%", " percent ")
    if "May" in text:
        text = _MAY.sub(_may, text)
    if " may" in text:
        text = _SMALL_MAY.sub(_may, text)
    if "Will" in text:
        text = _WILL.sub(rf"\1 {MARK}will ", text)
    text = _around(_HYPHENS, text, lambda part: _HYPHENED.sub(lambda found: _hyphened(found[0], made), part))
    for letter in "ai":
        text = text.replace(f"({letter})", f" {MARK}({letter}) ")
    return made._replace(text=text)


def _around(pattern: re.Pattern[str], text: str, rewrite: Callable[[str], str]) -> str:
    """Return a text with what stands around the places of a pattern rewritten, whole words at a time."""
    made, done = [], 0
    for found in pattern.finditer(text):
        start = max(done, text.rfind("\n", 0, found.start()) + 1)
        if found.start() - start > _MARGIN:
            start = max(start, text.rfind(" ", 0, found.start() - _MARGIN) + 1)
        end = text.find(" ", found.end() + _MARGIN)
        line = text.find("\n", found.end())
        end = min(len(text) if end < 0 else end, len(text) if line < 0 else line)
        made += [text[done:start], rewrite(text[start:end])]
        done = end
    return "".join((*made, text[done:])) if made else text


def _acronym(found: re.Match[str]) -> str:
    if "." not in found[0] and _among_capitals(found.string, *found.span()):
        return found[0]
    name = re.sub(r"[. ]", "", found[0].removesuffix("'s"))
    return f" {MARK}{_NAME_OF_ACRONYM.get(name, name)} " if name not in ("UK", "EU") else name


def _among_capitals(text: str, start: int, end: int) -> bool:
    """Whether the line around a place is all in capitals, so that they say nothing."""
    before = text[max(0, start - _LOOK_AROUND) : start].rpartition("\n")[2]
    around = before + text[end : end + _LOOK_AROUND].partition("\n")[0]
    small = sum(map(str.islower, around))
    return small < sum(map(str.isupper, around))


def _may(found: re.Match[str]) -> str:
    before, after = found.string[: found.start()][-20:], found.string[found.end() :][:20]
    if found[0] == "May":
        sure = bool(_BEFORE_MAY.search(before) or re.match(r" (?:19|20)\d\d\b", after) or _WITH_MONTH.match(after))
    else:
        sure = bool(_SURELY_BEFORE_MAY.search(before))
    return f"{month_term('may')} " if sure else found[0]


def _figures(text: str, made: Written) -> str:
    if not _MORE_THAN_FIGURES.search(text):
        return text
    return _identified(_amounts(dated(text, made.beside)), made)


def _amounts(text: str) -> str:
    text = text.replace("401(k)", "401k")
    text = _GROUPS.sub(lambda found: found[1].replace(" ", ""), text)
    if "." in text:
        text = _GERMAN.sub(lambda found: found[0].replace(".", ""), text)
    if any(sign in text for sign in _SIGNS):
        text = _SIGN_FIRST.sub(_sign_first, text)
        text = _SIGN_LAST.sub(lambda found: f" {_SIGNS[found[1]]} ", text)
    return _THOUSANDS.sub(" thousand", text)


def _sign_first(found: re.Match[str]) -> str:
    number = found[2]
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number):
        number = number.replace(".", "")
    size = f" {_SIZES[found[3]]}" if found[3] else ""
    return f"{number}{size} {_SIGNS[found[1]]} "


def _identified(text: str, made: Written) -> str:
    if "." in text:
        text = _POINT.sub(rf" {MARK}(\1) ", text)
        text = _POINTED.sub(r"\1\2", text)
    text = _SPACED.sub(lambda found: _spaced(found, made), text)
    for found in _SOLID.finditer(text):
        if not _COUNTED.match(found[0]):
            made.parts.extend(_RUNS.findall(found[0].lower()))
    return text


def _spaced(found: re.Match[str], made: Written) -> str:
    """Put a name and its number together ("ISO 27001"); a question asks for both together only where that is sure."""
    head, number, tail = found["head"], found["number"], found["tail"] or ""
    if head in _NO_HEADS or _among_capitals(found.string, *found.span()):
        return found[0]
    ends = [found["letters"], *([found["letters"] + tail] if tail and tail not in _NO_TAILS else [])]
    forms = [_solid(f"{head}{number}{end}") for end in ends]
    made.beside.extend(forms)
    if other := found["other"]:
        made.beside.extend([other.lower(), _solid(f"{other}{number}")])
    digits = number.replace(".", "")
    if len(head) > 1 and len(digits) > 1 and not re.fullmatch(r"(?:19|20)\d\d", digits):
        made.parts.append(forms[-1])
    return found[0].replace(f"/{other}", "")


def _hyphened(whole: str, made: Written) -> str:
    word, _, tail = whole.partition(" ")
    parts = word.split("-")
    if _is_identifier(parts):
        if tail and (tail in _NO_TAILS or not parts[-1][-1].isdigit()):
            return f"{_hyphened(word, made)} {tail}"
        made.parts.extend(_RUNS.findall(f"{word} {tail}".lower()))
        made.beside.extend(part.lower() for part in parts if len(part) > 1)
        if tail:
            made.beside.append(_solid(word))
        return _solid(word + tail)
    if len(word) <= _LONGEST and parts[0].lower() not in TENS and not parts[0].isdigit():
        first, *others = parts
        if first.lower() in _JOINED_BEFORE and len(others) == 1:
            made.beside.append(others[0].lower())
            return f"{_solid(word)} {tail}"
        made.beside.append(_solid(word))
    return whole


def _is_identifier(parts: list[str]) -> bool:
    """Whether parts with hyphens between them name something: "W-8BEN", "3-D", "w-9"; "10-day" and "top-10" do not."""
    letters = [part for part in parts if not part.isdigit()]
    if not letters or not any(map(str.isdigit, "".join(parts))):
        return False
    if all(part.isupper() for part in letters):
        return True
    return len(parts[0]) <= _SHORT and parts[0].isalpha() and parts[1][0].isdigit()


def _solid(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()

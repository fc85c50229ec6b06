"""Numbers as lists print them: letters, roman numerals, leading zeros, Greek. None for what cannot be written so."""

_ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)
_MAX_ROMAN = 3_999
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"


def in_roman(number: int) -> str | None:
    """Return a number in large Roman numerals."""
    if not 1 <= number <= _MAX_ROMAN:
        return None
    written = ""
    for value, sign in _ROMAN:
        written += sign * (number // value)
        number %= value
    return written


def in_letters(number: int, letters: str = _LATIN) -> str | None:
    """Return a number in small letters: a to z, then aa, ab."""
    if number < 1:
        return None
    written = ""
    while number:
        number, left = divmod(number - 1, len(letters))
        written = letters[left] + written
    return written


def printed(number: int, style: str) -> str | None:
    """Return a number as a list style of CSS prints it; None if the style is not known, or prints none."""
    if style in {"decimal", ""}:
        return str(number)
    if style == "decimal-leading-zero":
        return f"{number:02d}"
    if style in {"lower-alpha", "lower-latin", "upper-alpha", "upper-latin"}:
        letters = in_letters(number) or str(number)
        return letters.upper() if style.startswith("upper") else letters
    if style in {"lower-roman", "upper-roman"}:
        numerals = in_roman(number) or str(number)
        return numerals if style.startswith("upper") else numerals.lower()
    return (in_letters(number, _GREEK) or str(number)) if style == "lower-greek" else None

"""Formulas of a web page (MathML) as one line: `a/b`, `x^2`, `x_1`, `sqrt(x)`; what is only for machines is left out.

Works from the innermost outwards; what is nested too deeply to be a formula is written as its letters.
"""

from lxml.html import HtmlElement

_LEFT_OUT = frozenset(["annotation", "annotation-xml", "maction", "mphantom"])
_TIGHT = frozenset("( ) [ ] { } | , ; ! . ′ \u2061 \u2062 \u2063".split(" "))
_MAX_DEPTH = 40


def linear(formula: HtmlElement) -> str:
    """Return a formula as it is written on one line."""
    return " ".join(_written(formula, 0).split())


def _written(element: HtmlElement, depth: int) -> str:  # noqa: PLR0911 - a kind of formula a line
    tag = element.tag
    if not isinstance(tag, str) or tag in _LEFT_OUT:
        return ""
    if depth > _MAX_DEPTH or len(element) == 0:
        text = " ".join(str(element.text_content()).split())
        return f" {text} " if tag == "mo" and text not in _TIGHT else text
    parts = [_written(child, depth + 1) for child in element if isinstance(child.tag, str)]
    two = len(parts) > 1
    if tag == "mfrac" and two:
        return f"{_held(parts[0])}/{_held(parts[1])}"
    if tag in {"msup", "mover"} and two:
        return f"{_held(parts[0])}^{_held(parts[1])}"
    if tag in {"msub", "munder"} and two:
        return f"{_held(parts[0])}_{_held(parts[1])}"
    if tag in {"msubsup", "munderover"} and len(parts) > 2:  # noqa: PLR2004 - base, below, above
        return f"{_held(parts[0])}_{_held(parts[1])}^{_held(parts[2])}"
    if tag == "msqrt":
        return f"sqrt({''.join(parts).strip()})"
    if tag == "mroot" and two:
        return f"{_held(parts[0])}^(1/{parts[1].strip()})"
    return "".join((element.text or "", *parts))


def _held(part: str) -> str:
    inner = part.strip()
    return inner if len(inner) <= 1 or inner.isalnum() else f"({inner})"

"""Equations of a Word document as linear text: a/b, x^2, a_n, √(x), ∑_(k=1)^n, [1, 2; 3, 4].

What is on the page is written, nothing is worked out. Parts of more than one sign are put in parentheses where their
extent would not show. Signs such as = and × get spaces. What is struck out, hidden or deleted in an equation is left
out, as the caller judges its runs.
"""

import re
from collections.abc import Callable
from typing import Any

from ingest.loading.word.xml import local_name, qn

Runs = Callable[[Any], str]  # the text of a math run (`m:r`), empty where it is left out
_SPACED = re.compile(r"\s*([=≠≈≡<>≤≥+×÷±∓⋅→⇒⇔∈∪∩∝])\s*")
_ONE_SIGN = re.compile(r"[\d.,]+|[^\W\d_]+′*|\([^()]*\)|.")
_SCRIPTS = frozenset(["sSub", "sSup", "sSubSup", "limLow", "limUpp", "f"])  # what follows them would join them
_COMBINING = frozenset("\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u030a\u030c\u0332\u20d6\u20d7")
_PROPERTIES = re.compile(r".*Pr|del|moveFrom")
_MAX_FOLDED = 10_000  # signs of a part that is looked at again by what holds it


def equation(element: Any, run_text: Runs) -> str:
    """Return an equation (`m:oMath`) as text."""
    text = _inside(element, run_text)
    spaced = _SPACED.sub(r" \1 ", text) if len(text) < _MAX_FOLDED else text
    return " ".join(spaced.split())


def _inside(element: Any, run_text: Runs) -> str:
    pieces: list[str] = []
    before = ""  # the name of the part before
    for child in element if element is not None else ():
        text = _node(child, run_text)
        if text and pieces and pieces[-1][-1:].isalnum() and text[0].isalnum():
            name = local_name(child)
            pieces.append(" " if before in _SCRIPTS or (name in {"func", "f"} and before) else "")
        pieces += [text] if text else []
        before = local_name(child) if text else before
    return "".join(pieces)


def _node(node: Any, run_text: Runs) -> str:
    name = local_name(node)
    if name == "r":
        return run_text(node)
    if not name or _PROPERTIES.fullmatch(name):
        return ""
    write = _WRITERS.get(name)
    return write(node, run_text) if write is not None else _inside(node, run_text)


def _part(node: Any, name: str, run_text: Runs) -> str:
    return _inside(node.find(qn(f"m:{name}")), run_text).strip()


def _folded(text: str) -> str:
    """Return a part so that it shows where it ends."""
    return text if not text or (len(text) < _MAX_FOLDED and _ONE_SIGN.fullmatch(text)) else f"({text})"


def _fraction(node: Any, run_text: Runs) -> str:
    over, under = _part(node, "num", run_text), _part(node, "den", run_text)
    if _said(node, "m:fPr", "m:type", "bar") == "noBar":
        return f"({over} ¦ {under})"
    return f"{_folded(over)}/{_folded(under)}"


def _raised(node: Any, run_text: Runs) -> str:
    base, below, above = (_part(node, name, run_text) for name in ("e", "sub", "sup"))
    base = base if local_name(node) == "sSub" else _folded(base)
    return base + (f"_{_folded(below)}" if below else "") + (f"^{_folded(above)}" if above else "")


def _before(node: Any, run_text: Runs) -> str:
    base, below, above = (_part(node, name, run_text) for name in ("e", "sub", "sup"))
    return (f"_{_folded(below)}" if below else "") + (f"^{_folded(above)}" if above else "") + base


def _root(node: Any, run_text: Runs) -> str:
    degree = _part(node, "deg", run_text)
    return f"{f'{_folded(degree)}√' if degree else '√'}({_part(node, 'e', run_text)})"


def _n_ary(node: Any, run_text: Runs) -> str:
    sign = _said(node, "m:naryPr", "m:chr", "∫")
    below, above = _part(node, "sub", run_text), _part(node, "sup", run_text)
    limits = (f"_{_folded(below)}" if below else "") + (f"^{_folded(above)}" if above else "")
    return f"{sign}{limits} {_part(node, 'e', run_text)}"


def _delimited(node: Any, run_text: Runs) -> str:
    begin, end = _said(node, "m:dPr", "m:begChr", "("), _said(node, "m:dPr", "m:endChr", ")")
    parts = [_inside(part, run_text).strip() for part in node.iterchildren(qn("m:e"))]
    inside = f"{_said(node, 'm:dPr', 'm:sepChr', '|')} ".join(parts) if len(parts) > 1 else "".join(parts)
    if begin == "(" and end == ")" and inside.startswith("(") and inside.endswith(")") and "¦" in inside:
        return inside  # two numbers above each other have their parentheses
    return f"{begin}{inside}{end}"


def _matrix(node: Any, run_text: Runs) -> str:
    rows = [
        ", ".join(_inside(part, run_text).strip() for part in row.iterchildren(qn("m:e")))
        for row in node.iterchildren(qn("m:mr"))
    ]
    return "; ".join(rows)


def _lines(node: Any, run_text: Runs) -> str:
    return "; ".join(_inside(part, run_text).strip() for part in node.iterchildren(qn("m:e")))


def _function(node: Any, run_text: Runs) -> str:
    return f"{_part(node, 'fName', run_text)} {_part(node, 'e', run_text)}"


def _limit(node: Any, run_text: Runs) -> str:
    sign = "_" if local_name(node) == "limLow" else "^"
    return f"{_part(node, 'e', run_text)}{sign}{_folded(_part(node, 'lim', run_text))}"


def _accent(node: Any, run_text: Runs) -> str:
    base = _part(node, "e", run_text)
    sign = _said(node, "m:accPr", "m:chr", "\u0302")
    return base + sign if len(base) == 1 and sign in _COMBINING else base


def _bar(node: Any, run_text: Runs) -> str:
    base = _part(node, "e", run_text)
    return base + "\u0305" if len(base) == 1 and _said(node, "m:barPr", "m:pos", "bot") == "top" else base


def _phantom(node: Any, run_text: Runs) -> str:
    shown = node.find(f"{qn('m:phantPr')}/{qn('m:show')}")
    if shown is not None and shown.get(qn("m:val"), "1") in {"0", "off", "false"}:
        return ""
    return _inside(node.find(qn("m:e")), run_text)


def _box(node: Any, run_text: Runs) -> str:
    """A box with lines through it strikes out what it holds."""
    properties = node.find(qn("m:borderBoxPr"))
    struck = ("m:strikeH", "m:strikeBLTR", "m:strikeTLBR")
    if properties is not None and any(_is_set(properties.find(qn(name))) for name in struck):
        return ""
    return _inside(node.find(qn("m:e")), run_text)


def _is_set(element: Any) -> bool:
    return element is not None and element.get(qn("m:val"), "1") not in {"0", "off", "false"}


def _said(node: Any, properties: str, name: str, otherwise: str) -> str:
    element = node.find(f"{qn(properties)}/{qn(name)}")
    return otherwise if element is None else element.get(qn("m:val"), "")


_WRITERS: dict[str, Callable[[Any, Runs], str]] = {
    "acc": _accent,
    "bar": _bar,
    "borderBox": _box,
    "d": _delimited,
    "eqArr": _lines,
    "f": _fraction,
    "func": _function,
    "limLow": _limit,
    "limUpp": _limit,
    "m": _matrix,
    "nary": _n_ary,
    "phant": _phantom,
    "rad": _root,
    "sPre": _before,
    "sSub": _raised,
    "sSubSup": _raised,
    "sSup": _raised,
}

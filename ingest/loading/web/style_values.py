r"""Values of CSS: declarations to plain strings, lengths to pixels, colours to numbers, and what hides text for good.

Escapes, comments and the case of words are gone from the strings, so `d\69splay: N\6fNE` is `display`, `none`. Only
properties by which text is hidden, struck out, numbered or kept in lines are kept (`PROPERTIES`). Lengths are those of
a window of 1,280 by 800 pixels. Knows nothing of elements.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import tinycss2
from tinycss2.color3 import RGBA, parse_color

WIDTH_PX, HEIGHT_PX = 1280, 800
PROPERTIES = frozenset(
    (
        "display visibility opacity filter font font-size color background background-color background-image "
        "background-clip -webkit-background-clip -webkit-text-fill-color text-shadow text-decoration "
        "text-decoration-line clip clip-path position float left right top bottom inset margin-left margin-top height "
        "width max-height max-width overflow overflow-x overflow-y text-indent transform scale translate "
        "content-visibility list-style list-style-type white-space vertical-align content counter-reset counter-set "
        "counter-increment"
    ).split()
)
MAX_STYLE_CHARS = 5_000  # of a style attribute
_MAX_VALUE_CHARS = 500
_MAX_VARIABLES = 20  # put into one value: each may hold others
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)"
_LENGTH = re.compile(_NUMBER + r"([a-z]*|%)")
_FUNCTION = re.compile(r"([a-z]+[xyz3d]*)\(([^()]*)\)")
_VARIABLE = re.compile(r"var\(\s*(--[^\s,()]+)\s*(?:,([^()]*))?\)")
_PX = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945, "": 1.0}
_FONT_WORDS = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
    "xxx-large": 48.0,
}
_FAR_PX = 500.0  # moved so far to the left or up, nothing of a line is on the page
_THIN_PX = 1.0
_HALF = 50.0  # per cent cut from each side leave nothing


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property with its value, as a plain string."""

    name: str
    value: str
    important: bool


def declarations_of(content: Iterable[Any] | str) -> tuple[list[Declaration], list[Any]]:
    """Return the declarations of a style attribute or of a block, and what rules are nested in it."""
    found, nested = [], []
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if node.type == "declaration":
            if node.lower_name in PROPERTIES or node.name.startswith("--"):
                name = node.name if node.name.startswith("--") else node.lower_name
                found.append(Declaration(name, plain(node.value), node.important))
        elif node.type in {"qualified-rule", "at-rule"}:
            nested.append(node)
    return found, nested


def plain(tokens: Iterable[Any]) -> str:
    """Return tokens as a string in small letters, without comments and escapes; what is too long is cut."""
    pieces: list[str] = []
    _write(tokens, pieces)
    return " ".join("".join(pieces).split())[:_MAX_VALUE_CHARS]


def _write(tokens: Iterable[Any], pieces: list[str]) -> None:  # noqa: C901 - a kind of token a branch
    for token in tokens:
        if token.type == "ident":
            pieces.append(token.value if token.value.startswith("--") else token.lower_value)
        elif token.type == "dimension":
            pieces.append(f"{token.representation}{token.lower_unit}")
        elif token.type in {"number", "percentage"}:
            pieces.append(token.representation + ("%" if token.type == "percentage" else ""))
        elif token.type == "hash":
            pieces.append(f"#{token.value}")
        elif token.type == "string":
            pieces.append('"' + token.value.replace('"', "”") + '"')
        elif token.type == "url":
            pieces.append("url()")
        elif token.type == "function":
            pieces.append(f"{token.lower_name}(")
            _write(token.arguments, pieces)
            pieces.append(")")
        elif token.type == "whitespace":
            pieces.append(" ")
        elif token.type == "literal":
            pieces.append(token.value)


def with_variables(value: str, variables: Mapping[str, str]) -> str | None:
    """Put in the page's variables; None if one is not known and has nothing to stand in for it."""
    for _ in range(_MAX_VARIABLES):
        found = _VARIABLE.search(value)
        if found is None:
            return value
        put = variables.get(found[1], found[2])
        if put is None:
            return None
        value = (value[: found.start()] + put.strip() + value[found.end() :])[:_MAX_VALUE_CHARS]
    return None


def pixels(value: str, font_px: float, whole_px: float) -> float | None:
    """Return a length; None for what is none. `whole_px` is what a percentage is taken of."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit in _PX:
        return number * _PX[unit]
    factors = {"em": font_px, "rem": 16.0, "ex": font_px / 2, "ch": font_px / 2, "%": whole_px / 100}
    factors |= {"vw": WIDTH_PX / 100, "vh": HEIGHT_PX / 100}
    return number * factors[unit] if unit in factors else None


def font_pixels(value: str, outer_px: float) -> float | None:
    """Return the size that `font-size` asks for within text of another size."""
    if value in _FONT_WORDS:
        return _FONT_WORDS[value]
    if value in {"smaller", "larger"}:
        return outer_px * (0.83 if value == "smaller" else 1.2)
    return pixels(value, outer_px, outer_px)


def size_in_font(value: str, outer_px: float) -> float | None:
    """Return the size that the shorthand `font` sets: its first length, before a slash."""
    for word in value.split(" "):
        size = font_pixels(word.split("/")[0], outer_px)
        if size is not None and (word[0].isalpha() or not word.isdigit() or word == "0"):
            return size
    return None


def colour(value: str) -> RGBA | None:
    """Return a colour; None for what is not known, such as one of the system's."""
    found = parse_color(value)
    return found if isinstance(found, RGBA) else None


def clips_all(clip: str, clip_path: str) -> bool:
    """Tell whether `clip` or `clip-path` leaves nothing to be seen."""
    if found := _FUNCTION.search(clip):
        edges = [pixels(edge, 16, 0) for edge in re.split(r"[\s,]+", found[2].strip())]
        if found[1] == "rect" and len(edges) == 4 and None not in edges:  # noqa: PLR2004 - top, right, bottom, left
            top, right, bottom, left = (edge or 0.0 for edge in edges)
            return bottom - top <= _THIN_PX and right - left <= _THIN_PX
    if not (found := _FUNCTION.search(clip_path)):
        return False
    name, arguments = found[1], found[2].strip()
    numbers = [float(one) for one in re.findall(_NUMBER, arguments)]
    if name == "inset":
        return bool(numbers) and numbers[0] >= _HALF and "%" in arguments
    if name in {"circle", "ellipse"}:
        return bool(numbers) and numbers[0] == 0
    return name in {"polygon", "rect", "xywh"} and bool(numbers) and not any(numbers)


def moves_away(value: str, font_px: float) -> bool:
    """Tell whether `transform`, `scale` or `translate` shrinks a thing to nothing, or moves it off the page."""
    for name, arguments in _FUNCTION.findall(value) or [("", value)]:
        words = [word for word in re.split(r"[\s,]+", arguments.strip()) if word]
        if name.startswith("scale") and any(re.fullmatch(r"0(?:\.0*)?%?", word) for word in words[:2]):
            return True
        if name.startswith("translate") and name != "translatez":
            lengths = [pixels(word, font_px, 0) for word in words[:2]]
            if any(length is not None and abs(length) >= _FAR_PX * 2 for length in lengths):
                return True
    return False


def is_away(offset_px: float | None) -> bool:
    """Tell whether an offset to the left, or up, takes a thing off the page."""
    return offset_px is not None and offset_px <= -_FAR_PX


def is_nothing(opacity: str) -> bool:
    """Tell whether an opacity leaves nothing to be seen: five per cent of ink are not read."""
    found = re.fullmatch(_NUMBER + "(%?)", opacity)
    return found is not None and float(found[1]) / (100 if found[2] else 1) <= 0.05  # noqa: PLR2004 - as the docstring says

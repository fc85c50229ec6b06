"""What runs along the pages of a PDF: headers, footers and page numbers, told from what only stands at the same place.

A line runs along if it says the same, word for word, at one height near the edge of many pages; what it says is kept
once, on the first page that has it. A line with a number that differs from page to page says something else on each
(a rate, a quarter, a country's allowance), unless the number counts the pages: it grows as they do, and stands there as
page numbers do (alone, with "page", after a bar or a dash). Such a line that says nothing else is left out throughout.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.loading.pdf.lines import Line

_EDGE_LINES = 4  # heights from the top or the bottom of a page at which a running header or footer may stand
_RUNNING_SHARE = 0.4  # of the pages: headers may alternate between left and right, and are missing on first pages
_RUNNING_PAGES = 3
_NUMBER_PAGES = 2  # that count on: fewer are no numbering
_SAME_PLACE = 3.0  # points
_MAX_NUMBERS = 6  # in a line that is looked at as a page number
_MAX_CHARS = 300
_NOTHING = ""  # what a page's number says
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\d{1,5}")
_ROMAN = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_ROMAN_WORD = re.compile(r"\b[ivxlcIVXLC]{1,8}\b")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_PAGE = r"(?:pages?|p\.?|pg\.?|seite|s\.|página|pagina|strona|sida|side|leaf|sheet)"
_OF = r"(?: ?(?:of|/|\||von|de|sur|di|z) ?\d+)?"
_BEFORE_ALONE = re.compile(
    rf"(?:\b{_PAGE}|[-–—|(\[~•·\s])*(?:[A-Z][-–. ]{{0,2}}|[A-Z]{{2,3}}[-–.]|\d{{1,3}}[-–])?", re.IGNORECASE
)
_AFTER_ALONE = re.compile(rf"{_OF}[-–—|)\]~•·\s]*")
_BEFORE_LAST = re.compile(rf"(?:[|•·]|\s[-–—/]|\b{_PAGE})\s*$", re.IGNORECASE)  # what parts a number from a title
_AFTER_FIRST = re.compile(rf"{_OF}\s*(?:[|•·]|[-–—/]\s)")
_BEFORE_WITHIN = re.compile(rf"\b{_PAGE} ?$", re.IGNORECASE)
_REACH = 24  # characters before a number that are looked at


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages' lines without what runs along them.

    `above` and `below` are the running lines that are kept, by page; `dropped` counts those that are not.
    """

    lines: list[list[Line]]
    above: list[list[Line]]
    below: list[list[Line]]
    dropped: list[int]


@dataclass(frozen=True, slots=True)
class _Edges:
    """The lines near a page's edges, by height, from the outside inwards."""

    top: list[list[Line]]
    bottom: list[list[Line]]

    def lines(self) -> Iterator[Line]:
        seen: set[int] = set()
        for line in (line for heights in (self.top, self.bottom) for level in heights for line in level):
            if id(line) not in seen:
                seen.add(id(line))
                yield line


def without_running(pages: list[list[Line]]) -> Pages:
    """Return the pages' lines with each running line once."""
    edges = [_edges(lines) for lines in pages]
    numbers = _page_numbers(edges)
    running = _running(edges, numbers)
    kept: set[str] = set()
    found = Pages([], [], [], [])
    for lines, edge in zip(pages, edges, strict=True):
        gone = {id(line) for line in _outside(edge, numbers, running)}
        once: set[int] = set()
        for line in lines:
            says = numbers.get(id(line), _key(line.text))
            if id(line) in gone and says not in kept and says != _NOTHING:
                kept.add(says)
                once.add(id(line))
        rest = [line for line in lines if id(line) not in gone]
        top = max((line.y for line in rest), default=0.0)
        found.lines.append(rest)
        found.above.append([line for line in lines if id(line) in once and line.y > top])
        found.below.append([line for line in lines if id(line) in once and line.y <= top])
        found.dropped.append(len(gone) - len(once))
    return found


def _edges(lines: list[Line]) -> _Edges:
    heights: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        heights[round(line.y)].append(line)
    order = sorted(heights)
    return _Edges(
        [heights[height] for height in order[: -_EDGE_LINES - 1 : -1]],
        [heights[height] for height in order[:_EDGE_LINES]],
    )


def _outside(edges: _Edges, numbers: dict[int, str], running: dict[str, float]) -> Iterator[Line]:
    """Give the lines that run along, from the edges inwards: none stands beyond a line that does not."""
    for heights in (edges.top, edges.bottom):
        for level in heights:
            found = [line for line in level if id(line) in numbers or _runs(line, running)]
            if not found:
                break
            yield from found


def _key(text: str) -> str:
    return "".join(text.split()).casefold()  # spaced-out letters come with and without


def _running(edges: Sequence[_Edges], numbers: dict[int, str]) -> dict[str, float]:
    """Return the lines that say the same on many pages, and their height.

    Where some pages say it with another figure, it is a form that is filled in, and runs nowhere.
    """
    places: dict[str, list[float]] = defaultdict(list)
    for edge in edges:
        for key, height in {_key(line.text): line.y for line in edge.lines() if id(line) not in numbers}.items():
            places[key].append(height)
    running: dict[str, float] = {}
    forms: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for key, heights in places.items():
        middle = sorted(heights)[len(heights) // 2]
        count = sum(abs(height - middle) <= _SAME_PLACE for height in heights)
        forms[_DIGITS.sub("#", key)].append((key, middle))
        if count >= max(_RUNNING_PAGES, _RUNNING_SHARE * len(edges)):
            running[key] = middle
    return {key: height for key, height in running.items() if not _filled_in(key, height, forms)}


def _filled_in(key: str, height: float, forms: dict[str, list[tuple[str, float]]]) -> bool:
    """Tell whether another page says the same with another figure, at the same height."""
    others = forms[_DIGITS.sub("#", key)]
    return any(other != key and abs(place - height) <= _SAME_PLACE for other, place in others)


def _runs(line: Line, running: dict[str, float]) -> bool:
    return abs(running.get(_key(line.text), float("inf")) - line.y) <= _SAME_PLACE


def _page_numbers(edges: Sequence[_Edges]) -> dict[int, str]:
    """Return the lines that number the pages, by identity, with what they say beside the number."""
    candidates: dict[tuple[str, int, bool], list[tuple[int, Line]]] = defaultdict(list)
    for page, edge in enumerate(edges):
        for line in edge.lines():
            for form, value, alone in _forms(line.text):
                candidates[form, value - page, alone].append((page, line))
    best: dict[int, tuple[int, str]] = {}
    for (form, _, alone), members in candidates.items():
        steady = _steady(members)
        pages = len({page for page, _ in steady})
        if pages >= (_NUMBER_PAGES if alone else _RUNNING_PAGES):
            for _, line in steady:
                best[id(line)] = max(best.get(id(line), (0, "")), (pages, _NOTHING if alone else _key(form)))
    return {line: says for line, (_, says) in best.items()}


def _steady(members: list[tuple[int, Line]]) -> list[tuple[int, Line]]:
    """Return those that stand at a height at which another does."""
    order = sorted(members, key=lambda one: one[1].y)
    near = [other[1].y - one[1].y <= _SAME_PLACE for one, other in pairwise(order)]
    return [one for one, below, above in zip(order, [False, *near], [*near, False], strict=True) if below or above]


def _forms(text: str) -> Iterator[tuple[str, int, bool]]:
    """Give each way to see a line as one with a page's number.

    That is: the line with "#" for the number, the number, and whether the line says nothing else.
    """
    found = [(match, int(match[0])) for match in _NUMBER.finditer(text)]
    if len(found) > _MAX_NUMBERS or len(text) > _MAX_CHARS:
        return
    found += [(match, value) for match in _ROMAN_WORD.finditer(text) if (value := _roman(match[0]))]
    for match, value in found[:_MAX_NUMBERS]:
        before, after = text[: match.start()], text[match.end() :]
        alone = bool(_BEFORE_ALONE.fullmatch(before) and _AFTER_ALONE.fullmatch(after))
        if alone or _is_parted(before, after):
            yield f"{before}#{after}", value, alone


def _is_parted(before: str, after: str) -> bool:
    """Tell whether a number is parted from what stands beside it, as pages' numbers are."""
    near = before[-_REACH:]
    return bool(
        (_AFTER_ALONE.fullmatch(after) and _BEFORE_LAST.search(near))
        or (not before.strip() and _AFTER_FIRST.match(after))
        or (_BEFORE_WITHIN.search(near) and not after[:1].isalnum())
    )


def _roman(word: str) -> int:
    if not _ROMAN.fullmatch(word):
        return 0
    total = 0
    values = [_ROMAN_VALUES[char] for char in word.lower()]
    for value, following in zip(values, [*values[1:], 0], strict=True):
        total += -value if value < following else value
    return total

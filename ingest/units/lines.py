"""The lines of a stored text, as what finds units looks at them: list marks off, and what stands before each.

A mark is a bullet, a number ("1.", "2)"), or a letter or Roman numeral ("(a)", "b)"; "c." only beside another item).
Bullets and numbers are taken off; letters stay with their line, as numbers of clauses ("7.3") do: people ask what (b)
says. Knows nothing of what a line says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from indexes.documents import Document, Section

_LINE = re.compile(r"[^\n]+")
_MARK = re.compile(
    r"\s*(?P<mark>[-*•▪●◦–]|\(?(?P<number>\d{1,3})[.)]|\(?(?P<letter>[a-zA-Z]|[ivx]{2,5})\)|(?P<bare>[a-zA-Z]|[ivx]{2,5})\.)"
    r"\s+(?=\S)"
)
_ROMAN_LETTERS = frozenset(ord(letter) - ord("a") + 1 for letter in "ivx")
_BARE = frozenset(["a.", "A.", "ii."])


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text stands at `[start, end)`, without a bullet or number, which begins at `begin`.

    `style` is the kind of mark ("-", "1.", "(a)"; empty without one), `number` what it counts, 0 for a bullet.
    `joined` lines follow the one before without a blank line. `place` tells apart what has other headings over it.
    """

    begin: int
    start: int
    end: int
    text: str
    style: str
    number: int
    joined: bool
    first: bool  # of its section
    place: tuple[str, ...]
    paged: bool


def lines_of(document: Document) -> list[Line]:
    """Return the lines of all sections in order."""
    found = [line for section in document.sections for line in _of_section(document, section)]
    for at, line in enumerate(found):
        beside = {other.style for other in found[max(at - 1, 0) : at] + found[at + 1 : at + 2]}
        roman = line.style.replace("a", "ii").replace("A", "ii")
        if roman != line.style and line.number in _ROMAN_LETTERS and roman in beside:
            found[at] = replace(line, style=roman, number=0)
        elif line.style in _BARE and line.style not in beside:  # "A. Smith" alone is no item
            found[at] = replace(line, style="", number=0)
    return found


def _of_section(document: Document, section: Section) -> Iterator[Line]:
    text = document.text
    before = section.start
    for found in _LINE.finditer(text, section.start, section.end):
        begin, end = found.span()
        raw = text[begin:end]
        body, mark = raw.rstrip(), _MARK.match(raw)
        if not body.strip():
            continue
        named = mark is not None and bool(
            mark["letter"] or mark["bare"]
        )  # "(b)" is asked for, and so a part of the text
        start = begin + (len(body) - len(body.lstrip()) if mark is None or named else mark.end())
        style, value = _style(mark) if mark else ("", 0)
        first = before == section.start
        yield Line(
            begin=begin,
            start=start,
            end=begin + len(body),
            text=text[start : begin + len(body)],
            style=style,
            number=value,
            joined=not first and begin - before == 1,
            first=first,
            place=section.locator.headings,
            paged=section.locator.kind == "page",
        )
        before = end


def _style(mark: re.Match[str]) -> tuple[str, int]:
    """Return what kind of mark it is, and what it counts: "i" is the ninth letter until a neighbour says otherwise."""
    if number := mark["number"]:
        return mark["mark"].replace(number, "1"), int(number)
    if letter := mark["letter"] or mark["bare"]:
        shape = "A" if letter[0].isupper() else "a"
        kind = mark["mark"].replace(letter, shape if len(letter) == 1 else "ii")
        return kind, ord(letter.lower()) - ord("a") + 1 if len(letter) == 1 else 0
    return mark["mark"], 0

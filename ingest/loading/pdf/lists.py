"""The marks of list items in a PDF's lines: bullets, numbers, letters; and which lines count on from one another.

A number at the beginning of a line may as well be in the middle of a sentence. It is a mark where another line, that
begins at the same place, has the number before or after it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ingest.loading.pdf.lines import Line

BULLET = re.compile(r"[•‣▪◦●○■□➢➤✓·\u0336](?:\s+|(?=\S))|[-–—*]\s+|o\s+(?=[A-Z(])")
NUMBER = re.compile(r"\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})[.)](?:\s+(?=\S)|(?=[A-Z]))|\(\d{1,2}\)\s*(?=\S)")
_ONLY_BULLET = re.compile(r"[•‣▪◦●○■□➢➤✓·\u0336*–-]|o")
_MARK = re.compile(r"(\(?)(\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})([.)])(?:\s+(?=\S)|(?=[A-Z]))")
_NOTE = re.compile(r"(\d{1,3})\s+(?=[“\"(]?[^\W\d_])")
_NOTE_SIZE = 0.95  # of the page's usual type: notes are set smaller, and their numbers have no stop
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
_COLUMN = 4.0  # points: marks whose places differ by less stand under each other
_LEVEL = 0.5  # of the type size
_FAR = 4.0  # times the type size: a bullet stands closer to its text


def with_bullets(lines: list[Line]) -> list[Line]:
    """Return the lines with each bullet that was drawn by itself put before the line it belongs to."""
    alone = [line for line in lines if _ONLY_BULLET.fullmatch(line.text)]
    if not alone:
        return lines
    beside: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if not _ONLY_BULLET.fullmatch(line.text):
            beside[round(line.y)].append(line)
    bullets: dict[int, Line] = {}
    for bullet in alone:
        reach = range(round(bullet.y - _LEVEL * bullet.size), round(bullet.y + _LEVEL * bullet.size) + 1)
        near = [
            line
            for height in reach
            for line in beside.get(height, ())
            if 0 < line.x - bullet.x < _FAR * max(line.size, bullet.size) and id(line) not in bullets
        ]
        if near:
            bullets[id(min(near, key=lambda line: line.x))] = bullet
    placed = {id(bullet) for bullet in bullets.values()}
    return [_marked(line, bullets.get(id(line))) for line in lines if id(line) not in placed]


def _marked(line: Line, bullet: Line | None) -> Line:
    if bullet is None:
        return line
    mark = bullet.text if bullet.text in "-–*o" else "•"
    return replace(line, text=f"{mark} {line.text}", x=bullet.x, in_row=bullet.in_row, first_word=0.0, gaps=())


def counting(lines: list[Line]) -> frozenset[int]:
    """Return the lines, by identity, whose number follows on that of another line that begins at the same place."""
    marks: dict[tuple[str, str, int, int], list[int]] = defaultdict(list)
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    for line in lines:
        note = _NOTE.match(line.text) if line.size < _NOTE_SIZE * usual else None
        values = [("", "note", int(note[1]))] if note else _values(line.text)
        for form, kind, value in values:
            marks[form, kind, round(line.x / _COLUMN), value].append(id(line))
    found: set[int] = set()
    for (form, kind, column, value), members in marks.items():
        if any((form, kind, column + shift, value + step) in marks for shift in (0, -1, 1) for step in (-1, 1)):
            found.update(members)
    return frozenset(found)


def follows(one: str, other: str) -> bool:
    """Tell whether the mark of one text counts on from that of another."""
    before = {(form, kind, value + 1) for form, kind, value in _values(one)}
    return any(values in before for values in _values(other))


def parted(text: str) -> tuple[str, str]:
    """Return a list item's number, and its text."""
    mark = _MARK.match(text)
    return (mark[0].strip(), text[mark.end() :]) if mark else ("", text)


def _values(text: str) -> Iterator[tuple[str, str, int]]:
    mark = _MARK.match(text)
    if not mark:
        return
    form, said = f"{mark[1]}{mark[3]}", mark[2]
    if said.isdigit():
        yield form, "figure", int(said)
        return
    case = "capital" if said.isupper() else "small"
    if said.lower() in _ROMAN:
        yield form, f"{case} roman", _ROMAN[said.lower()]
    if len(said) == 1:
        yield form, f"{case} letter", ord(said.lower()) - ord("a") + 1

"""Raised and lowered characters of a PDF's lines, written so that nobody takes them for part of a number.

A raised number or letter is the mark of a note if a note with that mark stands on the page (after a letter: anywhere
in the document): then it is left out, for it says nothing of its own, and the note keeps its number. After a figure any
other raised text is a power, written as in 10^6. After a letter it stays as it is: m2, 1st, H2O. A raised number after
a full stop is always the mark of a note.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.loading.pdf.lines import Line, Raised

_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|ers|ème|e|º|ª|o|a)(?![a-z0-9])", re.IGNORECASE)
_MARKS = re.compile(r"(?:\d{1,3}|[a-z])(?:[,–-](?:\d{1,3}|[a-z]))*")
_SPLIT = re.compile(r"[,–-]")
_NOTE = re.compile(r"(\d{1,3}|[a-z])[.)]?\s+(?=\S)")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SMALLER = 0.95  # of the page's usual type size: notes are set smaller
_FOOT = 0.4  # of a page's lines: below stand notes that are set like the text
_AFTER_STOP = frozenset(".,;:!?)]”’\"'")
_TEN = re.compile(r"(?<![\d.,])10$")
_FRACTION = frozenset("/⁄")


def with_raised(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Return the pages' lines with what is raised written out."""
    everywhere = frozenset(mark for lines in pages for line in lines if (mark := _raised_mark(line)))
    return [_page(lines, everywhere) if any(line.raised for line in lines) else lines for lines in pages]


def _page(lines: list[Line], everywhere: frozenset[str]) -> list[Line]:
    notes = _notes(lines)
    used = Counter(
        line.text[one.start : one.end].translate(_DIGITS)
        for line in lines
        for one in line.raised
        if one.start and not _is_power_of_ten(line.text, one)
    )
    known = _Known(notes, notes | everywhere, used)
    return [_written(line, known) if line.raised else line for line in lines]


def _raised_mark(line: Line) -> str:
    """Return the mark with which a note begins, where it is raised."""
    first = line.raised[0] if line.raised else None
    mark = line.text[: first.end] if first and first.start == 0 and not first.lowered else ""
    return mark.translate(_DIGITS) if len(line.text) > len(mark) and _MARKS.fullmatch(mark.translate(_DIGITS)) else ""


def _notes(lines: list[Line]) -> frozenset[str]:
    """Return the marks of the notes that stand on a page."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    usual = sizes.most_common(1)[0][0] if sizes else 0.0
    heights = sorted(line.y for line in lines)
    foot = heights[int(len(heights) * _FOOT)] if heights else 0.0
    found = {_raised_mark(line) for line in lines}
    for line in lines:
        note = _NOTE.match(line.text)
        if note and not line.in_row and (line.size < _SMALLER * usual or line.y <= foot):
            found.add(note[1])
    return frozenset(found - {""})


def _is_power_of_ten(text: str, one: Raised) -> bool:
    return bool(_TEN.search(text[: one.start]))


@dataclass(frozen=True, slots=True)
class _Known:
    """The marks of the notes on a page, those in the whole document, and how often marks are raised on the page."""

    here: frozenset[str]
    everywhere: frozenset[str]
    used: Counter[str]


def _written(line: Line, known: _Known) -> Line:
    text, written, end = line.text, "", 0
    shifts: list[tuple[int, int]] = []
    for one in line.raised:
        written += text[end : one.start]
        said, after = text[one.start : one.end], text[one.end : one.end + 1]
        written += _said(one, said, written, after, known)
        if not written.strip() or (written[-1:] == " " and after == " "):
            written = written.rstrip()
        end = one.end
        shifts.append((end, len(written) - end))
    gaps = tuple(
        replace(gap, at=gap.at + max((shift for shift in shifts if shift[0] <= gap.at), default=(0, 0))[1])
        for gap in line.gaps
    )
    return replace(line, text=(written + text[end:]).strip() or text, raised=(), gaps=gaps)


def _said(one: Raised, said: str, before: str, after: str, known: _Known) -> str:
    """Return what a raised or lowered stretch adds to what stands before it."""
    plain = said.translate(_DIGITS)
    last = before[-1:]
    if one.lowered:
        return f"_{said}" if last.isdigit() and said[:1].isdigit() else said
    if not last.strip():
        apart = " " if after.isalnum() and not said.isalpha() else ""
        return "" if before and _is_mark(plain, known.everywhere) else f"{said}{apart}"
    if after in _FRACTION or any(sign in said for sign in _FRACTION):
        return f" {plain}" if last.isdigit() else plain
    if last.isdigit():
        return _after_figure(said, plain, before, known)
    is_note = _is_mark(plain, known.everywhere) or (last in _AFTER_STOP and _MARKS.fullmatch(plain))
    return "" if is_note else said


def _after_figure(said: str, plain: str, before: str, known: _Known) -> str:
    power = bool(_TEN.search(before)) and known.used[plain] > 0
    if _is_mark(plain, known.here) and not power:
        return ""
    return said if _ORDINAL.fullmatch(said) else f"^{plain}"


def _is_mark(said: str, notes: frozenset[str]) -> bool:
    return bool(_MARKS.fullmatch(said)) and all(mark in notes for mark in _SPLIT.split(said))

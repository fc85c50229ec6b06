"""Footnotes and endnotes: their numbers as printed, and where their text goes.

A note's text stands right after the sentence that bears its mark, as a line of its own: "Note 2: Interns are excluded."
Where the end of that sentence is not certain it stands after the paragraph, because a sentence that is cut in two can
no longer be quoted. The mark itself is taken out of the sentence. Numbers follow the order of the marks; each section
of the document may begin anew or count otherwise. Numbers that begin anew on every page are not known: "Note: ...".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ingest.loading.word.numerals import numeral
from ingest.loading.word.xml import integer, qn, value

FOOTNOTE, ENDNOTE = "footnote", "endnote"
_FORMATS = {FOOTNOTE: "decimal", ENDNOTE: "lowerRoman"}
_SEPARATORS = frozenset(["separator", "continuationSeparator", "continuationNotice"])
# A sentence ends for certain after a word of at least three small letters or a closing mark, before a capital.
_CERTAIN_END = re.compile(r"(?<=[a-zà-ÿ0-9%)\]\"”’])[.!?][\"”’)]*(?=\s+[\"“‘(]?[A-ZÀ-Þ])")
_NO_END = re.compile(
    r"(?:\b\w{1,2}|\b(?:art|approx|cf|dept|etc|excl|fig|incl|max|min|mrs|nos|para|resp|sec|vol))\.$", re.IGNORECASE
)
_AT_END = re.compile(r"[.!?…][\"”’)]*\s*$")
_LOOKED_BACK = 12  # characters
_LOOKED_ON = 2_000


@dataclass(frozen=True, slots=True)
class PlacedNote:
    """A note as a line, and the place in its paragraph's text where its mark stands."""

    at: int
    line: str


class Notes:
    """The notes of one document: hands out each once, with its number."""

    def __init__(self, roots: dict[str, Any], settings: Any, sections: list[Any], *, english: bool) -> None:
        """Read the notes.

        Args:
            roots: the roots of the parts of footnotes and endnotes, None where there is none.
            settings: the root of the settings, or None.
            sections: the `w:sectPr` of the sections, in order.
            english: whether numbers in words are in English.
        """
        self._english = english
        self._settings = settings
        self._sections = sections
        self._elements = {
            (kind, note.get(qn("w:id"), "")): note
            for kind, root in roots.items()
            for note in (root if root is not None else ())
            if note.get(qn("w:type"), "normal") not in _SEPARATORS
        }
        self._section = 0
        self._counts: dict[str, int] = {}

    def next_section(self) -> None:
        """Say that a section of the document has ended."""
        self._section += 1
        for kind in _FORMATS:
            if self._said(kind, "w:numRestart") == "eachSect":
                self._counts.pop(kind, None)

    def take(self, kind: str, note_id: str) -> Any:
        """Return the element of a note the first time that it is asked for, else None."""
        return self._elements.pop((kind, note_id), None)

    def label(self, kind: str) -> str:
        """Count a note without a mark of its own and return its number, empty if it is not known."""
        start = integer(self._said(kind, "w:numStart"), 1)
        number = self._counts[kind] = self._counts.get(kind, start - 1) + 1
        if self._said(kind, "w:numRestart") == "eachPage":
            return ""
        written = numeral(self._said(kind, "w:numFmt") or _FORMATS[kind], number, english=self._english)
        return written or ""

    def _said(self, kind: str, name: str) -> str | None:
        section = self._sections[self._section] if self._section < len(self._sections) else None
        for parent in (section, self._settings):
            properties = parent.find(qn(f"w:{kind}Pr")) if parent is not None else None
            said = value(properties, name)
            if said is not None:
                return said
        return None


def note_line(label: str, lines: Iterable[str]) -> str:
    """Return a note as one piece of text; a mark that its author repeated before the text is not repeated."""
    text = "\n".join(line for line in lines if line.strip()).strip()
    if label and text.startswith(label) and not text[len(label) : len(label) + 1].isalnum():
        text = text[len(label) :].lstrip(" .)\t")
    if not text:
        return ""
    return f"Note {label}: {text}" if label else f"Note: {text}"


def with_notes(text: str, notes: Iterable[PlacedNote]) -> str:
    """Return a paragraph with its notes, each on a line of its own after the sentence that it belongs to."""
    ends: dict[int, list[str]] = {}
    for note in notes:
        ends.setdefault(_end_of_sentence(text, note.at), []).append(note.line)
    pieces: list[str] = []
    position = 0
    for end in sorted(ends):
        pieces += [text[position:end].rstrip(), *ends[end]]
        position = end
    rest = text[position:].strip()
    return "\n".join([*pieces, rest] if rest else pieces)


def _end_of_sentence(text: str, at: int) -> int:
    goes_on = text[at : at + 3].lstrip()[:1].islower()
    ended = _AT_END.search(text[max(0, at - _LOOKED_BACK) : at])
    if ended and not goes_on and not _NO_END.search(text[max(0, at - _LOOKED_BACK) : at].rstrip()):
        return at
    for found in _CERTAIN_END.finditer(text, max(0, at - 1), at + _LOOKED_ON):
        if found.end() >= at and not _NO_END.search(text[max(0, found.start() - _LOOKED_BACK) : found.start() + 1]):
            return found.end()
    return len(text)

"""Plain text files to text: paragraphs are joined from their wrapped lines.

1. Printed pages are put together (`plain_pages`); a blank line, a rule or another depth of `>` ends a group of lines.
2. A group is a heading (`plain_headings`), or holds tables (`plain_tables`), list items and paragraphs.
3. In a paragraph a new line begins where a line was broken on purpose: one after which the next word would still have
   fitted. Other lines are joined, words that were parted at a line's end with them.

A text that is a transcript goes to `cues`. Lines of a table of contents are dropped. The title is the first heading of
level 1 that is underlined. Does not guess at other markup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from indexes.readings import Notes
from ingest.loading import cues
from ingest.loading.pdf_blocks import joined
from ingest.loading.plain_headings import Headings, headings_of, underlined_level
from ingest.loading.plain_pages import flowing_lines
from ingest.loading.plain_tables import parts_of
from ingest.loading.sniff import decode_text
from ingest.parsed import Parsed, TextBuilder

_BULLET = "-*•+‣▪◦●○■□►▸➢➤✓✔·⁃–—→»"
_ITEM = re.compile(
    rf"\s*(?:[{_BULLET}](?:\s*\[[ xX]\])?|o(?=\s+[A-Z])"
    r"|(\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2}){1,4}[.)]?))\s+(?=\S)"
)
_SURE_BULLET = re.compile(r"\s*[•‣▪◦●○■□►▸➢➤✓✔⁃]\s")
_SPACED_SIGNS = re.compile(r"[\s=_*~#.·–—-]*")  # a line of these alone is a rule drawn across the page
_QUOTED = re.compile(r"\s?(?:>\s?)+")
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}\s*[\divxlc]+$")
_ENDED = re.compile(r"[.!?:;,][\"'”’)\]]*$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ROOM = 0.9  # of the usual width: ragged lines end in the last tenth
_LONG_LINE_CHARS = 200  # no editor wraps as wide as this: in such a text every line end is meant
_SET_IN = 2  # blanks that begin a paragraph, or hang an item's further ones


@dataclass(frozen=True, slots=True)
class _Habits:
    """What is usual in one text: how wide its lines are, its words, and how it marks headings."""

    width: int
    words: frozenset[str]
    headings: Headings


def load(content: bytes) -> Parsed:
    """Read a plain text.

    Raises:
        LoadError: the bytes are no text in UTF-8, nor in UTF-16 with its mark.
    """
    text = decode_text(content, named="plain text")
    if cues.is_transcript(text):
        return cues.transcript(text)
    lines, repeated = flowing_lines(text)
    notes = Notes()
    notes.add("running_lines", count=repeated)
    contents = sum(bool(_CONTENTS_LINE.search(line)) for line in lines)
    notes.add("contents_lines", count=contents)
    groups = list(_groups([line for line in lines if not _CONTENTS_LINE.search(line)]))
    said = [lines for kind, lines in groups if kind == 0]
    habits = _Habits(_usual_width(lines), frozenset(_WORD.findall(text.lower())), headings_of(said))
    writer = _Writer(TextBuilder(), habits)
    for number, (level, group) in enumerate(groups):
        following = groups[number + 1][1] if number + 1 < len(groups) else []
        writer.write(level, group, following, first=number == 0)
    return writer.builder.finish(writer.title, notes=notes.finish())


def _groups(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Return the groups of lines in order, each with its level if it is an underlined heading, else with 0."""
    group: list[str] = []
    depth = 0
    for number, line in enumerate(lines):
        level = underlined_level(lines, number)
        quoted = _depth(lines, number)
        if level and group:
            yield 0, group[:-1]
            yield level, group[-1:]
            group = []
        elif not line.strip() or _is_rule(group, line):
            yield 0, group
            group = []
        else:
            if quoted != depth:
                yield 0, group
                group = []
            depth = quoted
            group.append(_QUOTED.sub("", line, count=1) if quoted else line)
            if quoted and not group[-1].strip():
                yield 0, group[:-1]
                group = []
    yield 0, group


def _is_rule(group: list[str], line: str) -> bool:
    """Tell whether a line is drawn across the page; dashes below a table's first row are none."""
    return bool(_SPACED_SIGNS.fullmatch(line)) and not (
        group and re.search(r"\S {2,}\S", group[-1]) and " " in line.strip()
    )


def _depth(lines: list[str], number: int) -> int:
    """Return how deep a line is quoted with `>`; a single line that begins with ">" and a figure is none."""
    found = _QUOTED.match(lines[number])
    if not found:
        return 0
    rest = lines[number][found.end() :]
    near = [lines[at] for at in (number - 1, number + 1) if 0 <= at < len(lines)]
    if rest[:1].isdigit() and not any(line.lstrip().startswith(">") for line in near):
        return 0
    return found[0].count(">")


class _Writer:
    """Writes groups to a builder, each as what it is."""

    def __init__(self, builder: TextBuilder, habits: _Habits) -> None:
        self.builder = builder
        self.title: str | None = None
        self._habits = habits
        self._item_inset = -1  # of the text of the item that was written last; -1 for none
        self._marker: str | None = None
        self._pieces: list[str] = []  # of the block being read; each begins a line of its own

    def write(self, level: int, group: list[str], following: list[str], *, first: bool) -> None:
        """Write a group of lines; `level` is that of an underlined heading, or 0."""
        if not group:
            return
        if level:
            self.title = self.title or (group[0] if level == 1 else None)
        heading = level or self._habits.headings.level(group, following, first=first)
        if heading:
            self._item_inset = -1
            self.builder.heading(heading, group[0])
            return
        for part in parts_of(group):
            for row in part.rows:
                self.builder.row(row)
            self._lines(list(part.lines))

    def _lines(self, lines: list[str]) -> None:
        """Write running text: its wrapped lines joined, its items and deliberate lines apart."""
        inset = min((len(line) - len(line.lstrip()) for line in lines), default=0)
        hangs = bool(lines) and 0 < self._item_inset <= inset + 1 and not _ITEM.match(lines[0])
        self._item_inset = self._item_inset if hangs else -1
        for previous, line in pairwise(["", *lines]):
            item = _ITEM.match(line)
            if item and self._begins(previous, line):
                self._flush(hangs=hangs)
                self._marker, hangs = item[1] or "-", False
                self._item_inset = item.end()
                self._pieces.append(line[item.end() :])
            elif not self._pieces or self._broken(previous, line, inset):
                self._pieces.append(line.strip())
            else:
                self._pieces[-1] = joined(self._pieces[-1], line.strip(), self._habits.words)
        self._flush(hangs=hangs)

    def _begins(self, previous: str, line: str) -> bool:
        """Tell whether a list mark begins an item: within a paragraph a dash or a number may only stand at its edge."""
        if not self._pieces or self._marker is not None or _SURE_BULLET.match(line) or _ENDED.search(previous):
            return True
        return _ended_early(previous, line, self._habits.width)

    def _broken(self, previous: str, line: str, inset: int) -> bool:
        indent = len(line) - len(line.lstrip())
        before = len(previous) - len(previous.lstrip())
        if self._marker is None and indent >= before + _SET_IN and before == inset and _ENDED.search(previous):
            return True  # a paragraph that begins set in
        return _ended_early(previous, line, self._habits.width)

    def _flush(self, *, hangs: bool) -> None:
        text = "\n".join(self._pieces)
        if self._marker is not None:
            self.builder.item(text, marker=self._marker)
        elif hangs:
            self.builder.item_paragraph(text)
        elif text:
            self.builder.paragraph(text)
        self._pieces.clear()
        self._marker = None


def _ended_early(previous: str, line: str, width: int) -> bool:
    """Tell whether a line was ended on purpose: the next one's first word would have fitted, and looks like a start."""
    word = line.split(maxsplit=1)[0] if line.split() else ""
    if not previous or word[:1].islower():
        return False
    return width > _LONG_LINE_CHARS or len(previous) + 1 + len(word) <= _ROOM * width


def _usual_width(lines: list[str]) -> int:
    """Return the length that nine in ten lines keep: a long address on a line of its own must not count."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 9 // 10] if lengths else 0

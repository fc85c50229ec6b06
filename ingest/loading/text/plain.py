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
from ingest.loading.pdf.words import joined
from ingest.loading.sniff import decode_text
from ingest.loading.text import cues
from ingest.loading.text.plain_headings import Headings, headings_of, underlined_level
from ingest.loading.text.plain_pages import flowing_lines
from ingest.loading.text.plain_tables import parts_of
from ingest.parsed import Parsed, TextBuilder

_BULLET = "-*•+‣▪◦●○■□►▸➢➤✓✔·⁃–—→»"
_ITEM = re.compile(
    rf"\s*(?:[{_BULLET}](?:\s*\[[ xX]\])?|\[[ xX]\]|o(?=\s+[A-Z])"
    r"|(\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2}){1,4}[.)]?))\s+(?=\S)"
)
_SURE_BULLET = re.compile(r"\s*[•‣▪◦●○■□►▸➢➤✓✔⁃]\s")
_SPACED_SIGNS = re.compile(r"[\s=_*~#.·–—-]*")  # a line of these alone is a rule drawn across the page
_QUOTED = re.compile(r"\s?(?:>\s?)+")
_LEADERS = re.compile(r"\s*(?:\.\s?){4,}\s*[\divxlc]+$")
_PARTED = re.compile(r"\w[-‐]$")
_LIKE_THE_ONE_ABOVE = (  # lines that begin alike are an agenda, the head of a letter, questions and answers
    re.compile(r"\s*\d{1,2}[:.]\d{2}\b"),
    re.compile(r"\s*[A-Z][\w-]{0,20}(?: [\w-]{1,20}){0,2}:\s"),
)
_ENDED = re.compile(r"[.!?:;,][\"'”’)\]]*$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ROOM = 0.9  # of the usual width: ragged lines end in the last tenth
_LONG_LINE_CHARS = 200  # no editor wraps as wide as this: in such a text every line end is meant
_NARROW_CHARS = 50  # a text is seldom wrapped so narrow
_FEW_WORDS = 5
_TAIL_CHARS = 60  # of a line: no word is longer
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
    kept = _without_contents(lines)
    notes.add("contents_lines", count=len(lines) - len(kept))
    groups = list(_groups(kept))
    habits = _Habits(_usual_width(lines), _words(lines), headings_of([group for level, group in groups if not level]))
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


def _without_contents(lines: list[str]) -> list[str]:
    """Leave out the lines of a table of contents: dots lead to a number, and what they name stands below as well."""
    short = ((at, line) for at, line in enumerate(lines) if "." in line and len(line) <= _LONG_LINE_CHARS)
    entries = {at: _plainly(line[: found.start()]) for at, line in short if (found := _LEADERS.search(line))}
    if not entries:
        return lines
    named = {_plainly(line) for at, line in enumerate(lines) if at not in entries}
    return [line for at, line in enumerate(lines) if entries.get(at) not in named]


def _plainly(line: str) -> str:
    return " ".join(line.lower().split())


def _words(lines: list[str]) -> frozenset[str]:
    """Return the words of a text in small letters; what a line's end parts is none."""
    words: set[str] = set()
    parted = False
    for line in lines:
        found = _WORD.findall(line.lower())
        first, parted = int(parted), bool(_PARTED.search(line))
        words.update(found[first : len(found) - 1 if parted else None])
    return frozenset(words)


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
        self._pieces: list[list[str]] = []  # of the block being read: lines of its own, each of wrapped ones

    def write(self, level: int, group: list[str], following: list[str], *, first: bool) -> None:
        """Write a group of lines; `level` is that of an underlined heading, or 0."""
        if not group:
            return
        if level:
            self.title = self.title or (group[0] if level == 1 else None)
        heading = level or self._habits.headings.level(group, group[1:] or following, first=first)
        if heading:
            self._item_inset = -1
            self.builder.heading(heading, group[0])
            group = group[1:]
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
                self._pieces.append([line[item.end() :]])
            elif not self._pieces or self._broken(previous, line, inset):
                self._pieces.append([line.strip()])
            else:
                self._join(line.strip())
        self._flush(hangs=hangs)

    def _join(self, line: str) -> None:
        """Put a line to the one that it goes on with; only the end of that one is looked at."""
        wrapped = self._pieces[-1]
        head, tail = wrapped[-1][:-_TAIL_CHARS], wrapped[-1][-_TAIL_CHARS:]
        wrapped[-1] = head + joined(tail, line, self._habits.words).removesuffix(line)
        wrapped.append(line)

    def _begins(self, previous: str, line: str) -> bool:
        """Tell whether a list mark begins an item: within a paragraph a dash or a number may only stand at its edge."""
        if not self._pieces or self._marker is not None or _SURE_BULLET.match(line) or _ENDED.search(previous):
            return True
        return _ended_early(previous, line, self._habits.width)

    def _broken(self, previous: str, line: str, inset: int) -> bool:
        indent = len(line) - len(line.lstrip())
        starts = not line.lstrip()[:1].islower() and bool(_ENDED.search(previous))
        if self._marker is None and indent >= inset + _SET_IN and starts:
            return True  # a paragraph that begins set in
        return _ended_early(previous, line, self._habits.width)

    def _flush(self, *, hangs: bool) -> None:
        text = "\n".join("".join(wrapped) for wrapped in self._pieces)
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
    if any(pattern.match(previous) and pattern.match(line) for pattern in _LIKE_THE_ONE_ABOVE):
        return True
    if width < _NARROW_CHARS and (_ENDED.search(previous) or len(previous.split()) <= _FEW_WORDS):
        return True
    return width > _LONG_LINE_CHARS or len(previous) + 1 + len(word) <= _ROOM * width


def _usual_width(lines: list[str]) -> int:
    """Return the length that nine in ten lines keep: a long address on a line of its own must not count."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 9 // 10] if lengths else 0

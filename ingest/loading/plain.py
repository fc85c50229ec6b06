"""Plain text files to text: paragraphs are joined from their wrapped lines.

A blank line ends a paragraph. Within one, a new line begins where a list item, a table-like line (tabs or wide gaps) or
a line that was broken on purpose stands: one after which the next word would still have fitted. A heading is a single
line underlined with `===` (level 1) or `---` (level 2); nothing else is taken for one. The title is the first heading
of level 1. Does not guess at other markup.
"""

import re
from itertools import pairwise

from ingest.characters import clean
from ingest.loading.sniff import decode_text
from ingest.parsed import Parsed, TextBuilder

_UNDERLINE = re.compile(r"(={3,}|-{3,})\s*")
_ITEM = re.compile(r"\s*(?:[-*•+‣▪◦]|\(?(\d{1,3}|[a-zA-Z])[.)])\s+(?=\S)")
_GAPS = re.compile(r"\t+| {3,}")
_SPACED_SIGNS = re.compile(r"[\s=_*~#.-]*")  # a line of these alone is a rule drawn across the page
_MIN_UNDERLINE = 0.6  # of the heading's length: a shorter line is a dash list or a rule
_ROOM = 0.9  # of the usual width: ragged lines end in the last tenth
_LONG_LINE_CHARS = 200  # no editor wraps as wide as this: in such a text every line end is meant


def load(content: bytes) -> Parsed:
    """Read a plain text.

    Raises:
        LoadError: the bytes are no UTF-8 text.
    """
    lines = [line.rstrip() for line in decode_text(content, named="plain text").splitlines()]
    width = _usual_width(lines)
    builder = TextBuilder()
    title = None
    paragraph: list[str] = []
    for number, line in enumerate(lines):
        level = _underlined_level(lines, number)
        if level:
            _write(paragraph[:-1], width, builder)
            heading = lines[number - 1]
            builder.heading(level, heading)
            title = title or (heading if level == 1 else None)
            paragraph = []
        elif _SPACED_SIGNS.fullmatch(line):
            _write(paragraph, width, builder)
            paragraph = []
        else:
            paragraph.append(line)
    _write(paragraph, width, builder)
    return builder.finish(title)


def _underlined_level(lines: list[str], number: int) -> int | None:
    """Return the level of the heading that line `number` underlines, if it does: a single line, close in length."""
    if number == 0 or not (found := _UNDERLINE.fullmatch(lines[number])):
        return None
    heading = lines[number - 1].strip()
    alone = number < 2 or not lines[number - 2].strip()  # noqa: PLR2004 - the line above the heading
    if not clean(heading) or not alone or _SPACED_SIGNS.fullmatch(heading):
        return None
    if len(found[1]) < _MIN_UNDERLINE * len(heading):
        return None
    return 1 if found[1].startswith("=") else 2


def _write(lines: list[str], width: int, builder: TextBuilder) -> None:
    """Write one paragraph: its wrapped lines joined, its items and deliberate lines apart."""
    marker: str | None = None
    pieces: list[str] = []  # of the block being read; a piece that starts with a newline is a line of its own
    for previous, line in pairwise(["", *lines]):
        item = _ITEM.match(line)
        cells = _GAPS.split(line.strip())
        begins = not pieces or marker is not None or _ended_early(previous, line, width)
        if item and begins:
            _flush(marker, pieces, builder)
            marker = f"{item[1]}." if item[1] else "-"
            pieces.append(line[item.end() :])
        elif len(cells) > 1 and not item:
            _flush(marker, pieces, builder)
            marker = None
            builder.row("; ".join(cells))
        else:
            broken = bool(pieces) and _ended_early(previous, line, width)
            pieces.append(("\n" if broken else " ") + line.strip())
    _flush(marker, pieces, builder)


def _flush(marker: str | None, pieces: list[str], builder: TextBuilder) -> None:
    text = "".join(pieces)
    pieces.clear()
    if marker is not None:
        builder.item(text, marker=marker)
    else:
        builder.paragraph(text)


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

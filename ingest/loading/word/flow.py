"""The blocks of one story of a Word document, in reading order: headings, paragraphs, items, rows, notes, text boxes.

A story is the body, a note, a text box or a header. Paragraphs whose mark is deleted or hidden go on in the next one,
which says what they are. Notes follow the sentence that bears their mark, text boxes the paragraph that they hang on.
Blocks are made one at a time, so that whoever takes them knows under which heading they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.characters import clean
from ingest.loading.word.blocks import ENTER, HEADING, ITEM, LEAVE, PARAGRAPH, Block, Ground
from ingest.loading.word.left import CONTENTS, Left
from ingest.loading.word.looks import Looks, Setting
from ingest.loading.word.notes import Notes, PlacedNote, note_line
from ingest.loading.word.numbering import UNKNOWN, Counting
from ingest.loading.word.runs import DELETED, Line, Mark, RunReader
from ingest.loading.word.styles import ParagraphStyle, Styles
from ingest.loading.word.table_flow import table_blocks
from ingest.loading.word.table_looks import TableLooks
from ingest.loading.word.xml import local_name, qn, value

BODY, NOTES, BOXES, HEADERS = "body", "notes", "boxes", "headers"
STORIES = (BODY, NOTES, BOXES, HEADERS)
_BLOCKS = frozenset(["p", "tbl", "altChunk", "subDoc", "r", "hyperlink", "oMathPara"])
_PROPERTIES = frozenset(["sectPr", "tcPr", "sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr", "footnotePr"])
_CONTENTS_GALLERY = "table of contents"
_MAX_DEPTH = 60  # of tables in tables, boxes in boxes, notes in notes


@dataclass(slots=True)
class Shared:
    """What all stories of a document share."""

    styles: Styles
    looks: Looks
    tables: TableLooks
    notes: Notes
    left: Left
    counting: dict[str, Counting]
    readers: dict[str, RunReader]


@dataclass(slots=True)
class _Pending:
    """Paragraphs that go on in the next one: what they show together, and what the last of them is."""

    line: Line = field(default_factory=Line)
    style: ParagraphStyle | None = None

    def add(self, line: Line, style: ParagraphStyle) -> None:
        for mark in line.marks:
            mark.at += self.line.length
        self.line.pieces += line.pieces
        self.line.length += line.length
        self.line.marks += line.marks
        self.line.boxes += line.boxes
        self.line.drawn_lines += line.drawn_lines
        self.line.bold = self.line.bold and line.bold
        self.style = style


class Flow:
    """Reads one story."""

    def __init__(self, shared: Shared, story: str, depth: int = 0) -> None:
        self._shared = shared
        self._story = story
        self._depth = depth

    def blocks(self, parent: Any, ground: Ground) -> Iterator[Block]:
        """Return the blocks of a part of the story, or of a cell."""
        pending = _Pending()
        for child, inside in _children(parent, ground):
            name = local_name(child)
            if name == "p":
                yield from self._paragraph(child, inside, pending)
                continue
            yield from self._flushed(pending)
            if name == "tbl":
                yield from self._table(child, inside)
            elif name in {"altChunk", "subDoc"}:
                self._shared.left.thing("embedded")
            else:  # text that stands outside of any paragraph
                pending.add(self._read(child, Setting(""), inside.kind), ParagraphStyle())
        yield from self._flushed(pending)

    def _paragraph(self, paragraph: Any, ground: Ground, pending: _Pending) -> Iterator[Block]:
        properties = paragraph.find(qn("w:pPr"))
        style = self._shared.styles.of_paragraph(properties)
        shading = self._shared.looks.theme.of_shading(style.shading)
        colour = ground.colour if shading is None else shading
        setting = Setting(style.style_id, ground.table, colour, flat=ground.flat or style.flat)
        kind = ground.kind or (CONTENTS if style.contents else None)
        pending.add(self._read(paragraph, setting, kind), style if kind is None else replace(style, numbering=None))
        if not style.joins or (style.apart and style.heading_level is not None):
            yield from self._flushed(pending)
        if self._story == BODY and properties is not None and properties.find(qn("w:sectPr")) is not None:
            self._shared.notes.next_section()

    def _read(self, element: Any, setting: Setting, kind: str | None) -> Line:
        return self._shared.readers[self._story].read(element, setting, kind)

    def _flushed(self, pending: _Pending) -> Iterator[Block]:
        line, style = pending.line, pending.style
        if style is None:
            return
        pending.line, pending.style = Line(), None
        marker = self._shared.counting[self._story].marker(style.numbering, style.style_id)
        if marker == UNKNOWN:
            self._shared.left.thing("numbers")
            marker = ""
        marker = None if marker is None else clean(marker)
        notes = tuple(self._notes(line.marks))
        block = _block(line.text(), style, marker)
        if self._story != HEADERS:
            self._shared.left.shown(line.text())
        if block is not None:
            yield replace(block, notes=notes, bold=line.bold)
        else:
            yield from (Block(PARAGRAPH, note.line) for note in notes)
        for box in line.boxes:
            story = BOXES if self._story == BODY else self._story
            yield Block(ENTER, "")
            yield from self._inside(story, box.content, Ground(box.ground))
            yield Block(LEAVE, "")
        yield from (Block(PARAGRAPH, drawn) for drawn in line.drawn_lines if drawn.strip())

    def _notes(self, marks: list[Mark]) -> Iterator[PlacedNote]:
        for mark in marks:
            element = self._shared.notes.take(mark.kind, mark.note_id)
            if mark.left is not None:
                if element is not None:
                    self._shared.left.out(mark.left, element)
                continue
            label = mark.own if mark.own is not None else self._shared.notes.label(mark.kind)
            if element is None:
                self._shared.left.thing("footnotes")
                continue
            inside = self._inside(NOTES, element, Ground())
            line = note_line(label, (piece for block in inside for piece in _lines(block)))
            if line:
                yield PlacedNote(mark.at, line)

    def _table(self, table: Any, ground: Ground) -> Iterator[Block]:
        shared = self._shared

        def read_cell(element: Any, inside: Ground) -> Iterator[Block]:
            return self._inside(self._story, element, inside)

        return table_blocks(table, ground, shared.tables, shared.left, read_cell)

    def _inside(self, story: str, element: Any, ground: Ground) -> Iterator[Block]:
        if self._depth >= _MAX_DEPTH:
            self._shared.left.out("unlike_second_look", element)
            return iter(())
        return Flow(self._shared, story, self._depth + 1).blocks(element, ground)


def _block(text: str, style: ParagraphStyle, marker: str | None) -> Block | None:
    """Return the block of a paragraph, None if there is nothing to read."""
    said = bool(clean(text))
    if style.heading_level is not None:
        named = said or any(char.isalpha() for char in (marker or ""))
        return Block(HEADING, text, style.heading_level, _number(marker)) if named else None
    if not said:
        return Block(ITEM, "", marker=marker) if marker and marker != "-" else None
    return Block(PARAGRAPH, text) if not marker else Block(ITEM, text, marker=marker)


def _number(marker: str | None) -> str:
    return "" if marker is None or marker == "-" else marker


def _lines(block: Block) -> Iterator[str]:
    yield block.headline() if block.marker else block.text
    yield from (note.line for note in block.notes)


def _children(parent: Any, ground: Ground) -> Iterator[tuple[Any, Ground]]:
    """Return the paragraphs, tables and other blocks of a part, also those within content controls and revisions."""
    for child in parent:
        name = local_name(child)
        if name in _BLOCKS:
            yield child, ground
        elif name in {"del", "moveFrom"}:
            yield from _children(child, replace(ground, kind=ground.kind or DELETED))
        elif name == "sdt":
            gallery = child.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}")
            contents = (value(gallery, "w:docPartGallery") or "").lower() == _CONTENTS_GALLERY
            inside = replace(ground, kind=ground.kind or CONTENTS) if contents else ground
            yield from _children(child, inside)
        elif name and name not in _PROPERTIES:
            yield from _children(child, ground)

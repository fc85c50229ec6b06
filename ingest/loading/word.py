"""Word documents (.docx) to text. The steps: check the archive, open it with python-docx, walk its body in order.

Read: paragraphs, headings (by style or outline level; the style Title is level 0), list items, tables, content
controls, inserted text. Left out: deleted or moved-away text, hidden and struck-out runs, headers and footers, notes,
comments, text boxes, field codes and tables of contents. The title is that of the style Title, else of the document's
properties, else the first heading of level 1. `word_styles` knows styles and numbering. Fetches nothing.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from indexes.kinds import ZIP
from ingest.characters import clean
from ingest.errors import LoadError
from ingest.loading.sniff import check_kind
from ingest.loading.tables import looks_like_header, table_lines
from ingest.loading.word_styles import Numbering, Styles, is_on
from ingest.parsed import Parsed, TextBuilder

MAX_UNPACKED_BYTES = 200 * 1000 * 1000  # what python-docx holds in memory at once; real documents stay far below
MAX_PARTS = 10_000
_BODY = "word/document.xml"
_ENCRYPTED = 0x1  # bit of a ZIP entry's flags
_SKIPPED = frozenset(
    map(qn, ["w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:instrText", "w:delText", "w:drawing", "w:pict"])
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"}
_UNTITLED = frozenset(["", "word document", "untitled", "document1", "document", "untitled document"])


def load(content: bytes) -> Parsed:
    """Read a Word document.

    Raises:
        LoadError: no Word document, an archive that unpacks to too much, or one that is damaged.
    """
    check_kind(content, ZIP, named="a Word document (.docx)")
    _check_archive(content)
    try:
        document = docx.Document(io.BytesIO(content))
    except (KeyError, ValueError, PackageNotFoundError, zipfile.BadZipFile, etree.XMLSyntaxError, EOFError) as error:
        raise LoadError(
            f"expected a Word document (.docx), got one that is damaged ({type(error).__name__}): save it again in Word"
        ) from error
    styles = Styles(document.styles.element)
    numbering = Numbering(_numbering_xml(document))
    reader = _BodyReader(TextBuilder(), styles, numbering)
    reader.read(document.element.body)
    named = clean(document.core_properties.title or "")
    return reader.finish("" if named.lower() in _UNTITLED else named)


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise LoadError("expected a Word document (.docx), got a ZIP archive that is cut short or damaged") from error
    unpacked = sum(part.file_size for part in parts)  # zipfile reads no more of a part than its size given here
    if unpacked > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        raise LoadError(
            f"expected a Word document that unpacks to at most {MAX_UNPACKED_BYTES / 1e6:.0f} MB in {MAX_PARTS} parts, "
            f"got {unpacked / 1e6:.0f} MB in {len(parts)}: remove large pictures, or split it"
        )
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise LoadError("expected a Word document that opens without a password, got an encrypted one")
    if _BODY not in {part.filename for part in parts}:
        raise LoadError(f"expected a Word document (.docx), got a ZIP archive without {_BODY}")


def _numbering_xml(document: Any) -> Any:
    part = next((rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None)
    return None if part is None else part.element


class _BodyReader:
    """Walks the body of one document; python-docx's elements are lxml's, which have no useful types."""

    def __init__(self, builder: TextBuilder, styles: Styles, numbering: Numbering) -> None:
        self._builder = builder
        self._styles = styles
        self._numbering = numbering
        self._title = ""
        self._first_h1 = ""

    def finish(self, named: str) -> Parsed:
        """Return the document; `named` is the title in its properties."""
        return self._builder.finish(self._title or named or self._first_h1)

    def read(self, parent: Any) -> None:
        """Read all blocks of the body, or of a part of it, in order."""
        for block in _blocks(parent):
            if block.tag == qn("w:p"):
                self._paragraph(block)
            else:
                self._table(block)

    def _paragraph(self, paragraph: Any) -> None:
        text = self._text(paragraph)
        style = self._styles.of_paragraph(paragraph)
        level = style.heading_level
        if level is not None:
            self._builder.heading(level, text)
            if level == 0:
                self._title = self._title or clean(text)
            elif level == 1:
                self._first_h1 = self._first_h1 or clean(text)
            return
        if style.contents or not clean(text):
            return
        marker = self._numbering.marker(style.numbering)
        if marker is None:
            self._builder.paragraph(text)
        else:
            self._builder.item(text, marker=marker)

    def _text(self, paragraph: Any) -> str:
        pieces: list[str] = []
        self._gather(paragraph, pieces, hidden=self._styles.of_paragraph(paragraph).hidden)
        return "".join(pieces)

    def _gather(self, element: Any, pieces: list[str], *, hidden: bool) -> None:
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or not isinstance(tag, str):
                continue
            if tag == qn("w:r"):
                self._gather(child, pieces, hidden=self._styles.hides_run(child, otherwise=hidden))
            elif tag == qn("w:t"):
                pieces.append("" if hidden else (child.text or "").replace("\n", " "))
            elif tag in {qn("w:br"), qn("w:cr")}:
                pieces.append("\n")
            elif tag == qn("w:tab"):
                pieces.append(" ")
            elif tag == qn("w:noBreakHyphen"):
                pieces.append("" if hidden else "-")
            else:
                self._gather(child, pieces, hidden=hidden)

    def _table(self, table: Any) -> None:
        rows = [row for row in table.iterchildren(qn("w:tr")) if not _is_deleted_row(row)]
        cells = [list(_cells(row)) for row in rows]
        if all(len(row) <= 1 for row in cells):  # a box around ordinary content
            for row in cells:
                for cell in row:
                    self.read(cell)
            return
        grid = self._grid(cells)
        for line in table_lines(grid, header_rows=int(_is_header(rows[0]) or looks_like_header(grid[0]))):
            self._builder.row(line)

    def _grid(self, rows: list[list[Any]]) -> list[list[str]]:
        """Return the cells' texts; a cell merged downwards stands in each of its rows."""
        grid: list[list[str]] = []
        for row in rows:
            texts: list[str] = []
            for cell in row:
                merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
                continues = merge is not None and merge.get(qn("w:val"), "continue") == "continue"
                above = grid[-1][len(texts)] if grid and len(texts) < len(grid[-1]) else ""
                texts.append(above if continues else self._cell_text(cell))
                texts.extend([""] * (_span(cell) - 1))
            grid.append(texts)
        return grid

    def _cell_text(self, cell: Any) -> str:
        return "\n".join(
            self._text(block) if block.tag == qn("w:p") else self._nested_text(block) for block in _blocks(cell)
        )

    def _nested_text(self, table: Any) -> str:
        return "\n".join(self._cell_text(cell) for row in table.iterchildren(qn("w:tr")) for cell in _cells(row))


def _blocks(parent: Any) -> Iterator[Any]:
    """Yield the paragraphs and tables of a part, also those within content controls and insertions."""
    for child in parent:
        if child.tag in {qn("w:p"), qn("w:tbl")}:
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:moveTo"), qn("w:customXml")}:
            yield from _blocks(child)


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == qn("w:tc"):
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml")}:
            yield from _cells(child)


def _is_header(row: Any) -> bool:
    """Tell whether a row is marked as a header: repeated on each page, or all of it bold."""
    if is_on(row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}")):
        return True
    runs = [run for run in row.iter(qn("w:r")) if any(text.text for text in run.iter(qn("w:t")))]
    return bool(runs) and all(is_on(run.find(f"{qn('w:rPr')}/{qn('w:b')}")) for run in runs)


def _is_deleted_row(row: Any) -> bool:
    return row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None


def _span(cell: Any) -> int:
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    value = span.get(qn("w:val"), "1") if span is not None else "1"
    return min(max(int(value), 1), 100) if value.isdigit() else 1

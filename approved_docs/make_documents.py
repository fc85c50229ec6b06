"""Make the PDF and DOCX documents of the sample library from their manuscripts.

Each file in ``manuscripts/`` is a small Markdown text whose front matter names its title, format,
target path, version, date and owner. Running this script writes every target; ``--check`` writes
nothing and exits with 1 if a target is missing or differs from what would be made.

The same manuscripts give the same bytes on every run: dates in the files are fixed, and PDF streams
and ZIP members are stored uncompressed, so that no compression library can change them. (Another
release of reportlab or python-docx may write other bytes; such documents need a new approval.)

It does not touch the Markdown, HTML and text documents, it approves nothing, and it reads only the
subset described at `parse_blocks`: a stray mark-up character is printed as it is.
"""

# ruff: noqa: INP001, T201 (a script beside its documents, whose report is its output)
# mypy: disable-error-code="import-untyped, misc"
import argparse
import io
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import docx
from docx.document import Document as DocxDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from reportlab import platypus, rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

LIBRARY = Path(__file__).resolve().parent
COMPANY = "Northlight Pictures"
FRONT_MATTER_KEYS = {"title", "format", "target", "version", "date", "owner"}
FORMATS = {"pdf", "docx"}
MARGIN = 25 * mm


@dataclass(frozen=True)
class Block:
    """One piece of a manuscript: a key of `DOCX_STYLES` with its lines, or a ``table`` with rows.

    A heading or paragraph has one line, a list one for each item, a table its heading row first.
    """

    kind: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Manuscript:
    """A parsed manuscript, its blocks in reading order: title and imprint first.

    The imprint says which version this is and whose; the ending of the target chooses the format.
    """

    title: str
    imprint: str
    date: datetime
    target: Path
    blocks: tuple[Block, ...]


def read_manuscript(path: Path) -> Manuscript:
    """Read one manuscript, which starts with front matter between two lines of ``---``.

    Raises:
        ValueError: The front matter is not as expected, or the target lies outside the library.
    """
    opening, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.strip().splitlines())
    if opening or set(fields) != FRONT_MATTER_KEYS:
        raise ValueError(f"{path.name}: front matter must have exactly {sorted(FRONT_MATTER_KEYS)}")
    target = (LIBRARY / fields["target"]).resolve()
    ending = target.suffix[1:]
    if LIBRARY not in target.parents or fields["format"] != ending or ending not in FORMATS:
        raise ValueError(f"{path.name}: target must be in the library and end like its format")
    title = fields["title"]
    imprint = f"Version {fields['version']}, {fields['date']}. Owner: {fields['owner']}."
    return Manuscript(
        title=title,
        imprint=imprint,
        date=datetime.strptime(fields["date"], "%d %B %Y").replace(tzinfo=UTC),
        target=target,
        blocks=(Block("title", (title,)), Block("paragraph", (imprint,)), *parse_blocks(body)),
    )


def parse_blocks(body: str) -> Iterator[Block]:
    """Split the text of a manuscript into blocks.

    Blocks are separated by blank lines: ``# `` and ``## `` headings, ``- `` bullets, ``1. ``
    numbered items, ``| `` tables with a heading row and a row of dashes, and paragraphs.
    """
    for part in re.split(r"\n\s*\n", body.strip()):
        lines = [line.strip() for line in part.splitlines()]
        first = lines[0]
        if first.startswith("# "):
            yield Block("h1", (first[2:],))
        elif first.startswith("## "):
            yield Block("h2", (first[3:],))
        elif first.startswith("- "):
            yield Block("bullets", tuple(line[2:] for line in lines))
        elif re.match(r"\d+\. ", first):
            yield Block("numbers", tuple(line.split(". ", 1)[1] for line in lines))
        elif first.startswith("|"):
            cells = [tuple(c.strip() for c in line.strip("|").split("|")) for line in lines]
            yield Block("table", rows=(cells[0], *cells[2:]))
        else:
            yield Block("paragraph", (" ".join(lines),))


_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10.5, leading=15.5)
_HEADING = ParagraphStyle("heading", _BODY, fontName="Helvetica-Bold", keepWithNext=1)
_ITEM = ParagraphStyle("item", _BODY, leftIndent=14, spaceAfter=5)
STYLES = {
    "title": ParagraphStyle("title", _HEADING, fontSize=20, leading=25, spaceAfter=8),
    "h1": ParagraphStyle("h1", _HEADING, fontSize=13.5, leading=18, spaceBefore=12, spaceAfter=5),
    "h2": ParagraphStyle("h2", _HEADING, fontSize=11, leading=15, spaceBefore=8, spaceAfter=4),
    "paragraph": ParagraphStyle("paragraph", _BODY, spaceAfter=7),
    "bullets": ParagraphStyle("bullets", _ITEM, firstLineIndent=-7),
    "numbers": ParagraphStyle("numbers", _ITEM, firstLineIndent=-14),
    "head": ParagraphStyle("head", _HEADING, fontSize=9.5, leading=12.5),
    "cell": ParagraphStyle("cell", _BODY, fontSize=9.5, leading=12.5),
}
TABLE_STYLE = [
    ("GRID", (0, 0), (-1, -1), 0.5, HexColor("#999999")),
    ("BACKGROUND", (0, 0), (-1, 0), HexColor("#eeeeee")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("NOSPLIT", (0, 0), (-1, -1)),
]
DOCX_STYLES = {
    "title": "Title",
    "h1": "Heading 1",
    "h2": "Heading 2",
    "paragraph": "Normal",
    "bullets": "List Bullet",
    "numbers": "List Paragraph",
}


def make_pdf(manuscript: Manuscript) -> bytes:
    """Set a manuscript as an A4 PDF with a running header and page numbers."""
    out = io.BytesIO()
    rl_config.invariant, rl_config.pageCompression = 1, 0
    template = platypus.BaseDocTemplate(
        out, pagesize=A4, title=manuscript.title, author=COMPANY, subject=manuscript.imprint
    )
    width, height = A4
    frame = platypus.Frame(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN, 0, 0, 0, 0)
    header = partial(_draw_line, y=height - 15 * mm, text=f"{COMPANY} - {manuscript.title}")
    footer = partial(_draw_line, y=13 * mm, text="Page {page}")
    page = platypus.PageTemplate(frames=[frame], onPage=header, onPageEnd=footer)
    template.addPageTemplates(page)
    template.build([part for block in manuscript.blocks for part in _flowables(block, frame.width)])
    return out.getvalue()


def _draw_line(canvas: Canvas, template: platypus.BaseDocTemplate, y: float, text: str) -> None:
    canvas.setFont("Helvetica", 8.5)
    canvas.drawString(MARGIN, y, text.replace("{page}", str(template.page)))


def _flowables(block: Block, width: float) -> list[platypus.Flowable]:
    if block.kind == "table":
        return [_pdf_table(block, width)]
    style = STYLES[block.kind]
    dash = "- " if block.kind == "bullets" else ""
    return [platypus.Paragraph(escape(dash + line), style) for line in _numbered(block)]


def _numbered(block: Block) -> Iterator[str]:
    """Type out the numbers of a list: layout engines would count on, or set them apart."""
    for number, line in enumerate(block.lines, start=1):
        yield f"{number}. {line}" if block.kind == "numbers" else line


class _Cell(platypus.Flowable):
    """A table cell drawn without the line feed with which a Paragraph ends.

    With that line feed, text extraction puts every cell on a line of its own and rows are lost.
    """

    def __init__(self, text: str, style: ParagraphStyle) -> None:
        super().__init__()
        self.text, self.style = text, style

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """Break the text into lines and say how much room they take."""
        self.lines = simpleSplit(self.text, self.style.fontName, self.style.fontSize, width)
        return width, len(self.lines) * self.style.leading

    def draw(self) -> None:
        """Draw the lines from the top."""
        for number, line in enumerate(self.lines, start=1):
            text = self.canv.beginText(0, (len(self.lines) - number) * self.style.leading + 3)
            text.setFont(self.style.fontName, self.style.fontSize)
            text.textOut(line)
            self.canv.drawText(text)


def _pdf_table(block: Block, width: float) -> platypus.Table:
    """Set a table whose columns share the width by the square root of their longest cell."""
    weights = [max(len(cell) for cell in column) ** 0.5 for column in zip(*block.rows, strict=True)]
    widths = [width * weight / sum(weights) for weight in weights]
    cells = [
        [_Cell(cell, STYLES["cell" if number else "head"]) for cell in row] for number, row in enumerate(block.rows)
    ]
    return platypus.Table(cells, widths, style=TABLE_STYLE, spaceBefore=4, spaceAfter=10)


def make_docx(manuscript: Manuscript) -> bytes:
    """Set a manuscript as a Word document with a running header and page numbers."""
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(10.5)
    core = document.core_properties
    core.title, core.author, core.last_modified_by = manuscript.title, COMPANY, COMPANY
    core.subject, core.comments, core.revision = manuscript.imprint, "", 1
    core.created = core.modified = manuscript.date
    for style in list(document.styles):  # unused table styles are most of an empty document
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in {"Normal Table", "Table Grid"}:
            style.delete()
    for key, relation in list(document.part.rels.items()):
        if relation.reltype.endswith("/stylesWithEffects"):
            del document.part.rels[key]
    section = document.sections[0]
    section.header.paragraphs[0].text = f"{COMPANY} - {manuscript.title}"
    page_number = OxmlElement("w:fldSimple")
    page_number.set(qn("w:instr"), "PAGE")
    section.footer.paragraphs[0].add_run("Page ").element.addnext(page_number)
    for block in manuscript.blocks:
        _add_block(document, block)
    out = io.BytesIO()
    document.save(out)
    return _repack(out.getvalue())


def _add_block(document: DocxDocument, block: Block) -> None:
    if block.kind == "table":
        table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
        for number, row in enumerate(block.rows):
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.paragraphs[0].add_run(text).bold = number == 0
        document.add_paragraph()
    else:
        for line in _numbered(block):
            document.add_paragraph(line, style=DOCX_STYLES[block.kind])


def _repack(data: bytes) -> bytes:
    """Rewrite a ZIP with fixed times and stored members, in the order they came."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name)  # without a time it is dated 1980
            member.create_system = 3  # the same on every operating system
            new.writestr(member, old.read(name))
    return out.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or check every document.

    Returns:
        0, or 1 if ``--check`` found a document that is missing or differs.
    """
    parser = argparse.ArgumentParser(description="Make the PDF and DOCX documents of the library.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if one differs")
    check = parser.parse_args(arguments).check
    stale = False
    for path in sorted((LIBRARY / "manuscripts").glob("*.md")):
        manuscript = read_manuscript(path)
        made = make_pdf(manuscript) if manuscript.target.suffix == ".pdf" else make_docx(manuscript)
        same = manuscript.target.exists() and manuscript.target.read_bytes() == made
        if not same and not check:
            manuscript.target.parent.mkdir(parents=True, exist_ok=True)
            manuscript.target.write_bytes(made)
        state = "unchanged" if same else "differs" if check else "written"
        print(f"{state:<10} {manuscript.target.relative_to(LIBRARY)}")
        stale = stale or (check and not same)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

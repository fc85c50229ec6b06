"""Word documents: read in order, without what is hidden or deleted."""

import io
import zipfile
from collections.abc import Callable

import pytest
from docx.document import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from ingest.errors import LoadError
from ingest.loading import word
from ingest.parsed import Parsed

MakeDocx = Callable[[Callable[[Document], None]], bytes]
Texts = Callable[[Parsed], list[str]]


def test_headings_lists_and_tables_in_order(make_docx: MakeDocx, texts: Texts) -> None:
    def fill(document: Document) -> None:
        document.add_paragraph("Delivery policy", style="Title")
        document.add_paragraph("What we deliver.")
        document.add_heading("Formats", level=1)
        table = document.add_table(rows=2, cols=3)
        for row, values in zip(table.rows, [("Codec", "Size", "Use"), ("ProRes", "UHD", "Edit")], strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        document.add_heading("Steps", level=2)
        document.add_paragraph("Export", style="List Number")
        document.add_paragraph("Check", style="List Number")
        document.add_paragraph("by eye", style="List Bullet")

    document = word.load(make_docx(fill))
    assert document.title == "Delivery policy"
    assert texts(document) == [
        "What we deliver.",
        "Codec: ProRes; Size: UHD; Use: Edit",
        "1. Export\n2. Check\n- by eye",
    ]
    assert [part.locator.headings for part in document.sections] == [
        ("Delivery policy",),
        ("Delivery policy", "Formats"),
        ("Delivery policy", "Formats", "Steps"),
    ]


def test_two_columns_need_a_marked_header(make_docx: MakeDocx) -> None:
    def fill(document: Document, *, bold: bool) -> None:
        table = document.add_table(rows=2, cols=2)
        for row, values in zip(table.rows, [("Codec", "Use"), ("ProRes", "Edit")], strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        for cell in table.rows[0].cells:
            cell.paragraphs[0].runs[0].bold = bold

    assert word.load(make_docx(lambda document: fill(document, bold=True))).text == "Codec: ProRes; Use: Edit"
    assert word.load(make_docx(lambda document: fill(document, bold=False))).text == "Codec: Use\nProRes: Edit"


def test_hidden_struck_and_deleted_text_is_not_read(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        paragraph = document.add_paragraph("Keep ")
        paragraph.add_run("secret ").font.hidden = True
        paragraph.add_run("secret ").font.strike = True
        deleted = parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>secret </w:delText><w:t>secret</w:t></w:r></w:del>")
        inserted = parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>this.</w:t></w:r></w:ins>")
        paragraph._p.extend([deleted, inserted])
        style = document.styles.add_style("Ghost", 1)
        style.font.hidden = True
        document.add_paragraph("secret", style="Ghost")
        row = document.add_table(rows=2, cols=2).rows[0]
        row.cells[0].text = "secret"
        mark = OxmlElement("w:del")
        row._tr.get_or_add_trPr().append(mark)

    assert word.load(make_docx(fill)).text == "Keep this."


def test_links_line_breaks_and_content_controls_are_read(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        paragraph = document.add_paragraph("See ")
        paragraph._p.append(parse_xml(f"<w:hyperlink {nsdecls('w')}><w:r><w:t>the guide</w:t></w:r></w:hyperlink>"))
        paragraph.add_run(" for\nall of\tit.")
        body = document.element.body
        control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Chosen.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        body.insert(1, parse_xml(control))

    assert word.load(make_docx(fill)).text == "See the guide for all of it.\n\nChosen."


def test_a_cell_merged_downwards_stands_in_each_row(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        table = document.add_table(rows=3, cols=3)
        for row, values in zip(
            table.rows, [("Kind", "Format", "Use"), ("Audio", "WAV", "Mix"), ("", "AAC", "Web")], strict=True
        ):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        table.cell(1, 0).merge(table.cell(2, 0))

    assert word.load(make_docx(fill)).text.split("\n")[-1].startswith("Kind: Audio; Format: AAC")


def test_the_title_is_that_of_the_properties_and_else_of_the_first_heading(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        document.add_heading("Leave", level=1)
        document.add_paragraph("Text.")

    def named(document: Document) -> None:
        fill(document)
        document.core_properties.title = "Leave policy"

    assert word.load(make_docx(fill)).title == "Leave"
    assert word.load(make_docx(named)).title == "Leave policy"


def test_an_outline_level_makes_a_heading(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        paragraph = document.add_paragraph("Scope")
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), "1")
        paragraph._p.get_or_add_pPr().append(level)
        document.add_paragraph("Text.")

    assert word.load(make_docx(fill)).sections[0].locator.headings == ("Scope",)


def _zip(*parts: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", r"expected a Word document \(.docx\), got a PDF"),
        (b"Dear all,", "got text: give the file the extension"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "got an old Office file .* or an encrypted one"),
        (b"PK\x03\x04 and nothing more", "got a ZIP archive that is cut short or damaged"),
        (lambda: _zip(("readme.txt", b"x")), "got a ZIP archive without word/document.xml"),
        (lambda: _zip(("word/document.xml", b"x")), "got one that is damaged"),
        (lambda: _zip(("word/document.xml", b"\0" * 201_000_000)), "at most 200 MB in 10000 parts, got 201 MB in 1"),
    ],
)
def test_what_is_no_word_document_is_refused_by_name(content: bytes | Callable[[], bytes], reason: str) -> None:
    """Archives are made when they are needed: packing the large one takes a second."""
    given = content if isinstance(content, bytes) else content()
    with pytest.raises(LoadError, match=reason):
        word.load(given)


def test_a_document_cut_short_is_refused(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        document.add_paragraph("Text.")

    whole = make_docx(fill)
    with pytest.raises(LoadError, match="cut short or damaged"):
        word.load(whole[: len(whole) // 2])

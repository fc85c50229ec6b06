"""Word documents: read in order, without what is hidden or deleted."""

from collections.abc import Callable

import pytest
from docx.document import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from ingest.errors import LoadError
from ingest.loading.word import document as word
from ingest.parsed import Parsed
from tests.support import word_files
from tests.support.word_files import heading_styles, p, r, style, word_file, zipped

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
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
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
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))

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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", r"expected a Word document \(.docx\), got a PDF"),
        (b"Dear all,", "got text: give the file the extension"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "got an old Office file .* or an encrypted one"),
        (b"PK\x03\x04 and nothing more", "got a ZIP archive that is cut short or damaged"),
        (zipped({"readme.txt": "x"}), "got a ZIP archive without a Word document"),
    ],
)
def test_what_is_no_word_document_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        word.load(content)


def test_a_document_cut_short_is_refused(make_docx: MakeDocx) -> None:
    def fill(document: Document) -> None:
        document.add_paragraph("Text.")

    whole = make_docx(fill)
    with pytest.raises(LoadError, match="cut short or damaged"):
        word.load(whole[: len(whole) // 2])


WHITE = '<w:color w:val="FFFFFF"/>'


def box(content: str, shape: str = "") -> str:
    """A text box of today's Word, with the fallback for older ones."""
    inside = f"<w:txbxContent>{content}</w:txbxContent>"
    return (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:anchor><wps:wsp>"
        f"<wps:spPr>{shape}</wps:spPr><wps:txbx>{inside}</wps:txbx></wps:wsp></wp:anchor></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    held = f"<w:txbxContent>{p('Older box.')}</w:txbxContent>"
    old = f"<w:r><w:pict><v:shape><v:textbox>{held}</v:textbox></v:shape></w:pict></w:r>"
    inner = p(runs=r("Box.") + box(p("Box in it.")))
    body = p(runs=r("See the ") + box(inner) + r("boxes.") + old) + p("After.")
    assert word.load(word_file(body)).text == "See the boxes.\n\nBox.\n\nBox in it.\n\nOlder box.\n\nAfter."


def test_a_heading_in_a_box_holds_for_the_box_only() -> None:
    body = p("Rent", style="Heading1") + p(runs=r("Pay.") + box(p("Tip", style="Heading1") + p("Save."))) + p("More.")
    document = word.load(word_file(body, styles=heading_styles()))
    assert [part.locator.headings for part in document.sections] == [("Rent",), ("Tip",), ("Rent",)]


def test_white_text_in_a_box_is_seen_if_the_box_is_filled_or_lies_on_something() -> None:
    secret = p("Secret.", run=WHITE)
    filled = '<a:solidFill><a:srgbClr val="000080"/></a:solidFill>'
    picture = "<w:r><w:drawing><wp:anchor><pic:pic/></wp:anchor></w:drawing></w:r>"
    group = box(secret).replace("<wps:wsp>", "<wps:wsp/><wps:wsp>")
    assert word.load(word_file(p("A.") + p(runs=group))).text == "A.\n\nSecret."
    assert word.load(word_file(p("A.") + p(runs=box(secret)))).text == "A."
    assert word.load(word_file(p("A.") + p(runs=box(secret, filled)))).text == "A.\n\nSecret."
    assert word.load(word_file(p("A.") + p(runs=box(secret, "<a:noFill/>") + picture))).text == "A.\n\nSecret."


def test_the_fallback_is_read_where_the_choice_holds_no_text() -> None:
    body = f"<mc:AlternateContent><mc:Choice/><mc:Fallback>{p('Fallback.')}</mc:Fallback></mc:AlternateContent>"
    assert word.load(word_file(p("Text.") + body)).text == "Text.\n\nFallback."


def test_content_controls_show_what_was_chosen_and_prompts_are_no_text() -> None:
    styles = style("Placeholder Text", kind="character")
    prompt = r("Choose an item.", '<w:rStyle w:val="PlaceholderText"/>')

    def control(inside: str, properties: str = "") -> str:
        return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"

    entries = '<w:dropDownList><w:listItem w:displayText="krona"/><w:listItem w:displayText="franc"/></w:dropDownList>'
    body = p(runs=r("Paid in: ") + control(r("franc"), entries)) + p(runs=control(r("☒")) + r(" Tea"))
    body += p(runs=r("Name: ") + control(prompt, "<w:showingPlcHdr/>")) + p(
        runs=control(r("Set text"), "<w:showingPlcHdr/>")
    )
    document = word.load(word_file(body, styles=styles))
    assert document.text == "Paid in: franc\n\n☒ Tea\n\nName:\n\nSet text"
    assert document.notes == ()


def test_paragraphs_whose_mark_is_deleted_or_hidden_join_the_next() -> None:
    mark = "<w:rPr><w:{}/></w:rPr>"
    body = p("The rent is ", properties=mark.format("del")) + p("due in ", properties=mark.format("vanish")) + p("May.")
    body += p("Kept ", properties=mark.format("del")) + word_files.table(word_files.row("a", "b"))
    assert word.load(word_file(body)).text == "The rent is due in May.\n\nKept\n\na: b"


def test_a_heading_that_runs_into_its_text_is_a_heading_and_a_large_initial_is_part_of_its_word() -> None:
    apart = "<w:rPr><w:vanish/><w:specVanish/></w:rPr>"
    body = p("Scope.", style="Heading1", properties=apart) + p(" This applies to all.")
    body += p("T", properties='<w:framePr w:dropCap="drop" w:lines="3"/>') + p("he rent is due.")
    document = word.load(word_file(body, styles=heading_styles()))
    assert document.text == "Scope.\n\nThis applies to all.\n\nThe rent is due."
    assert document.sections[-1].locator.headings == ("Scope.",)


def test_symbols_are_the_signs_that_are_drawn() -> None:
    body = p(
        runs='<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'
        + r(" Tea ")
        + r("a", '<w:rFonts w:ascii="Symbol"/>')
    )
    body += p(
        runs=r("50")
        + '<w:r><w:sym w:font="Symbol" w:char="00B0"/></w:r>'
        + r(" \uf0e0 x", '<w:rFonts w:ascii="Wingdings"/>')
    )
    body += p(runs=r("odd ") + '<w:r><w:sym w:font="Dingbats of Ours" w:char="F041"/></w:r>')
    document = word.load(word_file(body))
    assert document.text.startswith("✓ Tea α\n\n50° →")
    assert [(note.kind, note.count) for note in document.notes] == [("symbols", 2)]


def test_breaks_tabs_hyphens_and_ruby() -> None:
    signs = "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t><w:softHyphen/><w:t>d</w:t></w:r>"
    ruby = "<w:r><w:ruby><w:rt>" + r("kanji") + "</w:rt><w:rubyBase>" + r("字") + "</w:rubyBase></w:ruby></w:r>"
    text = word.load(word_file(p(runs=signs) + p(runs=ruby))).text
    assert text == "a b-cd\n\n字(kanji)"


def test_drawn_lettering_is_read() -> None:
    art = '<w:r><w:pict><v:shape><v:textpath string="NOT YET IN FORCE"/></v:shape></w:pict></w:r>'
    assert word.load(word_file(p(runs=art) + p("Text."))).text == "NOT YET IN FORCE\n\nText."


def test_a_document_of_headings_keeps_them() -> None:
    body = p("Rules", style="Title") + p("The door is locked at ten.", style="Heading1")
    assert "The door is locked at ten." in word.load(word_file(body + p("Text."), styles=heading_styles())).text

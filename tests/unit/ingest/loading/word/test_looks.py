"""What nobody sees on the page of a Word document is no text: hidden, struck out, white, tiny, covered."""

import pytest

from ingest.loading.word import document as word
from tests.support.word_files import cell, p, r, row, style, table, word_file

THEME = (
    '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="x">'
    '<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1>'
    '<a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1>'
    '<a:accent1><a:srgbClr val="4F81BD"/></a:accent1></a:clrScheme></a:themeElements></a:theme>'
)
SHADED = '<w:shd w:val="clear" w:color="auto" w:fill="{}"/>'


def color(value: str, more: str = "") -> str:
    return f'<w:color w:val="{value}"{more}/>'


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ("<w:vanish/>", "hidden_text"),
        ("<w:vanish w:val='0'/>", ""),
        ("<w:webHidden/>", ""),
        ("<w:strike/>", "struck_text"),
        ("<w:dstrike/>", "struck_text"),
        (color("FFFFFF"), "unseen_text"),
        (color("F8F8F8"), "unseen_text"),
        (color("C0C0C0"), ""),
        (color("auto"), ""),
        (color("000000", ' w:themeColor="background1"'), "unseen_text"),
        (color("FFFFFF", ' w:themeColor="text1"'), ""),
        (color("FFFFFF", ' w:themeColor="background1" w:themeShade="80"'), ""),
        (color("FFFFFF") + SHADED.format("4F81BD"), ""),
        (color("FFFFFF") + '<w:highlight w:val="darkBlue"/>', ""),
        (color("4F81BD") + SHADED.format("4F81BD"), "covered_text"),
        ('<w:highlight w:val="black"/>', "covered_text"),
        (SHADED.format("000000"), ""),
        (color("000000") + SHADED.format("000000"), "covered_text"),
        ('<w:sz w:val="2"/>', "unseen_text"),
        ('<w:sz w:val="4"/>', ""),
        ('<w:w w:val="1"/>', "unseen_text"),
        ("<w14:textFill><w14:noFill/></w14:textFill>", "unseen_text"),
        ('<w14:textFill><w14:solidFill><w14:schemeClr w14:val="bg1"/></w14:solidFill></w14:textFill>', "unseen_text"),
        ('<w14:textFill><w14:solidFill><w14:srgbClr w14:val="FF0000"/></w14:solidFill></w14:textFill>', ""),
    ],
)
def test_a_run_is_seen_or_told_as_its_kind(properties: str, kind: str) -> None:
    document = word.load(word_file(p(runs=r("Keep ") + r("two words", properties) + r(" this."))))
    assert document.text == ("Keep this." if kind else "Keep two words this.")
    assert [(note.kind, note.count) for note in document.notes] == ([(kind, 2)] if kind else [])


def test_each_property_is_inherited_by_itself() -> None:
    styles = style("Old", "<w:rPr><w:strike/><w:vanish/></w:rPr>") + style("Older", "<w:rPr><w:b/></w:rPr>", base="Old")
    body = p("gone", style="Older", run="<w:vanish w:val='0'/>") + p("back", style="Older", run="<w:vanish w:val='0'/>"
        "<w:strike w:val='0'/>")  # fmt: skip
    document = word.load(word_file(body, styles=styles))
    assert document.text == "back"
    assert [note.kind for note in document.notes] == ["struck_text"]


def test_properties_that_toggle_undo_each_other_between_styles() -> None:
    hidden = "<w:rPr><w:vanish/></w:rPr>"
    styles = style("Ghost", hidden) + style("Shade", hidden, kind="character")
    body = p(style="Ghost", runs=r("gone ") + r("seen", '<w:rStyle w:val="Shade"/>'))
    assert word.load(word_file(body, styles=styles)).text == "seen"


def test_the_documents_defaults_and_its_usual_style_count_where_nothing_else_is_said() -> None:
    styles = "<w:docDefaults><w:rPrDefault><w:rPr><w:vanish/></w:rPr></w:rPrDefault></w:docDefaults>"
    body = p("gone") + p("seen", run="<w:vanish w:val='0'/>")
    assert word.load(word_file(body, styles=styles)).text == "seen"
    usual = '<w:style w:type="paragraph" w:default="1" w:styleId="N"><w:name w:val="Normal"/><w:rPr><w:strike/></w:rPr>'
    assert [note.kind for note in word.load(word_file(p("gone") + p("seen", run="<w:strike w:val='0'/>"),
        styles=usual + "</w:style>")).notes] == ["struck_text"]  # fmt: skip


def test_white_text_is_seen_on_the_ground_of_its_paragraph_cell_or_table_style() -> None:
    white = color("FFFFFF")
    dark = (
        '<w:style w:type="table" w:styleId="Dark"><w:name w:val="Dark"/><w:tblStylePr w:type="firstRow"><w:rPr>'
        f"<w:b/>{white}</w:rPr><w:tcPr>{SHADED.format('000080')}</w:tcPr></w:tblStylePr></w:style>"
    )
    look = '<w:tblStyle w:val="Dark"/><w:tblLook w:firstRow="1" w:noHBand="1" w:noVBand="1"/>'
    body = p("in a bar", run=white, properties=SHADED.format("333333"))
    body += table(row("Codec", "Use"), row("ProRes", cell("lost", run=white)), properties=look)
    body += p("Then:") + table(row(cell("in a cell", SHADED.format("222222"), run=white), "b"))
    text = word.load(word_file(body, styles=dark)).text
    assert text == "in a bar\n\nCodec; Use\nCodec: ProRes\n\nThen:\n\nin a cell: b"


def test_white_text_is_seen_on_a_coloured_page_if_pages_are_coloured() -> None:
    body = p("light", run=color("FFFFFF")) + p("Text.", run=color("FF0000")) + p("dark", run=color("000080"))
    page = word_file(body, background='<w:background w:color="000080"/>', settings="<w:displayBackgroundShape/>")
    assert word.load(page).text == "light\n\nText."
    off = word_file(body, background='<w:background w:color="000080"/>')
    assert word.load(off).text == "Text.\n\ndark"


def test_theme_colours_are_those_of_the_theme_as_the_settings_map_them() -> None:
    accent, ground = color("000000", ' w:themeColor="accent1"'), color("000000", ' w:themeColor="background1"')
    body = p("covered", run=accent + SHADED.format("4F81BD")) + p("light", run=ground) + p("Text.", run=color("FF0000"))
    theme = {"word/theme.xml": THEME}
    assert word.load(word_file(body, theme, theme="")).text == "Text."
    swapped = '<w:clrSchemeMapping w:bg1="dark1" w:t1="light1"/>'
    assert word.load(word_file(body, theme, theme="", settings=swapped)).text == "light\n\nText."


def test_lines_and_rows_that_are_too_low_hide_their_text() -> None:
    low = '<w:spacing w:line="10" w:lineRule="exact"/>'
    body = p("gone", properties=low) + p("seen", properties='<w:spacing w:line="240" w:lineRule="exact"/>')
    body += table(row("a", "gone too", properties='<w:trHeight w:val="20" w:hRule="exact"/>'), row("c", "d"))
    document = word.load(word_file(body))
    assert document.text == "seen\n\nc: d"
    assert [(note.kind, note.count) for note in document.notes] == [("unseen_text", 4)]

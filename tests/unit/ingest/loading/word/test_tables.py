"""Tables of Word documents: cells in their columns, names only where the document gives them."""

from ingest.loading.word import document as word
from tests.support.word_files import cell, item, level, lists, p, row, style, table, word_file

REPEATED = "<w:tblHeader/>"
BOLD = "<w:b/>"
DOWN, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def span(columns: int) -> str:
    return f'<w:gridSpan w:val="{columns}"/>'


def lines(*rows: str, properties: str = "", **parts: str) -> list[str]:
    return word.load(word_file(table(*rows, properties=properties), None, **parts)).text.split("\n")


def test_no_cell_of_an_unmarked_first_row_names_the_others() -> None:
    look = '<w:tblLook w:firstRow="1" w:val="04A0"/>'
    rows = [row("Oslo office", "Reception", "4410"), row("Bergen office", "Post room", "5520")]
    assert lines(*rows, properties=look) == ["Oslo office; Reception; 4410", "Bergen office; Post room; 5520"]


def test_a_first_row_that_alone_is_bold_or_shaded_names_the_columns() -> None:
    body = row("Oslo", "12", "4")
    shade = '<w:shd w:val="clear" w:fill="D0D0D0"/>'
    expected = ["City: Oslo; People: 12; Cars: 4"]
    assert lines(row(*(cell(name, run=BOLD) for name in ("City", "People", "Cars"))), body) == expected
    assert lines(row(*(cell(name, shade) for name in ("City", "People", "Cars"))), body) == expected
    every = [row(*(cell(name, run=BOLD) for name in names)) for names in (("City", "Cars", "x"), ("Oslo", "4", "y"))]
    assert lines(*every) == ["City; Cars; x", "Oslo; 4; y"]


def test_a_style_that_makes_the_first_row_bold_makes_it_names() -> None:
    styles = style("Grid", f'<w:tblStylePr w:type="firstRow"><w:rPr>{BOLD}</w:rPr></w:tblStylePr>', kind="table")
    look = '<w:tblStyle w:val="Grid"/><w:tblLook w:firstRow="{}"/>'
    rows = [row("City", "Cars", "Keys"), row("Oslo", "4", "2")]
    assert lines(*rows, properties=look.format("1"), styles=styles) == ["City: Oslo; Cars: 4; Keys: 2"]
    assert lines(*rows, properties=look.format("0"), styles=styles) == ["City; Cars; Keys", "Oslo; 4; 2"]


def test_two_rows_of_header_and_cells_over_several_columns() -> None:
    rows = [
        row(cell("Grade", DOWN), cell("Night shift", span(2)), cell("Day", DOWN), properties=REPEATED),
        row(cell("", ON), "Weekday", "Weekend", cell("", ON), properties=REPEATED),
        row("A", "12 euros", "19 euros", "9 euros"),
        row("Interns", cell("not at night", span(2)), "7 euros"),
        row(cell("From May on:", span(4))),
        row("B", "15 euros", "23 euros", ""),
    ]
    assert lines(*rows) == [
        "Grade: A; Night shift, Weekday: 12 euros; Night shift, Weekend: 19 euros; Day: 9 euros",
        "Grade: Interns; Night shift, Weekday and Weekend: not at night; Day: 7 euros",
        "From May on:",
        "Grade: B; Night shift, Weekday: 15 euros; Night shift, Weekend: 23 euros",
    ]


def test_a_second_row_that_parts_the_first_is_header_too() -> None:
    rows = [
        row(cell("Grade", run=BOLD), cell("Night shift", span(2), run=BOLD)),
        row("", "Weekday", "Weekend"),
        row("A", "12", "19"),
    ]
    assert lines(*rows) == ["Grade: A; Night shift, Weekday: 12; Night shift, Weekend: 19"]


def test_a_row_that_begins_or_ends_elsewhere_keeps_its_columns() -> None:
    names = row("Room", "Summer price", "Winter price", properties=REPEATED)
    shifted = row("55 euros", "40 euros", properties='<w:gridBefore w:val="1"/>')
    short = row("Attic", "30 euros", properties='<w:gridAfter w:val="1"/>')
    assert lines(names, row("Cabin", "50 euros", "35 euros"), shifted, short) == [
        "Room: Cabin; Summer price: 50 euros; Winter price: 35 euros",
        "Summer price: 55 euros; Winter price: 40 euros",
        "Room: Attic; Summer price: 30 euros",
    ]


def test_a_caption_over_the_whole_table_is_no_name() -> None:
    rows = [row(cell("Prices of May", span(3), run=BOLD)), row(*(cell(name, run=BOLD) for name in "ABC")), row(*"123")]
    assert lines(*rows) == ["Prices of May", "A: 1; B: 2; C: 3"]


def test_cells_merged_downwards_stand_in_each_row_but_long_ones_once() -> None:
    long = "A rule that goes on. " * 20
    rows = [
        row(cell("Kind", run=BOLD), cell("Format", run=BOLD), cell("Rule", run=BOLD)),
        row(cell("Audio", DOWN), "WAV", cell(long, DOWN)),
        row(cell("", ON), "AAC", cell("", ON)),
    ]
    found = lines(*rows)
    assert found[1] == "Kind: Audio; Format: AAC"
    assert found[0].startswith("Kind: Audio; Format: WAV; Rule: A rule")


def test_text_in_a_cell_that_is_merged_away_is_left_out_as_hidden() -> None:
    rows = [
        row(cell("Audio", DOWN), "WAV"),
        row(cell("old", ON), "AAC"),
        row("a", cell("b", '<w:hMerge w:val="restart"/>')),
    ]
    document = word.load(word_file(table(*rows)))
    assert document.text == "Audio: WAV\nAudio: AAC\na: b"
    assert [(note.kind, note.count) for note in document.notes] == [("hidden_text", 1)]
    orphan = row(cell("alone", ON), "x")
    assert lines(orphan, row("a", "b")) == ["alone: x", "a: b"]


def test_deleted_rows_and_cells_are_left_out() -> None:
    gone = row("old", "row", properties='<w:del w:id="1"/>')
    rows = [gone, row("a", cell("out", '<w:cellDel w:id="2"/>'), "c"), row("d", "e", "f")]
    document = word.load(word_file(table(*rows)))
    assert document.text == "a; c\nd; e; f"
    assert [(note.kind, note.count) for note in document.notes] == [("deletions", 3)]


def test_automatic_numbers_stand_in_cells_though_nothing_else_does() -> None:
    rows = [row(cell(content=item("")), "Open"), row(cell(content=item("")), "Close")]
    assert lines(*rows, numbering=lists(level(0, "%1."))) == ["1. Open", "2. Close"]


def test_a_frame_around_ordinary_content_is_read_as_that() -> None:
    long = "The supplier pays for the transport to the site. " * 6
    assert lines(row(cell(content=p("One.") + p("Two.")))) == ["One.", "", "Two."]
    assert lines(row(long, long), row("a", "b"))[0] == long.strip()
    nested = table(row("Attic", "55 euros"))
    assert lines(row(cell(content=p("Rooms") + nested + p()), "Side text")) == [
        "Rooms",
        "",
        "Attic: 55 euros",
        "",
        "Side text",
    ]


def test_names_of_columns_in_which_nothing_stands_are_read_too() -> None:
    names = row("Name", "Signed", properties=REPEATED)
    assert lines(names, row("Ada", ""), row("", "")) == ["Name; Signed", "Name: Ada"]
    assert lines(names, row("", "")) == ["Name; Signed"]


def test_rows_and_cells_in_content_controls_are_read() -> None:
    wrapped = f"<w:sdt><w:sdtContent>{row('a', 'b')}</w:sdtContent></w:sdt>"
    inner = "<w:tr>" + f"<w:sdt><w:sdtContent>{cell('c')}</w:sdtContent></w:sdt>" + cell("d") + "</w:tr>"
    assert lines(wrapped, inner) == ["a: b", "c: d"]

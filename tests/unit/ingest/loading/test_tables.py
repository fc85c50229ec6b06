"""Rows of a table say by themselves what they mean."""

from ingest.loading.tables import names_line, table_lines


def test_a_header_names_each_value() -> None:
    rows = [["Codec:", "Use"], ["ProRes", "Edit."], ["", "Proxy"], ["", ""]]
    assert table_lines(rows, header_rows=1) == ["Codec: ProRes; Use: Edit.", "Use: Proxy"]


def test_a_cell_that_ends_a_sentence_needs_no_semicolon() -> None:
    assert table_lines([["A", "B"], ["One. Two.", "Three"]], header_rows=1) == ["A: One. Two. B: Three"]


def test_without_a_header_cells_are_joined_and_two_are_name_and_value() -> None:
    assert table_lines([["a", "b", "c"]], header_rows=0) == ["a; b; c"]
    assert table_lines([["Region", "North"]], header_rows=0) == ["Region: North"]


def test_a_longer_row_than_the_header_keeps_its_values() -> None:
    assert table_lines([["A", "B"], ["1", "2", "3"]], header_rows=1) == ["A: 1; B: 2; 3"]


def test_a_header_alone_is_a_row() -> None:
    assert table_lines([["A", "B", "C"]], header_rows=1) == ["A; B; C"]


def test_stacked_names_and_cells_that_span_columns() -> None:
    rows = [["Zone", "Letter", "Letter", "Parcel"], ["Zone", "Slow", "Fast", "Fast"], ["Asia", "6", "29", "79"]]
    rows += [["Oslo", "5", "", "40"], ["Bern", "9", "", ""], ["Not delivered", "", "", ""]]
    lines = table_lines(rows, 2, spans={(3, 1): 2, (4, 1): 3, (5, 0): 4})
    assert lines == [
        "Zone: Asia; Letter, Slow: 6; Letter, Fast: 29; Parcel, Fast: 79",
        "Zone: Oslo; Letter: 5; Parcel, Fast: 40",
        "Zone: Bern; Letter, Slow / Letter, Fast / Parcel, Fast: 9",
        "Not delivered",
    ]
    assert names_line(rows, 2) == "Zone; Letter, Slow; Letter, Fast; Parcel, Fast"


def test_names_that_are_texts_name_nothing() -> None:
    assert table_lines([["x" * 201, "B"], ["1", "2"]], header_rows=1)[1] == "1: 2"

"""Rows of a table say by themselves what they mean."""

from ingest.loading.tables import looks_like_header, table_lines


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


def test_unmarked_headers_need_three_short_different_names() -> None:
    assert looks_like_header(["", "Codec", "Use"])
    assert not looks_like_header(["Codec", "Use"])
    assert not looks_like_header(["Codec", "Use", "Use"])
    assert not looks_like_header(["Codec", "", "Use"])
    assert not looks_like_header(["Codec", "A sentence.", "Use"])
    assert not looks_like_header(["Codec", "x" * 81, "Use"])

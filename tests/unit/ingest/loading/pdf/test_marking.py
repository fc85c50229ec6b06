"""A quote among the characters of a page: found by its letters, marked line by line, and rather not than wrongly."""

import numpy as np

from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.marking import lines_of


def _page(*lines: str) -> Glyphs:
    """Set lines of characters, each ten points wide and high, the first line on top; a blank is generated."""
    placed = [(char, x, -y) for y, line in enumerate(lines) for x, char in enumerate([*line, "\n"])]
    boxes = [(0, 0, 0, 0) if c.isspace() else (10 * x, 20 * y, 10 * x + 9, 20 * y + 10) for c, x, y in placed]
    count = len(placed)
    return Glyphs(
        chars=tuple(char for char, _, _ in placed),
        boxes=np.array(boxes, dtype=np.float64),
        origins=np.zeros((count, 2)),
        sizes=np.full(count, 10.0),
        angles=np.zeros(count),
        weights=np.full(count, 400, dtype=np.int32),
        generated=np.array([char.isspace() for char, _, _ in placed]),
        hyphens=np.zeros(count, dtype=np.bool_),
    )


def _columns(lines: list[tuple[float, float, float, float]]) -> list[tuple[float, float, float]]:
    return [(left // 10, right // 10 + 1, -bottom // 20) for left, bottom, right, _ in lines]


def test_a_quote_over_two_lines_is_marked_in_each() -> None:
    page = _page("The bonus is paid", "in March of each year.")
    assert _columns(lines_of(page, "is paid in March")) == [(10, 17, 0), (0, 8, 1)]


def test_blanks_hyphens_ligatures_and_case_make_no_difference() -> None:
    page = _page("The of\ufb01ce moni-", "tors CO\u2082.")
    assert _columns(lines_of(page, "office monitors co2")) == [(4, 14, 0), (0, 8, 1)]


def test_of_the_same_words_those_are_marked_that_are_meant() -> None:
    page = _page("Paid in March.", "Paid in March.", "Paid in March.")
    assert [line for _, _, line in _columns(lines_of(page, "Paid in March."))] == [0]
    assert [line for _, _, line in _columns(lines_of(page, "Paid in March.", "Paid in March.\n"))] == [1]
    assert [line for _, _, line in _columns(lines_of(page, "Paid in March.", "Paid in March.\n" * 7))] == [2]


def test_a_quote_with_something_between_is_marked_in_pieces() -> None:
    page = _page("Records are kept for six months2", "after the end of the project.")
    found = _columns(lines_of(page, "Records are kept for six months after the end of the project."))
    assert found == [(0, 31, 0), (0, 28, 1)]


def test_what_is_not_there_is_not_marked_nor_half_of_it() -> None:
    page = _page("The bonus is paid in March of each year.")
    assert lines_of(page, "Nothing of the kind stands on it.") == []
    assert lines_of(page, "The bonus is paid in September of no year whatsoever.") == []
    assert lines_of(page, "…") == []
    assert lines_of(_page(""), "The bonus") == []

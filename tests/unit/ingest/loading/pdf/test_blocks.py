"""Lines to blocks: the guesses, one by one."""

import pytest

from ingest.loading.pdf.blocks import blocks_of, without_contents
from ingest.loading.pdf.habits import Habits, habits_of
from ingest.loading.pdf.lines import Line
from ingest.loading.pdf.words import joined

HABITS = Habits({11.0: 1.3}, frozenset())
WIDE = "A line that fills the whole width of the column from its left edge to its right"


def _line(text: str, y: float, *, x: float = 72, x_end: float | None = None, bold: bool = False) -> Line:
    return Line(text, x, x + 5 * len(text) if x_end is None else x_end, y, 11, bold, in_row=False)


def _texts(*lines: Line) -> list[str]:
    return [block.text for block in without_contents(blocks_of(list(lines), HABITS), HABITS)]


def test_the_next_line_goes_on() -> None:
    assert _texts(_line(WIDE, 700), _line("and then ends.", 686)) == [f"{WIDE} and then ends."]


def test_a_gap_a_size_or_another_column_begins_anew() -> None:
    assert len(_texts(_line(WIDE, 700), _line("And then ends.", 670))) == 2
    assert len(_texts(_line(WIDE, 700), Line("small print", 72, 150, 688, 7, bold=False, in_row=False))) == 2
    assert len(_texts(_line(WIDE, 300), _line("Other column", 700, x=500))) == 2


def test_a_short_last_line_ends_the_paragraph() -> None:
    assert len(_texts(_line(WIDE, 700), _line("It ends.", 686), _line(f"{WIDE}.", 672))) == 2


def test_a_bold_heading_is_no_part_of_what_follows() -> None:
    assert _texts(_line("Scope of the policy", 700, bold=True), _line(WIDE, 686)) == ["Scope of the policy", WIDE]


def test_a_number_begins_an_item_only_after_an_end() -> None:
    assert len(_texts(_line("(1) Masters are kept for long;", 700), _line("(2) Proxies are not.", 686))) == 2
    assert len(_texts(_line(f"{WIDE} as paragraph", 700), _line("2. says so clearly.", 686))) == 1


def test_lines_of_a_table_of_contents_are_dropped() -> None:
    assert (
        _texts(_line("1 Scope ........................ 3", 700), _line("2 Terms ........................ iv", 686))
        == []
    )


def test_a_bullet_by_itself_belongs_to_the_next_line() -> None:
    blocks = blocks_of([_line("●", 700), _line("A lamp", 700.5, x=90)], HABITS)
    assert [(block.kind, block.text) for block in blocks] == [("item", "A lamp")]


@pytest.mark.parametrize(
    ("above", "below", "words", "whole"),
    [
        ("the organi-", "sation", "organisation", "the organisation"),
        ("a third-", "party", "third-party", "a third-party"),
        ("a third-", "party", "third party", "a third-party"),
        ("a some-", "thing", "", "a something"),
        ("Franco-", "German", "", "Franco-German"),
        ("2018-", "2024", "", "2018-2024"),
        ("and/", "or", "", "and/or"),
        ("2018 -", "2024", "", "2018 - 2024"),
        ("one", "two", "", "one two"),
    ],
)
def test_words_parted_at_a_lines_end(above: str, below: str, words: str, whole: str) -> None:
    assert joined(above, below, frozenset(words.split())) == whole


def test_habits_are_learned_from_the_pages() -> None:
    habits = habits_of([[_line(WIDE, 700 - 22 * number) for number in range(12)]])
    assert habits.max_distance(11) == pytest.approx(2.0 * 11 * 1.25)
    assert "column" in habits.words


def _page_of(*texts: str, step: float = 14) -> list[Line]:
    return [_line(text, 700 - step * number) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("marks", "kinds"),
    [
        (["1.", "2.", "3."], ["item"] * 3),
        (["a)", "b)", "c)"], ["item"] * 3),
        (["(i)", "(ii)", "(iii)"], ["item"] * 3),
        (["•", "•", "•"], ["item"] * 3),
        (["–", "–", "–"], ["item"] * 3),
    ],
)
def test_short_items_without_a_full_stop_are_items(marks: list[str], kinds: list[str]) -> None:
    texts = ["Hotel: 140 euros a night", "Breakfast: 18 euros", "Taxi only after 22:00"]
    lines = _page_of("Bring to the desk", *(f"{mark} {text}" for mark, text in zip(marks, texts, strict=True)))
    blocks = blocks_of(lines, HABITS)
    assert [(block.kind, block.text) for block in blocks[1:]] == list(zip(kinds, texts, strict=True))


def test_bullets_drawn_after_the_texts_find_their_lines() -> None:
    texts = [_line("A lamp", 700, x=90), _line("A rope", 686, x=90)]
    blocks = blocks_of([*texts, _line("●", 700.4, x=72), _line("●", 686.4, x=72)], HABITS)
    assert [(block.kind, block.text) for block in blocks] == [("item", "A lamp"), ("item", "A rope")]


def test_a_list_without_marks_stays_lines() -> None:
    texts = [
        "Hotel: 140 euros a night",
        "Breakfast: 18 euros",
        "Client dinner: 75 euros each",
        "Tips: up to 10 percent",
    ]
    assert _texts(_line(WIDE, 740), *_page_of(*texts)) == [WIDE, *texts]


def test_an_initial_at_a_lines_beginning_is_no_list() -> None:
    assert len(_texts(_line(f"{WIDE} of Deluxe Corp.", 700), _line("v. United States of 1989.", 686))) == 1


@pytest.mark.parametrize("step", [13, 22, 33, 40])
def test_three_lines_are_a_paragraph_whatever_their_distance(step: float) -> None:
    texts = [f"{WIDE} and goes on", f"to the next line with all that is said there, {WIDE.lower()}", "and ends here."]
    lines = _page_of(*texts, step=step)
    assert [block.text for block in blocks_of(lines, habits_of([lines]))] == [" ".join(texts)]


def test_a_list_of_prices_with_leaders_is_no_table_of_contents() -> None:
    texts = ["Breakfast ........ 18", "Buffet ........ 9", "Dinner ........ 75"]
    blocks = blocks_of(_page_of(*texts), HABITS)
    assert [block.text for block in without_contents(blocks, HABITS)] == texts

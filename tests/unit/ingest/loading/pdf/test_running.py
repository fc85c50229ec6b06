"""What runs along the pages is kept once; what only stands at the same place is kept everywhere."""

import pytest

from ingest.loading.pdf.lines import Line
from ingest.loading.pdf.running import without_running


def _line(text: str, y: float, *, x: float = 72, in_row: bool = False) -> Line:
    return Line(text, x, x + 5 * len(text), y, 11, bold=False, in_row=in_row)


def _kept(pages: list[list[Line]]) -> list[list[str]]:
    found = without_running(pages)
    return [
        [line.text for line in (*above, *lines, *below)]
        for above, lines, below in zip(found.above, found.lines, found.below, strict=True)
    ]


def _body(number: int) -> Line:
    return _line(f"What is said {'abcdefghijklmnop'[number]} here.", 400)


@pytest.mark.parametrize(
    "footer", ["{}", "- {} -", "Page {} of 10", "p. {}", "[{}]", "Seite {} von 10", "A-{}", "{}/10"]
)
def test_a_pages_number_is_dropped_on_each_page(footer: str) -> None:
    pages = [[_body(number), _line(footer.format(number + 3), 30)] for number in range(5)]
    assert _kept(pages) == [[_body(number).text] for number in range(5)]


def test_roman_numbers_count_pages_too() -> None:
    pages = [[_body(at), _line(roman, 30)] for at, roman in enumerate(["iii", "iv", "v", "vi"])]
    assert _kept(pages) == [[_body(at).text] for at in range(4)]


@pytest.mark.parametrize(
    "form", ["{}", "Allowance: {} euros", "Page total {}", "Revenue {} million", "Week {} | Plan {}"]
)
def test_a_figure_that_does_not_count_pages_is_kept_on_each(form: str) -> None:
    said = [form.format(figure, figure) for figure in (54, 58, 83, 46, 39)]
    pages = [[_body(at), _line(text, 30)] for at, text in enumerate(said)]
    assert _kept(pages) == [[_body(at).text, text] for at, text in enumerate(said)]


def test_a_title_that_counts_without_a_sign_of_a_page_is_kept() -> None:
    pages = [[_line(f"Quarter {at + 1}", 800), _body(at)] for at in range(4)]
    assert _kept(pages) == [[f"Quarter {at + 1}", _body(at).text] for at in range(4)]


def test_a_header_with_a_pages_number_is_kept_once() -> None:
    pages = [[_line(f"House rules | Page {at + 1}", 800), _body(at)] for at in range(4)]
    assert _kept(pages) == [["House rules | Page 1", _body(0).text], *([_body(at).text] for at in range(1, 4))]


def test_a_footer_that_says_something_is_kept_at_its_first_page() -> None:
    pages = [[_body(at), _line("The kiln is never opened above 200 degrees.", 30)] for at in range(4)]
    assert _kept(pages)[0] == [_body(0).text, "The kiln is never opened above 200 degrees."]
    assert without_running(pages).dropped == [0, 1, 1, 1]


def test_what_some_pages_say_with_another_figure_is_a_form_and_kept() -> None:
    said = ["The hotel limit is 140 euros."] * 4 + ["The hotel limit is 95 euros."]
    pages = [[_body(at), _line(text, 30)] for at, text in enumerate(said)]
    assert _kept(pages) == [[_body(at).text, text] for at, text in enumerate(said)]


def test_the_same_line_behind_one_that_differs_is_no_header() -> None:
    pages = [
        [_line(f"Sheet of {land}", 800), _line("Hotel: 140 euros", 786), _body(at), _line("x" * (at + 9), 30)]
        for at, land in enumerate(["Germany", "France", "Norway", "Spain"])
    ]
    assert all("Hotel: 140 euros" in kept for kept in _kept(pages))


def test_many_pages_take_little_time() -> None:
    pages = [[_line("Head", 800), _body(at % 16), _line(str(at), 30), _line("-" * 300, 20)] for at in range(4_000)]
    assert sum(without_running(pages).dropped) > 11_600

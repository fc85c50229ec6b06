"""Plain text: wrapped lines are joined, lines that were broken on purpose are not, and lists keep their marks."""

from collections.abc import Callable

import pytest

from ingest.loading.text import plain
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]


def _text(content: str) -> str:
    return plain.load(content.encode()).text


def test_wrapped_lines_are_one_sentence() -> None:
    wrapped = (
        "All camera originals are kept for ten years on two media, in two\n"
        "places, and are checked once a year by the archive desk, which\n"
        "reports to the Head of Post.\n\nProxies are kept for one year."
    )
    assert _text(wrapped) == wrapped.replace("two\nplaces", "two places").replace("which\nreports", "which reports")


def test_lines_that_were_broken_on_purpose_stay() -> None:
    address = "Northlight Archive\n12 Harbour Road\nBergen"
    body = "Write to the archive desk at the address above when a reel is missing, and\nsay where it was last seen."
    joined = body.replace("and\nsay", "and say")
    assert _text(f"{address}\n\n{body}") == f"{address}\n\n{joined}"


def test_lines_that_begin_alike_are_lines_of_their_own_however_long() -> None:
    agenda = "09:00 Opening by the director\n09:30 Talk of Anna Berg\n12:00 - 13:00 Lunch"
    head = "From: Anna Berg <anna@example.org>\nTo: all@example.org\nSubject: Keys of the house and of the yard"
    assert _text(f"{agenda}\n\n{head}") == f"{agenda}\n\n{head}"


def test_a_text_without_blank_lines_has_paragraphs_where_they_are_set_in() -> None:
    found = _text(
        "   The first paragraph of a text without blank lines ends here, at last.\n"
        "   The second paragraph begins set in, and goes on over the end of its\nfirst line until it ends."
    )
    assert found.split("\n") == [
        "The first paragraph of a text without blank lines ends here, at last.",
        "The second paragraph begins set in, and goes on over the end of its first line until it ends.",
    ]


def test_a_word_that_a_line_end_parts_is_whole() -> None:
    wide = "The pot is warmed be-\nfore the leaves are put into it, and a part-time cook looks\nafter it, part-\ntime."
    assert "warmed before the leaves" in _text(wide)
    assert _text(wide).endswith("after it, part-time.")


def test_underlined_lines_and_lines_in_capitals_are_headings(texts: Texts) -> None:
    document = plain.load(
        b"=====\nRules\n=====\n\nOne.\n\nScope\n-----\nTwo.\n\nKEYS\n\nThree of us.\n\n"
        b"LOST KEYS\nFour is told.\n\n---\n\nFive."
    )
    assert texts(document) == ["One.", "Two.", "Three of us.", "Four is told.\n\nFive."]
    paths = [part.locator.headings for part in document.sections]
    assert paths == [("Rules",), ("Rules", "Scope"), ("Rules", "KEYS"), ("Rules", "LOST KEYS")]
    assert document.title == "Rules"


def test_a_text_in_capitals_is_text_and_so_is_an_order_in_capitals(texts: Texts) -> None:
    assert texts(plain.load(b"STOP AT THE GATE\nSHOW THE BADGE\n\nWAIT FOR THE PORTER\nTHEN GO")) == [
        "STOP AT THE GATE\nSHOW THE BADGE\n\nWAIT FOR THE PORTER\nTHEN GO"
    ]
    one = b"DO NOT ENTER WITHOUT A BADGE\n\nThe porter lends one.\n\nIt is returned.\n\nNobody keeps it."
    assert texts(plain.load(one))[0].startswith("DO NOT ENTER WITHOUT A BADGE\n\nThe porter")


def test_numbered_headings_stand_above_text_that_is_set_in(texts: Texts) -> None:
    document = plain.load(
        b"1.  Tea\n\n   Tea is hot.\n\n2.  Kettles\n\n2.1.  Size\n\n   A kettle holds two\n   litres.\n"
    )
    assert texts(document) == ["Tea is hot.", "A kettle holds two litres."]
    assert document.sections[1].locator.headings == ("2. Kettles", "2.1. Size")


def test_numbered_clauses_at_the_edge_are_no_headings(texts: Texts) -> None:
    clauses = "1. Unplug the device\n\nWait for ten seconds.\n\n2. Lift the lid"
    assert texts(plain.load(clauses.encode())) == [clauses]


@pytest.mark.parametrize("bullet", ["-", "*", "•", "◦", "–", "→", "[ ]", "- [x]", "o"])
def test_items_have_many_marks(bullet: str) -> None:
    assert (
        _text(f"Bring:\n{bullet} A camera\n  and a lens\n{bullet} Lamps") == "Bring:\n\n- A camera and a lens\n- Lamps"
    )


def test_numbers_of_items_stay_as_they_are() -> None:
    found = _text(
        "1) First, call.\n2) Then wait for\n   the answer.\n\n   Nobody waits long.\n\n(a) damage;\n(b) injury.\n\n"
        "3.1 The supplier pays.\n3.2 The buyer pays\n    within a day.\n3.2.1 Interest is due."
    )
    assert found == (
        "1) First, call.\n2) Then wait for the answer.\nNobody waits long.\n(a) damage;\n(b) injury.\n"
        "3.1 The supplier pays.\n3.2 The buyer pays within a day.\n3.2.1 Interest is due."
    )


def test_a_quoted_mail_reads_as_what_it_says() -> None:
    found = _text("See below.\n\n> I cannot come\n> before six.\n>> He leaves\n>> at eight.\n\n> 5 mm is too wide.\n")
    assert found == "See below.\n\nI cannot come before six.\n\nHe leaves at eight.\n\n> 5 mm is too wide."


def test_printed_pages_are_one_flow_and_their_headers_are_said_once() -> None:
    pages = [f"Tea rules\n\n{said}\n\n\nBerg [Page {number}]" for number, said in enumerate(["@", "@", "C"], start=1)]
    pages[0] = pages[0].replace("@", "   Whoever makes tea for the")
    pages[1] = pages[1].replace("@", "   guests warms the pot.")
    document = plain.load("\n\f".join(pages).encode())
    assert document.text == "Tea rules\n\nWhoever makes tea for the guests warms the pot.\n\nC\n\nBerg [Page 1]"
    assert [note.in_words() for note in document.notes] == ["4 repeated header and footer lines"]


def test_what_differs_from_page_to_page_by_more_than_a_page_number_stays() -> None:
    text = _text("\f".join(f"Limit {limit} euros\n\nText." for limit in (80, 95, 83, 70)))
    assert all(f"Limit {limit} euros" in text for limit in (80, 95, 83, 70))


def test_contents_are_left_out_and_prices_with_dots_are_rows() -> None:
    document = plain.load(
        b"1. Tea ....... 2\n2. Kettles .... 3\n\n1. Tea\n\nIt is hot.\n\n2. Kettles\n\n"
        b"Coffee ......... 2\nSoup ........ 5"
    )
    assert document.text == "1. Tea\n\nIt is hot.\n\n2. Kettles\n\nCoffee: 2\nSoup: 5"
    assert [note.in_words() for note in document.notes] == ["2 lines of a table of contents"]


def test_windows_line_ends_and_a_byte_order_mark_are_accepted() -> None:
    assert _text("\ufeffOne.\r\n\r\nTwo.\r\n") == "One.\n\nTwo."


def test_lines_without_end_are_paragraphs() -> None:
    lines = ["The archive keeps each reel in a box of its own, " * 9 + "always." for _ in range(3)]
    assert _text("\n".join(lines)) == "\n".join(lines)

"""A sentence line by line: lists are told as lists, every number stands on its line, and not a word is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.clients.lines import Line, Quoted, either, ended, lines_in, lines_of, mark_before, not_looked_up


def _kinds(text: str) -> list[tuple[str, str]]:
    return [(line.mark, line.text) for line in lines_of(text, ())]


def test_questions_that_were_one_too_many_are_said_the_first_by_name() -> None:
    assert not_looked_up(()) == ""
    assert not_looked_up(["Who pays"]) == "Not looked up: Who pays. Ask it by itself."
    assert not_looked_up(["Who pays", "b"]) == (
        "Not looked up: Who pays, and 1 further question. Ask them one at a time."
    )
    assert "Who pays, and 2 further questions. Ask" in not_looked_up(["Who pays", "b", "c"])


def test_one_line_is_text_whatever_it_begins_with() -> None:
    for text in ("Invoices are kept for ten years.", "- Five degrees.", "3. Close the door.", "One: two"):
        assert lines_of(text, [Quoted(1, text)]) == (Line(text, "text", 0, (1,)),)


def test_marked_lines_are_items_and_steps_with_the_number_that_is_printed() -> None:
    assert _kinds("Never:\n- Clone a voice.\n• Swap a face.\n* Sign.") == [
        ("", "Never:"),
        ("- ", "Clone a voice."),
        ("- ", "Swap a face."),
        ("- ", "Sign."),
    ]
    assert _kinds("Do this:\n2. Call us.\n5. Write.") == [("", "Do this:"), ("2. ", "Call us."), ("5. ", "Write.")]


def test_items_that_are_quoted_without_their_marks_are_a_list_all_the_same() -> None:
    led = [("", "Never:"), ("- ", "Clone a voice."), ("- ", "Swap a face.")]
    assert _kinds("Never:\nClone a voice.\nSwap a face.") == led
    assert _kinds("Invoices:\nten years") == [("", "Invoices:"), ("- ", "ten years")]
    assert _kinds("Clone a voice.\nSwap a face.\nSign for others.")[0] == ("- ", "Clone a voice.")
    assert _kinds("These are forbidden.\n… Clone a voice.\nSwap a face.")[:2] == [
        ("", "These are forbidden."),
        ("- ", "… Clone a voice."),
    ]


def test_a_quote_that_begins_behind_its_own_mark_begins_the_list() -> None:
    assert _kinds("Never:\nClone a voice.\n- Swap a face.")[1] == ("- ", "Clone a voice.")
    assert _kinds("Call us.\n2. Write.")[0] == ("1. ", "Call us.")
    assert _kinds("Do this:\nCall us.\n4. Write.")[1] == ("3. ", "Call us.")


@pytest.mark.parametrize(
    "text",
    [
        "Retention\nInvoices are kept for ten years.",  # a term and what it means
        "It applies to:\n(a) staff\n(b) guests",  # marks of their own stay
        "Rules\n4.1 Badges are worn.\n4.2 Guests are met.",
        "Steps:\na) Call.\nb) Write.",
        "Continue:\nStep 2: Write.",
    ],
)
def test_what_is_no_list_stays_lines(text: str) -> None:
    assert _kinds(text) == [("", line) for line in text.split("\n")]


def test_a_mark_for_left_out_items_is_none_of_them() -> None:
    assert _kinds("Never:\nClone a voice.\n…\nSign.")[2] == ("", "…")


def _cited(text: str, *quotes: str) -> list[tuple[int, ...]]:
    quoted = [Quoted(n, quote) for n, quote in enumerate(quotes, start=1)]
    return [line.citations for line in lines_of(text, quoted)]


def test_each_number_stands_on_the_line_on_which_its_quote_ends() -> None:
    text = "Never:\nClone a voice.\nSwap a face.\nContracts are kept … for ten years."
    quotes = ["Never:", "Clone  a\nvoice.", "Swap a face.", "Contracts are kept", "for ten years."]
    assert _cited(text, *quotes) == [(1,), (2,), (3,), (4, 5)]
    assert _cited(text, text.replace("…", ""))[-1] == (1,)
    whole = "Never:\n- Clone a voice.\n- Swap a face."
    assert _cited(whole, whole) == [(), (), (1,)]


def test_a_quote_that_stands_nowhere_goes_with_the_next_or_to_the_end() -> None:
    assert _cited("One.\nTwo.", "Else.", "One.", "Other.") == [(1, 2), (3,)]


def test_the_mark_that_stands_in_the_document_counts() -> None:
    text = "At once:\nReport it.\n… Tell your manager."
    quotes = [Quoted(1, "At once:"), Quoted(2, "Report it.", "1. "), Quoted(3, "Tell your manager.", "4. ")]
    shown = [(line.mark, line.text) for line in lines_of(text, quotes)]
    assert shown == [("", "At once:"), ("1. ", "Report it."), ("4. ", "… Tell your manager.")]
    others = [Quoted(1, "Report it.", "a) "), Quoted(2, "Tell your manager.", "b) ")]
    assert [line.text for line in lines_of("Report it.\nTell your manager.", others)] == [
        "a) Report it.",
        "b) Tell your manager.",
    ]
    assert [line.mark for line in lines_of("Report it.", quotes[1:2])] == [""], "one line is no list"


def test_a_mark_is_what_stands_alone_in_front_of_a_quote() -> None:
    marks = {
        "Rules\n- ": "- ",
        "x\n 12. ": "12. ",
        "(b) ": "(b) ",
        "x\n4.2 ": "4.2 ",
        "": "",
        "See page 3. ": "",
        "x\n": "",
        "x\nNo. ": "",
    }
    assert {before: mark_before(before) for before in marks} == marks


def test_they_are_read_from_what_the_api_gives() -> None:
    citations = [{"n": n, "quote": quote} for n, quote in enumerate(("Zero.", "Never:", "Sign."), start=1)]
    lines = lines_in({"text": "Never:\nSign.", "citations": [2, 3]}, citations)
    assert [(line.mark + line.text, line.citations) for line in lines] == [("Never:", (2,)), ("- Sign.", (3,))]


def test_words_are_told_as_a_choice() -> None:
    assert [either(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]


_WORDS = st.sampled_from(["- ", "1. ", "2. ", "…", "a:", "b", "c ", "\n", "(a) "])


@given(st.lists(_WORDS, max_size=20).map("".join), st.lists(st.lists(_WORDS, max_size=4).map("".join), max_size=5))
def test_no_word_is_lost_and_every_number_is_told_once_in_order(text: str, quotes: list[str]) -> None:
    lines = lines_of(text, [Quoted(n, quote) for n, quote in enumerate(quotes, start=1)])
    said = [word for line in lines for word in line.text.split()]
    left = iter(text.split())
    assert all(word in left for word in said)
    marks = [word for line in lines for word in line.mark.split()]
    assert len(said) + len(marks) >= len(text.split())
    if lines:
        assert [n for line in lines for n in line.citations] == list(range(1, len(quotes) + 1))


def test_a_note_ends_with_one_full_stop() -> None:
    assert ended("page 2 could not be read") == ended("page 2 could not be read.") == "page 2 could not be read."

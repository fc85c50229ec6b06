"""What people type: only what can stand in a register and be shown."""

import pytest

from indexes.errors import TermsError
from indexes.names import printable
from indexes.terms import checked_by, checked_groups, checked_reason, checked_text


def test_who_decides_must_be_a_name_that_can_be_read() -> None:
    assert checked_by(" ann@x.example ") == "ann@x.example"
    for by in ("", "  ", "ann\nbo", "ann\u202eob"):
        with pytest.raises(TermsError, match="expected --by = a name or address, got"):
            checked_by(by)


def test_a_reason_must_be_given() -> None:
    assert checked_reason(" superseded ") == "superseded"
    with pytest.raises(TermsError, match="expected --reason = why, got an empty text"):
        checked_reason(" ")


def test_groups_are_separated_by_commas_and_there_is_at_least_one() -> None:
    assert checked_groups("board, legal team,,") == ("board", "legal team")
    for text in ("", " , "):
        with pytest.raises(TermsError, match="expected --groups = one or more names, separated by commas; got none"):
            checked_groups(text)


@pytest.mark.parametrize("text", ["red \x1b[31m", "two\nlines", "c1 \x9b", "a\u202eb", "a\u2028b", "a\u200bb", "a\0b"])
def test_what_would_steer_a_terminal_is_refused_with_the_option_and_what_was_found(text: str) -> None:
    for check in (lambda: checked_text("--title", text), lambda: checked_groups(text), lambda: checked_reason(text)):
        with pytest.raises(
            TermsError, match=r"expected --\w+ = one line of plain text, got .*, which holds \\u\{"
        ) as caught:
            check()
        assert printable(str(caught.value)) == str(caught.value)


def test_text_is_taken_without_blanks_and_ends_of_lines_around_it() -> None:
    assert checked_text("--note", " board, item 3\n") == "board, item 3"

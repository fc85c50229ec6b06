"""What a question may look like, and that its text does not slip out by accident."""

import pytest

from service.access.principals import Principal
from service.answering.errors import QuestionError
from service.answering.questions import Question, checked_text

SOMEBODY = Principal("p-1", frozenset({"staff"}), frozenset(), "test")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Who approves?", "Who approves?"),
        ("  Who approves?\n", "Who approves?"),
        ("first line\n\tsecond line\r\n", "first line\n\tsecond line"),
        ("Wer genehmigt über 100 €? 🎬 誰が", "Wer genehmigt über 100 €? 🎬 誰が"),
        ("a" * 50, "a" * 50),
        ("a character of a later Unicode \U0001faea", "a character of a later Unicode \U0001faea"),
    ],
)
def test_a_question_is_taken_as_it_is_without_outer_blanks(text: str, kept: str) -> None:
    assert checked_text(text, max_chars=50) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a question, got none"),
        (" \n\t\u3000", "expected a question, got only blanks"),
        ("a" * 51, "expected a question of at most 50 characters, got 51"),
        (" " * 51, "expected a question of at most 50 characters, got 51"),
        ("secret\x00", r"printable characters, got the character U\+0000"),
        ("secret\x1b[31m", r"printable characters, got the character U\+001B"),
        ("secret\x85", r"printable characters, got the character U\+0085"),
        ("secret\ud800", r"printable characters, got the character U\+D800"),
        ("secret\uffff", r"printable characters, got the character U\+FFFF"),
        ("secret\ufdd0", r"printable characters, got the character U\+FDD0"),
    ],
)
def test_anything_else_is_refused_without_repeating_it(text: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message) as caught:
        checked_text(text, max_chars=50)
    assert "secret" not in str(caught.value)


def test_a_question_keeps_its_text_out_of_tracebacks_and_logs() -> None:
    question = Question("my secret question", SOMEBODY, "api")
    assert "secret" not in repr(question) + str(question)


def test_every_question_has_an_id_of_its_own_that_sorts_by_time() -> None:
    ids = [Question("the same", SOMEBODY, "api").request_id for _ in range(50)]
    assert len(set(ids)) == 50
    assert ids == sorted(ids)

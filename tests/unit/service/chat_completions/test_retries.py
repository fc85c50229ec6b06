"""A question is its own name; and whether a client says that it sends it again."""

from dataclasses import replace

import pytest

from service.access.principals import Principal
from service.answering.questions import Question
from service.chat_completions.retries import is_again, name_of

UMA = Principal("uma", frozenset(), frozenset(), "api-key")
QUESTION = Question("Who pays for taxis?", UMA, "openai", "c-1", earlier=("What is covered?",))


def test_the_same_question_has_the_same_name_and_any_other_another() -> None:
    others = (
        replace(QUESTION, text="Who pays?"),
        replace(QUESTION, conversation_id=None),
        replace(QUESTION, earlier=()),
    )
    assert name_of(replace(QUESTION, request_id="another")) == name_of(QUESTION)
    assert len({name_of(one) for one in (QUESTION, *others)}) == 4
    assert "taxis" not in name_of(QUESTION)


def test_no_request_can_call_itself_so() -> None:
    assert " " in name_of(QUESTION), "an Idempotency-Key holds no blank"


def test_a_client_says_that_it_sends_again_by_a_number() -> None:
    assert [is_again(said) for said in (None, "0", "1", "12")] == [False, False, True, True]


@pytest.mark.parametrize("said", ["", "-1", "x", "1.5", "٣", "9" * 5000])
def test_anything_else_breaks_nothing(said: str) -> None:
    is_again(said)

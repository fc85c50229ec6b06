"""What the API takes: exactly its fields, of exactly their types."""

import pytest
from pydantic import BaseModel, ValidationError

from service.answering.answers import Reason
from service.api.bodies import AskBody, RefusalBody, SearchBody


@pytest.mark.parametrize("conversation_id", [None, "a", "c-1", "A.b_c:d-9", "x" * 128])
def test_a_question_may_name_its_conversation(conversation_id: str | None) -> None:
    body = AskBody.model_validate({"question": "Who?", "conversation_id": conversation_id})
    assert body.conversation_id == conversation_id


@pytest.mark.parametrize("conversation_id", ["", " ", "a b", "a\n", "x" * 129, "ä", "a/b", 7])
def test_but_not_in_any_words(conversation_id: object) -> None:
    with pytest.raises(ValidationError, match="conversation_id"):
        AskBody.model_validate({"question": "Who?", "conversation_id": conversation_id})


@pytest.mark.parametrize("body", [AskBody, SearchBody])
@pytest.mark.parametrize("value", [{}, {"question": None}, {"question": 1}, {"question": "a", "more": 1}, [], "a"])
def test_anything_else_is_refused(body: type[BaseModel], value: object) -> None:
    with pytest.raises(ValidationError, match="validation error"):
        body.model_validate(value)


def test_a_search_asks_for_ten_passages_if_it_does_not_say() -> None:
    assert SearchBody.model_validate({"question": "a"}).limit == 10


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_for_a_refusal_is_described(reason: Reason) -> None:
    assert RefusalBody(reason=reason.value, message="…").reason == reason

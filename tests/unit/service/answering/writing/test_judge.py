"""A model is asked which passages answer: its reply is ids or the word for none, or it is no judgement."""

import pytest

from service.answering.writing.judge import MOST_TOKENS, judge
from service.answering.writing.prompt import prompt_hash
from service.models.errors import ModelBusyError
from tests.support.model_texts import A, B, C
from tests.support.written_answers import Scripted, given, never


@pytest.mark.parametrize(
    ("reply", "answering"),
    [
        (f"{B}", (B,)),
        (f"{C} {A}", (A, C)),
        (f"[{A}], [{B}]\n", (A, B)),
        (f"{A}; {A}.", (A,)),
        ("NONE", ()),
        ("[NONE].\n", ()),
    ],
)
def test_a_reply_of_ids_or_the_word_for_none_is_a_judgement(reply: str, answering: tuple[str, ...]) -> None:
    judgement = judge("How long?", given(), model=Scripted(reply), stopped=never)
    assert judgement.answering == answering
    assert judgement.says_none is (answering == ())


@pytest.mark.parametrize(
    "reply",
    [
        "",
        " \n",
        "none",
        "NO_ANSWER",
        f"The passage {A} answers.",
        f"{A} p99999999",
        f"NONE {A}",
        "1 2",
        f"<think>{A}</think>",
        f"{A} " * 200,
        "word " * 100_000,
    ],
)
def test_anything_else_is_no_judgement(reply: str) -> None:
    model = Scripted(reply)
    judgement = judge("How long?", given(), model=model, stopped=never)
    assert judgement.answering is None
    assert not judgement.says_none
    assert (len(judgement.call.raw) <= 601, model.closed) == (True, 1)


def test_a_call_that_fails_or_is_stopped_is_no_judgement_and_says_why() -> None:
    failed = judge("?", given(), model=Scripted([A, ModelBusyError("x")]), stopped=never)
    stopped = judge("?", given(), model=Scripted(A), stopped=lambda: True)
    assert (failed.answering, failed.call.ended, failed.call.failure) == (None, "failed", "busy")
    assert (stopped.answering, stopped.call.ended) == (None, "stopped")


def test_it_is_one_short_call_on_record() -> None:
    model = Scripted(A)
    call = judge("How long?", given(), model=model, stopped=never).call
    assert (call.messages, call.raw, call.prompt_hash) == (model.asked[0], A, prompt_hash("judge"))
    assert model.most_tokens == [MOST_TOKENS]

"""What was kept of a model is read again, as it is kept now and as it was when less of it was kept."""

import json
from typing import Any

import pytest

from service.answering.past.past_models import past_model

CALL: dict[str, Any] = {
    "kind": "answer",
    "messages": [{"role": "user", "text": "How many days?"}],
    "prompt_hash": "c" * 64,
    "most_tokens": 400,
    "raw": "Leave is thirty days. [P1]",
    "ended": "whole",
    "failure": None,
}
SENTENCE: dict[str, Any] = {
    "call": 0,
    "text": "Leave is thirty days.",
    "ids": ["P1"],
    "not_offered": 0,
    "flaw": None,
    "done": "released",
    "codes": [],
    "score_u": 990_000,
    "quotes": [{"passage_id": "a" * 64, "span": [0, 21], "text": "Leave is thirty days."}],
}
BEFORE: dict[str, Any] = {  # as it was kept before a model could rewrite, and before sentences were held to another
    "format": 1,
    "model": "writer",
    "judgement": None,
    "taken_away": ["P2"],
    "says_none": False,
    "written": {
        "format": 1,
        "model": "writer",
        "given": [["P1", "a" * 64]],
        "calls": [CALL],
        "sentences": [SENTENCE],
        "became": "written",
    },
    "instead": None,
    "why_not": None,
}


def test_what_was_kept_before_is_read_as_it_was_then() -> None:
    past = past_model(json.dumps(BEFORE))
    assert past.ruling.taken_away == {"P2"}
    assert past.rewriting is None
    assert past.written
    assert past.written.entailment is None
    ((call, one),) = past.written.sentences
    assert (call, one.claim.text, one.entailed) == (0, SENTENCE["text"], None)
    assert past.written.as_json() == {
        **BEFORE["written"],
        "entailment": None,
        "sentences": [{**SENTENCE, "entailed_u": None}],
    }


def test_what_another_format_keeps_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="format 1"):
        past_model(json.dumps(BEFORE | {"format": 2}))

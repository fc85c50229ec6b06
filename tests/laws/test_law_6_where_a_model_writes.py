"""Law 6 where a language model writes: what it was asked and what it said are sealed in the store, and nowhere else."""

import json
from typing import Any

import pytest

from service.audit.reading.unseal import Unsealer
from tests.support.event_streams import AS_EVENTS
from tests.support.fakes import TinyLibrary
from tests.support.model_answers import open_with_model
from tests.support.model_server import saying
from tests.support.service_parts import ALWAYS_ENOUGH, Studio
from tests.support.traces import CANARY, Traces, over_http

QUESTION = f"Who reviews a new AI vendor named {CANARY}?"
SAID = f"Nobody at {CANARY} reviews anything."


def _kept(studio: Studio) -> list[str]:
    """Return what is kept of the model, of each question with which it had to do."""
    unsealer = Unsealer(store=studio.store, keyring=studio.opened.keyring)
    ends = [leaf for leaf in studio.store.leaves(-1, 100_000) if leaf.type == "query.finished"]
    texts = [unsealer.open(leaf).texts for leaf in ends]
    return [one["raw"] for one in texts if "raw" in one]


@pytest.mark.parametrize("script", [saying(SAID), "html_page", "status_500", "invalid_utf8", "error_event", "cuts_off"])
def test_what_a_model_was_asked_and_said_stays_in_the_store(
    library: TinyLibrary, traces: Traces, script: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.models.calls.PAUSE_S", 0.0)
    with (
        open_with_model(library, script, judge="llm", calibration=ALWAYS_ENOUGH) as (studio, server),
        over_http(studio) as client,
    ):
        traces.keep(client.post("/v1/ask", json={"question": QUESTION}))
        traces.keep(client.post("/v1/ask", json={"question": QUESTION}, headers=AS_EVENTS))
        assert CANARY in server.newest.question
        assert all(CANARY in kept for kept in _kept(studio))
    assert traces.found() == []


def test_what_is_kept_is_all_that_was_sent_and_said(library: TinyLibrary) -> None:
    with open_with_model(library, saying(SAID), calibration=ALWAYS_ENOUGH) as (studio, server):
        studio.ask(QUESTION)
        (kept,) = (json.loads(text)["written"] for text in _kept(studio))
        assert [call["raw"] for call in kept["calls"]] == [SAID, SAID], "asked once more, for it did not hold up"
        assert "\n".join(one["text"] for one in kept["calls"][0]["messages"]) == server.asked[0].text
        assert [one["done"] for one in kept["sentences"]] == ["left_out", "left_out"]


@pytest.mark.parametrize("script", ["rewrites_with_more", "rewrites_on_two_lines", "status_500", "good"])
def test_what_a_model_was_sent_of_a_conversation_stays_in_the_store(
    library: TinyLibrary, traces: Traces, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.models.calls.PAUSE_S", 0.0)
    settings: dict[str, Any] = {"answerer": None, "rewriter": "llm", "calibration": ALWAYS_ENOUGH}
    with open_with_model(library, script, **settings) as (studio, server), over_http(studio) as client:
        for question in (QUESTION, "And since when?"):
            traces.keep(client.post("/v1/ask", json={"question": question, "conversation_id": "c-1"}))
        assert server.newest.earlier == [QUESTION]
        (kept,) = _kept(studio)
        call = json.loads(kept)["rewriting"]["call"]
        assert "\n".join(one["text"] for one in call["messages"]) == server.newest.text, "all of it is kept"
    assert traces.found() == []

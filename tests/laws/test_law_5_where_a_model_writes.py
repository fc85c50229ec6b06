"""Laws 2 and 5 where a language model writes: each sentence is on record before anybody is told it, over real HTTP."""

import json
import time
from typing import Any

import pytest

from tests.support.event_streams import AS_EVENTS, names, told
from tests.support.fakes import TinyLibrary
from tests.support.model_answers import open_with_model
from tests.support.model_server import drafts
from tests.support.model_server.exchange import Exchange
from tests.support.service_parts import POLICY, VENDOR_QUESTION, Studio
from tests.support.traces import over_http

DOORS = ["/v1/ask", "/"]
REFUSES: dict[str, Any] = {"model_fails": "refuse"}


def _put(studio: Studio, door: str) -> Any:
    if door == "/":
        return studio.browser().post("/", data={"question": VENDOR_QUESTION}, headers=AS_EVENTS)
    return studio.api.post(door, json={"question": VENDOR_QUESTION}, headers=AS_EVENTS)


@pytest.mark.parametrize("door", DOORS)
def test_a_sentence_is_told_once_and_was_on_record_by_then(library: TinyLibrary, door: str) -> None:
    with open_with_model(library, "good") as (studio, _):
        events = told(_put(studio, door).text)
        received, *sentences, finished = studio.leaves()
    said = [data for name, data in events if name == "sentence"]
    assert [one["n"] for one in said] == [one["n"] for one in sentences] == list(range(1, len(said) + 1))
    assert {one["type"] for one in sentences} == {"query.sentence"}
    assert {one["request_id"] for one in sentences} == {received["request_id"], finished["request_id"]}
    (_, done) = events[-1]
    assert [one["text"] for one in done["sentences"]] == [one["text"] for one in said]
    cited = [citation for one in sentences for citation in one["citations"]]
    assert cited == finished["citations"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("refused", ["query.sentence", "query.finished"])
def test_nothing_is_told_that_cannot_be_recorded(library: TinyLibrary, door: str, refused: str) -> None:
    with open_with_model(library, "good") as (studio, _):
        studio.store.refused = {refused}
        (*before, (last, problem)) = told(_put(studio, door).text)
    steps = {name for name, _ in before}
    assert steps == ({"status"} if refused == "query.sentence" else {"status", "sentence"})
    assert (last, problem["type"], problem["status"]) == ("error", "urn:greenlit:problem:log", 503)


def test_an_answer_that_is_not_streamed_waits_for_its_end(library: TinyLibrary) -> None:
    with open_with_model(library, "good") as (studio, _):
        studio.store.refused = {"query.finished"}
        response = studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
    assert response.status_code == 503
    assert "working days" not in response.text


@pytest.mark.parametrize("door", DOORS)
def test_what_is_revoked_while_the_model_writes_is_not_told(library: TinyLibrary, door: str) -> None:
    def script(exchange: Exchange) -> None:
        library.revoke(POLICY)
        exchange.say(drafts.good(exchange.asked))

    with open_with_model(library, script) as (studio, _):
        text = _put(studio, door).text
    assert "sentence" not in names(text)
    assert "working days" not in text


def test_a_model_that_cannot_be_asked_is_an_honest_503_where_quotes_are_not_to_stand_in(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.models.calls.PAUSE_S", 0.0)
    with open_with_model(library, "closes", **REFUSES) as (studio, _):
        response = studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
        finished = studio.leaves()[-1]
    assert (response.status_code, response.json()["type"]) == (503, "urn:greenlit:problem:model-unavailable")
    assert (finished["outcome"], finished["reason"]) == ("failed", "model_unavailable")


@pytest.mark.parametrize("door", DOORS)
def test_whoever_leaves_stops_the_model_and_what_they_were_told_is_on_record(library: TinyLibrary, door: str) -> None:
    hung_up: list[bool] = []

    def script(exchange: Exchange) -> None:
        exchange.stream()
        first, second = drafts.best(exchange.asked)
        exchange.delta({"content": f"{first[1]} [{first[0]}]\n"})
        for _ in range(600):  # a minute, in which the asker leaves
            if exchange.over:
                break
            exchange.delta({"content": " "})
            exchange.wait(0.1)
        hung_up.append(exchange.over)
        exchange.delta({"content": f"{second[1]} [{second[0]}]\n"})

    with open_with_model(library, script) as (studio, _), over_http(studio) as client:
        asked: Any = {"data" if door == "/" else "json": {"question": VENDOR_QUESTION}}
        with client.stream("POST", door, headers=AS_EVENTS, **asked) as response:
            for line in response.iter_lines():
                if line.startswith("event: sentence"):
                    break
        finished = _finished(studio)
        received, sentence, *_ = studio.leaves()
    assert (finished["outcome"], finished["reason"]) == ("aborted", "stopped")
    assert finished["citations"] == sentence["citations"] != []
    assert received["request_id"] == finished["request_id"]


def _finished(studio: Studio) -> dict[str, Any]:
    """Wait for the end of the question to be on record."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if ended := [one for one in studio.leaves() if one["type"] == "query.finished"]:
            return ended[0]
        time.sleep(0.02)
    raise AssertionError(json.dumps(studio.leaves()))

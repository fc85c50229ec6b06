"""Law 5: `received` is durable before retrieval starts, `finished` before anything leaves; else 503 and no answer."""

import json
from typing import Any

import pytest

import service.answering.steps
from indexes.builds import Build
from service.answering.drafts import DraftSentence
from service.answering.finding.retrieve import Retrieved, retrieve
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.mcp_messages import TOOLS, called
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    OFF_TOPIC_QUESTION,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    leaves_on_record,
    open_studio,
    with_rules,
)

NEEDLE = "ten working days"
DOORS = ["/v1/ask", "/v1/search", "/"]


def _put(studio: Studio, door: str, question: str = VENDOR_QUESTION) -> Any:
    if door == "/":
        return studio.browser().post("/", data={"question": question})
    return studio.api.post(door, json={"question": question})


@pytest.fixture
def retrieved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the questions that retrieval was started for."""
    started: list[str] = []

    def spy(text: str, **kwargs: Any) -> Retrieved:
        started.append(text)
        return retrieve(text, **kwargs)

    monkeypatch.setattr(service.answering.steps, "retrieve", spy)
    return started


@pytest.mark.parametrize("door", DOORS)
def test_a_question_that_cannot_be_recorded_is_not_even_looked_up(
    studio: Studio, retrieved: list[str], door: str
) -> None:
    encoded_before = list(studio.library.encoder.encoded)
    studio.store.refused = {"query.received"}
    response = _put(studio, door)
    assert response.status_code == 503
    assert retrieved == []
    assert studio.library.encoder.encoded == encoded_before
    assert NEEDLE not in response.text


@pytest.mark.parametrize("door", DOORS)
def test_an_answer_that_cannot_be_recorded_does_not_leave(studio: Studio, retrieved: list[str], door: str) -> None:
    studio.store.refused = {"query.finished"}
    response = _put(studio, door)
    assert response.status_code == 503
    assert retrieved == [VENDOR_QUESTION]
    assert NEEDLE not in response.text
    assert "security team" not in response.text


def test_the_problem_says_why_there_is_no_answer(studio: Studio) -> None:
    studio.store.refused = {"query.finished"}
    response = _put(studio, "/v1/ask")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:greenlit:problem:log",
        "title": "No record, no answer",
        "status": 503,
        "detail": "the audit log cannot be written, so no answer is given",
    }


def test_a_refusal_that_cannot_be_recorded_does_not_leave_either(studio: Studio) -> None:
    studio.store.refused = {"query.finished"}
    assert _put(studio, "/v1/ask", OFF_TOPIC_QUESTION).status_code == 503


@pytest.mark.parametrize("leaf", ["query.received", "query.finished"])
def test_an_mcp_client_gets_no_answer_either_and_hears_why(studio: Studio, retrieved: list[str], leaf: str) -> None:
    studio.store.refused = {leaf}
    for tool in TOOLS:
        given = called(studio.api, tool, question=VENDOR_QUESTION)
        said = "No record, no answer: the audit log cannot be written, so no answer is given."
        assert given == {"content": [{"type": "text", "text": said}], "isError": True}
    assert bool(retrieved) == (leaf == "query.finished")


def test_when_the_log_can_be_written_again_questions_are_answered_again(studio: Studio) -> None:
    studio.store.refused = {"query.received"}
    assert _put(studio, "/v1/ask").status_code == 503
    studio.store.refused = set()
    wait_until(lambda: not studio.opened.log.healthy())  # the writer reopens the store after a moment
    assert studio.ask(VENDOR_QUESTION)["outcome"] == "answered"


@pytest.mark.parametrize("door", DOORS)
def test_the_received_leaf_is_on_disk_when_retrieval_starts(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    on_disk: list[list[str]] = []

    def spy(text: str, **kwargs: Any) -> Retrieved:
        on_disk.append([stored.type for stored in leaves_on_record(studio.library)])
        return retrieve(text, **kwargs)

    monkeypatch.setattr(service.answering.steps, "retrieve", spy)
    assert _put(studio, door).status_code == 200
    (kinds,) = on_disk
    assert [kind for kind in kinds if kind.startswith("query.")] == ["query.received"]
    assert {"shard.opened", "config.changed", "build.activated"} <= set(kinds)  # what the answer will rest on, too


@pytest.mark.parametrize("question", [VENDOR_QUESTION, OFF_TOPIC_QUESTION, "?"])
def test_the_two_leaves_of_a_question_belong_together_and_to_its_receipt(studio: Studio, question: str) -> None:
    studio.ask(TRAVEL_QUESTION)
    result = studio.ask(question, conversation_id="c-1")
    received, finished = studio.leaves()[-2:]
    assert (received["type"], finished["type"]) == ("query.received", "query.finished")
    assert received["request_id"] == finished["request_id"] == result["request_id"]
    assert finished["received_seq"] == studio.store.of_request(result["request_id"])[0].seq
    stored = studio.store.leaf(result["receipt"]["seq"])
    assert stored is not None
    assert json.loads(stored.leaf) == finished
    assert stored.leaf_hash == result["receipt"]["leaf_hash"]
    assert finished["outcome"] == result["outcome"]
    assert received["conversation_id"] == "c-1"


def test_a_search_is_on_record_like_a_question(studio: Studio) -> None:
    result = studio.search(VENDOR_QUESTION)
    received, finished = studio.leaves()
    assert received["request_id"] == finished["request_id"] == result["request_id"]
    assert (finished["outcome"], finished["answerer"]["kind"], finished["answer_commit"]) == ("answered", "none", None)
    assert [hit["passage_id"] for hit in finished["hits"]] == [p["passage_id"] for p in result["passages"]]


def test_a_step_that_breaks_is_on_record_as_failed_and_nothing_leaves(library: TinyLibrary) -> None:
    def breaks(_retrieved: Retrieved, _build: Build) -> list[DraftSentence]:
        raise RuntimeError(NEEDLE)

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio:
        response = _put(studio, "/v1/ask")
        received, finished = studio.leaves()
    assert response.status_code == 500
    assert response.json()["type"] == "urn:greenlit:problem:internal"
    assert NEEDLE not in response.text
    assert (finished["outcome"], finished["reason"]) == ("failed", "internal_error")
    assert finished["request_id"] == received["request_id"]
    (of_received, _) = studio.store.of_request(received["request_id"])
    assert finished["received_seq"] == of_received.seq
    assert finished["answer_commit"] is None


@pytest.mark.parametrize("door", DOORS)
def test_a_library_that_goes_away_is_on_record_as_the_reason(studio: Studio, door: str) -> None:
    (studio.library.folder / "sources.toml").unlink()
    assert _put(studio, door).status_code == 503
    finished = studio.leaves()[-1]
    assert (finished["outcome"], finished["reason"]) == ("failed", "library_unavailable")


@pytest.mark.parametrize("door", DOORS)
def test_a_failure_that_cannot_be_recorded_is_still_a_failure(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    def breaks(_text: str, **_kwargs: Any) -> Retrieved:
        studio.store.refused = {"query.finished"}
        raise RuntimeError

    monkeypatch.setattr(service.answering.steps, "retrieve", breaks)
    assert _put(studio, door).status_code == 500
    assert [leaf["type"] for leaf in studio.leaves()] == ["query.received"]


def test_without_a_build_nothing_is_looked_up_and_nothing_recorded(library: TinyLibrary, retrieved: list[str]) -> None:
    with open_studio(library) as studio:
        responses = [_put(studio, door) for door in DOORS]
        assert [response.status_code for response in responses] == [503, 503, 503]
        assert studio.leaves() == []
    assert retrieved == []
    assert responses[0].json()["type"] == "urn:greenlit:problem:build"

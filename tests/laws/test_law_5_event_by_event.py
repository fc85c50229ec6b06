"""Laws 2 and 5 where an answer is told as it goes: nothing before its record is durable, nothing that was withdrawn."""

import re
from typing import Any

import pytest

from tests.support.event_streams import AS_EVENTS, names, told
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    OFF_TOPIC_QUESTION,
    POLICY,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    whole,
    with_rules,
)

NEEDLE = "ten working days"
DOORS = ["/v1/ask", "/"]
ANSWERED = ["status", "status", "status", "status", "sentence", "done"]


def _put(studio: Studio, door: str, question: str = VENDOR_QUESTION) -> Any:
    if door == "/":
        return studio.browser().post("/", data={"question": question}, headers=AS_EVENTS)
    return studio.api.post(door, json={"question": question}, headers=AS_EVENTS)


@pytest.mark.parametrize("door", DOORS)
def test_nothing_is_told_of_a_question_that_cannot_be_recorded(studio: Studio, door: str) -> None:
    studio.store.refused = {"query.received"}
    response = _put(studio, door)
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:greenlit:problem:log"


@pytest.mark.parametrize("question", [VENDOR_QUESTION, OFF_TOPIC_QUESTION])
@pytest.mark.parametrize("door", DOORS)
def test_nothing_of_a_result_is_told_that_cannot_be_recorded(studio: Studio, door: str, question: str) -> None:
    studio.store.refused = {"query.finished"}
    response = _put(studio, door, question)
    (*steps, (last, problem)) = told(response.text)
    assert {name for name, _ in steps} == {"status"}
    assert (last, problem["type"], problem["status"]) == ("error", "urn:greenlit:problem:log", 503)
    assert NEEDLE not in response.text
    assert "evidence" not in response.text


@pytest.mark.parametrize("door", DOORS)
def test_what_is_told_is_what_is_on_record(studio: Studio, door: str) -> None:
    response = _put(studio, door)
    events = told(response.text)
    assert [name for name, _ in events if name != "page"] == ANSWERED
    (_, done) = events[-1]
    received, finished = studio.leaves()
    assert received["request_id"] == finished["request_id"] == done["request_id"]
    assert done["receipt"]["seq"] == studio.store.of_request(done["request_id"])[1].seq
    if door == "/":
        name, page = events[-2]
        assert name == "page"
        whole_page = studio.browser().post("/", data={"question": VENDOR_QUESTION}).text
        assert done["receipt"]["leaf_hash"][:16] in page["html"]
        shown, beside = (_answer_in(text) for text in (page["html"], whole_page))
        assert shown == beside, "a script puts in what the whole page shows"


def _answer_in(page: str) -> list[str]:
    """Return the words of the answer that a page or a part of one shows, without the ids of its question."""
    (answer,) = re.findall(r'<section class="answer".*?</section>', page, re.DOTALL)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", answer).split()


@pytest.mark.parametrize("door", DOORS)
def test_what_is_withdrawn_while_it_is_drafted_is_not_told(library: TinyLibrary, door: str) -> None:
    def make(retrieved: Any, _build: Any) -> list[Any]:
        draft = [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]
        library.revoke(POLICY)
        return draft

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        response = _put(studio, door)
    assert [name for name in names(response.text) if name != "page"] == [*ANSWERED[:4], "refusal", "done"]
    assert NEEDLE not in response.text
    assert POLICY not in response.text


@pytest.mark.parametrize("door", DOORS)
def test_what_breaks_half_way_is_told_as_a_problem_and_on_record_as_failed(library: TinyLibrary, door: str) -> None:
    def breaks(_retrieved: Any, _build: Any) -> list[Any]:
        raise RuntimeError(NEEDLE)

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio:
        response = _put(studio, door)
        finished = studio.leaves()[-1]
    assert names(response.text) == ["status", "status", "error"]
    assert told(response.text)[-1][1]["type"] == "urn:greenlit:problem:internal"
    assert NEEDLE not in response.text
    assert (finished["outcome"], finished["reason"]) == ("failed", "internal_error")

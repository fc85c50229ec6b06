"""Two services over one database: whoever asks has one limit, and a question that comes again at the other is one."""

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.answering.drafts import DraftSentence
from tests.support.audit_parts import wait_until
from tests.support.chat_clients import CHAT, body
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    POLICY,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    whole,
    with_rules,
)

Both = tuple[Studio, Studio]
_NAMED = {"Idempotency-Key": "delivery-1"}
_AGAIN = {"x-stainless-retry-count": "1"}


@pytest.fixture
def open_both(library: TinyLibrary, log_url: str, tmp_path: Path) -> Iterator[Callable[..., Both]]:
    with contextlib.ExitStack() as stack:

        def both(**more: Any) -> Both:
            here = with_rules(library)
            shared = {"database_url": SecretStr(log_url), "keys": tmp_path / "keys", **more}
            one = stack.enter_context(open_studio(here, **shared))
            return one, stack.enter_context(open_studio(here, state=tmp_path / "other", **shared))

        yield both


def ask(studio: Studio, headers: dict[str, str], question: str = VENDOR_QUESTION) -> Any:
    return studio.api.post("/v1/ask", json={"question": question}, headers=headers)


def questions(studio: Studio) -> list[str]:
    return [leaf["type"].removeprefix("query.") for leaf in studio.leaves() if leaf["type"].startswith("query.")]


def test_somebody_has_one_limit_at_all_doors_of_both(open_both: Callable[..., Both]) -> None:
    one, other = open_both(questions_per_minute=3, requests_per_minute=100)
    asked: list[Callable[[], Any]] = [
        lambda: ask(one, {}),
        lambda: other.api.post(CHAT, json=body(VENDOR_QUESTION)),
        lambda: other.browser().post("/", data={"question": TRAVEL_QUESTION}),
        lambda: other.api.post("/v1/search", json={"question": TRAVEL_QUESTION}),
        *(functools.partial(ask, studio, {}) for studio in (one, other, one, other)),
    ]
    statuses = [call().status_code for call in asked]
    assert statuses[:3] == [200, 200, 200]
    assert statuses[3:].count(429) >= 4, "one more gets through where the database's minute ends just now"


def test_a_question_that_comes_again_at_the_other_gets_the_answer_of_the_first(open_both: Callable[..., Both]) -> None:
    one, other = open_both()
    first = ask(one, _NAMED).json()
    assert first["outcome"] == "answered"
    assert [ask(studio, _NAMED).json() for studio in (other, one)] == [first, first]
    twice = ask(other, _NAMED, TRAVEL_QUESTION)
    assert (twice.status_code, twice.json()["type"]) == (422, "urn:greenlit:problem:named-twice")
    chats = [
        studio.api.post(CHAT, json=body(VENDOR_QUESTION), headers=more) for studio, more in ((one, {}), (other, _AGAIN))
    ]
    assert chats[0].json() == chats[1].json()
    assert questions(one) == ["received", "finished"] * 2


def test_a_refusal_that_comes_again_at_the_other_is_the_same(open_both: Callable[..., Both]) -> None:
    one, other = open_both()
    first = ask(one, _NAMED, "Who won the regatta in 1974?").json()
    assert first["outcome"] == "refused"
    assert ask(other, _NAMED, "Who won the regatta in 1974?").json() == first
    assert questions(one) == ["received", "finished"]


def test_one_that_is_still_worked_on_at_the_first_is_waited_for(open_both: Callable[..., Both]) -> None:
    go_on = threading.Event()

    def make(retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        return [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]

    one, other = open_both(calibration=ALWAYS_ENOUGH, answerer=Drafts(make))
    with ThreadPoolExecutor() as beside:
        asked = [beside.submit(ask, one, _NAMED)]
        wait_until(lambda: questions(one) == ["received"])
        asked += [beside.submit(ask, other, _NAMED), beside.submit(ask, one, _NAMED)]
        wait_until(lambda: other.api.get("/healthz").status_code == 200)
        go_on.set()
        answers = [one.result().json() for one in asked]
    assert answers[0]["outcome"] == "answered"
    assert answers[0] == answers[1] == answers[2]
    assert questions(one) == ["received", "finished"]


def test_what_was_revoked_or_erased_meanwhile_is_not_given_again(open_both: Callable[..., Both]) -> None:
    one, other = open_both()
    first = ask(one, _NAMED).json()
    erased = one.api.post("/v1/audit/own/erase", json={"request_id": first["request_id"]})
    assert erased.status_code == 200
    second = ask(one, _NAMED).json()
    assert second["request_id"] != first["request_id"], "it was asked anew"
    assert ask(other, _NAMED).json() == second
    one.library.revoke(POLICY)
    for studio in (other, one):
        assert POLICY not in ask(studio, _NAMED).text

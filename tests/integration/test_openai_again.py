"""Clients of OpenAI's API when something is late, breaks or comes again: one record for one question."""

import functools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest

from service.answering.drafts import DraftSentence
from service.chat_completions import routes
from service.http.event_stream import EventResponse
from tests.support.audit_parts import wait_until
from tests.support.chat_clients import CHAT, TASKS, body, openai_client
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    BEARER,
    POLICY,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    serving,
    whole,
    with_rules,
)


def _post(studio: Studio, value: Any, **headers: str) -> Any:
    return studio.api.post(CHAT, json=value, headers=headers)


def _types(studio: Studio, since: int = 0) -> list[str]:
    return [leaf["type"].removeprefix("query.") for leaf in studio.leaves()[since:]]


def test_what_the_client_sends_again_by_itself_is_one_question(shared_studio: Studio) -> None:
    before = len(shared_studio.leaves())
    first, second, third = (
        _post(shared_studio, body(VENDOR_QUESTION), **{"x-stainless-retry-count": str(n)}).json() for n in range(3)
    )
    assert first["id"] == second["id"] == third["id"]
    assert _types(shared_studio, before) == ["received", "finished"]
    again = _post(shared_studio, body(VENDOR_QUESTION), **{"x-stainless-retry-count": "0"}).json()
    assert again["id"] != first["id"], "a person may ask the same again"
    assert len(shared_studio.leaves()) == before + 4


def test_a_client_that_lost_patience_finds_its_question_being_answered(library: TinyLibrary) -> None:
    go_on, asked = threading.Event(), threading.Semaphore(0)

    def make(retrieved: Any, _build: Any) -> list[DraftSentence]:
        asked.release()
        assert go_on.wait(30)
        return [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        seen: list[Any] = []

        def hook(request: Any) -> None:
            seen.append(request.headers.get("x-stainless-retry-count"))
            if len(seen) == 2:
                go_on.set()

        with openai_client(studio, max_retries=1, timeout=1.0) as client:
            client._client.event_hooks = {"request": [hook]}
            completion = client.chat.completions.create(**body(VENDOR_QUESTION))
        assert seen == ["0", "1"]
        assert completion.choices[0].finish_reason == "stop"
        assert _types(studio) == ["received", "finished"]


def test_a_revoked_answer_is_not_given_again(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        assert "[1]" in _post(studio, body(VENDOR_QUESTION)).text
        studio.library.revoke(POLICY)
        late = _post(studio, body(VENDOR_QUESTION), **{"x-stainless-retry-count": "1"}).json()
        assert late["choices"][0]["finish_reason"] == "content_filter"


def test_what_may_be_on_record_is_not_sent_again(library: TinyLibrary) -> None:
    def breaks(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        raise RuntimeError

    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        openai_client(studio, max_retries=2) as client,
    ):
        with pytest.raises(openai.InternalServerError, match="it is on record as failed"):
            client.chat.completions.create(**body(VENDOR_QUESTION))
        assert _types(studio) == ["received", "finished"]


@pytest.mark.usefixtures("minute")
def test_whoever_asks_too_often_is_told_when_to_come_back(library: TinyLibrary) -> None:
    with (
        open_studio(with_rules(library), questions_per_minute=1) as studio,
        openai_client(studio, max_retries=0) as client,
    ):
        client.chat.completions.create(**body(VENDOR_QUESTION))
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**body(VENDOR_QUESTION))
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert _post(studio, body(TASKS["title"])).status_code == 200, "a task is no question"
        assert len(studio.leaves()) == 2


def test_nothing_is_sent_before_the_answer_but_a_comment_that_keeps_the_connection(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def make(retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        return [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]

    monkeypatch.setattr(routes, "EventResponse", functools.partial(EventResponse, ping_s=0.02))
    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio,
        serving(studio.app) as address,
        httpx.stream("POST", f"{address}{CHAT}", json=body(VENDOR_QUESTION, stream=True), headers=BEARER) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": ping"
        go_on.set()
        rest = [line for line in lines if line and not line.startswith(":")]
        wait_until(lambda: len(studio.leaves()) == 2)
    assert rest[-1] == "data: [DONE]"


def test_what_breaks_once_a_stream_has_begun_is_told_as_an_error(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def breaks(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        raise RuntimeError

    monkeypatch.setattr(routes, "EventResponse", functools.partial(EventResponse, ping_s=0.02))
    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        openai_client(studio) as client,
    ):
        stream = client.chat.completions.create(**body(VENDOR_QUESTION), stream=True)  # its head came with a comment
        go_on.set()
        with pytest.raises(openai.APIError, match="it is on record as failed"):
            list(stream)


def test_a_chat_that_is_too_long_is_refused_also_where_it_does_not_say_how_long_it_is(shared_studio: Studio) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"model": "greenlit", "messages": [{"role": "user", "content": "'
        for _ in range(11):
            yield b"a" * 64 * 1024

    before = len(shared_studio.leaves())
    with serving(shared_studio.app) as address:
        headers = {**BEARER, "Content-Type": "application/json"}
        told = httpx.post(f"{address}{CHAT}", content=pieces(), headers=headers)
    assert (told.status_code, told.json()["error"]["code"]) == (413, "content_too_large")
    assert len(shared_studio.leaves()) == before


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_where_there_is_no_turn_the_client_is_told_when_to_come_back_and_does_not_by_itself(
    library: TinyLibrary, stream: Any
) -> None:
    go_on = threading.Event()

    def make(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        return []

    with (
        open_studio(
            with_rules(library),
            calibration=ALWAYS_ENOUGH,
            answerer=Drafts(make),
            max_concurrent=1,
            max_queued=0,
        ) as studio,
        openai_client(studio, max_retries=2) as client,
        ThreadPoolExecutor() as beside,
    ):
        first = beside.submit(lambda: client.chat.completions.create(**body(VENDOR_QUESTION)))
        wait_until(lambda: len(studio.leaves()) == 1)
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**body(TRAVEL_QUESTION), stream=stream)
        go_on.set()
        assert first.result().choices[0].finish_reason == "content_filter"
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert caught.value.code == "overloaded"
        assert [leaf.get("reason") for leaf in studio.leaves() if "reason" in leaf] == [
            "overloaded",
            "unsupported_draft",
        ]

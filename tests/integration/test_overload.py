"""More askers than there is room for, over real sockets: everybody gets a response, and it is all on record."""

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self
from urllib.parse import urlsplit

import pytest

from indexes.encoder import Vectors
from service.models.models_file import MODELS_FILE
from service.models.port import Message
from service.web.form_tokens import FORM_TOKEN_HEADER, form_token
from service.web.pages import NOTICE_COOKIE, SESSION_COOKIE, notice_hash
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, written
from tests.support.service_parts import TOKEN, TRAVEL_QUESTION, Studio, open_studio, serving, with_rules

_PATIENCE_S = 30.0
_AT_ONCE, _WAITING, _ASKERS = 2, 30, 40


class Held:
    """Holds every question in the encoder until it is let go; at the latest when a test is left, so that none hangs."""

    def __init__(self, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._encode = encode
        self.go_on = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        assert self.go_on.wait(_PATIENCE_S)
        return self._encode(texts)


@pytest.fixture
def crowded(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Studio, Held]]:
    """Lend a service that works on two questions at once, each of which is held."""
    with_rules(library)
    held = Held(library.encoder.encode)
    monkeypatch.setattr(library.encoder, "encode", held.encode)
    with open_studio(library, max_concurrent=_AT_ONCE, max_queued=_WAITING) as studio:
        yield studio, held


def _post(
    url: str, path: str, body: bytes, kind: str, session: str = "", accept: str = "*/*"
) -> tuple[int, dict[str, str], bytes]:
    port = urlsplit(url).port
    assert port is not None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, "Accept": accept}
    headers["Cookie"] = f"{SESSION_COOKIE}={session}; {NOTICE_COOKIE}={notice_hash(12, '')}"
    headers[FORM_TOKEN_HEADER] = form_token(session)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def _ask(url: str) -> tuple[int, dict[str, str], bytes]:
    return _post(url, "/v1/ask", json.dumps({"question": TRAVEL_QUESTION}).encode(), "application/json")


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def _finished(studio: Studio) -> list[tuple[str, str | None]]:
    return [(leaf["outcome"], leaf["reason"]) for leaf in studio.leaves() if leaf["type"] == "query.finished"]


def test_a_crowd_is_answered_as_far_as_there_is_room_and_the_rest_is_told_to_come_again(
    crowded: tuple[Studio, Held],
) -> None:
    studio, held = crowded
    too_many, session = _ASKERS - _AT_ONCE - _WAITING, studio.session()
    with serving(studio.app) as url, ThreadPoolExecutor(_ASKERS + 1) as pool, held:
        asked = [pool.submit(_ask, url) for _ in range(_ASKERS)]
        _until(lambda: sum(one.done() for one in asked) == too_many)
        status, headers, page = pool.submit(_post, url, "/", b"question=Who+asks%3F", "", session).result(_PATIENCE_S)
        assert status == 422, "a form of no kind has no question"
        form = "application/x-www-form-urlencoded"
        status, headers, page = pool.submit(_post, url, "/", b"question=Who+asks%3F", form, session).result(_PATIENCE_S)
        assert status == 429
        assert int(headers["retry-after"]) >= 1
        assert b"Too many people are asking at this moment" in page
        streamed = pool.submit(_post, url, "/", b"question=Who+asks%3F", form, session, "text/event-stream")
        status, headers, problem = streamed.result(_PATIENCE_S)
        assert (status, json.loads(problem)["status"]) == (429, 429), "before its first byte a stream is a problem"
        assert int(headers["retry-after"]) >= 1
        assert pool.submit(_health, url).result(_PATIENCE_S) == 200, "other doors stay open"
        held.go_on.set()
        responses = [one.result(_PATIENCE_S) for one in asked]

    assert Counter(status for status, _, _ in responses) == {200: _AT_ONCE + _WAITING, 429: too_many}
    for status, headers, content in responses:
        if status == 429:
            problem = json.loads(content)
            assert headers["content-type"] == "application/problem+json"
            assert int(headers["retry-after"]) >= 1
            assert (problem["type"], problem["status"]) == ("urn:greenlit:problem:overloaded", 429)
            assert TRAVEL_QUESTION not in content.decode()
    told = Counter(_finished(studio))
    assert told == {("answered", None): _AT_ONCE + _WAITING, ("failed", "overloaded"): too_many + 2}
    received = [leaf for leaf in studio.leaves() if leaf["type"] == "query.received"]
    assert len(received) == _ASKERS + 2


def _health(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
    connection.close()
    return status


def test_whoever_hangs_up_while_waiting_gives_up_their_place(crowded: tuple[Studio, Held]) -> None:
    studio, held = crowded
    body = json.dumps({"question": TRAVEL_QUESTION}).encode()
    request = (
        f"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    with serving(studio.app) as url, ThreadPoolExecutor(_AT_ONCE) as pool, held:
        port = urlsplit(url).port
        working = [pool.submit(_ask, url) for _ in range(_AT_ONCE)]
        _until(lambda: len(studio.leaves()) == _AT_ONCE)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as left:
                left.sendall(request)
                time.sleep(0.1)
        _until(lambda: _finished(studio) == [("failed", "overloaded")] * 3)
        held.go_on.set()
        assert [one.result(_PATIENCE_S)[0] for one in working] == [200, 200]


class Slow:
    """A language model that says nothing until it is let go; `asked` counts its calls."""

    name = "writer"

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = threading.Event()

    def stream(self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Wait."""
        del messages, most_tokens, stopped
        self.asked += 1
        assert self.go_on.wait(_PATIENCE_S)
        yield "NO_ANSWER"


def test_a_search_is_answered_while_every_answer_waits_for_a_slow_model(library: TinyLibrary) -> None:
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "sources": ["*"]}))
    with_rules(library)
    slow = Slow()
    limits: dict[str, Any] = {"max_concurrent": _AT_ONCE, "max_writing": _AT_ONCE, "max_queued": 1}
    with (
        open_studio(library, answerer="llm", model="writer", connect=lambda *_: slow, **limits) as studio,
        serving(studio.app) as url,
        ThreadPoolExecutor(_ASKERS) as pool,
    ):
        try:
            asked = [pool.submit(_ask, url) for _ in range(_AT_ONCE)]
            _until(lambda: slow.asked == _AT_ONCE)
            more = [pool.submit(_ask, url) for _ in range(2)]
            _until(lambda: any(one.done() for one in more))
            (turned_away,) = [one for one in more if one.done()]
            assert turned_away.result()[0] == 429, "whoever wants an answer waits in a queue that has an end"
            asked += [one for one in more if one is not turned_away]
            body = json.dumps({"question": TRAVEL_QUESTION}).encode()
            found = [pool.submit(_post, url, "/v1/search", body, "application/json") for _ in range(_AT_ONCE)]
            assert [one.result(_PATIENCE_S)[0] for one in found] == [200] * _AT_ONCE
            assert not any(one.done() for one in asked)
            assert slow.asked == _AT_ONCE
        finally:
            slow.go_on.set()
        assert [one.result(_PATIENCE_S)[0] for one in asked] == [200] * (_AT_ONCE + 1)

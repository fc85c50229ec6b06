"""A call holds nobody up: it ends when whoever asked leaves, and a model that fails is left alone.

How long things take is not asserted: a script that would go on for ten minutes is left by a call that may take less.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from service.models.circuit import FAILURES
from service.models.errors import ModelBusyError, ModelProtocolError, ModelReplyError, ModelTimedOutError
from service.models.port import Message
from tests.support.model_calls import FIRST, MESSAGES, PATIENT, QUICK, ask, model_of
from tests.support.model_server import ModelServer, saying

SLOW = ["slow", "silent", "falls_silent", "only_comments", "byte_a_second", "header_a_second"]


@pytest.mark.parametrize("script", SLOW)
def test_who_asks_is_held_no_longer_than_the_limits(server: ModelServer, script: str) -> None:
    server.plays(script)
    said, error = ask(model_of(server, QUICK))
    assert isinstance(error, ModelTimedOutError)
    assert len(said) < 100


def test_pieces_come_while_the_model_still_writes(server: ModelServer) -> None:
    waiting = threading.Event()

    def script(exchange: Any) -> None:
        exchange.stream()
        exchange.delta({"content": "First. "})
        waiting.wait(30)
        exchange.delta({"content": "Second."})
        exchange.end()

    server.plays(script)
    pieces = model_of(server).stream(MESSAGES, most_tokens=50, stopped=lambda: False)
    assert next(pieces) == "First. "
    waiting.set()
    assert "".join(pieces) == "Second."


def test_no_more_tokens_are_asked_for_than_its_entry_says(server: ModelServer) -> None:
    server.plays("good")
    for limit, asked_for in ((None, 100), (20, 20), (500, 100)):
        ask(model_of(server, replace(PATIENT, most_tokens=limit)), most_tokens=100)
        assert server.newest.body["max_tokens"] == asked_for


# Ending a call


def _until(true: Callable[[], bool]) -> bool:
    for _ in range(1_000):
        if true():
            return True
        time.sleep(0.01)
    return False


def _calling() -> int:
    return sum(thread.name == "model call" for thread in threading.enumerate())


@pytest.mark.parametrize("script", ["silent", "falls_silent", "slow", "header_a_second"])
def test_stopping_ends_the_call_and_its_thread_whatever_the_model_does(server: ModelServer, script: str) -> None:
    server.plays(script)
    before = len(server.asked)
    said, error = ask(model_of(server), stopped=lambda: len(server.asked) > before)
    assert error is None
    assert len(said) < 100
    assert _until(lambda: _calling() == 0)


def test_closing_the_iterator_ends_the_call_at_the_model(server: ModelServer) -> None:
    left = threading.Event()

    def script(exchange: Any) -> None:
        exchange.stream()
        try:
            while True:
                exchange.delta({"content": "word "})
                exchange.wait(0.01)
        except OSError:
            left.set()

    server.plays(script)
    pieces = model_of(server).stream(MESSAGES, most_tokens=100_000, stopped=lambda: False)
    next(pieces)
    pieces.close()
    assert left.wait(10)
    assert _until(lambda: _calling() == 0)


def test_a_reader_that_takes_its_time_is_waited_for(server: ModelServer) -> None:
    text = "word " * 600  # more than wait for whoever asked
    server.plays(saying(text.strip()))
    pieces = model_of(server).stream(MESSAGES, most_tokens=1_200, stopped=lambda: False)
    first = next(pieces)
    time.sleep(0.2)
    assert first + "".join(pieces) == text.strip()


# Trying again, and leaving it alone


@pytest.mark.parametrize("script", ["closes", "status_429", "status_500", "status_503"])
@pytest.mark.usefixtures("no_pause")
def test_what_fails_before_a_first_word_is_asked_once_more(server: ModelServer, script: str) -> None:
    server.plays(script, "good")
    before = len(server.asked)
    assert ask(model_of(server))[0].startswith(FIRST)
    assert len(server.asked) == before + 2


@pytest.mark.parametrize("script", ["cuts_off", "status_400", "status_401", "status_429_later", "html_page", "empty"])
@pytest.mark.usefixtures("no_pause")
def test_what_has_begun_or_would_fail_again_is_not_asked_again(server: ModelServer, script: str) -> None:
    server.plays(script, "good")
    before = len(server.asked)
    assert ask(model_of(server))[1] is not None
    assert len(server.asked) == before + 1


def test_a_model_that_keeps_failing_is_left_alone_until_a_call_goes_well(server: ModelServer) -> None:
    now_s = [0.0]
    model = model_of(server, clock_s=lambda: now_s[0])
    server.plays("html_page")
    for _ in range(FAILURES):
        assert isinstance(ask(model)[1], ModelProtocolError)
    assert _until(lambda: _calling() == 0)
    before = len(server.asked)
    _, error = ask(model)
    assert isinstance(error, ModelBusyError)
    assert str(error).endswith("expected text/event-stream of model 'writer', got text/html")
    assert len(server.asked) == before
    assert str(model.problem()).startswith(f"model 'writer' failed {FAILURES} times in a row, the last time because ")
    server.plays("good")
    now_s[0] += 3600
    assert ask(model)[1] is None
    assert _until(lambda: model.problem() is None)


@pytest.mark.parametrize(
    "script", ["reasoning_in_text", "tool_calls", "empty", "status_400", "repeats", "at_its_limit"]
)
def test_nobody_can_switch_the_model_off_for_others_by_what_they_ask(server: ModelServer, script: str) -> None:
    model = model_of(server)
    server.plays(script)
    for _ in range(FAILURES + 1):
        assert isinstance(ask(model)[1], ModelReplyError)
    server.plays("good")
    assert ask(model)[1] is None


def test_no_more_calls_are_under_way_than_the_entry_says(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.models.calls._WAIT_FOR_A_PLACE_S", 0.0)
    server.plays("falls_silent")
    model = model_of(server, replace(PATIENT, at_once=1))
    held = model.stream(MESSAGES, most_tokens=50, stopped=lambda: False)
    next(held)
    assert isinstance(ask(model)[1], ModelBusyError)
    held.close()
    server.plays("good")
    assert _until(lambda: ask(model)[1] is None)


def test_twenty_people_at_once_get_what_they_asked_for(server: ModelServer) -> None:
    server.plays(saying(lambda asked: f"You asked: {asked.body['messages'][0]['content']}"))
    model = model_of(server, replace(PATIENT, at_once=4))
    said: dict[int, str] = {}

    def one(number: int) -> None:
        messages = [Message("user", f"question {number}")]
        said[number] = "".join(model.stream(messages, most_tokens=50, stopped=lambda: False))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: f"You asked: question {number}" for number in range(20)}

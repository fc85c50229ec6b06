"""What comes back of an endpoint: every script of the scripted model is passed on as plain text, or refused."""

from typing import Any

import pytest

from service.models.errors import (
    ModelCutOffError,
    ModelError,
    ModelProtocolError,
    ModelReplyError,
    ModelUnavailableError,
)
from tests.support.model_calls import MESSAGES, ask, model_of
from tests.support.model_server import SCRIPTS, ModelServer

REFUSED: dict[str, tuple[type[ModelError], str]] = {
    "repeats": (ModelReplyError, "expected at most 1600 characters"),
    "html_text": (ModelReplyError, "expected plain text"),
    "tool_calls": (ModelReplyError, "got a call of a tool"),
    "tool_calls_in_text": (ModelReplyError, "expected plain text"),
    "reasoning": (ModelReplyError, "got reasoning: switch it off at the endpoint"),
    "reasoning_named_otherwise": (ModelReplyError, "got reasoning: switch it off at the endpoint"),
    "reasoning_in_text": (ModelReplyError, "expected plain text"),
    "template_marks": (ModelReplyError, "expected plain text"),
    "control_characters": (ModelReplyError, "the character U+001B"),
    "empty": (ModelReplyError, "got an empty one"),
    "blank": (ModelReplyError, "got an empty one"),
    "filtered": (ModelReplyError, "its own filter stopped it"),
    "at_its_limit": (ModelCutOffError, "ended at its limit of 100 tokens"),
    "cuts_off": (ModelCutOffError, "the connection to model 'writer' ended"),
    "ends_early": (ModelCutOffError, "ended before it said that it was done"),
    "closes": (ModelUnavailableError, "cannot be reached (RemoteProtocolError)"),
    "invalid_utf8": (ModelProtocolError, "another form (UnicodeDecodeError)"),
    "half_characters": (ModelReplyError, "the character U+D83D"),
    "huge": (ModelProtocolError, "expected at most 270336 bytes"),
    "long": (ModelReplyError, "expected at most 1600 characters"),
    "packed": (ModelProtocolError, "got it packed"),
    "html_page": (ModelProtocolError, "expected text/event-stream of model 'writer', got text/html"),
    "not_streamed": (ModelProtocolError, "expected text/event-stream of model 'writer', got application/json"),
    "no_json": (ModelProtocolError, "another form (JSONDecodeError)"),
    "other_json": (ModelProtocolError, "another form (TypeError)"),
    "a_list": (ModelProtocolError, "another form (AttributeError)"),
    "error_event": (ModelUnavailableError, "reported an error instead of going on"),
    "redirects": (ModelUnavailableError, "answered 307"),
    "status_400": (ModelReplyError, "answered 400: it refuses what was asked"),
    "status_401": (ModelUnavailableError, "answered 401: the key is refused"),
    "status_404": (ModelUnavailableError, "answered 404: there is no such address or model"),
    "status_429": (ModelUnavailableError, "answered 429: it is asked too often"),
    "status_429_later": (ModelUnavailableError, "answered 429"),
    "status_500": (ModelUnavailableError, "answered 500"),
    "status_503": (ModelUnavailableError, "answered 503"),
}
SLOW = {"slow", "silent", "falls_silent", "only_comments", "byte_a_second", "header_a_second"}


def test_every_script_is_either_passed_on_or_refused_here() -> None:
    passed_on = set(SCRIPTS) - set(REFUSED) - SLOW
    assert passed_on == {
        *("good", "uncited", "general_knowledge", "unknown_ids", "invented_quotes", "digit_changed", "not_dropped"),
        *(
            "merged",
            "half_true",
            "obeys",
            "leaks_prompt",
            "other_language",
            "declines",
            "judges_none",
            "judges_chattily",
            "says_alone",
            "rewrites_with_more",
            "rewrites_without_not",
            "rewrites_as_answer",
            "rewrites_on_two_lines",
            "rewrites_as_told",
        ),
    }


@pytest.mark.parametrize("script", REFUSED)
@pytest.mark.usefixtures("no_pause")
def test_what_is_no_text_of_a_model_is_refused_and_nothing_of_it_shown(server: ModelServer, script: str) -> None:
    kind, message = REFUSED[script]
    server.plays(script)
    said, error = ask(model_of(server))
    assert isinstance(error, kind)
    assert message in str(error)
    for shown in ("allowance", "Sign in", "out of memory", "as scripted", MESSAGES[0].text):
        assert shown not in str(error)
    assert error.__cause__ is None
    assert not any(mark in said for mark in ("<", "think", "Sign in", "\x00", "\x1b"))


def test_events_without_text_and_after_the_end_are_passed_over(server: ModelServer) -> None:
    def script(exchange: Any) -> None:
        exchange.stream()
        exchange.event({"choices": [], "usage": None})
        exchange.delta({"role": "assistant", "content": None})
        exchange.raw(b": a comment\n\n")
        exchange.delta({"content": "51 euros."}, finish="stop")
        exchange.event({"choices": [], "usage": {"total_tokens": 9}})
        exchange.end()

    server.plays(script)
    assert ask(model_of(server)) == ("51 euros.", None)

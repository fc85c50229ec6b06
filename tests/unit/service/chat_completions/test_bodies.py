"""What a request asks, what is taken along without effect, and what is refused, in words that repeat nothing."""

import json
from typing import Any

import pytest

from service.chat_completions.bodies import Wanted, check_model, wanted
from service.chat_completions.errors import ChatRequestError
from tests.support.chat_clients import body, of_librechat, of_open_webui, user

CANARY = "quokka4711"
JSON = "application/json"


def _wanted(value: object, content_type: str = JSON) -> Wanted:
    return wanted(json.dumps(value).encode(), content_type)


def _refusal(value: object, content_type: str = JSON) -> ChatRequestError:
    with pytest.raises(ChatRequestError) as caught:
        _wanted(value, content_type)
    assert CANARY not in f"{caught.value} {caught.value.param} {caught.value.code}"
    return caught.value


def test_the_last_message_is_the_question_and_earlier_ones_of_the_user_are_before_it() -> None:
    asked = _wanted(of_open_webui("One?", f"{CANARY}.", "Two?"))
    assert (asked.text, asked.earlier, asked.instructions) == ("Two?", ("One?",), 1)
    assert (asked.stream, asked.with_usage, asked.alone) == (True, True, False)
    assert CANARY not in repr(asked)
    assert "Two?" not in repr(asked)


def test_text_may_come_in_parts() -> None:
    assert _wanted(of_librechat("One?", "No.", "Two?")).text == "Two?"
    parts = [{"type": "text", "text": "Who"}, {"type": "text", "text": "asks?"}]
    assert _wanted(body(parts)).text == "Who\nasks?"


def test_of_earlier_messages_only_the_words_of_the_user_are_read() -> None:
    messages = [
        user([{"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "text", "text": "One?"}]),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": CANARY, "tool_call_id": "1"},
        {"role": "developer", "content": CANARY},
        {"role": "user"},
        user("Two?"),
    ]
    asked = _wanted({"model": "greenlit", "messages": messages})
    assert (asked.earlier, asked.text, asked.instructions) == (("One?", ""), "Two?", 1)


def test_what_clients_always_send_is_taken_and_has_no_effect() -> None:
    usual: dict[str, Any] = {
        "temperature": 0,
        "top_p": 1,
        "max_tokens": 5,
        "max_completion_tokens": 5,
        "seed": 7,
        "stop": ["\n"],
        "user": "1",
        "metadata": {"a": "b"},
        "store": False,
        "n": 1,
        "logprobs": False,
        "tools": [],
        "tool_choice": "auto",
        "functions": None,
        "response_format": {"type": "text"},
        "modalities": ["text"],
        "anything": None,
    }
    assert _wanted(body("Who?", **usual)) == _wanted(body("Who?"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("n", True),
        ("n", "1"),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("tools", [{"type": "function", "function": {"name": CANARY}}]),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": CANARY}}),
        ("functions", [{"name": CANARY}]),
        ("function_call", {"name": CANARY}),
        ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {"name": CANARY}}),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": CANARY}),
        ("prediction", {"type": "content", "content": CANARY}),
        ("web_search_options", {"search_context_size": "low"}),
        ("stream", "yes"),
        ("stream_options", [CANARY]),
        ("stream_options", {"include_usage": 1}),
    ],
)
def test_what_would_change_an_answer_is_refused_by_its_name(name: str, value: object) -> None:
    refused = _refusal(body("Who?", **{name: value}))
    assert (refused.status, refused.param) == (400, "include_usage" if value == {"include_usage": 1} else name)


@pytest.mark.parametrize("name", ["context", "documents", "files", "groups", "system", "Temperature", CANARY])
def test_what_is_unknown_is_refused_and_not_named(name: str) -> None:
    refused = _refusal(body("Who?", **{name: CANARY}))
    assert (refused.status, refused.param, refused.code) == (400, None, "unknown_parameter")


@pytest.mark.parametrize(
    "messages",
    [
        None,
        [],
        CANARY,
        [CANARY],
        [{"content": CANARY}],
        [{"role": CANARY, "content": CANARY}],
        [user("Who?"), {"role": "assistant", "content": CANARY}],
        [user("Who?"), {"role": "system", "content": CANARY}],
        [user(None)],
        [user(7)],
        [user({"text": CANARY})],
        [user([CANARY])],
        [user([{"type": "text", "text": 7}])],
        [user([{"type": "text", "text": "Who?"}, {"type": "image_url", "image_url": {"url": CANARY}}])],
        [user([{"type": "input_audio", "input_audio": {"data": CANARY}}])],
        [user([{"type": "file", "file": {"file_data": CANARY}}])],
    ],
)
def test_messages_that_ask_nothing_in_words_are_refused(messages: object) -> None:
    refused = _refusal({"model": "greenlit", "messages": messages})
    assert (refused.status, refused.param) == (400, "messages")


@pytest.mark.parametrize("model", [None, "", CANARY, 7, "Greenlit"])
def test_there_is_one_model(model: object) -> None:
    refused = _refusal({**body("Who?"), "model": model})
    assert (refused.status, refused.param, refused.code) == (404, "model", "model_not_found")
    with pytest.raises(ChatRequestError):
        check_model(str(model))
    check_model("greenlit")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"7", b"null", b'"a"', b"\xff", b"[" * 30_000, b'{"n": ' + b"9" * 5000 + b"}"]
)
def test_a_body_is_an_object_of_json(raw: bytes) -> None:
    with pytest.raises(ChatRequestError, match="expected a body of JSON"):
        wanted(raw, JSON)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_a_body_says_that_it_is_json(content_type: str) -> None:
    assert _refusal(body("Who?"), content_type).status == 400
    assert _wanted(body("Who?"), "Application/JSON; charset=utf-8").text == "Who?"


def test_two_hundred_messages_are_a_long_chat() -> None:
    said = [f"Question {n}?" for n in range(199)]
    asked = _wanted(of_open_webui(*said))
    assert (asked.text, len(asked.earlier)) == ("Question 198?", 99)

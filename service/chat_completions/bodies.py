"""What a request of OpenAI's form asks: the last message is the question, what else may come along is decided here.

In order: (1) the body is JSON, (2) what would change what an answer means is refused, by its name, and so is whatever
is unknown; what clients always send and what means nothing here, such as how a model is to write, is taken and has no
effect, (3) the model is ours, (4) the last message is a user's text. Earlier messages of the user may help to
understand it; what assistants, tools and systems said is not read, and of what a system said it is counted that it
came.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from service.chat_completions.errors import ChatRequestError

MODEL = "greenlit"
_IGNORED = frozenset(
    """temperature top_p top_k min_p max_tokens max_completion_tokens presence_penalty frequency_penalty
    repetition_penalty repeat_penalty logit_bias seed stop user metadata store service_tier parallel_tool_calls
    reasoning_effort verbosity prompt_cache_key prompt_cache_retention prompt_cache_options safety_identifier
    num_ctx num_predict keep_alive""".split()
)
_READ = frozenset({"model", "messages", "stream", "stream_options"})
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_INSTRUCTING = frozenset({"system", "developer"})


def _nothing(value: object) -> bool:
    return value in ([], {}, "", False)


def _one_of(*allowed: object) -> Callable[[object], bool]:
    return lambda value: any(value == one and type(value) is type(one) for one in allowed)


# What is taken only if it asks for nothing; and what to say otherwise.
_REFUSED: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "n": (_one_of(1), "expected one answer (n = 1), got another number: an answer is made once, and on record"),
    "logprobs": (_one_of(False), "expected no logprobs: they say nothing of an answer that was checked"),
    "top_logprobs": (_one_of(0), "expected no top_logprobs: they say nothing of an answer that was checked"),
    "tools": (_nothing, "expected no tools: answers come from approved documents, and nothing is called"),
    "tool_choice": (_one_of("none", "auto"), "expected no tool_choice: nothing is called"),
    "functions": (_nothing, "expected no functions: answers come from approved documents, and nothing is called"),
    "function_call": (_one_of("none", "auto"), "expected no function_call: nothing is called"),
    "response_format": (_one_of({"type": "text"}), "expected an answer as text, got a wish for another form"),
    "modalities": (_one_of(["text"], []), "expected an answer as text, got a wish for more"),
    "audio": (_nothing, "expected an answer as text, got a wish for audio"),
    "prediction": (_nothing, "expected a question and nothing else, got a prediction"),
    "web_search_options": (_nothing, "expected no web search: answers come from approved documents only"),
    "moderation": (_nothing, "expected no moderation: what is not supported is refused"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks: its last message, the user's messages before it, how the answer is to come.

    `instructions` counts the messages of a system or developer, which nobody reads; `alone` says that there is no other
    message than the last.
    """

    text: str = field(repr=False)
    earlier: tuple[str, ...] = field(repr=False)
    instructions: int
    alone: bool
    stream: bool
    with_usage: bool


def wanted(body: bytes, content_type: str) -> Wanted:
    """Return what a request asks.

    Raises:
        ChatRequestError: it is not taken; the message says what was expected.
    """
    value = _json(body, content_type)
    _check_parameters(value)
    if value.get("model") != MODEL:
        raise _no_model()
    messages = _messages(value.get("messages"))
    last = messages[-1]
    if last["role"] != "user":
        raise ChatRequestError("expected a question as the last message, of the role user", param="messages")
    options = value.get("stream_options") or {}
    return Wanted(
        text=_text(last),
        earlier=tuple(_text_parts(one) for one in messages[:-1] if one["role"] == "user"),
        instructions=sum(one["role"] in _INSTRUCTING for one in messages),
        alone=len(messages) == 1,
        stream=_flag(value, "stream"),
        with_usage=_flag(options, "include_usage"),
    )


def check_model(name: str) -> None:
    """Check the name of a model.

    Raises:
        ChatRequestError: there is none of this name.
    """
    if name != MODEL:
        raise _no_model()


def _no_model() -> ChatRequestError:
    return ChatRequestError(
        f"expected the model {MODEL}, got another: there is no such model here",
        param="model",
        code="model_not_found",
        status=HTTPStatus.NOT_FOUND.value,
    )


def _json(body: bytes, content_type: str) -> dict[str, Any]:
    if not content_type.lower().startswith("application/json"):
        raise ChatRequestError("expected a body of JSON, sent as application/json")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # of bytes that are no UTF-8 too
        value = None
    if not isinstance(value, dict):
        raise ChatRequestError("expected a body of JSON, an object")
    return value


def _check_parameters(value: Mapping[str, Any]) -> None:
    for name, one in value.items():
        if one is None or name in _IGNORED or name in _READ:
            continue
        if name not in _REFUSED:  # whose name may be any text, so it is not repeated
            raise ChatRequestError("unknown parameter: a question comes with nothing else", code="unknown_parameter")
        asks_nothing, words = _REFUSED[name]
        if not asks_nothing(one):
            raise ChatRequestError(words, param=name, code="unsupported_parameter")
    if not isinstance(value.get("stream_options") or {}, dict):
        raise ChatRequestError("expected stream_options as an object", param="stream_options")


def _flag(value: Mapping[str, Any], name: str) -> bool:
    found = value.get(name)
    if found is not None and not isinstance(found, bool):
        raise ChatRequestError(f"expected {name} to be true or false", param=name)
    return bool(found)


def _messages(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise ChatRequestError("expected messages, a list with the question as the last", param="messages")
    if not all(isinstance(one, dict) and one.get("role") in _ROLES for one in value):
        raise ChatRequestError(f"expected messages of the roles {', '.join(sorted(_ROLES))}", param="messages")
    return value


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ChatRequestError("expected the text of a question as the content of the last message", param="messages")
    if not all(_is_text(part) for part in content):
        raise ChatRequestError(
            "expected a question in words, got another part beside them: no image, file or sound can be brought along",
            param="messages",
            code="unsupported_content",
        )
    return _text_parts(message)


def _text_parts(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part["text"] for part in parts if _is_text(part))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)

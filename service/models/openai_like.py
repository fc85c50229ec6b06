"""The adapter: an endpoint that speaks OpenAI's protocol, read by LlamaIndex's `OpenAILike`.

In order: (1) a client for this one call is made, whose connection is ours (`connection`), (2) the messages are sent,
(3) each event is looked at: text goes on, reasoning, calls of tools and a filter's stop are refused, (4) what the
libraries raise is one of our errors. When to call, how long, and what is plain text is not decided here: `calls`.

Imported only where a model is configured: its libraries are an extra (`greenlit[llm]`). None of their retries, headers,
time-outs, keys from the environment, logs or traces are used.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.callbacks import CallbackManager
from llama_index.llms.openai_like import OpenAILike
from openai import APIError
from openai.resources import chat as _chat  # noqa: F401 - else imported while the first question waits (0.4 s)

from service.models.approved import ApprovedModel
from service.models.calls import CalledModel, Spoken
from service.models.connection import Call, connect
from service.models.errors import ModelError, ModelProtocolError, ModelReplyError, ModelUnavailableError
from service.models.port import Message

TEMPERATURE = 0.0  # the likeliest words: an answer is to be the same tomorrow

# Whatever the environment says (OPENAI_LOG=debug), what is asked and answered is in no log.
for _library in ("openai", "httpx", "httpcore", "llama_index"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


def open_model(
    approved: ApprovedModel, key: str | None = None, *, clock_s: Callable[[], float] = time.monotonic
) -> CalledModel:
    """Return a model to be called; nothing is called yet.

    Args:
        approved: the endpoint and its limits. Whether it may be called is for the caller to see to.
        key: what the endpoint wants as a bearer token.
        clock_s: a steady clock, in seconds.
    """

    def speak(call: Call, messages: Sequence[Message], most_tokens: int) -> Iterator[Spoken]:
        try:
            yield from _spoken(approved, key, call, messages, most_tokens)
        except Exception as error:  # noqa: BLE001 - the libraries' own: a message of theirs may hold what came
            raise _ours(approved.name, error) from None

    parameters = {"model": approved.endpoint.model, "temperature": TEMPERATURE}
    return CalledModel(approved, speak=speak, parameters=parameters, clock_s=clock_s)


def _spoken(
    approved: ApprovedModel, key: str | None, call: Call, messages: Sequence[Message], most_tokens: int
) -> Iterator[Spoken]:
    sent = [ChatMessage(role=MessageRole(message.role), content=message.text) for message in messages]
    with connect(approved, key=key, call=call) as client:
        model = OpenAILike(
            model=approved.endpoint.model,
            api_base=approved.endpoint.url,
            api_key="is put in where the connection is opened",  # else one of the environment would be taken
            is_chat_model=True,
            max_tokens=most_tokens,
            temperature=TEMPERATURE,
            max_retries=0,
            timeout=approved.limits.timeout_s,
            http_client=client,
            callback_manager=CallbackManager([]),
        )
        for chunk in model.stream_chat(sent):
            yield _looked_at(approved.name, chunk)


def _looked_at(name: str, chunk: ChatResponse) -> Spoken:
    """Return the text of an event; whatever else it holds that is no text is refused."""
    if chunk.additional_kwargs.get("thinking_delta"):
        raise ModelReplyError(f"expected an answer of model '{name}', got reasoning: switch it off at the endpoint")
    choices = chunk.raw.choices if chunk.raw is not None else []
    if not choices:
        return Spoken("")
    delta, reason = choices[0].delta, choices[0].finish_reason
    if (delta is not None and (delta.tool_calls or delta.function_call)) or reason in ("tool_calls", "function_call"):
        raise ModelReplyError(f"expected a text of model '{name}', got a call of a tool")
    if reason == "content_filter" or (delta is not None and delta.refusal):
        raise ModelReplyError(f"expected a text of model '{name}', got that its own filter stopped it")
    return Spoken(chunk.delta or "", is_last=bool(reason), cut_off=reason == "length")


def _ours(name: str, error: Exception) -> ModelError:
    """Return which of our errors it is that a library raised, looking through what it put around one of ours."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ModelError):
            return inner
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, APIError):  # an event that says so, in the midst of the stream
        return ModelUnavailableError(f"model '{name}' reported an error instead of going on")
    return ModelProtocolError(
        f"expected events of a chat completion in UTF-8 of model '{name}', got another form ({type(error).__name__})"
    )

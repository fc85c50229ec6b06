"""The adapter: an endpoint that speaks OpenAI's protocol, called through LlamaIndex's `OpenAILike`.

In order: (1) a place among the calls at once is taken, or the call is refused, (2) a thread of the call's own asks the
endpoint, over a connection of its own, and asks once more where that failed before a first word, (3) what comes is
checked to be plain text, (4) whoever asked takes the pieces as they come, and leaves after `timeout_s` at the latest,
whatever the thread is still held up by, (5) leaving ends the connection, and with it the thread.

Imported only where a model is configured: its libraries are an extra (`greenlit[llm]`). None of their retries, headers,
time-outs, keys from the environment, logs or traces are used: see `connection`.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.callbacks import CallbackManager
from llama_index.llms.openai_like import OpenAILike
from openai import APIError

from service.models.approved import ApprovedModel
from service.models.circuit import Circuit
from service.models.connection import LONGEST_WAIT_S, Call, PassingError, connect
from service.models.errors import (
    ModelBusyError,
    ModelCutOffError,
    ModelError,
    ModelProtocolError,
    ModelReplyError,
    ModelTimedOutError,
    ModelUnavailableError,
)
from service.models.plain_text import PlainText
from service.models.port import Message

TEMPERATURE = 0.0  # the likeliest words: an answer is to be the same tomorrow
ATTEMPTS = 2
PAUSE_S = 0.5  # between two attempts, unless the endpoint names another
_WAIT_FOR_A_PLACE_S = 5.0
_POLL_S = 0.05  # how soon a stopped question is noticed
_WAITING_PIECES = 256  # until whoever asked takes them
_BYTES_A_TOKEN = 2_048  # an event of one token is some 200 to 400 bytes with what servers add
_BYTES_BESIDES = 64 << 10
_DONE, _CUT_OFF = "done", "cut off"

# Whatever the environment says (OPENAI_LOG=debug), what is asked and answered is in no log.
for _library in ("openai", "httpx", "httpcore", "llama_index"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


class OpenAILikeModel:
    """An approved model, as the port has it. Any thread may call."""

    def __init__(
        self, approved: ApprovedModel, *, key: str | None = None, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what to call; nothing is called yet.

        Args:
            approved: the endpoint and its limits. Whether it may be called is for the caller to see to.
            key: what the endpoint wants as a bearer token.
            clock_s: a steady clock, in seconds.
        """
        self._approved = approved
        self._key = key
        self._clock_s = clock_s
        self._circuit = Circuit(approved.name, at_once=approved.limits.at_once, clock_s=clock_s)

    @property
    def name(self) -> str:
        """Its name in `models.toml`."""
        return self._approved.name

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it is asked with besides messages and a limit, for the record."""
        return {"model": self._approved.endpoint.model, "temperature": TEMPERATURE}

    def stream(self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Yield the model's text in pieces; see `port.Model.stream`."""
        limits = self._approved.limits
        ends_s = self._clock_s() + limits.timeout_s
        try:
            tried = self._circuit.enter(wait_s=min(_WAIT_FOR_A_PLACE_S, limits.timeout_s), stopped=stopped)
        except ModelBusyError:
            if stopped():
                return
            raise
        call = Call(most_bytes=_BYTES_BESIDES + most_tokens * _BYTES_A_TOKEN)
        asked = _Asked(self._approved, self._key, call, tuple(messages), most_tokens)

        def work() -> None:
            failed: bool | None = None
            try:
                failed = asked.work()
            finally:
                self._circuit.leave(tried=tried, failed=failed)

        threading.Thread(target=work, name="model call", daemon=True).start()
        try:
            while not stopped():
                left_s = ends_s - self._clock_s()
                if left_s <= 0:
                    asked.timed_out = True
                    raise ModelTimedOutError(
                        f"expected the whole text of model '{self.name}' within {limits.timeout_s:g} s, "
                        "got no end of it (timeout_s in models.toml)"
                    )
                try:
                    came = asked.came.get(timeout=min(_POLL_S, left_s))
                except queue.Empty:
                    continue
                if came is None:
                    return
                if isinstance(came, ModelError):
                    raise came
                yield came
        finally:
            call.cut()


class _Asked:
    """One call, as its thread works on it: `came` holds pieces, then an error or, at the end, `None`."""

    def __init__(
        self, approved: ApprovedModel, key: str | None, call: Call, messages: tuple[Message, ...], most_tokens: int
    ) -> None:
        self.came: queue.Queue[str | ModelError | None] = queue.Queue(_WAITING_PIECES)
        self.timed_out = False
        self._approved = approved
        self._key = key
        self._call = call
        self._messages = messages
        self._most_tokens = most_tokens

    def work(self) -> bool | None:
        """Ask, and hand on what comes; return whether the model failed, `None` where nothing is said about it."""
        try:
            text_cut_off = self._attempts()
        except ModelError as raised:
            error: ModelError | None = raised
        else:
            self._hand_on(text_cut_off)
            return False
        self._hand_on(error)
        if self.timed_out:
            return True
        if self._call.over:
            return None  # whoever asked had left
        if isinstance(error, ModelReplyError) and not isinstance(error, ModelProtocolError | ModelCutOffError):
            return None  # an asker could bring it about
        return True

    def _attempts(self) -> ModelCutOffError | None:
        """Hand on the text; return that it was cut off where that is what the limit of tokens does."""
        for attempt in range(ATTEMPTS):
            text, came = PlainText(self._approved.name, most_tokens=self._most_tokens), False
            try:
                ended = _DONE
                for piece, ended in self._pieces():  # noqa: B007 - the last one is looked at
                    came = came or bool(piece)
                    self._hand_on_text(text.take(piece))
            except Exception as raised:  # noqa: BLE001 - the libraries' own: a message of theirs may hold what came
                error = _ours(self._approved.name, raised)
                last = attempt + 1 == ATTEMPTS or came or self._call.over
                again_s = _again_in_s(error)
                if last or again_s is None:
                    raise error from None
                self._call.wait(again_s)
            else:
                self._hand_on_text(text.end())
                if ended != _CUT_OFF:
                    return None
                return ModelCutOffError(
                    f"the text of model '{self._approved.name}' ended at its limit of {self._most_tokens} tokens"
                )
        raise AssertionError("the last attempt ends in a text or an error")

    def _pieces(self) -> Iterator[tuple[str, str]]:
        """Yield the text as it comes, each piece with how it ended if it did."""
        messages = [ChatMessage(role=MessageRole(message.role), content=message.text) for message in self._messages]
        with connect(self._approved, key=self._key, call=self._call) as client:
            model = OpenAILike(
                model=self._approved.endpoint.model,
                api_base=self._approved.endpoint.url,
                api_key="is put in where the connection is opened",  # else one of the environment would be taken
                is_chat_model=True,
                max_tokens=self._most_tokens,
                temperature=TEMPERATURE,
                max_retries=0,
                timeout=self._approved.limits.timeout_s,
                http_client=client,
                callback_manager=CallbackManager([]),
            )
            for chunk in model.stream_chat(messages):
                ended = _ended(self._approved.name, chunk)
                yield chunk.delta or "", ended or ""
                if ended:
                    return
        raise ModelCutOffError(f"the text of model '{self._approved.name}' ended before it said that it was done")

    def _hand_on_text(self, piece: str) -> None:
        if piece:
            self._hand_on(piece)

    def _hand_on(self, came: str | ModelError | None) -> None:
        while not self._call.over:
            try:
                self.came.put(came, timeout=_POLL_S)
            except queue.Full:
                continue
            return


def _ended(name: str, chunk: ChatResponse) -> str | None:
    """Look at what a chunk holds besides text; return how the text ended with it, if it did."""
    choices = chunk.raw.choices if chunk.raw is not None else []
    if chunk.additional_kwargs.get("thinking_delta"):
        raise ModelReplyError(f"expected an answer of model '{name}', got reasoning: switch it off at the endpoint")
    if not choices:
        return None
    delta, reason = choices[0].delta, choices[0].finish_reason
    if (delta is not None and (delta.tool_calls or delta.function_call)) or reason in ("tool_calls", "function_call"):
        raise ModelReplyError(f"expected a text of model '{name}', got a call of a tool")
    if reason == "content_filter" or (delta is not None and delta.refusal):
        raise ModelReplyError(f"expected a text of model '{name}', got that its own filter stopped it")
    if reason == "length":
        return _CUT_OFF
    return _DONE if reason else None


def _again_in_s(error: ModelError) -> float | None:
    """Return after how many seconds it is worth asking again, if it is."""
    if isinstance(error, ModelCutOffError):
        return PAUSE_S
    if not isinstance(error, PassingError):
        return None
    again_s = PAUSE_S if error.again_in_s is None else error.again_in_s
    return again_s if again_s <= LONGEST_WAIT_S else None


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

"""Calls to an approved model that hold nobody up: the port over anything that says a text piece by piece.

In order: (1) a place among the calls at once is taken, or the call is refused, (2) a thread of the call's own lets the
model speak, and once more where that failed before a first word, (3) what comes is checked to be plain text, (4)
whoever asked takes the pieces as they come, and leaves after `timeout_s` at the latest, whatever the thread is still
held up by, (5) leaving ends the connection, and with it the thread. Knows no protocol: that is `openai_like`.
"""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.models.approved import ApprovedModel
from service.models.circuit import Circuit
from service.models.connection import LONGEST_WAIT_S, Call, PassingError
from service.models.errors import (
    ModelBusyError,
    ModelCutOffError,
    ModelError,
    ModelProtocolError,
    ModelReplyError,
    ModelTimedOutError,
)
from service.models.plain_text import PlainText
from service.models.port import Message

ATTEMPTS = 2
PAUSE_S = 0.5  # between two attempts, unless the endpoint names another
_WAIT_FOR_A_PLACE_S = 5.0
_POLL_S = 0.05  # how soon a stopped question is noticed
_WAITING_PIECES = 256  # until whoever asked takes them
_BYTES_A_TOKEN = 2_048  # an event of one token is some 200 to 400 bytes with what servers add
_BYTES_BESIDES = 64 << 10


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of a text, and whether it is the last: by the model's own choice, or by the limit of tokens."""

    piece: str
    is_last: bool = False
    cut_off: bool = False


Speak = Callable[[Call, Sequence[Message], int], Iterator[Spoken]]


class CalledModel:
    """An approved model, as the port has it. Any thread may call."""

    def __init__(
        self,
        approved: ApprovedModel,
        *,
        speak: Speak,
        parameters: Mapping[str, Any],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what to call; nothing is called yet.

        Args:
            approved: the entry, with its limits. Whether it may be called is for the caller to see to.
            speak: says a text to messages, within a limit of tokens; raises a ModelError and nothing else. The text
                ends with a piece that is the last, or it was cut off.
            parameters: what it is asked with besides messages and that limit, for the record.
            clock_s: a steady clock, in seconds.
        """
        self.parameters = parameters
        self._approved = approved
        self._speak = speak
        self._clock_s = clock_s
        self._circuit = Circuit(approved.name, at_once=approved.limits.at_once, clock_s=clock_s)

    @property
    def name(self) -> str:
        """Its name in `models.toml`."""
        return self._approved.name

    def problem(self) -> str | None:
        """Return why it is left alone at the moment, in words for operators; `None` while it is called."""
        return self._circuit.problem()

    def stream(
        self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]
    ) -> Generator[str, None, None]:
        """Yield the model's text in pieces; see `port.Model.stream`."""
        limits = self._approved.limits
        ends_s = self._clock_s() + limits.timeout_s
        try:
            tried = self._circuit.enter(wait_s=min(_WAIT_FOR_A_PLACE_S, limits.timeout_s), stopped=stopped)
        except ModelBusyError:
            if stopped():
                return
            raise
        most_tokens = min(most_tokens, limits.most_tokens or most_tokens)
        asked = _Asked(self.name, self._speak, tuple(messages), most_tokens)

        def work() -> None:
            failed: bool | None = None
            try:
                failed = asked.work()
            finally:
                self._circuit.leave(tried=tried, failed=failed, why=asked.why)

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
            asked.call.cut()


class _Asked:
    """One call, as its thread works on it: `came` holds pieces, then an error or, at the end, `None`."""

    def __init__(self, name: str, speak: Speak, messages: tuple[Message, ...], most_tokens: int) -> None:
        self.call = Call(most_bytes=_BYTES_BESIDES + most_tokens * _BYTES_A_TOKEN)
        self.came: queue.Queue[str | ModelError | None] = queue.Queue(_WAITING_PIECES)
        self.timed_out = False
        self.why = ""
        self._name = name
        self._speak = speak
        self._messages = messages
        self._most_tokens = most_tokens

    def work(self) -> bool | None:
        """Let it speak, and hand on what comes; return whether it failed, `None` where nothing is said about it."""
        try:
            self._hand_on(self._attempts())
        except ModelError as error:
            self.why = str(error)
            self._hand_on(error)
            if self.timed_out:
                self.why = f"model '{self._name}' took longer than it may"
                return True
            if self.call.over:
                return None  # whoever asked had left
            if isinstance(error, ModelReplyError) and not isinstance(error, ModelProtocolError | ModelCutOffError):
                return None  # an asker could bring it about
            return True
        return False

    def _attempts(self) -> ModelCutOffError | None:
        """Hand on the text; return that it was cut off where that is what the limit of tokens does."""
        for left in reversed(range(ATTEMPTS)):
            text, begun = PlainText(self._name, most_tokens=self._most_tokens), False
            try:
                for spoken in self._speak(self.call, self._messages, self._most_tokens):
                    begun = begun or bool(spoken.piece)
                    self._hand_on_text(text.take(spoken.piece))
                    if spoken.is_last:
                        self._hand_on_text(text.end())
                        return self._at_its_limit() if spoken.cut_off else None
                raise ModelCutOffError(f"the text of model '{self._name}' ended before it said that it was done")
            except ModelError as error:
                again_s = _again_in_s(error)
                if not left or begun or again_s is None or self.call.over:
                    raise
                self.call.wait(again_s)
        raise AssertionError("the last attempt ends in a text or an error")

    def _at_its_limit(self) -> ModelCutOffError:
        return ModelCutOffError(f"the text of model '{self._name}' ended at its limit of {self._most_tokens} tokens")

    def _hand_on_text(self, piece: str) -> None:
        if piece:
            self._hand_on(piece)

    def _hand_on(self, came: str | ModelError | None) -> None:
        while not self.call.over:
            try:
                self.came.put(came, timeout=_POLL_S)
            except queue.Full:
                continue
            return


def _again_in_s(error: ModelError) -> float | None:
    """Return after how many seconds it is worth asking again, if it is."""
    if isinstance(error, ModelCutOffError):
        return PAUSE_S
    if not isinstance(error, PassingError):
        return None
    again_s = PAUSE_S if error.again_in_s is None else error.again_in_s
    return again_s if again_s <= LONGEST_WAIT_S else None

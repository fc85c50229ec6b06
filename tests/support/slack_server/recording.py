"""What the server saw: every call, everything that was shown to somebody, every delivery."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Where = Literal["message", "ephemeral", "response", "home", "modal", "status", "prompts"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the Web API, and how it was answered. Times are on the clock of `time.monotonic`."""

    at: float
    method: str
    arguments: dict[str, Any] = field(repr=False)
    status: int
    answer: dict[str, Any] = field(repr=False)
    is_fault: bool = False  # it went wrong on demand

    @property
    def error(self) -> str | None:
        return None if self.answer.get("ok") else str(self.answer.get("error", self.status))


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that the app showed, and the people who could read it at that moment.

    `message` names what was shown: a later version of the same message has the same. `joinable` are those who could
    read it after joining a public channel.
    """

    at: float
    where: Where
    method: str
    channel: str | None
    thread: str | None
    readers: frozenset[str]
    joinable: frozenset[str]
    message: str
    content: dict[str, Any] = field(repr=False)
    is_shared_place: bool = False
    response_url: str | None = None

    @property
    def text(self) -> str:
        """Everything in it that is text: what is read, links, what buttons carry, metadata."""
        return "\n".join(texts(self.content))

    @property
    def delivery(self) -> str | None:
        """The delivery that the app's metadata name."""
        payload = (self.content.get("metadata") or {}).get("event_payload") or {}
        return payload.get("delivery")


@dataclass(slots=True)
class Attempt:
    """One try to deliver something. `status` is the HTTP status, or 0 where nothing came back in time."""

    at: float
    took_s: float
    status: int
    body: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    refused: bool = False  # nobody listened


@dataclass(slots=True)
class Delivered:
    """Something that was delivered, or given up."""

    name: str  # event_id, or what stands for it
    kind: Literal["event", "command", "interaction", "options"]
    payload: dict[str, Any] = field(repr=False)
    attempts: list[Attempt] = field(default_factory=list)
    given_up: bool = False

    @property
    def acknowledged(self) -> bool:
        return any(200 <= one.status < 300 for one in self.attempts)


@dataclass(slots=True)
class Record:
    """All of it, in order."""

    calls: list[Call] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)

    def called(self, method: str) -> list[Call]:
        """Return the calls of a method."""
        return [call for call in self.calls if call.method == method]

    def in_thread(self, channel: str, thread: str | None) -> list[Shown]:
        """Return what was shown in a thread."""
        return [one for one in self.shown if (one.channel, one.thread) == (channel, thread)]


def texts(value: Any) -> Iterator[str]:
    """Return each text in a JSON value, at any depth, and in JSON that is written inside a text."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[":
            try:
                inner = json.loads(value)
            except ValueError:
                return
            yield from texts(inner)
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)

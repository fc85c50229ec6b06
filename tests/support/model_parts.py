"""What tests of language models are made of: an entry of `models.toml`, written down or made, and a model by script."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from service.models.approved import ApprovedModel, Endpoint, Limits, MaySend
from service.models.port import Message

EXPIRES = date(2027, 6, 30)
ENTRY: dict[str, Any] = {
    "name": "writer",
    "url": "https://models.example/v1",
    "model": "qwen3-8b",
    "owner": "it@northlight.example",
    "approved_by": "legal@northlight.example",
    "expires": EXPIRES,
    "sources": ["handbook"],
}


def written(*entries: dict[str, Any]) -> str:
    """Return entries as a file; a value of `None` leaves its key out."""
    return "\n".join(
        "[[model]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in entry.items() if value is not None)
        for entry in entries
    )


def approved(url: str = "https://models.example/v1", *, limits: Limits | None = None) -> ApprovedModel:
    """Return an approved model that may be sent everything."""
    return ApprovedModel(
        name="writer",
        endpoint=Endpoint(url, "qwen3-8b"),
        owner="it@northlight.example",
        approved_by="legal@northlight.example",
        expires=EXPIRES,
        may_send=MaySend(sources=frozenset({"*"})),
        limits=limits or Limits(),
    )


class SayingModel:
    """A model of the port that says pieces and then raises, if it is to; `asked` is what it was sent."""

    def __init__(self, *pieces: str, error: Exception | None = None) -> None:
        self.name = "writer"
        self.asked: list[Sequence[Message]] = []
        self._pieces = pieces
        self._error = error

    def stream(self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Say what it was given."""
        del most_tokens
        self.asked.append(messages)
        for piece in self._pieces:
            if stopped():
                return
            yield piece
        if self._error is not None:
            raise self._error


class LeftModel(SayingModel):
    """A model that is left alone at the moment."""

    def problem(self) -> str | None:
        """Say why."""
        return "model 'writer' failed 5 times in a row"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)

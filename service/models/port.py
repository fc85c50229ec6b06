"""The port to a language model: messages go in, text comes out in pieces. What it says is no answer yet.

Knows neither endpoints nor approvals; `approved` says what a model may be sent, `openai_like` is the adapter.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a model."""

    role: Literal["system", "user", "assistant"]
    text: str = field(repr=False)


class Model(Protocol):
    """A language model that may be asked. Any thread may call; each call is its own."""

    @property
    def name(self) -> str:
        """Its name in `models.toml`."""
        ...

    def stream(self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Yield the model's text as it comes, in pieces of any size, valid UTF-8.

        Closing the iterator, or `stopped()` becoming true, ends the call at the model; after the latter the iterator
        ends as if the text did. What was yielded before an error stands: each piece was checked.

        Args:
            messages: at least one.
            most_tokens: the model is asked to write no more; a text far beyond is an error.
            stopped: is asked again and again while the call lasts, from the thread that iterates.

        Raises:
            ModelUnavailableError: it cannot be reached, or refused the call.
            ModelTimedOutError: it took longer than it may.
            ModelBusyError: it was not called; others are under way, or it failed too often.
            ModelReplyError: what came is not what the protocol says, is no plain text, or is too long; as
                ModelCutOffError where the text ended before the model had ended it.
        """
        ...

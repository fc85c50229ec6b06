"""One call of a model, whose stream is closed however the call ends; and one that is to say no more than a line."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.answering.writing.records import FAILED, STOPPED, TOO_LONG, WHOLE, Call
from service.models.errors import ModelError
from service.models.port import Message, Model


@contextlib.contextmanager
def streamed(
    model: Model, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]
) -> Iterator[Iterator[str]]:
    """Lend the pieces of a reply; closing them ends the call at the model."""
    pieces = model.stream(messages, most_tokens=most_tokens, stopped=stopped)
    try:
        yield pieces
    finally:
        close = getattr(pieces, "close", None)  # a generator has it, an iterator need not
        if close is not None:
            close()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A short reply: `kind` and `prompt_hash` name the template, it is read up to `most_chars` and one more."""

    kind: str
    prompt_hash: str
    most_tokens: int
    most_chars: int


def short_reply(wanted: Wanted, messages: tuple[Message, ...], *, model: Model, stopped: Callable[[], bool]) -> Call:
    """Ask for a short reply, and return the record of the call, which tells what failed or was too long."""
    raw, ended, failure = "", WHOLE, None
    try:
        with streamed(model, messages, most_tokens=wanted.most_tokens, stopped=stopped) as pieces:
            for piece in pieces:
                raw += piece[: wanted.most_chars + 1 - len(raw)]
                if len(raw) > wanted.most_chars or stopped():
                    break
    except ModelError as error:
        ended, failure = FAILED, error.code
    if len(raw) > wanted.most_chars:
        ended, failure = TOO_LONG, None
    elif stopped():
        ended, failure = STOPPED, None
    return Call(wanted.kind, messages, wanted.prompt_hash, wanted.most_tokens, raw, ended, failure)

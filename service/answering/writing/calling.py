"""One call of a model, whose stream is closed however the call ends."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

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

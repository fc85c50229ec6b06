"""The child's side: `serve` limits this process and answers requests until they end.

A module that reads bytes which may be hostile ends like this, and is then run by `process.LimitedProcess`:

    if __name__ == "__main__":
        serve(answer, own=(Path(ingest.__file__).parent,))

The steps: what may be used up is limited, the standard streams are taken, the kernel's fences and then Python's own
are closed, the child says that it is ready and what holds it, and then for each request: read it, answer it, write
the reply. All imports come before, native libraries above all: their files cannot be opened afterwards, but for those
in Python's own folders. It ends when its input ends, or when memory ran out. Whatever an answer prints is thrown away.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from indexes.limited.fences import confine
from indexes.limited.frames import OUT_OF_MEMORY_STATUS, framed, read_frame, ready_frame
from indexes.limited.limits import limit_use, readable_folders, refuse_actions

Answer = Callable[[bytes, bytes], tuple[bytes, bytes]]


def serve(answer: Answer, *, own: Sequence[Path] = ()) -> None:
    """Take this process's standard streams and answer requests until they end.

    Args:
        answer: is given what is wanted and the bytes it is wanted of; returns what is to be said and what came out.
            What it raises ends the child, without a word of it to anybody.
        own: folders of packages whose modules may still be imported later.
    """
    memory_bytes, processor_s = (int(argument) for argument in sys.argv[1:3])
    limit_use(memory_bytes, processor_s)
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a print in a parser must not get between the replies
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    readable = readable_folders(own)
    sandbox = confine(readable)
    refuse_actions(readable)
    replies.write(ready_frame(sandbox))
    replies.flush()
    while (wanted := read_frame(requests)) is not None and (content := read_frame(requests)) is not None:
        try:
            said, made = answer(wanted, content)
            replies.write(framed(said) + framed(made))
        except MemoryError:
            os._exit(OUT_OF_MEMORY_STATUS)  # what is left of the heap is not worth trusting
        replies.flush()


if __name__ == "__main__":  # a child that answers nothing: to see what holds one here
    serve(lambda _wanted, _content: (b"", b""))

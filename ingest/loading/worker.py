"""The child that parses: `python -m ingest.loading.worker`, started by `process` and by nobody else.

It imports every parser, native ones too, has itself limited (`indexes.limited`), and then reads one document after
another: its name and its bytes come in, the text or the reason goes out.
"""

import numpy.ma  # noqa: F401 - numpy imports it late, when its folder cannot be read if it lies outside of Python's own

from indexes.limited.child import serve
from ingest.errors import LoadError
from ingest.loading.frames import refusal, reply
from ingest.loading.own import OWN
from ingest.loading.registry import load_document


def answer(name: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return the document as two frames, or the reason why it is kept out."""
    try:
        return reply(load_document(name.decode("utf-8"), content))
    except LoadError as error:
        return refusal(str(error))


if __name__ == "__main__":
    serve(answer, own=OWN)

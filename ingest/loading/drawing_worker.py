"""The child that draws: `python -m ingest.loading.drawing_worker`, started by `drawing` and by nobody else.

Limited as the one that parses is (`worker`); what it makes of a document is a picture of one page. Its libraries are
loaded before the limits hold, because they bind themselves then.
"""

from pathlib import Path

import ingest
from indexes.drawn import DrawnPage
from indexes.limited.child import serve
from ingest.errors import LoadError
from ingest.loading.drawn_frames import picture_reply, wanted_of
from ingest.loading.frames import refusal
from ingest.loading.pdf_picture import picture


def answer(wanted: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return a page as a picture in two frames, or that it cannot be drawn."""
    try:
        return picture_reply(_drawn(wanted, content))
    except LoadError as error:
        return refusal(str(error))


def _drawn(wanted: bytes, content: bytes) -> DrawnPage | None:
    try:
        return picture(content, wanted_of(wanted))
    except (LoadError, MemoryError):
        raise
    except Exception as error:
        raise LoadError(f"it is damaged or unusual ({type(error).__name__})") from error


if __name__ == "__main__":
    serve(answer, own=(Path(ingest.__file__).parent,))

"""The child that draws: `python -m ingest.loading.drawing_worker`, started by `drawing` and by nobody else.

Limited as the one that parses is (`worker`); what it makes of a document is a picture of one page. Its libraries are
loaded before the limits hold, because they bind themselves then.
"""

from pathlib import Path

import ingest
from indexes.limited.child import serve
from ingest.loading.drawn_frames import picture_reply, wanted_of
from ingest.loading.frames import refusal
from ingest.loading.pdf.picture import picture


def answer(wanted: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return a page as a picture in two frames, or that it cannot be drawn."""
    try:
        return picture_reply(picture(content, wanted_of(wanted)))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser raises, the child is well
        return refusal(f"it is damaged or unusual ({type(error).__name__})")


if __name__ == "__main__":
    serve(answer, own=(Path(ingest.__file__).parent,))

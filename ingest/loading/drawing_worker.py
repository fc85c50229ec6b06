"""The child that draws: `python -m ingest.loading.drawing_worker`, started by `drawing` and by nobody else.

The same child as the one that parses (`worker`), with the same limits and the same exchange; only what it makes of a
document is a picture of one page. Its libraries are loaded before the limits hold, because they bind themselves then.
"""

import sys

from indexes.drawn import DrawnPage
from ingest.errors import LoadError
from ingest.loading.drawn_frames import picture_frames, wanted_of
from ingest.loading.pdf_picture import picture
from ingest.loading.worker import limit_memory, serve


def _draw(request: str, content: bytes) -> DrawnPage | None:
    try:
        return picture(content, wanted_of(request))
    except (LoadError, MemoryError):
        raise
    except Exception as error:
        raise LoadError(f"it is damaged or unusual ({type(error).__name__})") from error


def main(arguments: list[str]) -> None:
    """Run the child; the one argument is its memory in bytes."""
    limit_memory(int(arguments[0]))
    serve(_draw, picture_frames)


if __name__ == "__main__":
    main(sys.argv[1:])

"""A page of a document as it looks: what is asked for, what comes, and who draws it.

The writer's side draws, in the limited process in which it parses; the reader's side shows. Neither knows the other:
the command line gives the service a `PageDrawer`.
"""

from dataclasses import dataclass, field
from typing import Protocol

MAX_PNG_BYTES = 2 * 1024 * 1024
MAX_DOTS = 4_000_000  # of a picture; an A4 page has 1.1 million at 110 dots an inch


@dataclass(frozen=True, slots=True)
class PageWanted:
    """A page by its number in the file, from 1, and the quote that is to be marked on it; empty for none.

    `before` is the page's stored text in front of the quote: where the same words stand twice, it tells which is meant.
    """

    page: int
    quote: str = field(default="", repr=False)
    before: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as a PNG of so many dots; whether the quote was found on it, and marked."""

    png: bytes = field(repr=False)
    width: int
    height: int
    marked: bool


class PageDrawer(Protocol):
    """Draws pages, one thread at a time."""

    def draw(self, content: bytes, wanted: PageWanted) -> DrawnPage | None:
        """Return a page of a PDF; `None` if it has no such page.

        Raises:
            DrawError: it cannot be drawn.
        """

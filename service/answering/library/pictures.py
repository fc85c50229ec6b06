"""A page of a document as it looks, with a quote marked, for somebody who may read the document at this moment.

The steps, each time anew: (1) the boundary, as for the document itself; a document that they may not read is one that
is not there; (2) the quote, from positions in the stored text, cut to what stands on the page; (3) a picture that was
made before, or (4) a new one: one is drawn at a time, a few wait, whoever would wait longer is told that it is busy.
Pictures are kept in memory alone, the newest, and so is for a minute that a page cannot be drawn.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from indexes.documents import Document
from indexes.drawn import DrawnPage, PageDrawer, PageWanted
from indexes.errors import DrawerBusyError, DrawError
from service.access.principals import Principal
from service.answering.library.reading import Reading

PATIENCE_S = 10.0
_MOST_WAITING = 8
_MOST_BYTES = 32 * 1024 * 1024
_NOT_AGAIN_S = 60.0  # a page that takes too long would take as long once more
_NOT_DRAWN_HERE = "expected a service that draws pages, this one does not"

_Key = tuple[str, int, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch `[start, end)` of a document's stored text, in the version whose SHA-256 begins so; empty for none."""

    version: str = ""
    start: int = 0
    end: int = 0


def pages_of(document: Document, place: Place) -> list[int]:
    """Return the pages on which a stretch of a document stands, rising; none where it has no pages."""
    if not is_drawn(document.document) or not document.sha256.startswith(place.version):
        return []
    touched = {s.locator.page for s in document.sections if max(s.start, place.start) < min(s.end, place.end)}
    return sorted(page for page in touched if page is not None)


def is_drawn(document: str) -> bool:
    """Tell whether a document is of a kind whose pages can be drawn."""
    return PurePosixPath(document).suffix.lower() == ".pdf"


class Pictures:
    """See the module. Any thread may call."""

    def __init__(
        self, reading: Reading, drawer: PageDrawer | None, *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what reads and what draws; with nothing that draws there are no pictures.

        Args:
            reading: reads documents within the boundary.
            drawer: draws one page at a time.
            clock_s: a steady clock.
        """
        self._reading = reading
        self._drawer = drawer
        self._clock_s = clock_s
        self._turn = threading.Lock()
        self._kept = _Kept()
        self._failed: dict[tuple[str, int], float] = {}
        self._waiting = 0
        self._counting = threading.Lock()

    @property
    def draws(self) -> bool:
        """Whether there is anything that draws."""
        return self._drawer is not None

    def picture(
        self, principal: Principal, document: str, page: int, place: Place, *, patience_s: float = PATIENCE_S
    ) -> DrawnPage | None:
        """Return a page; `None` if the asker may not read the document, there is none, or it has no such page.

        Args:
            principal: who asks.
            document: its id.
            page: its number in the file, from 1.
            place: what is to be marked, as far as it stands on the page.
            patience_s: how long to wait until it is drawn, in seconds.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say.
            DrawerBusyError: others are being drawn.
            DrawError: it cannot be drawn.
        """
        found = self._reading.split(principal, document)  # 1
        if found is None or not is_drawn(document):
            return None
        split = found[1].document
        wanted = _wanted(split, page, place)  # 2
        key = (split.sha256, page, _digest(wanted))
        if (kept := self._kept.get(key)) is not None:  # 3
            return kept
        if self._drawer is None:
            raise DrawError(_NOT_DRAWN_HERE)
        original = self._reading.original(principal, document)
        if original is None or original[0].info.sha256 != split.sha256:  # revoked or replaced meanwhile
            return None
        return self._drawn(self._drawer, original[1], wanted, key, patience_s)  # 4

    def _drawn(
        self, drawer: PageDrawer, content: bytes, wanted: PageWanted, key: _Key, patience_s: float
    ) -> DrawnPage | None:
        self._wait(patience_s)
        try:
            if (kept := self._kept.get(key)) is not None:  # somebody else wanted the same
                return kept
            self._not_in_vain(key)
            try:
                drawn = drawer.draw(content, wanted)
            except DrawerBusyError:
                raise
            except DrawError:
                self._failed[key[:2]] = self._clock_s()
                raise
            if drawn is not None:
                self._kept.put(key, drawn)
            return drawn
        finally:
            self._turn.release()

    def _wait(self, patience_s: float) -> None:
        with self._counting:
            if self._waiting >= _MOST_WAITING:
                raise DrawerBusyError("expected fewer pages to be drawn at once, got more: ask again in a moment")
            self._waiting += 1
        try:
            got = self._turn.acquire(timeout=patience_s)
        finally:
            with self._counting:
                self._waiting -= 1
        if not got:
            raise DrawerBusyError("expected a page to be drawn sooner, others are being drawn: ask again in a moment")

    def _not_in_vain(self, key: _Key) -> None:
        now = self._clock_s()
        self._failed = {page: at for page, at in self._failed.items() if now - at < _NOT_AGAIN_S}
        if key[:2] in self._failed:
            raise DrawError("expected a page that can be drawn, this one could not be a moment ago")


class _Kept:
    """The newest pictures, up to a bound of bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: OrderedDict[_Key, DrawnPage] = OrderedDict()
        self._bytes = 0

    def get(self, key: _Key) -> DrawnPage | None:
        with self._lock:
            found = self._pictures.get(key)
            if found is not None:
                self._pictures.move_to_end(key)
            return found

    def put(self, key: _Key, drawn: DrawnPage) -> None:
        with self._lock:
            before = self._pictures.pop(key, None)
            self._bytes += len(drawn.png) - (len(before.png) if before else 0)
            self._pictures[key] = drawn
            while self._bytes > _MOST_BYTES:
                _, oldest = self._pictures.popitem(last=False)
                self._bytes -= len(oldest.png)


def _wanted(document: Document, page: int, place: Place) -> PageWanted:
    sections = [section for section in document.sections if section.locator.page == page]
    if not sections or not document.sha256.startswith(place.version):
        return PageWanted(page)
    begin, until = sections[0].start, sections[-1].end
    start, end = max(place.start, begin), min(place.end, until, len(document.text))
    return PageWanted(page, document.text[start:end], document.text[begin:start]) if start < end else PageWanted(page)


def _digest(wanted: PageWanted) -> bytes:
    return hashlib.sha256(f"{wanted.quote}\0{wanted.before}".encode()).digest() if wanted.quote else b""

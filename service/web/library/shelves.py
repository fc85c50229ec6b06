"""The library as it is listed: by source in the allowlist's order, each by title, cut into pages, with what ends soon.

Pure functions of what somebody may read: a source of which they may read nothing is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from indexes.sources import Source, Sources, source_name
from service.answering.library.reading import Readable

SOON_DAYS = 30
A_PAGE = 200  # documents; a longer page is slow to draw on a phone


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of a shelf; `days` are left of its approval, 0 on its last day."""

    readable: Readable
    days: int

    @property
    def is_soon_due(self) -> bool:
        """Whether the approval ends within thirty days."""
        return self.days <= SOON_DAYS


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents of a source, or those of it that stand on one page."""

    source: Source
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the library: its shelves, which page it is of how many, of how many documents, how many soon due."""

    shelves: tuple[Shelf, ...]
    page: int
    pages: int
    documents: int
    soon_due: int


def entries_of(readable: Iterable[Readable], sources: Sources, today: date) -> list[Entry]:
    """Return all entries, by source in the allowlist's order and by title."""
    place = {name: number for number, name in enumerate(sources)}
    found = [
        Entry(one, (one.grant.expires - today).days) for one in readable if source_name(one.info.document) in place
    ]
    return sorted(found, key=lambda entry: (place[_source_of(entry)], _by_title(entry)))


def listed(readable: Iterable[Readable], sources: Sources, *, today: date, page: int = 1) -> Listed:
    """Return a page of what somebody may read; the last one if there are not so many."""
    entries = entries_of(readable, sources, today)
    pages = max(1, -(-len(entries) // A_PAGE))
    page = min(max(page, 1), pages)
    part = entries[(page - 1) * A_PAGE : page * A_PAGE]
    shelves = tuple(Shelf(sources[name], tuple(of_it)) for name, of_it in groupby(part, _source_of))
    return Listed(shelves, page, pages, len(entries), sum(entry.is_soon_due for entry in entries))


def _source_of(entry: Entry) -> str:
    return source_name(entry.readable.info.document)


def _by_title(entry: Entry) -> tuple[str, str]:
    return entry.readable.info.title.casefold(), entry.readable.info.document

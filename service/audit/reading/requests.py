"""Documents that were asked for, as the log holds them: when, and what became of each.

The wishes stay sealed. A request is known by the number of its record, and is open until an approver closes it.
`Requests` follows the log, so each such record is read once.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace

from service.audit.events import FEEDBACK_TYPE, REQUEST_CLOSED_TYPE, REQUESTED_TYPE
from service.audit.reading.summaries import value_of
from service.audit.shards import month_of
from service.audit.storage.store import LeafReader, StoredLeaf


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of a request: the number and time of the record that says so, and how it was closed."""

    seq: int
    ts_us: int
    how: str


@dataclass(frozen=True, slots=True)
class Request:
    """A document that was asked for: by whom is in `actor`, or, where it is about a question, in that question."""

    seq: int
    ts_us: int
    month: str
    request_id: str | None
    actor: str | None
    closed: Closed | None = None


class Requests:
    """The requests of one log. Any thread may call; every method raises AuditUnavailableError if it cannot be read."""

    def __init__(self, *, store: LeafReader) -> None:
        """Follow a log; nothing is read before the first call."""
        self._store = store
        self._lock = threading.Lock()  # around what follows
        self._requested_after = self._closed_after = -1
        self._known: dict[int, Request] = {}  # by number, in order

    def all(self) -> list[Request]:
        """Return every request, the newest first."""
        with self._lock:
            self._follow()
            return list(reversed(self._known.values()))

    def waiting(self) -> list[Request]:
        """Return the requests that nobody has closed, the oldest first."""
        return [request for request in reversed(self.all()) if request.closed is None]

    def get(self, number: int) -> Request | None:
        """Return the request of a record; `None` if it is none."""
        with self._lock:
            self._follow()
            return self._known.get(number)

    def _follow(self) -> None:
        # The ends before the beginnings: whatever was closed by then was asked for by then.
        ends = self._store.of_type(REQUEST_CLOSED_TYPE, after=self._closed_after)
        for leaf in self._store.of_type(REQUESTED_TYPE, after=self._requested_after):
            value = value_of(leaf)
            month, actor = month_of(value["origin"]), value.get("actor")
            self._known[leaf.seq] = Request(leaf.seq, leaf.ts_us, month, value["request_id"], actor)
            self._requested_after = leaf.seq
        for leaf in ends:
            value = value_of(leaf)
            if (request := self._known.get(value["request"])) and request.closed is None:
                self._known[request.seq] = replace(request, closed=Closed(leaf.seq, leaf.ts_us, value["how"]))
            self._closed_after = leaf.seq


def said_back(store: LeafReader, request_ids: Collection[str], *, after: int) -> dict[str, list[StoredLeaf]]:
    """Return the leaves of what was said on questions: feedback, documents asked for, what became of these; in order.

    Args:
        store: the log.
        request_ids: of the questions.
        after: the number of their first record; only later ones are looked through.
    """
    found: dict[str, list[StoredLeaf]] = {}
    on: dict[int, str] = {}  # the question, by the number of a request
    said = [leaf for kind in (FEEDBACK_TYPE, REQUESTED_TYPE) for leaf in store.of_type(kind, after=after)]
    for leaf in said:
        request_id = value_of(leaf)["request_id"]
        if request_id in request_ids:
            found.setdefault(request_id, []).append(leaf)
            if leaf.type == REQUESTED_TYPE:
                on[leaf.seq] = request_id
    for leaf in store.of_type(REQUEST_CLOSED_TYPE, after=min(on)) if on else ():
        if request_id := on.get(value_of(leaf)["request"]):
            found[request_id].append(leaf)
    return {request_id: sorted(leaves, key=lambda leaf: leaf.seq) for request_id, leaves in found.items()}

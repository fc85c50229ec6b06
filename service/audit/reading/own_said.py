"""What somebody said back, for themselves: their feedback, the documents that they asked for, and what became of these.

What was said on a question is found by that question. Documents asked for without one are found by the pseudonym that
was made for just that, of each month whose key is still there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from service.audit import events
from service.audit.errors import NoRecordError
from service.audit.keys.keyring import Keyring
from service.audit.reading.requests import Request, Requests
from service.audit.reading.summaries import iso_time, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_REQUESTS = 50  # those that are shown, the newest: who wishes for more will not read them all


class OwnSaid:
    """See the module. Any thread may call."""

    def __init__(self, *, store: LeafReader, unsealer: Unsealer, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._store = store
        self._unsealer = unsealer
        self._keyring = keyring
        self._requests = Requests(store=store)

    def on(self, leaves: Sequence[StoredLeaf]) -> dict[str, Any]:
        """Return what was said on one question: `feedback` and `requests`, each in order.

        A feedback is `time`, `verdict` and `comment` (`None` if there was none or it was erased); a request `number`,
        `time`, `wish` (`None` if it was erased) and `closed`: `None`, or `time`, `how` and `note`.

        Args:
            leaves: what `requests.said_back` gives of it.

        Raises:
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
        """
        ends = {value_of(leaf)["request"]: leaf for leaf in reversed(leaves) if leaf.type == events.REQUEST_CLOSED_TYPE}
        return {
            "feedback": [self._feedback(leaf) for leaf in leaves if leaf.type == events.FEEDBACK_TYPE],
            "requests": [
                self._request(leaf, ends.get(leaf.seq)) for leaf in leaves if leaf.type == events.REQUESTED_TYPE
            ],
        }

    def requests_of(self, subject: str) -> list[dict[str, Any]]:
        """Return the newest documents that somebody asked for without a question, as `on` does, the newest first.

        Raises:
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the store cannot be read.
        """
        return [self._request(*self._leaves(request)) for request in self._own(subject)]

    def leaves_of(self, subject: str, number: int) -> list[StoredLeaf]:
        """Return the records of one of these requests: of itself, and of its end if there is one.

        Raises:
            NoRecordError: there is no such request, or it is somebody else's: nobody learns which.
            AuditUnavailableError: the store cannot be read.
        """
        request = self._requests.get(number)
        if request is None or request.actor is None or request.actor != self._wisher(subject, request.month):
            raise NoRecordError("there is no such request on record: expected its number, as your record shows it")
        return [leaf for leaf in self._leaves(request) if leaf]

    def _own(self, subject: str) -> Iterator[Request]:
        found, requests = 0, self._requests.all()
        own = {month: self._wisher(subject, month) for month in {request.month for request in requests}}
        for request in requests:
            if found < MAX_REQUESTS and request.actor is not None and request.actor == own[request.month]:
                found += 1
                yield request

    def _wisher(self, subject: str, month: str) -> str | None:
        return self._keyring.pseudonyms(month).wisher(subject) if self._keyring.has_pseudonyms(month) else None

    def _leaves(self, request: Request) -> tuple[StoredLeaf, StoredLeaf | None]:
        leaf = self._store.leaf(request.seq)
        if leaf is None:
            raise NoRecordError(f"there is no record {request.seq}")
        return leaf, self._store.leaf(request.closed.seq) if request.closed else None

    def _feedback(self, leaf: StoredLeaf) -> dict[str, Any]:
        comment = self._unsealer.open(leaf).texts.get("comment")
        return {"time": iso_time(leaf.ts_us), "verdict": value_of(leaf)["verdict"], "comment": comment}

    def _request(self, leaf: StoredLeaf, end: StoredLeaf | None) -> dict[str, Any]:
        return {
            "number": leaf.seq,
            "time": iso_time(leaf.ts_us),
            "wish": self._unsealer.open(leaf).texts.get("wish"),
            "closed": self._closed(end) if end else None,
        }

    def _closed(self, leaf: StoredLeaf) -> dict[str, Any]:
        note = self._unsealer.open(leaf).texts.get("note")
        return {"time": iso_time(leaf.ts_us), "how": value_of(leaf)["how"], "note": note}

"""What askers said of their answers, as the log holds it: verdicts, without the comments, which stay sealed.

The newest verdict on a question is the one that stands; the earlier ones stay on record. `Feedbacks` follows the log,
so each such record is read once; it holds some 300 bytes of each.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from service.audit.events import FEEDBACK_TYPE
from service.audit.reading.summaries import value_of
from service.audit.storage.store import LeafReader, StoredLeaf

HELPFUL = "helpful"  # every other verdict marks an answer down


@dataclass(frozen=True, slots=True)
class Feedback:
    """One verdict: the number and time of its record, on which question, and which documents that answer cites."""

    seq: int
    ts_us: int
    request_id: str
    verdict: str
    documents: tuple[str, ...]


class Feedbacks:
    """The feedback of one log. Any thread may call; every method raises AuditUnavailableError if it cannot be read."""

    def __init__(self, *, store: LeafReader) -> None:
        """Follow a log; nothing is read before the first call."""
        self._store = store
        self._lock = threading.Lock()  # around what follows
        self._after = -1
        self._standing: dict[str, Feedback] = {}  # by question, in the order of their records

    def of(self, request_ids: Iterable[str]) -> dict[str, Feedback]:
        """Return the verdict that stands on each question, by its id; those without one are left out."""
        with self._lock:
            self._follow()
            return {one: self._standing[one] for one in request_ids if one in self._standing}

    def standing(self) -> list[Feedback]:
        """Return the verdict that stands on each question, the newest first."""
        with self._lock:
            self._follow()
            return list(reversed(self._standing.values()))

    def with_verdict(self, verdict: str) -> frozenset[str]:
        """Return the ids of all questions on which this verdict stands."""
        with self._lock:
            self._follow()
            return frozenset(one.request_id for one in self._standing.values() if one.verdict == verdict)

    def _follow(self) -> None:
        for leaf in self._store.of_type(FEEDBACK_TYPE, after=self._after):
            feedback = feedback_of(leaf)
            self._standing.pop(feedback.request_id, None)  # the newest stands last
            self._standing[feedback.request_id] = feedback
            self._after = leaf.seq


def feedback_of(leaf: StoredLeaf) -> Feedback:
    """Return what a `feedback.given` leaf says."""
    value = value_of(leaf)
    return Feedback(leaf.seq, leaf.ts_us, value["request_id"], value["verdict"], tuple(value["documents"]))

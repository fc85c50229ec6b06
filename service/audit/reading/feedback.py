"""What staff said of answers, by question: the codes that `feedback.given` leaves hold, and no comment.

Follows the log: each such leaf is read once.
"""

import threading

from service.audit.events import FEEDBACK_TYPE
from service.audit.reading.summaries import value_of
from service.audit.storage.store import LeafReader


class Feedback:
    """The verdicts on one log's questions. Any thread may call."""

    def __init__(self, *, store: LeafReader) -> None:
        """Follow a log; nothing is read before the first call."""
        self._store = store
        self._lock = threading.Lock()  # around what follows
        self._after = -1
        self._of: dict[str, list[str]] = {}

    def of(self, request_id: str) -> tuple[str, ...]:
        """Return the verdicts on a question, in the order in which they were given.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        with self._lock:
            self._look()
            return tuple(self._of.get(request_id, ()))

    def with_verdict(self, verdict: str) -> frozenset[str]:
        """Return the ids of all questions on which somebody gave a verdict.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        with self._lock:
            self._look()
            return frozenset(request_id for request_id, given in self._of.items() if verdict in given)

    def _look(self) -> None:
        for leaf in self._store.of_type(FEEDBACK_TYPE, after=self._after):
            value = value_of(leaf)
            request_id, verdict = value.get("request_id"), value.get("verdict")
            if isinstance(request_id, str) and isinstance(verdict, str):
                self._of.setdefault(request_id, []).append(verdict)
            self._after = leaf.seq

"""Which questions of a log have no end: each look reads only what came since the one before.

The first look of a process goes through all questions. After it, those that were open are looked at again, and those
that came since are looked through: what a look costs grows with what came, not with the log. Says nothing of whether
somebody still works on a question, and ends none.
"""

import threading

from service.audit.storage.store import LeafReader, StoredLeaf

_END = "query.finished"  # the type of leaf that ends a question


class OpenQuestions:
    """See the module. Any thread may call."""

    def __init__(self, store: LeafReader) -> None:
        """Follow a store; nothing is read before the first look."""
        self._store = store
        self._looking = threading.Lock()  # around a look, and so around what follows
        self._seen = -1  # the last number that was looked through
        self._open: dict[int, StoredLeaf] = {}  # by number

    def now(self) -> list[StoredLeaf]:
        """Return the `query.received` leaves of the questions without an end, in order.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        with self._looking:
            size = self._store.size()
            if size <= self._seen:  # it was put back: other questions may have the numbers
                self._seen, self._open = -1, {}
            later = self._store.of_questions(list(self._open))
            ended = {leaf.request_id for leaf in later if leaf.type == _END}
            still = [leaf for leaf in self._open.values() if leaf.request_id not in ended]
            self._open = {leaf.seq: leaf for leaf in (*still, *self._store.unfinished(after=self._seen))}
            self._seen = size - 1
            return [self._open[seq] for seq in sorted(self._open)]

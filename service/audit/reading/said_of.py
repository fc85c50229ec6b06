"""Knows what the log says of a question afterwards, by one type of leaf whose `seq` names it.

Follows the log, so each leaf is read once. What such a leaf says is for others; none of these types holds a text.
"""

import threading
from collections.abc import Iterable

from service.audit.reading.summaries import value_of
from service.audit.storage.store import LeafReader, StoredLeaf


class SaidOf:
    """The leaves of a type, by the question that each is about. Any thread may call."""

    def __init__(self, kind: str, *, store: LeafReader) -> None:
        """Follow a log; nothing is read before the first call."""
        self._kind = kind
        self._store = store
        self._lock = threading.Lock()  # around what follows
        self._after = -1
        self._of: dict[int, list[StoredLeaf]] = {}

    def every(self, seqs: Iterable[int]) -> list[StoredLeaf]:
        """Return all leaves that are about one of these questions, in order.

        Raises:
            AuditUnavailableError: the store cannot be read, or such a leaf is not as it was written.
        """
        with self._lock:
            for leaf in self._store.of_type(self._kind, after=self._after):
                self._of.setdefault(value_of(leaf)["seq"], []).append(leaf)
                self._after = leaf.seq
            return sorted((leaf for seq in seqs for leaf in self._of.get(seq, ())), key=lambda leaf: leaf.seq)

"""Knows which records' texts are gone, as the log itself says, so that a missing text can be told from a removed one.

Follows the log: each record of an erasure is read once. An erasure only reaches records before its own.
"""

import bisect

from service.audit.events import ERASED_TYPE
from service.audit.reading.summaries import value_of
from service.audit.storage.store import LeafReader


class ErasedRecords:
    """The numbers of the records whose texts were erased, as of the last `look`."""

    def __init__(self, *, store: LeafReader) -> None:
        """Follow a log; nothing is read before the first `look`."""
        self._store = store
        self._after = -1
        self._firsts: list[int] = []  # of ranges that neither meet nor touch, in order; their ends beside them
        self._lasts: list[int] = []

    def look(self) -> None:
        """Read what was erased since.

        Raises:
            AuditUnavailableError: the store cannot be read, or such a record is not as it was written.
        """
        found = self._store.of_type(ERASED_TYPE, after=self._after)
        for leaf in found:
            for first, last in value_of(leaf)["ranges"]:
                self._add(first, min(last, leaf.seq - 1))
            self._after = leaf.seq

    def __contains__(self, seq: int) -> bool:
        at = bisect.bisect_right(self._firsts, seq) - 1
        return at >= 0 and seq <= self._lasts[at]

    def _add(self, first: int, last: int) -> None:
        if last < first:
            return
        begin = bisect.bisect_left(self._lasts, first - 1)  # the first range that meets or touches the new one
        end = bisect.bisect_right(self._firsts, last + 1)
        if begin < end:
            first, last = min(first, self._firsts[begin]), max(last, self._lasts[end - 1])
        self._firsts[begin:end] = [first]
        self._lasts[begin:end] = [last]

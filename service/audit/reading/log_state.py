"""The state of the log at a glance: verified when, covered by a checkpoint, questions without a result, and its key.

Numbers, times and a public key; no record is shown, so nothing of it is put on record. What came of the last check of
the whole log is itself a record (`audit.verified`). What cannot be told here is whether a witness watches: one only
takes what the log gives, and keeps its signatures to itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditError
from service.audit.events import VERIFIED_TYPE
from service.audit.log import AuditLog, Clock
from service.audit.reading.summaries import iso_time, value_of
from service.audit.shards import shards_of
from service.audit.storage.store import LeafReader, StoredLeaf

_OPEN_US = 60_000_000  # a question takes a second; one that is open for a minute will not end by itself
_LATE_US = 10_000_000  # a checkpoint comes within a second


@dataclass(frozen=True, slots=True)
class LogState:
    """See the module.

    Attributes:
        records: how many there are.
        problem: why nothing can be recorded now; `None` if all is well.
        verified: what the last `audit.verified` record says, with its `time` and `seq`; `None` if there is none.
        uncovered: how many of the newest records no checkpoint covers yet.
        uncovered_since: the time of the oldest of them.
        is_late: whether a checkpoint should have covered them by now.
        covered_to: the time of the newest record that a checkpoint covers; `None` before the first.
        open_questions: how many questions have had no result for more than a minute; `open_since` is the oldest's time.
        key: what verifies the log's checkpoints; empty if it cannot be read.
    """

    records: int
    problem: str | None
    verified: Mapping[str, Any] | None
    uncovered: int
    uncovered_since: str | None
    is_late: bool
    covered_to: str | None
    open_questions: int
    open_since: str | None
    key: str


class StateOfLog:
    """Looks when asked. Any thread may call."""

    def __init__(
        self,
        *,
        log: AuditLog,
        store: LeafReader,
        signer: Signer,
        clock: Clock,
        unanswered: Callable[[], list[StoredLeaf]],
    ) -> None:
        """Take the parts of an open log, its clock, and what gives the questions without an end."""
        self._log = log
        self._store = store
        self._signer = signer
        self._clock = clock
        self._unanswered = unanswered

    def now(self) -> LogState:
        """Return how things are.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        now_us, size = self._clock(), self._store.size()
        covered = self._covered()
        since_us = self._time_of(covered) if covered < size else None
        waiting = [leaf.ts_us for leaf in self._unanswered() if now_us - leaf.ts_us > _OPEN_US]
        newest_us = self._time_of(covered - 1) if covered else None
        return LogState(
            records=size,
            problem=self._log.healthy(),
            verified=self._verified(),
            uncovered=size - covered,
            uncovered_since=None if since_us is None else iso_time(since_us),
            is_late=since_us is not None and now_us - since_us > _LATE_US,
            covered_to=None if newest_us is None else iso_time(newest_us),
            open_questions=len(waiting),
            open_since=iso_time(min(waiting)) if waiting else None,
            key=self._key(),
        )

    def _covered(self) -> int:
        """Return how many records from the first on checkpoints cover."""
        for shard in reversed(shards_of(self._store)):
            if newest := self._store.newest_checkpoint(shard.origin):
                return shard.first_seq + newest.size
        return 0

    def _time_of(self, seq: int) -> int | None:
        try:
            leaf = self._store.leaf(seq)
        except AuditError:  # the list of records says so
            return None
        return leaf.ts_us if leaf else None

    def _verified(self) -> Mapping[str, Any] | None:
        leaf = self._store.newest_of(VERIFIED_TYPE)
        return {**value_of(leaf), "time": iso_time(leaf.ts_us), "seq": leaf.seq} if leaf else None

    def _key(self) -> str:
        try:
            return self._signer.key().text()
        except AuditError:
            return ""

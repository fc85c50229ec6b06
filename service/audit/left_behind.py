"""Closes the questions that a process left without a result: it was killed, or stood still, and nobody is answered.

Where a process writes alone, it closes all that it finds before it takes a question of its own. Where others write too,
one of them closes those that came long ago, again and again: whoever took such a question is refused when it comes with
an answer after all (`log_end`). What was found open and got its end meanwhile is left as it is.
"""

import contextlib
import functools
from collections.abc import Sequence

from service.audit.errors import AuditDamagedError, AuditEndedError, AuditEntryError
from service.audit.leaves import QueryFinished, Stamp, VerdictRef
from service.audit.serialise import FINISHED_TYPE, finished_leaf
from service.audit.storage.open_questions import OpenQuestions
from service.audit.storage.store import Entry, LeafStore, StoredLeaf
from service.audit.storage.writer import Writer

LEFT_AFTER_US = 15 * 60 * 1_000_000  # far beyond the slowest answer: whoever took the question is gone
ABORTED_REASON = "interrupted"  # of a question that a crash or a failure left without a result


class LeftBehind:
    """See the module. `found` may be called by any thread, the others under the log's lock."""

    def __init__(self, *, store: LeafStore, writer: Writer) -> None:
        """Take an open store and its writer; nothing is read before the first call."""
        self._store = store
        self._writer = writer
        self._open = OpenQuestions(store)

    def found(self) -> list[StoredLeaf]:
        """Return the questions without an end.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        return self._open.now()

    def close_at_start(self, stamp: Stamp) -> None:
        """Close all, if nobody else writes: this process has not taken one yet, so nobody works on any.

        Raises:
            AuditUnavailableError: the store cannot be read or written.
        """
        if not self._is_alone():
            return
        left = self.found()
        if left and self._is_alone():  # still: so whatever came since is not among these
            self._close([one for one in left if one.ts_us <= stamp.ts_us], stamp)

    def close_old(self, left: Sequence[StoredLeaf], stamp: Stamp) -> None:
        """Close those that came long ago; raises as `close_at_start`."""
        self._close([one for one in left if one.ts_us <= stamp.ts_us - LEFT_AFTER_US], stamp)

    def _is_alone(self) -> bool:
        return self._store.beside is None or self._store.beside.writers() == 1

    def _close(self, left: Sequence[StoredLeaf], stamp: Stamp) -> None:
        made = [functools.partial(_closing, received, stamp.origin) for received in left]
        tickets = [self._writer.submit(make(stamp.ts_us), make) for make in made]
        for ticket in tickets:
            with contextlib.suppress(AuditEndedError):
                self._writer.wait(ticket)


def _closing(received: StoredLeaf, origin: str, ts_us: int) -> Entry:
    verdict = VerdictRef(outcome="aborted", reason=ABORTED_REASON)
    closed = QueryFinished(request_id=received.request_id, received_seq=received.seq, verdict=verdict, elapsed_us=0)
    try:
        leaf = finished_leaf(closed, Stamp(origin, ts_us), answer=None)
    except AuditEntryError as error:  # the id that stands beside the leaf is not the one that was written
        raise AuditDamagedError(
            f"record {received.seq} is not as it was written: run greenlit audit verify, and put the store back as it "
            "was"
        ) from error
    return Entry(origin, FINISHED_TYPE, ts_us, received.request_id, leaf)

"""Ends the keeping of texts: what is older than the agreed number of months is erased, month by month.

For each month that is due: (1) a `payload.erased` leaf for each stretch of it that has texts, in the same step as they
go: a stretch is short enough for others to be recorded between two, (2) a `key.revoked` leaf for each of its keys,
(3) the keys are destroyed, so that no copy of the file can be opened and no pseudonym of that month can be tied to a
person. A crash in between is taken up by the next call; nothing is put on record twice. Leaves and checkpoints stay:
every proof holds.
"""

from datetime import UTC, datetime

from service.audit import events
from service.audit.keys.key_ids import purpose_of
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.erasure import STRETCH
from service.audit.reading.summaries import value_of
from service.audit.shards import Shard, shards_of
from service.audit.storage.store import LeafReader

RETENTION_GROUND = "retention"
_US = 1_000_000  # microseconds in a second


class Retention:
    """See the module. One thread at a time."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring, months: int) -> None:
        """Take the parts of an open log.

        Args:
            log: records what is erased.
            store: says what is left.
            keyring: holds the keys of each month.
            months: how long a text is kept at least. By the calendar, in UTC: with 12, the texts of 2025-11 go when
                2026-12 begins.

        Raises:
            ValueError: it is less than one month.
        """
        if months < 1:
            raise ValueError(f"expected texts to be kept for at least 1 month, got {months}")
        self._log = log
        self._store = store
        self._keyring = keyring
        self._months = months

    def apply(self, now_us: int) -> int:
        """Erase what is due, and return for how many months something was done.

        Args:
            now_us: the time, in microseconds since 1970, UTC.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the store not read; what is left is done by the next call.
            AuditKeyError: a key cannot be destroyed; as before.
        """
        shards = shards_of(self._store)
        ends = [shard.first_seq for shard in shards[1:]] + [self._store.size()]
        this_month = _count(f"{datetime.fromtimestamp(now_us // _US, UTC):%Y-%m}")
        due = [
            (shard, end)
            for shard, end in zip(shards, ends, strict=True)
            if this_month - _count(shard.month) > self._months
        ]
        return sum(self._end(shard, end) for shard, end in due)

    def _end(self, shard: Shard, end: int) -> bool:
        """Do what is left to do for a month; tell whether there was anything."""
        has_texts = False
        for start in range(shard.first_seq, end, STRETCH):
            until = min(start + STRETCH, end)
            if self._store.payload_seqs(start, until):
                has_texts, ranges = True, [(start, until - 1)]
                self._log.note(events.payload_erased(None, ground=RETENTION_GROUND, ranges=ranges, texts={}))
        key_ids = self._keyring.key_ids(shard.month)
        if key_ids:
            revoked = {value_of(leaf)["key_id"] for leaf in self._store.of_type(events.KEY_REVOKED_TYPE)}
            for key_id in key_ids:
                if key_id not in revoked:
                    self._log.note(events.key_revoked(purpose_of(key_id), key_id))
            self._keyring.destroy(shard.month)
        return has_texts or bool(key_ids)


def _count(month: str) -> int:
    """Return a month, such as 2026-11, as a number that the next month follows."""
    year, number = month.split("-")
    return int(year) * 12 + int(number)

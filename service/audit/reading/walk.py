"""Goes through the log by the page, forwards or backwards, and finds where a time begins without going through it.

No more than a page is held at once, whatever is looked for; each page is read on its own, so that nobody who looks for
long keeps the store from being written.
"""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass

from indexes.counting import counted
from service.audit.errors import AuditDamagedError, AuditError, NoRecordError
from service.audit.storage.store import LeafReader, StoredLeaf

PAGE = 256  # leaves of up to 64 KiB each: 16 MiB at most


def forwards(store: LeafReader, start: int, end: int) -> Iterator[StoredLeaf]:
    """Give the leaves `[start, end)`, the oldest first."""
    while start < end and (page := store.leaves(start - 1, min(PAGE, end - start))):
        yield from page
        start = page[-1].seq + 1


def backwards(store: LeafReader, start: int, end: int) -> Iterator[StoredLeaf]:
    """Give the leaves `[start, end)`, the newest first."""
    while start < end:
        begin = max(start, end - PAGE)
        yield from reversed(store.leaves(begin - 1, end - begin))
        end = begin


def first_at(store: LeafReader, ts_us: int, *, past_damage: bool = False) -> int:
    """Return the number of the first leaf that is not older than a time; the size of the log if all are.

    Times never decrease along the numbers, so halving finds it in some twenty steps at a million leaves.

    Args:
        store: the log.
        ts_us: microseconds since 1970, UTC.
        past_damage: whether a damaged leaf counts as being of the time of the next one, instead of being an error.
    """
    size = store.size()

    def time_of(seq: int) -> int:
        if past_damage:
            following = (_leaf_or_damage(store, at) for at in range(seq, size))
            return next((one.ts_us for one in following if isinstance(one, StoredLeaf)), ts_us)
        leaf = store.leaf(seq)
        return leaf.ts_us if leaf else ts_us  # none is missing below the size

    return bisect.bisect_left(range(size), ts_us, key=time_of)


def no_record(store: LeafReader, seq: int) -> AuditError:
    """Return the error for a number that no record has, or that of one which is missing."""
    size = store.size()
    if 0 <= seq < size:
        return AuditDamagedError(
            f"record {seq} of {size} is missing: run greenlit audit verify, and put the store back as it was"
        )
    return NoRecordError(f"there is no record {seq}: the log holds {counted(size, 'record')}, from number 0 on")


@dataclass(frozen=True, slots=True)
class Damaged:
    """The number of a record that is missing, or not as it was written; the words say which."""

    seq: int
    words: str


def pages_past_damage(store: LeafReader, start: int, end: int) -> Iterator[list[StoredLeaf | Damaged]]:
    """Give the leaves `[start, end)` by the page, the newest first; of one that cannot be given, that it is so.

    For whoever looks for what is wrong: one damaged record is not to hide those around it.
    """
    while start < end:
        begin = max(start, end - PAGE)
        yield _past_damage(store, begin, end)[::-1]
        end = begin


def forwards_past_damage(store: LeafReader, start: int, end: int) -> Iterator[StoredLeaf]:
    """Give the leaves `[start, end)`, the oldest first, but for those that cannot be given."""
    while start < end:
        until = min(start + PAGE, end)
        yield from (one for one in _past_damage(store, start, until) if isinstance(one, StoredLeaf))
        start = until


def _past_damage(store: LeafReader, begin: int, end: int) -> list[StoredLeaf | Damaged]:
    try:
        found = {leaf.seq: leaf for leaf in store.leaves(begin - 1, end - begin)}
    except AuditDamagedError:
        return [_leaf_or_damage(store, seq) for seq in range(begin, end)]
    return [found.get(seq) or Damaged(seq, "is missing") for seq in range(begin, end)]


def _leaf_or_damage(store: LeafReader, seq: int) -> StoredLeaf | Damaged:
    try:
        return store.leaf(seq) or Damaged(seq, "is missing")
    except AuditDamagedError:
        return Damaged(seq, "is not as it was written")

"""Whether lines of the register that are on record are still there: a revocation may be among those that are not.

Nothing stops for it: lines move when branches are merged, and what the register says now is what holds. Whoever runs
the service is told until the lines are back as they were, and for thirty days at most.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from indexes.register_state import register_hash
from service.audit.events import REGISTER_EXTENDED_TYPE, REGISTER_REWRITTEN_TYPE
from service.audit.storage.store import LeafReader, StoredLeaf

_TOLD_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many lines of the register the log knows, and the hash that stands for them."""

    lines: int
    register_hash: str

    def still_stands(self, line_hashes: Sequence[str]) -> bool:
        """Tell whether a register begins with these lines."""
        return register_hash(line_hashes[: self.lines]) == self.register_hash


NO_LINES = Recorded(0, register_hash(()))


def recorded_register(store: LeafReader) -> Recorded:
    """Return which lines are on record; none, if some changed since they were recorded last.

    Raises:
        AuditUnavailableError: the log cannot be read.
    """
    extended, rewritten = store.newest_of(REGISTER_EXTENDED_TYPE), store.newest_of(REGISTER_REWRITTEN_TYPE)
    if extended is None or (rewritten is not None and rewritten.seq > extended.seq):
        return NO_LINES  # after a change the lines begin anew
    leaf = json.loads(extended.leaf)
    return Recorded(int(leaf["first_line"]) + len(leaf["lines"]) - 1, str(leaf["register_hash"]))


def missing_lines(store: LeafReader, line_hashes: Sequence[str], *, now: datetime) -> list[str]:
    """Return in words that lines of the register are missing that were on record; nothing if they are all there.

    Args:
        store: what is on record.
        line_hashes: the SHA-256 (hex) of each line of the register as it is now.
        now: with its zone.

    Raises:
        AuditUnavailableError: the log cannot be read.
    """
    missed = [seq for seq, recorded in _lately(store, since=now - _TOLD_FOR) if not recorded.still_stands(line_hashes)]
    if not missed and recorded_register(store).still_stands(line_hashes):
        return []
    where = f" (record {missed[-1]})" if missed else ""
    words = "if a revocation was among them, its document answers again; compare the register with a copy"
    return [f"lines of the register that were on record are changed, moved or gone{where}: {words}"]


def _lately(store: LeafReader, *, since: datetime) -> Iterator[tuple[int, Recorded]]:
    for leaf in store.of_type(REGISTER_REWRITTEN_TYPE):
        if _at(leaf) >= since:
            said = json.loads(leaf.leaf)
            yield leaf.seq, Recorded(int(said["recorded_lines"]), str(said["recorded_hash"]))


def _at(leaf: StoredLeaf) -> datetime:
    return datetime.fromtimestamp(leaf.ts_us / 1e6, UTC)

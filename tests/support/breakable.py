"""Audit stores that a test can break: leaves of chosen types cannot be written, as if the disk were full.

`BreakableStore` lies in a file, `BreakableTables` in a database; `open_breakable` opens the one or the other. Where
somebody else opens the store, `refuse_everywhere` breaks every one of this process.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Receipt, Settle, StoredLeaf


class _Breakable:
    """Cannot write leaves of the types in `refused`, until a test empties that; `heard` is told what is durable."""

    refused: AbstractSet[str] = frozenset()
    heard: Callable[[str], object] = staticmethod(lambda _: None)

    def _expect_allowed(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        if any(entry.type in self.refused for entry in entries):
            raise AuditUnavailableError("the disk is full")
        return entries

    def _tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.heard(entry.type)


class BreakableStore(_Breakable, SqliteLeafStore):
    """An audit store in a file that a test can break."""

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        receipts = super().append(self._expect_allowed(entries))
        self._tell(entries)
        return receipts


class BreakableTables(_Breakable, PostgresBesideStore):
    """An audit store in a database that a test can break."""

    def append_after(self, settle: Settle) -> list[Receipt]:
        settled: list[Entry] = []

        def allowed(others: Sequence[StoredLeaf]) -> Sequence[Entry]:
            settled.extend(self._expect_allowed(settle(others)))
            return settled

        receipts = super().append_after(allowed)
        self._tell(settled)
        return receipts


def open_breakable(state: Path, *, database: str = "") -> BreakableStore | BreakableTables:
    """Open the store of a log in a state folder, or in a database."""
    return BreakableTables.open(database, folder=state) if database else BreakableStore.open(state)


def refuse_everywhere(patch: pytest.MonkeyPatch, *types: str) -> None:
    """Let no store of this process write leaves of some types, whoever opens it."""
    whole, whole_after = SqliteLeafStore.append, PostgresBesideStore.append_after

    def expect_allowed(entries: Sequence[Entry]) -> Sequence[Entry]:
        if any(entry.type in types for entry in entries):
            raise AuditUnavailableError("the disk is full")
        return entries

    def append(store: SqliteLeafStore, entries: Sequence[Entry]) -> list[Receipt]:
        return whole(store, expect_allowed(entries))

    def append_after(store: PostgresBesideStore, settle: Settle) -> list[Receipt]:
        return whole_after(store, lambda others: expect_allowed(settle(others)))

    patch.setattr(SqliteLeafStore, "append", append)
    patch.setattr(PostgresBesideStore, "append_after", append_after)

"""Parts for the tests of the audit log's core: a log in a folder, and a store that can be troubled.

`LogFolder` opens one log as often as a test wants, with a clock that a test sets, and gives a copy of what a power cut
would leave. `TroubledStore` is a real store with a switch for trouble, `Press` a publisher that keeps count, `Hold`
stops whoever calls it. What is wrong with a log says `audit_faults`.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from uuid6 import uuid7

from service.audit.errors import AuditUnavailableError
from service.audit.leaves import Asker, BuildRef, QueryFinished, QueryReceived, ReleaseRef, VerdictRef
from service.audit.opening import OpenLog, Pace, assemble
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import MAX_SEQ, Entry, Receipt, StoredCheckpoint, Subtree
from tests.support.copied_logs import make_itself

NOON_US = 1_795_089_600_000_000  # 2026-11-19T12:00:00Z
DECEMBER_US = 1_796_083_200_000_000  # 2026-12-01T00:00:00Z
NOVEMBER, DECEMBER = "greenlit/audit/2026-11", "greenlit/audit/2026-12"
MIRA = Asker("mira@northlight.example", frozenset({"staff", "legal"}))
FIRST_LEAVES = ["shard.opened", *["key.created"] * 4]  # of a new log: the signer's key and three of the month
QUICK = Pace(retry_wait_s=0.01)


def _nothing(_: str) -> None:
    pass


def refuse(_: str) -> None:
    raise AuditUnavailableError("the disk refuses")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.005)


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Be somebody whom file modes keep out, which root is not, and give them a folder."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TroubledStore(SqliteLeafStore):
    """A real store with a switch for trouble: `before` and `after` are called around what changes it, with its name."""

    before: Callable[[str], None] = staticmethod(_nothing)
    after: Callable[[str], None] = staticmethod(_nothing)
    batches: int = 0
    frozen: bool = False  # whether the files stay as they are, as at a power cut; closing does nothing

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        self.before("append")
        receipts = super().append(entries)
        self.batches += 1
        self.after("append")
        return receipts

    def publish(self, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
        self.before("publish")
        super().publish(checkpoint, subtrees)
        self.after("publish")

    def _prepare(self) -> None:
        super()._prepare()
        assert self._writer is not None
        self._writer.execute("PRAGMA synchronous = OFF")  # no test of it cuts real power; see test_durability

    def reopen(self) -> None:
        self.before("reopen")
        super().reopen()

    def close(self) -> None:
        if not self.frozen:
            super().close()

    @property
    def is_closed(self) -> bool:
        return self._writer is None

    def heal(self) -> None:
        self.before = self.after = _nothing


class Press:
    """A publisher that keeps count; `trouble` is called before everything it does, with its name."""

    def __init__(self) -> None:
        self.trouble: Callable[[str], None] = _nothing
        self.done: list[str] = []
        self.added: list[int] = []
        self.due_s: float | None = None

    def restore(self) -> None:
        self._do("restore")

    def add(self, receipts: Sequence[Receipt]) -> None:
        self.added += [receipt.seq for receipt in receipts]

    def due_in_s(self) -> float | None:
        return self.due_s

    def publish(self, *, wished: bool = True) -> int:
        self.due_s = None
        self._do("publish")
        return MAX_SEQ if wished else 0

    def _do(self, name: str) -> None:
        self.trouble(name)
        self.done.append(name)


class Hold:
    """Stops whoever calls it until a test lets go; `call` counts as begun then."""

    def __init__(self) -> None:
        self.begun, self.go_on = Event(), Event()

    def __call__(self, _: str) -> None:
        self.begun.set()
        assert self.go_on.wait(60)


@dataclass
class LogFolder:
    """A log in a folder, with a clock that stands until a test sets it, or that ticks as it says."""

    root: Path
    name: str = "greenlit"
    now_us: int = NOON_US
    tick: Callable[[], int] | None = None
    pace: Pace = QUICK
    notices: list[str] = field(default_factory=list)
    before: Callable[[str], None] = _nothing  # of every store that is opened; see TroubledStore
    after: Callable[[str], None] = _nothing
    store: TroubledStore = field(init=False)
    parts: OpenLog = field(init=False)

    @property
    def state(self) -> Path:
        return self.root / "var"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    def open(self) -> OpenLog:
        self.store = TroubledStore.open(self.state, busy_timeout_s=0.05)
        self.store.before, self.store.after = self.before, self.after
        self.parts = assemble(
            self.store,
            keys=self.keys,
            name=self.name,
            clock=lambda: self.now_us if self.tick is None else self.tick(),
            notice=self.notices.append,
            pace=self.pace,
        )
        return self.parts

    def close(self) -> None:
        self.parts.close()

    def ask(self, prompt: str = "How long do we keep contracts?", *, asker: Asker = MIRA) -> tuple[str, Receipt]:
        """Record that a question came; its id and its receipt."""
        request_id = str(uuid7())
        entry = QueryReceived(
            request_id=request_id,
            channel="api",
            auth="api_key",
            build=BuildRef(id="20261119-1", manifest_hash="c" * 64),
            release=ReleaseRef(version="0.1.0", config_hash="d" * 64),
        )
        return request_id, self.parts.log.received(entry, asker=asker, prompt=prompt)

    def refuse(self, request_id: str, received_seq: int) -> Receipt:
        """Record that a question was refused."""
        verdict = VerdictRef(outcome="refused", reason="no_evidence")
        entry = QueryFinished(request_id=request_id, received_seq=received_seq, verdict=verdict, elapsed_us=1)
        return self.parts.log.finished(entry, answer=None)

    def ask_in_vain(self) -> None:
        """Record a question and its refusal."""
        request_id, receipt = self.ask()
        self.refuse(request_id, receipt.seq)

    def types(self) -> list[str]:
        return [leaf["type"] for leaf in self.leaves()]

    def leaves(self) -> list[dict[str, Any]]:
        return [json.loads(leaf.leaf) for leaf in self.reader().leaves(-1, 100_000)]

    def reader(self) -> SqliteLeafStore:
        """Return a store that only reads, as a second process opens it."""
        return SqliteLeafStore(folder=self.state)

    def after_a_power_cut(self, root: Path) -> "LogFolder":
        """Return a log of what is on the disk at this moment; to be opened. Nothing may be under way."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns("*-shm"))
        make_itself(root / "keys")
        return LogFolder(root, now_us=self.now_us, pace=self.pace)

    def put_aside(self) -> Path:
        """Copy the store, not the keys, as a backup would."""
        return Path(shutil.copytree(self.state, self.root / "aside", ignore=shutil.ignore_patterns("*-shm")))

    def put_back(self, aside: Path) -> None:
        """Put a copy of the store in its place, in one step, as somebody does beside a log that tries to go on."""
        copy = shutil.copytree(aside, self.root / "copy")
        self.state.rename(self.root / f"before {secrets.token_hex(8)}")
        copy.rename(self.state)

    def break_off(self) -> None:
        """Have a question refused by the store, which then stays closed, so that its files can be swapped."""
        self.store.before = refuse
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            self.ask()
        wait_until(lambda: self.store.is_closed)

    def healed(self) -> None:
        """Wait until the log can be written again."""
        wait_until(lambda: self.parts.log.healthy() is None)

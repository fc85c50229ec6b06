"""A small audit log: the real one, with a clock that a test sets, and people who ask.

`open_small_log` opens it over a real file, or over a database where tests run over one. `SmallLog.ask` puts a whole
question on record; `tamper` changes the file behind the log's back, as somebody could who may write it.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import uuid6

from service.audit.leaves import (
    AnswererRef,
    Asker,
    BuildRef,
    Channel,
    CitationRef,
    HitRef,
    Outcome,
    QueryFinished,
    QueryReceived,
    QuerySentence,
    ReleaseRef,
    VerdictRef,
)
from service.audit.opening import OpenLog, Pace, assemble
from service.audit.reading.auditor import Auditor
from service.audit.reading.erasure import Erasure
from service.audit.reading.erasure_by_age import ErasureByAge
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.proofs import Proofs
from service.audit.reading.retention import Retention
from service.audit.reading.reveal import Reveal
from service.audit.storage.sqlite_store import STORE_FILE
from service.audit.storage.store import Receipt, StoredLeaf
from tests.support.breakable import BreakableStore, BreakableTables, open_breakable
from tests.support.over import over
from tests.support.service_parts import reading_log

NAME = "greenlit.local"
QUESTION = "How long do we keep contracts?"
ANSWER = "Ten years after they end."
DOCUMENT = "legal/contracts.md"
BUILD = BuildRef(id="20261119-1", manifest_hash="c" * 64)
RELEASE = ReleaseRef(version="0.1.0", config_hash="d" * 64)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on record: its id and the numbers of its two leaves."""

    request_id: str
    received: int
    finished: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a question ends: its result, the documents found (the first is cited if it was answered), the texts."""

    outcome: Outcome = "answered"
    reason: str | None = None
    documents: tuple[str, ...] = (DOCUMENT,)
    answer: str | None = ANSWER
    raw: str | None = None


ANSWERED = Ending()
REFUSED = Ending(outcome="refused", reason="no_evidence", documents=(), answer=None)


@dataclass
class SmallLog:
    """A log, what can be done with it, and its clock, `now_us`."""

    folder: Path
    opened: OpenLog
    store: BreakableStore | BreakableTables
    now_us: int
    database: str = ""

    @property
    def auditor(self) -> Auditor:
        return Auditor(log=self.opened.log, store=self.store, keyring=self.opened.keyring)

    @property
    def own(self) -> OwnRecords:
        return OwnRecords(log=self.opened.log, store=self.store, keyring=self.opened.keyring)

    @property
    def erasure(self) -> Erasure:
        return Erasure(log=self.opened.log, store=self.store)

    @property
    def reveal(self) -> Reveal:
        return Reveal(log=self.opened.log, store=self.store, keyring=self.opened.keyring, clock=self.opened.clock)

    def reveal_by_two(self, first: str, second: str, *, seq: int, case: str, reason: str) -> dict[str, Any]:
        """Let one person open a reveal and another confirm it."""
        opening = self.reveal.open(first, seq=seq, case=case, reason=reason)
        return self.reveal.confirm(second, opening["id"])

    @property
    def erasure_by_age(self) -> ErasureByAge:
        return ErasureByAge(log=self.opened.log, store=self.store, keyring=self.opened.keyring, clock=self.opened.clock)

    @property
    def proofs(self) -> Proofs:
        return Proofs(store=self.store)

    def retention(self, months: int = 12) -> Retention:
        return Retention(log=self.opened.log, store=self.store, keyring=self.opened.keyring, months=months)

    def set_time(self, text: str) -> None:
        """Let it be a time, such as 2026-11-20T09:00:00Z."""
        self.now_us = at_us(text)

    def begin(self, by: str = "mira", *, channel: Channel = "web", text: str = QUESTION) -> tuple[str, Receipt]:
        """Put a question on record that has no result yet."""
        request_id = str(uuid6.uuid7())
        entry = QueryReceived(request_id=request_id, channel=channel, auth="token", build=BUILD, release=RELEASE)
        return request_id, self.opened.log.received(entry, asker=Asker(by, frozenset({"staff"})), prompt=text)

    def end(self, request_id: str, received: Receipt, ending: Ending = ANSWERED) -> Receipt:
        """Put the result of a question on record."""
        answered = ending.outcome == "answered"
        entry = QueryFinished(
            request_id=request_id,
            received_seq=received.seq,
            verdict=VerdictRef(outcome=ending.outcome, reason=ending.reason),
            elapsed_us=41_250,
            hits=tuple(_hit(rank, document) for rank, document in enumerate(ending.documents, 1)),
            answerer=AnswererRef(kind="extractive", name="sentences-v1") if answered else None,
            citations=(CitationRef(n=1, passage_id="1" * 24, start=0, end=9, check="verbatim"),) if answered else (),
        )
        return self.opened.log.finished(entry, answer=ending.answer, raw=ending.raw)

    def say(self, request_id: str, received: Receipt, text: str, n: int = 1) -> Receipt:
        """Put a sentence that a model wrote on record, ahead of the result."""
        cited = CitationRef(n=n, passage_id="1" * 24, start=0, end=9, check="supported", score_u=900_000)
        entry = QuerySentence(request_id, received.seq, n, "supported", 900_000, (cited,))
        return self.opened.log.sentence(entry, text=text)

    def ask(
        self, by: str = "mira", *, channel: Channel = "web", text: str = QUESTION, ending: Ending = ANSWERED
    ) -> Asked:
        """Put a question and its result on record."""
        request_id, received = self.begin(by, channel=channel, text=text)
        return Asked(request_id, received.seq, self.end(request_id, received, ending).seq)

    def stored(self, seq: int) -> StoredLeaf:
        leaf = self.store.leaf(seq)
        assert leaf is not None
        return leaf

    def leaf(self, seq: int) -> dict[str, Any]:
        """Return what a leaf says."""
        value: dict[str, Any] = json.loads(self.stored(seq).leaf)
        return value

    def newest(self) -> dict[str, Any]:
        """Return what the newest leaf says."""
        return self.leaf(self.store.size() - 1)

    def on_disk(self) -> list[dict[str, Any]]:
        """Return what all leaves say, as another reader finds them."""
        with reading_log(self.folder, database=self.database) as store:
            return [json.loads(stored.leaf) for stored in store.leaves(-1, 100_000)]

    def types(self, since: int = 0) -> list[str]:
        """Return the types of all leaves from a number on."""
        return [leaf.type for leaf in self.store.leaves(since - 1, 1000)]

    def pseudonym(self, subject: str, month: str) -> str:
        return self.opened.keyring.pseudonyms(month).actor(subject)

    def watcher(self, subject: str, month: str) -> str:
        """Return the pseudonym under which somebody looks at the log in a month."""
        return self.opened.keyring.pseudonyms(month).watcher(subject)

    def tamper(self, *statements: str, values: Sequence[object] = ()) -> None:
        """Change the file with a program of one's own, which needs no trigger's leave."""
        with closing(sqlite3.connect(self.folder / STORE_FILE)) as other, other:
            for table in ("leaves", "payloads"):
                other.execute(f"DROP TRIGGER IF EXISTS {table}_never_changes")
            for statement in statements:
                other.execute(statement, values)


@contextlib.contextmanager
def open_small_log(folder: Path, *, at: str = "2026-11-20T09:00:00Z") -> Iterator[SmallLog]:
    """Open the log of a folder; its first shard is there, so that what follows is what a test does.

    The numbers 0 to 4 are `shard.opened` and the creation of the four keys.
    """
    database = over().new_database()
    store = open_breakable(folder, database=database) if database else BreakableStore.open(folder, busy_timeout_s=0.05)
    opened = assemble(store, keys=folder / "keys", name=NAME, clock=lambda: small.now_us, pace=Pace(retry_wait_s=0.01))
    small = SmallLog(folder, opened, store, at_us(at), database)
    try:
        opened.log.make_ready()
        yield small
    finally:
        opened.close()
        over().drop_database(database)


def at_us(text: str) -> int:
    """Return a time, such as 2026-11-20T09:00:00Z, in microseconds since 1970."""
    return round(datetime.fromisoformat(text).timestamp()) * 1_000_000


def _hit(rank: int, document: str) -> HitRef:
    return HitRef(
        rank=rank,
        passage_id=str(rank) * 24,
        document=document,
        sha256="2" * 64,
        passage_hash="3" * 64,
        score_u=900_000,
        used=rank == 1,
    )

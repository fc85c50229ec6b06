"""Real logs on disk, for tests of what is done with a log: opened as the service opens one, with a clock that is set.

A `RealLog` asks questions, lets months pass, and has a `behind`: what somebody does who may write the file.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from uuid6 import uuid7

from service.audit import events
from service.audit.leaves import (
    AnswererRef,
    Asker,
    BuildRef,
    CitationRef,
    EncoderRef,
    HitRef,
    QueryFinished,
    QueryReceived,
    ReleaseRef,
    RetrievalRef,
    VerdictRef,
)
from service.audit.opening import OpenLog, open_log
from service.audit.storage.sqlite_store import STORE_FILE
from service.audit.storage.store import KeptScope

NAME = "greenlit.test"
STEP_US = 1_000  # between two looks at the clock


def at_us(year: int, month: int, day: int = 1) -> int:
    """Return a day as the log's clock gives it."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000


@dataclass
class RealLog:
    """A log in a folder of its own, open from the start."""

    root: Path
    now_us: int = at_us(2026, 11, 20)
    parts: OpenLog = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def size(self) -> int:
        return self.parts.store.size()

    def open(self) -> None:
        """Open it, anew after a `close`."""
        self.parts = open_log(self.state, keys=self.keys, name=NAME, clock=self._clock)

    def close(self) -> None:
        """Close it, so that nothing happens to it but what a test does."""
        self.parts.close()

    def ask(self, question: str = "How long?", answer: str = "Ten years.", *, who: str = "mira@x.example") -> int:
        """Ask and answer one question; the number of the first of its two records."""
        request_id = str(uuid7())
        received = QueryReceived(
            request_id=request_id,
            channel="api",
            auth="token",
            build=BuildRef(id="20261120-1", manifest_hash="c" * 64),
            release=ReleaseRef(version="0.2.0", config_hash="d" * 64),
        )
        seq = self.parts.log.received(received, asker=Asker(who, frozenset({"staff"})), prompt=question).seq
        pairs = f"legal/a.md\0{'2' * 64}\n".encode()
        scope = KeptScope(hashlib.sha256(pairs).hexdigest(), pairs)
        finished = QueryFinished(
            request_id=request_id,
            received_seq=seq,
            verdict=VerdictRef(outcome="answered", evidence_u=812_000, threshold_u=400_000),
            elapsed_us=41_250,
            encoder=EncoderRef(name="all-MiniLM-L6-v2", digest="e" * 64, dtype="bfloat16"),
            retrieval=RetrievalRef(kind="fused", k=10, weights_u={"dense": 600_000}, filter_hash=scope.filter_hash),
            register_seq=7,
            hits=(HitRef(1, "1" * 24, "legal/a.md", "2" * 64, "3" * 64, -1_500, used=True),),
            answerer=AnswererRef(kind="extractive", name="sentences-v1"),
            citations=(CitationRef(n=1, passage_id="1" * 24, start=120, end=245, check="verbatim"),),
        )
        self.parts.log.finished(finished, answer=answer, scope=scope)
        return seq

    def erase(self, first: int, last: int, *, ground: str = "asker_request") -> int:
        """Erase the texts of some records; the number of the record of that."""
        texts = {"who": "dpo@x.example", "purpose": "they asked"}
        event = events.payload_erased("dpo@x.example", ground=ground, ranges=[(first, last)], texts=texts)
        return self.parts.log.note(event).seq

    def publish(self) -> None:
        """Have a checkpoint cover everything."""
        self.parts.log.publish()

    @contextlib.contextmanager
    def behind(self) -> Iterator[sqlite3.Connection]:
        """Give the file to somebody who may write it, and who begins by dropping every trigger."""
        with contextlib.closing(sqlite3.connect(self.state / STORE_FILE, isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            yield connection

    def _clock(self) -> int:
        self.now_us += STEP_US
        return self.now_us

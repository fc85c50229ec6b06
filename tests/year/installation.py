"""The installation of the simulated year, and what is done with it on a day: each in a process of its own.

It is a real library, a real register, real builds and a real log; only the encoder is a quick one, documents are parsed
in the process, and the clock is the library's.
"""

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

import ingest.describe
import ingest.pipeline
import ingest.rereading
from indexes.errors import IndexesError
from ingest.errors import IngestError
from service.audit.errors import AuditError
from service.audit.histories import Backup, Restored, begin_history
from service.audit.reading.retention import Retention
from service.backup.places import Places
from service.backup.putting_back import put_back
from service.backup.taking import Taken, Taking, remove_older
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.service_parts import Studio, microseconds, open_studio
from tests.year.children import Done, in_child
from tests.year.documents import question_of

LOG_NAME = "greenlit.test"
RETENTION_MONTHS = 6
_DIMENSIONS = 384  # of the encoder that ships, so that builds are as large
# What each version of the reader after the first reads otherwise, a word for another as long.
READERS = (("", ""), ("reviews", "surveys"), ("approves", "endorses"), ("archive", "library"), ("counsel", "lawyers"))

Tell = Callable[[Any], None]


class YearsInstallation:
    """See the module."""

    def __init__(self, root: Path) -> None:
        """Make an empty one in a folder."""
        self.root = root
        self.reader = 0  # which version of the program reads documents
        self.library = TinyLibrary(root / "here", encoder=HashingEncoder(dimensions=_DIMENSIONS))
        state = self.library.root / "state"
        self.places = Places(state=state, keys=state / "keys", library=self.library.folder, builds=self.library.builds)
        self.copies = root / "copies"

    def ingest(self, *, kill_after_s: float | None = None, most_bytes: int | None = None) -> Done:
        """Make a build, as a version of the program; tells "published", "same" or why none was made."""

        def work(tell: Tell) -> None:
            _limit(most_bytes)
            old, new = READERS[self.reader]
            self.library.parser.as_another = (old, new)
            with pytest.MonkeyPatch.context() as patch:
                for module in (ingest.pipeline, ingest.describe, ingest.rereading):
                    patch.setattr(module, "loader_version", lambda _: f"markdown of the year {self.reader}")
                try:
                    report = self.library.ingest()
                except (IngestError, IndexesError) as error:
                    tell(str(error))
                else:
                    tell("published" if report.published else "same")

        return in_child(work, kill_after_s=kill_after_s)

    def ask(
        self,
        numbers: list[int],
        *,
        also: Callable[[Studio, Tell], None] | None = None,
        kill_after_s: float | None = None,
        most_bytes: int | None = None,
    ) -> Done:
        """Serve, ask about some documents, end retention, and do something more; tells what came of each question."""

        def work(tell: Tell) -> None:
            structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
            try:
                with open_studio(self.library, retention_months=RETENTION_MONTHS) as studio:
                    _limit(most_bytes)
                    for number in numbers:
                        answer = studio.api.post("/v1/ask", json={"question": question_of(number)})
                        tell({"about": number, "status": answer.status_code, **_shown(answer.json())})
                    if also:
                        also(studio, tell)
                    log = studio.opened
                    retention = Retention(log=log.log, store=log.store, keyring=log.keyring, months=RETENTION_MONTHS)
                    retention.apply(log.clock())
            except (AuditError, IndexesError) as error:
                tell({"refused": str(error)})

        return in_child(work, kill_after_s=kill_after_s)

    def back_up(self, *, keep: int) -> Taken:
        """Make a copy, and remove older ones."""
        clock = microseconds(self.library.clock)
        taking = Taking(places=self.places, log_name=LOG_NAME, version="0", builds=False, clock=clock)
        taken = taking.into(self.copies)
        remove_older(self.copies, keep)
        return taken

    def restore(self, copy: Path, reason: str) -> Done:
        """Put back what is missing from a copy; tells the history that was begun, and which numbers are gone."""

        def work(tell: Tell) -> None:
            clock = microseconds(self.library.clock)
            done = put_back(copy, self.places, log_name=LOG_NAME, replace=False, now_us=clock())
            begun = begin_history(
                self.places.state,
                keys=self.places.keys,
                name=LOG_NAME,
                clock=clock,
                restored=Restored(reason, "year", Backup(done.account.id, done.account.made_us)),
            )
            tell({"history": begun.history, "lost": begun.lost, "records": begun.ended and begun.ended.next_seq})

        return in_child(work)


def _shown(answer: dict[str, Any]) -> dict[str, Any]:
    receipt, refusal = answer.get("receipt") or {}, answer.get("refusal") or {}
    return {
        "outcome": answer.get("outcome"),
        "says": answer.get("answer") or "",
        "seq": receipt.get("seq"),
        "leaf_hash": receipt.get("leaf_hash"),
        "request_id": answer.get("request_id"),
        "why": answer.get("detail") or refusal.get("reason"),
    }


def _limit(most_bytes: int | None) -> None:
    """Let no file grow beyond some bytes in this process, as on a full disk."""
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

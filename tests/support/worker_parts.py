"""A worker over a tiny library, stepped by a clock that a test sets: no process, no sleep."""

from dataclasses import dataclass, field, replace

from indexes.encoder import Encoder
from indexes.previews import PREVIEWS_FOLDER, Preview, WorkerState, read_preview, read_worker_state
from ingest.previews import Previews
from ingest.report import Report
from ingest.telling import Telling
from ingest.watch import Watcher
from tests.support.fakes import TinyLibrary

_MOST_STEPS = 10_000  # so that a worker that never comes to rest fails


@dataclass
class Worker:
    """A worker, what it reported and told, and how often it let its child go."""

    library: TinyLibrary
    encoder: Encoder | None = None  # instead of the library's
    at_s: float = 0.0
    reports: list[Report] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    rests: int = 0

    def __post_init__(self) -> None:
        clock_s = lambda: self.at_s  # noqa: E731
        builds = self.library.builds
        self.telling = Telling(builds, now=self.library.clock, clock_s=clock_s, notice=self.told.append)
        ingestion = self.library.ingestion()
        self.watcher = Watcher(
            replace(ingestion, encoder=self.encoder or ingestion.encoder),
            previews=Previews(builds, parser=self.library.parser, max_file_bytes=ingestion.max_file_bytes),
            telling=self.telling,
            reported=self.reports.append,
            rest=self._rest,
            clock_s=clock_s,
        )

    def go(self, seconds: float) -> "Worker":
        """Let it work for a while; itself, for what is looked at after."""
        end_s = self.at_s + seconds
        for _ in range(_MOST_STEPS):
            wait_s = self.watcher.step()
            if self.at_s + wait_s > end_s:
                self.at_s = end_s
                return self
            self.at_s += wait_s
        raise AssertionError("expected the worker to come to rest")

    @property
    def state(self) -> WorkerState:
        """What it told last, as others read it."""
        state = read_worker_state(self.library.builds)
        assert state is not None
        return state

    def preview(self, document: str) -> Preview | None:
        """Return the preview of a document's file as it is now."""
        sha256 = self.library.approvals.standing_of(document).sha256
        return read_preview(self.library.builds, sha256, document) if sha256 else None

    def previews(self) -> int:
        """How many there are."""
        return len(list((self.library.builds / PREVIEWS_FOLDER).glob("*.json")))

    def _rest(self) -> None:
        self.rests += 1

"""Libraries to measure on: made, approved and ingested in a temporary folder, the way a user would do it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexes.approvals import Approvals
from indexes.builds import Build, current_build_id, open_build
from indexes.clock import utc_now
from indexes.documents import Document
from indexes.encoder import Encoder
from indexes.holds import HOLDS_FOLDER
from indexes.terms import Terms
from ingest.engine import Engine
from ingest.given import Ingestion
from ingest.loading.process import LoaderProcess
from ingest.pipeline import ingest
from ingest.report import Report
from service.answering.boundary import Boundary, Scope

MAX_FILE_BYTES = 100 << 20
_STAFF = frozenset({"staff"})


@dataclass(frozen=True, slots=True)
class Place:
    """A build and what somebody may see of it: where questions are asked."""

    build: Build
    scope: Scope

    def document(self, name: str) -> Document | None:
        """Return a document that answers may come from, with its stored text; `None` if there is no such."""
        found = self.build.passages.split_document(name) if name in self.scope.grants else None
        return found.document if found else None


class Quiet:
    """Progress that nobody watches."""

    def step(self, name: str, total: int) -> None:
        """Draw nothing."""
        del name, total

    def advance(self, count: int = 1) -> None:
        """Draw nothing."""
        del count


def approve_all(library: Path, names: Sequence[str]) -> int:
    """Approve every file of some sources; return how many were."""
    approvals = Approvals(library=library, now=utc_now, max_file_bytes=MAX_FILE_BYTES)
    plans = [approvals.plan_approval(name, Terms(by="eval@greenlit.example")) for name in names]
    for plan in plans:
        approvals.approve(plan)
    return sum(len(plan.approvals) for plan in plans)


def ingest_all(library: Path, builds: Path, encoder: Encoder, *, engine: Engine | None = None) -> Report:
    """Make and publish a build of a library; an engine reads and encodes, or this process."""
    with LoaderProcess() as parser:
        return ingest(
            Ingestion(
                library=library,
                builds=builds,
                holds=builds / HOLDS_FOLDER,  # there is none: no record needs these builds
                encoder=encoder,
                parser=parser,
                progress=Quiet(),
                now=utc_now,
                max_file_bytes=MAX_FILE_BYTES,
                engine=engine,
            )
        )


def open_place(library: Path, builds: Path, encoder: Encoder | None, groups: frozenset[str] = frozenset()) -> Place:
    """Open the live build, and what somebody in some groups (besides staff) may see of it now."""
    build = open_build(builds / current_build_id(builds), encoder=encoder)
    boundary = Boundary(library=library, now=utc_now, notice=lambda _: None, on_change=lambda _: None)
    return Place(build, boundary.scope(build, _STAFF | groups))

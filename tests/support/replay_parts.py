"""A past to look back on: a tiny library, a real log on disk, and questions that were answered on record.

`Archive` asks through the real `Answering`, with a `Follower` behind it, and looks back with a `Replay`.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from indexes.builds import Build
from service.access.principals import Principal, Role
from service.answering.answers import Answer
from service.answering.boundary import Boundary
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.drafts import Answerer, DraftSentence, Quote
from service.answering.evidence import Calibration
from service.answering.finding.retrieve import Hit, Retrieved
from service.answering.follow import Follower
from service.answering.live_build import LiveBuild
from service.answering.past.replay import Replay
from service.answering.pipeline import Answering
from service.answering.questions import Question
from service.answering.record import Recorder
from service.answering.search_results import SearchResult
from service.answering.steps import Steps
from service.answering.writing.mandate import Mandate
from service.audit.desk import auditing_over
from service.audit.errors import AuditUnavailableError
from service.audit.leaves import ReleaseRef
from service.audit.opening import OpenLog, Pace, assemble
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Receipt
from tests.support.answering_parts import RANKING
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown

RELEASE = ReleaseRef(version="1.0.0", config_hash="c" * 64)
AUDITOR = "auditor@x.example"
POLICY = "legal/ai-policy.md"
POLICY_TEXT = """# AI use policy

Staff may use approved AI tools to draft emails. Never upload unreleased scripts to any chatbot.

The security team reviews every new AI vendor within ten working days.
"""
TRAVEL = "legal/travel.md"
TRAVEL_TEXT = """# Travel rules

The daily travel allowance is fifty euros. Flights are booked in economy class.
"""
BOARD = "legal/board.md"
BOARD_TEXT = """# Board

The board reviews every new AI vendor once more, whatever the security team said.
"""
QUESTION = "Who reviews a new AI vendor?"
ANSWER = "The security team reviews every new AI vendor within ten working days."
OFF_TOPIC = "Which orbit do geostationary satellites follow?"
NO_QUESTION = "who are you?"
HALF_THE_WORDS = Calibration(intercept=-5.0, coefficients={"coverage": 10.0}, threshold=0.5)
ALWAYS_ENOUGH = Calibration(intercept=0.0, coefficients={}, threshold=0.0)
NEVER_ENOUGH = Calibration(intercept=0.0, coefficients={}, threshold=0.99)

Make = Callable[[Retrieved, Build], Sequence[DraftSentence]]


@dataclass
class Drafting:
    """An answerer that drafts what a function says; `asked` counts how often."""

    make: Make
    kind: Literal["extractive", "llm"] = "extractive"
    name: str = "stub-1"
    asked: int = 0

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        del text
        self.asked += 1
        return self.make(retrieved, build)


def quoting(hit: Hit) -> DraftSentence:
    """Return a sentence that quotes a whole passage."""
    passage = hit.passage
    quote = Quote(passage.passage_id, passage.start, passage.end, passage.text)
    return DraftSentence(" ".join(passage.text.split()), (quote,))


def best_passage(found: Retrieved, _build: Build) -> list[DraftSentence]:
    """Draft an answer that quotes the best passage."""
    return [quoting(found.hits[0])]


def is_identical(seen: dict[str, Any]) -> bool:
    """Tell that a replay found no difference; shows what it found otherwise."""
    assert (seen["verdict"], seen["differences"], seen["score_difference_u"]) == ("identical", [], 0), seen
    return True


class RefusingStore(SqliteLeafStore):
    """A store that cannot write leaves of the types in `refused`."""

    refused: frozenset[str] = frozenset()

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        if any(entry.type in self.refused for entry in entries):
            raise AuditUnavailableError("the disk is full")
        return super().append(entries)


@dataclass
class Archive:
    """A library, its log, and what asks and looks back."""

    library: TinyLibrary
    opened: OpenLog
    store: RefusingStore
    calibration: Calibration = HALF_THE_WORDS
    answerer: Answerer | None = None
    told: list[str] = field(default_factory=list)
    mandate: Mandate | None = None

    def __post_init__(self) -> None:
        self.answerer = self.answerer or ExtractiveAnswerer(ranking=RANKING)
        self.follower = self.followed_by(RELEASE)
        self.live_build = LiveBuild(
            builds=self.library.builds,
            encoder=self.library.encoder,
            notice=self.told.append,
            on_open=self.follower.build_opened,
        )
        self.boundary = Boundary(
            library=self.library.folder,
            now=self.library.clock,
            notice=self.told.append,
            on_change=self.follower.register_changed,
        )
        self.recorder = Recorder(
            follower=self.follower,
            encoder=self.library.encoder,
            ranking=RANKING,
            clock_s=lambda: 0.0,
        )
        self.follower.started()

    def followed_by(self, release: ReleaseRef, *, retention_months: int = 12) -> Follower:
        """Return what follows the library for a release."""
        return Follower(
            log=self.opened.log,
            store=self.store,
            release=release,
            holds=self.library.holds,
            retention_months=retention_months,
            today=lambda: self.library.clock().date(),
            notice=self.told.append,
        )

    def steps(self, **changed: Any) -> Steps:
        """Return the steps over the parts that answer, or others."""
        assert self.answerer is not None
        steps = Steps(
            encoder=self.library.encoder,
            ranking=RANKING,
            calibration=self.calibration,
            answerer=self.answerer,
            mandate=self.mandate,
        )
        return replace(steps, **changed)

    def answering(self) -> Answering:
        """Return what answers."""
        return Answering(
            live_build=self.live_build,
            boundary=self.boundary,
            steps=self.steps(),
            recorder=self.recorder,
            conversations=auditing_over(self.opened).conversations,
        )

    def ask(self, text: str = QUESTION, *groups: str) -> Answer:
        """Ask, as somebody in groups; of staff if none is given."""
        self.library.clock.at += timedelta(seconds=1)
        return self.answering().ask(a_question(text, groups or ("staff",)))

    def search(self, text: str = QUESTION, *, limit: int = 10) -> SearchResult:
        """Search, as staff."""
        return self.answering().search(a_question(text, ("staff",)), limit=limit)

    def replay(self, seq: int, **changed: Any) -> dict[str, Any]:
        """Replay a question, with parts that are others than those which answered."""
        return self.replaying(**changed).run(AUDITOR, seq)

    def replaying(self, **changed: Any) -> Replay:
        """Return what looks back, over the parts that answered or others."""
        return Replay(
            log=self.opened.log,
            store=self.store,
            keyring=self.opened.keyring,
            builds=self.library.builds,
            scratch=self.library.root / "state",
            steps=self.steps(**changed),
        )

    def leaves(self, kind: str = "") -> list[dict[str, Any]]:
        """Return all leaves, or those of a type, in order."""
        values = [json.loads(leaf.leaf) for leaf in self.store.leaves(-1, 100_000)]
        return [value for value in values if kind in ("", value["type"])]

    def refuse(self, *kinds: str) -> None:
        """Let the store refuse leaves of some types from now on."""
        self.store.refused = frozenset(kinds)

    def allow_all(self) -> None:
        """Let the store take everything again, and wait until the log has reopened it."""
        self.refuse()
        while self.opened.log.healthy():
            time.sleep(0.001)  # nothing else tells; the writer tries every hundredth of a second


def a_question(text: str, groups: Sequence[str]) -> Question:
    """Return a question of somebody in groups."""
    return Question(text, Principal("ann", frozenset(groups), frozenset({Role.STAFF}), "token"), "api")


@contextlib.contextmanager
def open_archive(
    library: TinyLibrary, *, calibration: Calibration = HALF_THE_WORDS, answerer: Answerer | None = None
) -> Iterator[Archive]:
    """Open the log of a library, new or as it was left; the clock is the library's."""
    store = RefusingStore.open(library.root / "state")
    opened = assemble(
        store,
        keys=library.root / "state" / "keys",
        name="greenlit.test",
        clock=lambda: round(library.clock().timestamp() * 1_000_000),
        pace=Pace(retry_wait_s=0.01),
    )
    with contextlib.closing(opened):
        yield Archive(library, opened, store, calibration, answerer)


def with_documents(library: TinyLibrary) -> TinyLibrary:
    """Put two rules for everybody and one for the board into a library, and make a build."""
    grown(library, _add_documents)
    return library


def _add_documents(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT)
    library.add(TRAVEL, TRAVEL_TEXT)
    library.add(BOARD, BOARD_TEXT, groups=["board"])
    library.ingest()

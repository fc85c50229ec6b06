"""What became of a question and what took how long, for whoever watches the service: codes and times alone.

A `Course` has no place for a text, a person or a pseudonym, so whatever shows one can show none. `under_way` keeps it
while a question is worked on, and hands it over when that ends, whichever way. Decides nothing.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from indexes.errors import BuildError, SearchUnavailableError
from indexes.logs import LogEvent, unlogged
from service.answering.consulted import Consulted
from service.answering.errors import LibraryUnavailableError
from service.answering.progress import Step
from service.answering.questions import Question
from service.answering.writing.records import Call
from service.audit.errors import AuditError
from service.audit.leaves import Channel, Outcome

Kind = Literal["ask", "search"]


class Stage(StrEnum):
    """A part of a question's way, in order; one that is not needed is never entered."""

    WAITING = "waiting"  # for its turn
    RECEIVING = "receiving"  # until `received` is durable
    UNDERSTANDING = "understanding"  # a follow-up is made to stand alone
    RETRIEVAL = "retrieval"  # passages are found, ranked and weighed
    MODEL = "model"  # a language model judges, writes, or both; what is quoted after it failed is chosen here, too
    CHOOSING = "choosing"  # quotes are drafted
    CHECKING = "checking"  # each sentence and quote
    RECORDING = "recording"  # until `finished` is durable


@dataclass(frozen=True, slots=True)
class Timed:
    """A stage, and when it began and ended, in seconds from the question's beginning."""

    stage: Stage
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The course of one question.

    Attributes:
        request_id: as in its answer and on record.
        channel: the door.
        kind: whether an answer was asked for, or passages.
        outcome: as on record; `failed` where nothing could be put there.
        reason: the code of why there is no answer; `None` if there is one.
        began_ns: nanoseconds since 1970, UTC.
        stages: what it went through.
        model_calls: how each call of a language model ended, by its code.
    """

    request_id: str
    channel: Channel
    kind: Kind
    outcome: Outcome
    reason: str | None
    began_ns: int
    stages: tuple[Timed, ...]
    model_calls: tuple[str, ...] = ()

    @property
    def took_s(self) -> float:
        """How long it took from its beginning on, in seconds."""
        return self.stages[-1].end_s


_BEGINS = {
    Step.UNDERSTANDING: Stage.UNDERSTANDING,
    Step.LOOKING: Stage.RETRIEVAL,
    Step.CHECKING: Stage.CHECKING,
    Step.RECORDING: Stage.RECORDING,
}
Watching = Callable[[Course], None]  # any thread may call; never raises


def unwatched(_course: Course) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who watches a service: what logs that something happened, and whoever is told the course of each question."""

    log: LogEvent = unlogged
    course: Watching = unwatched


NO_WATCHERS = Watchers()


def watched_by(watchers: Iterable[Watching]) -> Watching:
    """Return what tells several."""
    every = tuple(watchers)

    def tell(course: Course) -> None:
        for one in every:
            with contextlib.suppress(Exception):  # an answer is not lost because somebody could not count it
                one(course)

    return tell


@dataclass(slots=True, eq=False)
class Way:
    """A question under way; see the module. One thread at a time."""

    clock_s: Callable[[], float]
    began_s: float
    entered: list[tuple[Stage, float]] = field(default_factory=lambda: [(Stage.WAITING, 0.0)])
    outcome: Outcome = "failed"
    reason: str | None = "internal_error"
    model_calls: tuple[str, ...] = ()

    def enters(self, stage: Stage) -> None:
        """Note that a stage begins, and with it that the one before is over; the same again goes on."""
        if self.entered[-1][0] is not stage:
            self.entered.append((stage, self.clock_s() - self.began_s))

    def ends(self, outcome: Outcome, reason: str | None, consulted: Consulted | None = None) -> None:
        """Note what became of it, and of the calls of a model."""
        self.outcome, self.reason = outcome, reason
        if consulted is not None:
            self.model_calls = tuple(map(_ended, _calls(consulted)))

    def stages(self) -> tuple[Timed, ...]:
        """Return what it went through; the last stage ends now."""
        ends = [start_s for _, start_s in self.entered[1:]] + [self.clock_s() - self.began_s]
        return tuple(Timed(stage, start_s, end_s) for (stage, start_s), end_s in zip(self.entered, ends, strict=True))


@contextlib.contextmanager
def under_way(
    question: Question, kind: Kind, watch: Watching, *, clock_s: Callable[[], float] = time.monotonic
) -> Iterator[Way]:
    """Lend the way of a question whose turn has come, and tell its course at the end.

    Args:
        question: which one; it began when it was made.
        kind: what is asked for.
        watch: is told.
        clock_s: a steady clock, in seconds: the one of `Question.came_s`.
    """
    way = Way(clock_s, question.came_s)
    began_ns = time.time_ns() - round((clock_s() - question.came_s) * 1e9)
    way.enters(Stage.RECEIVING)
    try:
        yield way
    except Exception as error:
        if way.reason == "internal_error":
            way.ends("failed", _reason(error))
        raise
    finally:
        watch(
            Course(
                request_id=question.request_id,
                channel=question.channel,
                kind=kind,
                outcome=way.outcome,
                reason=way.reason,
                began_ns=began_ns,
                stages=way.stages(),
                model_calls=way.model_calls,
            )
        )


def stage_of(step: Step, *, by_model: bool) -> Stage:
    """Return the stage that begins with a step; `by_model` tells whether a language model is consulted."""
    if step is Step.DRAFTING:
        return Stage.MODEL if by_model else Stage.CHOOSING
    return _BEGINS[step]


def _reason(error: Exception) -> str:
    for kind, reason in (
        (AuditError, "log"),
        (LibraryUnavailableError, "library_unavailable"),
        (SearchUnavailableError, "search_unavailable"),
        (BuildError, "build"),
    ):
        if isinstance(error, kind):
            return reason
    return "internal_error"


def _calls(consulted: Consulted) -> list[Call]:
    short = [part.call for part in (consulted.rewriting, consulted.judgement) if part and part.call]
    return [*short, *(consulted.written.calls if consulted.written else ())]


def _ended(call: Call) -> str:
    return call.failure or call.ended

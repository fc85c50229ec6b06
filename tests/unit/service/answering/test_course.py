"""The course of a question: which stages it went through, how long each took, and how it ended."""

from collections.abc import Callable, Iterator

import pytest

from indexes.errors import BuildError
from service.access.principals import Principal
from service.answering.course import Course, Stage, Watchers, stage_of, under_way, watched_by
from service.answering.errors import AnswerFailedError, LibraryUnavailableError
from service.answering.progress import Step
from service.answering.questions import Question
from service.audit.errors import AuditUnavailableError
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    OFF_TOPIC_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    with_rules,
)

ANN = Principal("ann-1", frozenset({"staff"}), frozenset(), "local", name="Ann")
QUOTED = ["waiting", "receiving", "understanding", "retrieval", "choosing", "checking", "recording"]


@pytest.fixture
def courses() -> list[Course]:
    return []


@pytest.fixture
def watched(library: TinyLibrary, courses: list[Course]) -> Iterator[Studio]:
    with open_studio(with_rules(library), watchers=Watchers(course=courses.append)) as studio:
        yield studio


def _stages(course: Course) -> list[str]:
    return [timed.stage.value for timed in course.stages]


def test_an_answer_goes_through_every_stage_without_a_gap(watched: Studio, courses: list[Course]) -> None:
    said = watched.ask(VENDOR_QUESTION)
    (course,) = courses
    assert _stages(course) == QUOTED
    assert (course.channel, course.kind, course.outcome, course.reason) == ("api", "ask", "answered", None)
    assert course.request_id == said["request_id"]
    starts, ends = [timed.start_s for timed in course.stages], [timed.end_s for timed in course.stages]
    assert (starts[0], starts[1:], ends[-1]) == (0.0, ends[:-1], course.took_s)


def test_a_refusal_ends_where_its_reason_is_known(watched: Studio, courses: list[Course]) -> None:
    watched.ask(OFF_TOPIC_QUESTION)
    assert (courses[0].outcome, courses[0].reason) == ("refused", "no_evidence")
    assert _stages(courses[0]) == ["waiting", "receiving", "understanding", "retrieval", "recording"]


def test_a_search_has_a_course_too(watched: Studio, courses: list[Course]) -> None:
    watched.search(VENDOR_QUESTION)
    assert (courses[0].kind, courses[0].outcome) == ("search", "answered")
    assert _stages(courses[0]) == ["waiting", "receiving", "retrieval", "recording"]


def test_what_is_turned_away_is_told_as_that(watched: Studio, courses: list[Course]) -> None:
    watched.service.answering.turn_away(Question(VENDOR_QUESTION, watched.service.owner, "web"))
    assert (courses[0].channel, courses[0].outcome, courses[0].reason) == ("web", "failed", "overloaded")


def test_what_cannot_be_recorded_failed_at_the_log(watched: Studio, courses: list[Course]) -> None:
    watched.store.refused = {"query.received"}
    assert watched.api.post("/v1/ask", json={"question": VENDOR_QUESTION}).status_code == 503
    assert (courses[0].outcome, courses[0].reason) == ("failed", "log")


def test_a_step_that_breaks_is_told_with_where_it_was(library: TinyLibrary, courses: list[Course]) -> None:
    def breaks(*_: object) -> list[object]:
        raise RuntimeError("quokka4711")

    given = {"calibration": ALWAYS_ENOUGH, "answerer": Drafts(breaks)}  # type: ignore[arg-type]
    with open_studio(with_rules(library), watchers=Watchers(course=courses.append), **given) as studio:  # type: ignore[arg-type]
        question = Question(VENDOR_QUESTION, studio.service.owner, "cli")
        with pytest.raises(AnswerFailedError):
            studio.service.answering.ask(question)
    assert (courses[0].outcome, courses[0].reason) == ("failed", "internal_error")
    assert _stages(courses[0])[-1] == "choosing"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AuditUnavailableError("full"), "log"),
        (LibraryUnavailableError("gone"), "library_unavailable"),
        (BuildError("none"), "build"),
        (ValueError("?"), "internal_error"),
    ],
)
def test_each_failure_has_its_code(error: Exception, reason: str, courses: list[Course]) -> None:
    question = Question("Who?", ANN, "mcp")
    with pytest.raises(type(error)), under_way(question, "ask", courses.append):
        raise error
    assert courses[0].reason == reason


def test_seconds_are_those_of_the_clock_from_when_the_question_came(courses: list[Course]) -> None:
    question = Question("Who?", ANN, "api", came_s=100.0)
    times = iter([103.0, 103.0, 104.0, 106.0])  # begun at, then each mark
    with under_way(question, "ask", courses.append, clock_s=lambda: next(times)) as way:
        way.enters(Stage.RETRIEVAL)
        way.ends("answered", None)
    assert [(one.stage, one.start_s, one.end_s) for one in courses[0].stages] == [
        (Stage.WAITING, 0.0, 3.0),
        (Stage.RECEIVING, 3.0, 4.0),
        (Stage.RETRIEVAL, 4.0, 6.0),
    ]


def test_a_step_that_is_told_again_goes_on(courses: list[Course]) -> None:
    with under_way(Question("Who?", ANN, "api"), "ask", courses.append) as way:
        way.enters(Stage.MODEL)
        way.enters(Stage.MODEL)
        way.ends("answered", None)
    assert _stages(courses[0]) == ["waiting", "receiving", "model"]


def test_whoever_cannot_count_keeps_nobody_from_an_answer(courses: list[Course]) -> None:
    def breaks(_: Course) -> None:
        raise RuntimeError

    with under_way(Question("Who?", ANN, "api"), "ask", watched_by([breaks, courses.append])) as way:
        way.ends("answered", None)
    assert len(courses) == 1


def test_drafting_is_a_model_s_stage_where_one_is_consulted() -> None:
    stage: Callable[[bool], Stage] = lambda by_model: stage_of(Step.DRAFTING, by_model=by_model)  # noqa: E731
    assert (stage(False), stage(True)) == (Stage.CHOOSING, Stage.MODEL)
    assert {stage_of(step, by_model=False) for step in Step} < set(Stage)


def test_a_course_has_no_place_for_a_text_or_a_person(watched: Studio, courses: list[Course]) -> None:
    watched.ask(VENDOR_QUESTION)
    told = repr(courses[0])
    assert "vendor" not in told.lower()
    assert watched.service.owner.principal_id not in told

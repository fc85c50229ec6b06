"""What is told of an answer, event by event."""

from pathlib import Path
from typing import Any

from service import web
from service.answering.pipeline import Answering
from service.answering.progress import Event, Step, of_step
from service.answering.questions import Question
from service.slack_bot.answers import progress as slack_progress
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    OFF_TOPIC_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    whole,
    with_rules,
)


def _told(studio: Studio, text: str) -> list[tuple[str, dict[str, Any]]]:
    told: list[Event] = []
    answering: Answering = studio.service.answering
    answering.stream(Question(text, studio.service.owner, "cli"), told.append)
    return [(event.name, dict(event.data)) for event in told]


def test_an_answer_is_told_step_by_step_and_sentence_by_sentence_then_whole(library: TinyLibrary) -> None:
    answerer = Drafts(lambda retrieved, _: [whole(hit) for hit in retrieved.hits])
    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=answerer) as studio:
        told = _told(studio, VENDOR_QUESTION)
    steps = [data["step"] for name, data in told if name == "status"]
    assert steps == ["looking", "drafting", "checking", "recording"]
    assert [name for name, _ in told] == [*["status"] * 4, "sentence", "sentence", "done"]
    answer = told[-1][1]
    for n, (_, sentence) in enumerate(told[4:6]):
        assert sentence["n"] == n + 1
        assert sentence["text"] == answer["sentences"][n]["text"]
        assert sentence["citations"] == [answer["citations"][n]], "a sentence comes with its citations, whole"


def test_a_refusal_is_told_with_its_reason_and_then_whole(studio: Studio) -> None:
    told = _told(studio, OFF_TOPIC_QUESTION)
    assert [name for name, _ in told] == ["status", "status", "refusal", "done"]
    assert told[2][1] == told[3][1]["refusal"]
    assert told[3][1]["outcome"] == "refused"


def test_what_a_door_tells_besides_comes_right_before_the_end(studio: Studio) -> None:
    told: list[str] = []
    studio.service.answering.stream(
        Question(VENDOR_QUESTION, studio.service.owner, "cli"),
        lambda event: told.append(event.name),
        also=lambda answer: [Event("size", {"size": len(answer.sentences)})],
    )
    assert told[-3:] == ["sentence", "size", "done"]


def test_a_step_holds_nothing_but_its_name() -> None:
    assert [of_step(step) for step in Step] == [Event("status", {"step": step.value}) for step in Step]


def test_every_step_has_words_where_people_wait() -> None:
    page = (Path(web.__file__).parent / "static" / "scripts" / "ask.js").read_text(encoding="utf-8")
    for step in Step:
        assert f"\n  {step.value}: " in page
        assert step.value in slack_progress._STEPS

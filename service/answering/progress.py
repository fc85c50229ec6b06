"""What can be told of a question while it is worked on, as events: for doors that tell more than the end.

A `Step` says what is being done, and holds nothing of question or documents. What an answer or a refusal says is told
once it is on record, sentence by sentence, and `done` holds all of it; a sentence that a language model wrote is told
as soon as that one is. `pipeline` decides when; how an event reaches
somebody is the doors' part.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.answering.answers import Answer, Citation, Sentence

SENTENCE = "sentence"


class Step(StrEnum):
    """What is being done for a question. An answerer that takes its time may be told of as often as it likes."""

    UNDERSTANDING = "understanding"  # a language model is asked what a follow-up means; told where one is
    LOOKING = "looking"  # it is on record; passages are looked for and weighed
    DRAFTING = "drafting"
    CHECKING = "checking"  # each sentence and quote, in the scope as it is by then
    RECORDING = "recording"  # what became of it; nothing of that is told before it is durable


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is told: its name, and what it says, ready for JSON."""

    name: str
    data: Mapping[str, Any]


TellStep = Callable[[Step], None]
Tell = Callable[[Event], None]  # any thread may call; never raises, never waits for whoever is told


def silent(_step: Step) -> None:
    """Tell nobody."""


def unheard(_event: Event) -> None:
    """Tell nobody."""


def of_step(step: Step) -> Event:
    """Return what is told of a step."""
    return Event("status", {"step": step.value})


def of_sentence(n: int, sentence: Sentence, citations: Iterable[Citation]) -> Event:
    """Return what is told of the `n`th sentence; `citations` hold at least its own."""
    cited = [citation.as_json() for citation in citations if citation.n in sentence.citations]
    said = {"text": sentence.text, "citations": cited, "more": sentence.more, "check": sentence.check}
    return Event(SENTENCE, {"n": n, **said})


def of_answer(answer: Answer, *, told: bool = False) -> Iterator[Event]:
    """Yield each sentence with its citations unless they were `told`, or the refusal. The answer is on record."""
    for n, sentence in enumerate(() if told else answer.sentences, start=1):
        yield of_sentence(n, sentence, answer.citations)
    if answer.refusal:
        yield Event("refusal", answer.refusal.as_json())


def of_end(answer: Answer) -> Event:
    """Return the last event: the whole answer, as it is without a stream."""
    return Event("done", answer.as_json())

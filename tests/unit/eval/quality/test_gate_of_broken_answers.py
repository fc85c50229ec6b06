"""The gate turns red when answers break in the ways that matter most, on the shipped questions and documents.

Answers come from an answerer that is given the gold and quotes it, so that each breakage stands alone. What is broken
is the answer, not the judge; the encoder is a fake.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from eval.quality.gate import SetThresholds, judge, thresholds_of
from eval.quality.measure import STRUCTURES, Prepared, measure_set, prepare, run_of
from eval.quality.metrics import CLAUSE
from eval.quality.question_sets import SetQuestion
from eval.quality.runs import Run
from indexes.builds import Build
from indexes.documents import Passage
from service.answering.drafts import DraftSentence, Quote
from service.answering.finding.retrieve import Retrieved
from tests.support.judge_parts import steps

Drafted = list[DraftSentence]
Break = Callable[[Drafted, SetQuestion, Passage], Drafted]
_LINE = re.compile(r"[^\n]{12,}")


def _quoted(passage: Passage, start: int, end: int) -> DraftSentence:
    """Return a sentence of a passage as a draft, by its place in the passage."""
    text = passage.text[start:end]
    quote = Quote(passage.passage_id, passage.start + start, passage.start + end, text)
    return DraftSentence(" ".join(text.split()), (quote,))


@dataclass(frozen=True, slots=True)
class Knowing:
    """Quotes the gold and then a line beside it, broken as it is told."""

    questions: dict[str, SetQuestion]
    broken: Break
    kind: Literal["extractive"] = "extractive"
    name: str = "knowing"

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        """Return nothing where no passage that was found holds the gold."""
        del build
        question = self.questions[text]
        for hit in retrieved.hits:
            passage = hit.passage
            for gold in question.gold:
                start, end = gold.start - passage.start, gold.end - passage.start
                if passage.document == gold.document and start >= 0 and end <= len(passage.text):
                    return self.broken([_quoted(passage, start, end), *_beside(passage, start)], question, passage)
        return []


def _beside(passage: Passage, start: int) -> Drafted:
    """Return a line of the passage that the gold is not in, and that is no question."""
    for line in _LINE.finditer(passage.text):
        if not line.start() <= start < line.end() and not line[0].endswith("?"):
            return [_quoted(passage, *line.span())]
    return []


def _as_it_is(drafted: Drafted, _question: SetQuestion, _passage: Passage) -> Drafted:
    return drafted


def _with_the_question(drafted: Drafted, _question: SetQuestion, passage: Passage) -> Drafted:
    asked = [_quoted(passage, *line.span()) for line in _LINE.finditer(passage.text) if line[0].endswith("?")]
    return [*drafted, *asked[:1]]


def _best_last(drafted: Drafted, _question: SetQuestion, _passage: Passage) -> Drafted:
    return drafted[::-1]


def _neighbour_for_a_clause(drafted: Drafted, question: SetQuestion, passage: Passage) -> Drafted:
    last = passage.text.rfind(". ") + 2
    return [_quoted(passage, last, len(passage.text))] if question.kind == CLAUSE else drafted


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    found = prepare(STRUCTURES, data=None, work=tmp_path_factory.mktemp("judged"), encoder=steps().encoder)
    with contextlib.closing(found.place.build.passages):
        yield found


def _run(prepared: Prepared, broken: Break) -> Run:
    questions = {question.question: question for question in prepared.questions}
    answered = replace(prepared, questions=tuple(one for one in prepared.questions if one.answerable))
    knowing = replace(steps(threshold=0.0), answerer=Knowing(questions, broken))
    return run_of([measure_set(answered, steps=knowing)], steps=knowing, settings={})


@pytest.fixture(scope="module")
def baseline(prepared: Prepared) -> dict[str, SetThresholds]:
    return thresholds_of(_run(prepared, _as_it_is), {})


def test_the_same_answers_pass(prepared: Prepared, baseline: dict[str, SetThresholds]) -> None:
    judged = judge(_run(prepared, _as_it_is), baseline)
    assert {one.verdict for one in judged} == {"ok"}
    got = {one.name: one.got for one in judged}
    assert got["gold_first"] > 0.5, "the fake finds enough to break"
    assert (got["question_quoted"], got["clause_missed"]) == (0, 0)


@pytest.mark.parametrize(
    ("broken", "red"),
    [
        (_with_the_question, "question_quoted"),
        (_best_last, "gold_first"),
        (_neighbour_for_a_clause, "clause_missed"),
    ],
)
def test_the_gate_turns_red(prepared: Prepared, baseline: dict[str, SetThresholds], broken: Break, red: str) -> None:
    fell = [one.name for one in judge(_run(prepared, broken), baseline) if one.verdict == "FELL"]
    assert red in fell

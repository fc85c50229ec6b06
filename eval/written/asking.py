"""Asks a question so that a model writes the answer, over a build of the judge: found, given, written, checked.

Nothing is recorded and nothing is told to anybody: what would be released is kept, for whoever counts it.
"""

from dataclasses import dataclass
from functools import partial

from eval.quality.libraries import Place
from service.answering.steps import HITS, Steps
from service.answering.supported.support import support
from service.answering.writing.offering import Given, give
from service.answering.writing.records import Written
from service.answering.writing.write import write
from service.models.port import Model


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a question: what the model was given, what it wrote, and whether quotes alone would be refused."""

    given: Given
    written: Written
    quotes_refused: bool

    @property
    def released(self) -> list[str]:
        """The sentences that would be read, in order."""
        return [one.claim.text for one in self.written.released]


def ask(question: str, *, model: Model, steps: Steps, place: Place) -> Said:
    """Return what a model answers, checked as the service checks it, beside what becomes of the quoted answer.

    Args:
        question: its text.
        model: writes.
        steps: the reader's steps; they find, and draft the quoted answer.
        place: what is asked, and what may be seen of it.
    """
    found = steps.find(question, build=place.build, scope=place.scope, k=HITS)
    given = give([hit.passage for hit in found.hits], build=place.build)
    written = write(
        question,
        given,
        model=model,
        supports=partial(support, build=place.build),
        stopped=lambda: False,
        release=lambda _checked: True,
    )
    quoted = steps.answer(question, found, build=place.build, now=lambda: place.scope)
    return Said(given, written, quoted.reason is not None)

"""Asks a question set through the reader's own steps, and keeps of each question what metrics and reports need.

For each question: find, answer, both timed; then what came back is compared with the gold, hit by hit. Nothing is
recorded in the audit log: `Steps` records nothing. One question after another, in this process.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.quality.ceiling import a_unit_holds
from eval.quality.holding import SeenQuote
from eval.quality.libraries import Place
from eval.quality.misquote import misquotes_released
from eval.quality.question_sets import Gold, SetQuestion
from indexes.documents import Passage
from indexes.encoder import Encoder
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.evidence import read_calibration
from service.answering.finding.ranking import read_ranking
from service.answering.steps import Steps, Worked

HITS = 10  # passages of a question that are looked at
_WARM_UP = "What is this about?"  # asked first and not counted: the first question of a process is slow


@dataclass(frozen=True, slots=True)
class SeenHit:
    """A passage that was found; `where` is its page or heading, `right` whether it is a hit on the gold."""

    document: str
    where: str
    page: int | None
    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question.

    `relevant` counts the passages of the library that would be hits; 0 says that no ranking can find this gold.
    `reason` is why it was refused; `evidence` is in [0, 1], 0 where there was nothing to weigh. `misquoted` is the
    share of misquotes that the check of citations let pass (`misquote`). `ceiling` says whether one unit of the first
    passages by itself holds the gold. `wrote` says whether the sentences are a language model's words, with the quotes
    that bear them; `None` where none was asked.
    """

    question: SetQuestion
    hits: tuple[SeenHit, ...]
    relevant: int
    reason: str | None
    evidence: float
    threshold: float | None
    sentences: tuple[str, ...]
    quotes: tuple[SeenQuote, ...]
    find_s: float
    answer_s: float
    misquoted: float = 0.0
    ceiling: bool = False
    wrote: bool | None = None

    @property
    def refused(self) -> bool:
        """Whether there is no answer."""
        return self.reason is not None

    @property
    def rank(self) -> int | None:
        """The rank of the first right hit, from 1."""
        return next((rank for rank, hit in enumerate(self.hits, 1) if hit.right), None)


def shipped_steps(encoder: Encoder) -> Steps:
    """Return the steps as the service takes them."""
    ranking = read_ranking()
    return Steps(
        encoder=encoder,
        ranking=ranking,
        calibration=read_calibration(),
        answerer=ExtractiveAnswerer(ranking=ranking),
    )


def is_right(passage: Passage, gold: Gold) -> bool:
    """Return whether a passage is a hit: it covers at least half of the gold, or lies on its page."""
    if passage.document != gold.document:
        return False
    if gold.whole_page:
        return passage.locator.page == gold.page
    covered = min(passage.end, gold.end) - max(passage.start, gold.start)
    return 2 * covered >= gold.end - gold.start


def ask_set(questions: Sequence[SetQuestion], *, steps: Steps, place: Place) -> list[Asked]:
    """Ask every question of a set, in the order given.

    Args:
        questions: with their gold, found in the texts of `place`.
        steps: the reader's steps.
        place: what they are asked of.
    """
    _work(_WARM_UP, steps, place)
    passages = {document: _passages(document, place) for document in _documents(questions)}
    asked = []
    for question in questions:
        worked, find_s, answer_s = _work(question.question, steps, place)
        beside = [passage for document in _documents([question]) for passage in passages[document]]
        relevant = sum(any(is_right(passage, gold) for gold in question.gold) for passage in beside)
        seen = _asked(question, worked, relevant, (find_s, answer_s))
        misquoted = misquotes_released(worked, place)
        ceiling = a_unit_holds(question.gold, worked.found, place.build)
        asked.append(replace(seen, misquoted=misquoted, ceiling=ceiling))
    return asked


def _documents(questions: Sequence[SetQuestion]) -> set[str]:
    return {gold.document for question in questions for gold in question.gold}


def _passages(document: str, place: Place) -> tuple[Passage, ...]:
    found = place.build.passages.split_document(document)
    return found.passages if found else ()


def _work(text: str, steps: Steps, place: Place) -> tuple[Worked, float, float]:
    began = time.perf_counter()
    found = steps.find(text, build=place.build, scope=place.scope, k=HITS)
    between = time.perf_counter()
    worked = steps.answer(text, found, build=place.build, now=lambda: place.scope)
    return worked, between - began, time.perf_counter() - between


def _asked(question: SetQuestion, worked: Worked, relevant: int, took_s: tuple[float, float]) -> Asked:
    hits = tuple(
        SeenHit(
            document=hit.passage.document,
            where=hit.passage.locator.label(),
            page=hit.passage.locator.page,
            score=round(hit.score, 6),
            right=any(is_right(hit.passage, gold) for gold in question.gold),
        )
        for hit in worked.found.hits
    )
    return Asked(
        question=question,
        hits=hits,
        relevant=relevant,
        reason=worked.reason.value if worked.reason else None,
        evidence=round(worked.evidence.score, 6) if worked.evidence else 0.0,
        threshold=worked.evidence.threshold if worked.evidence else None,
        sentences=tuple(sentence.text for sentence in worked.sentences),
        quotes=_quotes(worked),
        find_s=took_s[0],
        answer_s=took_s[1],
        wrote=bool(worked.consulted.passed) if worked.consulted else None,
    )


def _quotes(worked: Worked) -> tuple[SeenQuote, ...]:
    sentence_of = {n: at for at, sentence in enumerate(worked.sentences) for n in sentence.citations}
    return tuple(
        SeenQuote(
            sentence=sentence_of[citation.n],
            document=citation.verified.passage.document,
            where=citation.verified.passage.locator.label(),
            page=citation.verified.passage.locator.page,
            start=citation.verified.quote.start,
            end=citation.verified.quote.end,
            text=citation.verified.quote.text,
        )
        for citation in worked.citations
    )

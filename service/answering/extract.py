"""The extractive answerer: one to four sentences, word for word, from the best passages, in reading order.

Order of work: gather the sentences of the best passages; weigh each by what ties it to the question (`features`,
`ranking`); take the best and those nearly as good; bring along what the best one leans on; put them in reading order.
It writes nothing of its own, and encodes nothing: vectors of sentences are in the build.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from indexes.builds import Build
from indexes.documents import Passage
from indexes.words import words
from service.answering.drafts import DraftSentence, Quote
from service.answering.features import sentence_features
from service.answering.ranking import Ranking
from service.answering.retrieve import Hit, Retrieved

MOST_SENTENCES = 4
PASSAGES = 5  # whose sentences are considered
_LEAST_WORDS = 4  # shorter ones are labels, not statements
_LEAST_WORDS_OPEN = 10  # in pages, where headings and table cells stand as lines: of one that no mark ends
_MOST_CHARS = 700  # longer ones are lists or tables that were not understood as such
# A further sentence may weigh this much less than the best one. On the tuned half of squad2 the right sentence is then
# in 91% of answers, which have 1.7 sentences in the mean; with 1.0, 88% and 1.4; with 3.0, 93% and 2.5, half of them
# beside the point.
_NEARLY = 1.6
_LEANING = frozenset({"it", "they", "this", "these", "that", "those", "such", "he", "she", "its", "their"})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence of a passage; `number` is its place in the passage, `weighed` the sum of its features."""

    hit: Hit
    number: int
    start: int
    end: int
    text: str
    weighed: float


class ExtractiveAnswerer:
    """Quotes; see the module."""

    kind: Literal["extractive"] = "extractive"
    name = "sentences-2"

    def __init__(self, *, ranking: Ranking) -> None:
        """Weigh sentences by a ranking."""
        self._ranking = ranking

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        """Return up to four sentences in reading order; each rests on itself."""
        del text  # retrieval already holds all that is needed of it
        candidates = self._gather(retrieved, build)
        return [_sentence(candidate) for candidate in _in_reading_order(_choose(candidates))] if candidates else []

    def best(self, retrieved: Retrieved, build: Build) -> Quote | None:
        """Return the sentence that weighs most, wherever it would stand in a draft; `None` if there is none."""
        candidates = self._gather(retrieved, build)
        return _quote(max(candidates, key=lambda candidate: candidate.weighed)) if candidates else None

    def _gather(self, retrieved: Retrieved, build: Build) -> list[_Candidate]:
        """Return each distinct sentence once, from the best passage that holds it."""
        if retrieved.matches is None:
            return []
        most = max(hit.weighed for hit in retrieved.hits[:PASSAGES])
        found: dict[bytes, _Candidate] = {}
        for hit in retrieved.hits[:PASSAGES]:
            below = hit.weighed - most
            features = sentence_features(retrieved.question, retrieved.matches, hit.row, passage=below)
            weighed = self._ranking.weigh_sentences(features)
            numbers = retrieved.matches.numbers[retrieved.matches.sentences_of(hit.row)]
            for number, ((start, end), weight) in enumerate(zip(build.sentences.spans[numbers], weighed, strict=True)):
                text = hit.passage.text[start - hit.passage.start : end - hit.passage.start]
                terms = build.sentences.terms_of(numbers[number])
                if is_statement(text, hit.passage, length=len(terms)):
                    candidate = _Candidate(hit, number, int(start), int(end), text, float(weight))
                    found.setdefault(terms.tobytes(), candidate)
        return list(found.values())


def is_statement(text: str, passage: Passage, *, length: int) -> bool:
    """Tell whether a sentence of so many words says something, or is a label, or a table that ran together."""
    is_open = passage.locator.kind == "page" and text[-1].isalnum()
    return length >= (_LEAST_WORDS_OPEN if is_open else _LEAST_WORDS) and len(text) <= _MOST_CHARS


def _choose(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    in_order = sorted(candidates, key=lambda candidate: -candidate.weighed)
    best = in_order[0]
    chosen = [best, *_leant_on(best, candidates)]
    for candidate in in_order[1:]:
        if len(chosen) >= MOST_SENTENCES or candidate.weighed < best.weighed - _NEARLY:
            break
        if candidate not in chosen:
            chosen.append(candidate)
    return chosen[:MOST_SENTENCES]


def _leant_on(best: _Candidate, gathered: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the neighbours without which the best sentence says little.

    The one before, if it begins with a word that points back; those after, if it ends in a colon and announces them.
    """
    beside = {c.number: c for c in gathered if c.hit.row == best.hit.row}
    wanted = []
    if words(best.text)[0] in _LEANING:
        wanted.append(best.number - 1)
    if best.text.endswith(":"):
        wanted += [best.number + 1, best.number + 2, best.number + 3]
    return [beside[number] for number in wanted if number in beside]


def _in_reading_order(chosen: Sequence[_Candidate]) -> list[_Candidate]:
    """Documents by their best rank; within one, as it is read."""
    best_rank: dict[str, int] = {}
    for candidate in chosen:
        document = candidate.hit.passage.document
        best_rank[document] = min(candidate.hit.rank, best_rank.get(document, candidate.hit.rank))
    return sorted(chosen, key=lambda c: (best_rank[c.hit.passage.document], c.start))


def _sentence(candidate: _Candidate) -> DraftSentence:
    return DraftSentence(" ".join(candidate.text.split()), (_quote(candidate),))


def _quote(candidate: _Candidate) -> Quote:
    return Quote(candidate.hit.passage.passage_id, candidate.start, candidate.end, candidate.text)

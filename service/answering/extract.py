"""The extractive answerer: one to four sentences, word for word, from the best passages, in reading order.

Order of work: gather the sentences of the best passages; shortlist those that hold most of the question's rare words or
stand in the best passage; score these by closeness to the question as well; take the best and those nearly as good;
bring along what the best one leans on; put them in reading order. It writes nothing of its own.

The constants were chosen on half of a sample of the SQuAD 2.0 and 18F handbook questions; DECISIONS.md has figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from indexes.builds import Build
from indexes.documents import Passage
from indexes.encoder import Encoder
from indexes.words import content_terms, words
from service.answering.drafts import DraftSentence, Quote
from service.answering.retrieve import Hit, Retrieved

MOST_SENTENCES = 4
_PASSAGES = 5  # whose sentences are considered
_LEAST_WORDS = 4  # shorter ones are labels, not statements
_LEAST_WORDS_OPEN = 10  # in pages, where headings and table cells stand as lines: of one that no mark ends
_MOST_CHARS = 700  # longer ones are lists or tables that were not understood as such
_SHORTLIST = 12  # sentences that are encoded: encoding is most of a question's time
_SHORTLIST_COVERAGE_WEIGHT = 0.5  # of word overlap, where there is no cosine yet
_COVERAGE_WEIGHT = 0.2  # of rarity-weighted word overlap beside a cosine
_PASSAGE_WEIGHT = 0.5  # of the passage's fused score beside a cosine
_NEARLY = 0.9  # of the best score: a further sentence needs at least this much
_LEANING = frozenset({"it", "they", "this", "these", "that", "those", "such", "he", "she", "its", "their"})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence of a passage.

    `number` is its place among the passage's sentences, `coverage` the share of the question's terms, weighed by
    rarity, that it holds.
    """

    hit: Hit
    number: int
    start: int
    end: int
    text: str
    coverage: float


class ExtractiveAnswerer:
    """Quotes; see the module."""

    kind: Literal["extractive"] = "extractive"
    name = "sentences-1"

    def __init__(self, *, encoder: Encoder) -> None:
        """Score with the encoder that the build was made with."""
        self._encoder = encoder

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        """Return up to four sentences in reading order; each rests on itself."""
        del text  # retrieval already holds all that is needed of it
        gathered = _gather(retrieved.hits[:_PASSAGES], build, retrieved)
        candidates = _shortlist(gathered)
        if not candidates:
            return []
        vectors = self._encoder.encode([candidate.text for candidate in candidates])
        cosines = vectors @ retrieved.vector
        scores = [
            float(cosine) + _COVERAGE_WEIGHT * candidate.coverage + _PASSAGE_WEIGHT * candidate.hit.score
            for candidate, cosine in zip(candidates, cosines, strict=True)
        ]
        return [_sentence(candidate) for candidate in _in_reading_order(_choose(candidates, scores, gathered))]


def _gather(hits: Sequence[Hit], build: Build, retrieved: Retrieved) -> list[_Candidate]:
    """Return each distinct sentence once, from the best passage that holds it."""
    total = float(retrieved.rarity.sum()) or 1.0
    weights = dict(zip(retrieved.terms, retrieved.rarity / total, strict=True))
    found: dict[str, _Candidate] = {}
    for hit in hits:
        for number, (start, end) in enumerate(_spans(hit.passage, build)):
            text = hit.passage.text[start - hit.passage.start : end - hit.passage.start]
            if _is_statement(text, hit.passage):
                coverage = float(sum(weights.get(term, 0.0) for term in content_terms(text)))
                found.setdefault(" ".join(words(text)), _Candidate(hit, number, start, end, text, coverage))
    return list(found.values())


def _is_statement(text: str, passage: Passage) -> bool:
    is_open = passage.locator.kind == "page" and text[-1].isalnum()
    return len(words(text)) >= (_LEAST_WORDS_OPEN if is_open else _LEAST_WORDS) and len(text) <= _MOST_CHARS


def _shortlist(candidates: list[_Candidate]) -> list[_Candidate]:
    def promise(candidate: _Candidate) -> float:
        return _SHORTLIST_COVERAGE_WEIGHT * candidate.coverage + _PASSAGE_WEIGHT * candidate.hit.score

    return sorted(candidates, key=promise, reverse=True)[:_SHORTLIST]


def _spans(passage: Passage, build: Build) -> list[tuple[int, int]]:
    """Return the spans of a passage's sentences; of a passage that is cut out of one long sentence, its own."""
    return build.passages.sentences(passage) or [(passage.start, passage.end)]


def _choose(
    candidates: Sequence[_Candidate], scores: Sequence[float], gathered: Sequence[_Candidate]
) -> list[_Candidate]:
    order = sorted(range(len(candidates)), key=lambda at: -scores[at])
    best = candidates[order[0]]
    chosen = [best, *_leant_on(best, gathered)]
    for at in order[1:]:
        if len(chosen) >= MOST_SENTENCES or scores[at] < _NEARLY * scores[order[0]]:
            break
        if candidates[at] not in chosen:
            chosen.append(candidates[at])
    return chosen[:MOST_SENTENCES]


def _leant_on(best: _Candidate, gathered: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the neighbours without which the best sentence says little.

    The one before, if it begins with a word that points back; those after, if it ends in a colon and announces them.
    """
    beside = {c.number: c for c in gathered if c.hit.passage.passage_id == best.hit.passage.passage_id}
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
    quote = Quote(candidate.hit.passage.passage_id, candidate.start, candidate.end, candidate.text)
    return DraftSentence(" ".join(candidate.text.split()), (quote,))

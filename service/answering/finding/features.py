"""What ties passages to a question, as numbers, and what their sentences share with it. `ranking` weighs them.

Everything is counted within the asker's scope: a candidate is always a row of it, and a term's rarity is taken from
the rows of it alone (`asked`). Order of work: `match` looks up, for each candidate, both scores and its sentences;
`passage_features` turns that into one row of numbers a candidate, and `sentence_features` into one a sentence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.dense import Rows, Scores
from indexes.sentences import Codes
from service.answering.boundary import Scope
from service.answering.understanding.asked import Asked, Held

Features = NDArray[np.float64]

PASSAGE_FEATURES = (
    "cosine",
    "sentence_cosine",
    "second_sentence_cosine",
    "lexical",
    "coverage",
    "context_coverage",
    "sentence",
    "pairs",
    "numbers",
    "document",
    "neighbour_cosine",
    "neighbour_lexical",
    "log_length",
)
SENTENCE_FEATURES = (
    "cosine",
    "token_match",
    "coverage_in_context",
    "coverage_nearby",
    "pairs",
    "passage",
    "offers",
    "figures",
    "agreement",
    "named",
    "below_question",
    "series",
    "short",
)

_K1 = 1.2  # of BM25 (`indexes.lexical`): a term adds less than its rarity times K1 + 1
COVERAGE_IN_SENTENCE = 0.6  # of coverage beside a cosine in `sentence`; .3 to 1 made no difference on the tuned halves
_BEST_OF_DOCUMENT = 3  # candidates that speak for their document
_ROUNDING = 1e-5  # scores nearer than this are the same but for rounding


@dataclass(frozen=True, slots=True)
class Matches:
    """What candidates have in common with a question; N sentences of R candidates with T terms asked for.

    Attributes:
        rows: the candidates, rising, shape (R,).
        documents: the number of each candidate's document, shape (R,).
        dense: cosines, shape (R,).
        lexical: BM25 scores, shape (R,).
        lengths: of the candidates' sentences together, in terms, shape (R,).
        context_held: which terms stand in title or heading, shape (R, T).
        begins: where each candidate's sentences begin among all, shape (R,).
        numbers: the sentences' numbers in the build, shape (N,).
        cosines: theirs, shape (N,).
        held: which terms stand in each, shape (N, T).
        pairs_held: which pairs stand in each, shape (N, pairs).
    """

    rows: Rows
    documents: NDArray[np.int64]
    dense: Scores
    lexical: Scores
    lengths: NDArray[np.int64]
    context_held: Held
    begins: NDArray[np.int64]
    numbers: NDArray[np.int64]
    cosines: Scores
    held: Held
    pairs_held: Held

    def sentences_of(self, row: int) -> slice:
        """Return where the sentences of a candidate are among all."""
        at = int(self.rows.searchsorted(row))
        end = self.begins[at + 1] if at + 1 < len(self.begins) else len(self.numbers)
        return slice(int(self.begins[at]), int(end))

    def context_of(self, row: int) -> Held:
        """Return which terms stand in title or heading of a candidate, shape (T,)."""
        held: Held = self.context_held[int(self.rows.searchsorted(row))]
        return held

    def passages_held(self) -> Held:
        """Return which terms each candidate holds in its sentences, title or heading, shape (R, T)."""
        held: Held = _any(self.held, self.begins) | self.context_held
        return held


def match(question: Asked, rows: Rows, *, build: Build, scope: Scope) -> Matches:
    """Look up what candidates have in common with a question.

    Args:
        question: the question.
        rows: rows of the scope, rising, without repeats.
        build: the build they are in.
        scope: what the asker may see.
    """
    numbers, begins = build.sentences.of_rows(rows)
    found, word_begins = build.sentences.codes(numbers)
    context, context_begins = build.sentences.context_codes(rows)
    sizes = np.diff(word_begins, append=len(found))
    return Matches(
        rows=rows,
        documents=build.document_of_row[rows],
        dense=build.dense.scores(question.vector, rows),
        lexical=build.lexical.scores_of(question.terms, scope.lexical, rows),
        lengths=np.add.reduceat(sizes, begins) if len(begins) else np.zeros(0, np.int64),
        context_held=held_codes(question.codes, context, context_begins),
        begins=begins,
        numbers=numbers,
        cosines=build.sentences.cosines(question.vector, numbers),
        held=held_codes(question.codes, found, word_begins),
        pairs_held=_pairs_held(question.pairs, found, word_begins),
    )


def passage_features(question: Asked, matches: Matches) -> Features:
    """Return the features of each candidate, shape (R, len(PASSAGE_FEATURES)), in that order.

    - `cosine`, `lexical`: of the passage; the BM25 score as a share of what it could be at most.
    - `sentence_cosine`, `second_sentence_cosine`: of its best two sentences; of the only one, twice.
    - `coverage`, `context_coverage`: by its sentences, title and heading together; by title and heading alone.
    - `sentence`: cosine and coverage of the sentence in which they are highest together.
    - `pairs`: the share of the question's neighbouring words that stand side by side in it too.
    - `numbers`: the share of the question's numbers that it holds; 0 if the question has none.
    - `document`: how well the best candidates of its document do, in [0, 1].
    - `neighbour_cosine`, `neighbour_lexical`: of the better of the passages before and after it, among the candidates.
    - `log_length`: the logarithm of its length in terms.
    """
    held = matches.passages_held()
    sentence_coverage = question.coverage(matches.held)
    best, second = _two_best(matches.cosines, matches.begins)
    lexical = matches.lexical / ((_K1 + 1) * (float(question.rarity.sum()) or 1.0))
    numeric = np.array([term[0].isdigit() for term in question.terms], dtype=np.bool_)
    columns = (
        matches.dense,
        best,
        second,
        lexical,
        question.coverage(held),
        question.coverage(matches.context_held),
        np.maximum.reduceat(matches.cosines + COVERAGE_IN_SENTENCE * sentence_coverage, matches.begins),
        _any(matches.pairs_held, matches.begins).mean(axis=1) if len(question.pairs) else np.zeros(len(held)),
        held[:, numeric].mean(axis=1) if numeric.any() else np.zeros(len(held)),
        _of_document(matches, best),
        _of_neighbours(matches, matches.dense, alone=matches.dense),
        _of_neighbours(matches, lexical, alone=np.zeros_like(lexical)),
        np.log1p(matches.lengths),
    )
    return np.stack(columns, axis=1).astype(np.float64)


def held_codes(wanted: Codes, found: Codes, begins: NDArray[np.int64]) -> Held:
    """Return which wanted codes stand in each text, shape (texts, len(wanted)); a text's codes begin at `begins`."""
    return _held_at(found == wanted[:, None], begins)


def nearby(held: Held) -> Held:
    """Return which terms each sentence holds together with the one before and the one after, in the same shape."""
    together = held.copy()
    together[1:] |= held[:-1]
    together[:-1] |= held[1:]
    return together


def best_sentence(question: Asked, matches: Matches, row: int) -> tuple[float, int]:
    """Return the highest sum of cosine and coverage among the sentences of a candidate, and its place among them."""
    part = matches.sentences_of(row)
    sums = matches.cosines[part] + COVERAGE_IN_SENTENCE * question.coverage(matches.held[part])
    at = int(np.argmax(sums))
    return float(sums[at]), at


def _pairs_held(pairs: NDArray[np.uint32], found: Codes, begins: NDArray[np.int64]) -> Held:
    """Return which pairs stand side by side in each text, shape (texts, len(pairs))."""
    follow = (found[:-1] == pairs[:, :1]) & (found[1:] == pairs[:, 1:])
    follow[:, begins[(begins > 0) & (begins < len(found))] - 1] = False  # not across the end of a text
    return _held_at(follow, begins)


def _held_at(stands: NDArray[np.bool_], begins: NDArray[np.int64]) -> Held:
    """Return what stands in each text, shape (texts, wanted), by where it stands in all, shape (wanted, places)."""
    held = np.zeros((len(begins), len(stands)), np.bool_)
    columns, places = np.divmod(np.flatnonzero(stands), max(stands.shape[1], 1))
    held[_owners(places, begins), columns] = True
    return held


def _owners(places: NDArray[np.int64], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the text that each place is in; a text that holds nothing owns none."""
    return begins.searchsorted(places, side="right") - 1


def _any(held: Held, begins: NDArray[np.int64]) -> Held:
    """Return the logical or of the rows of each group, shape (groups, columns); no group is empty."""
    result: Held = np.logical_or.reduceat(held, begins, axis=0)
    return result


def _firsts(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each group begins in a list of the groups' numbers that has those of a group side by side."""
    begins = np.ones(len(groups), np.bool_)
    begins[1:] = groups[1:] != groups[:-1]
    return np.flatnonzero(begins)


def _two_best(cosines: Scores, begins: NDArray[np.int64]) -> tuple[Scores, Scores]:
    best = np.maximum.reduceat(cosines, begins)
    sizes = np.diff(begins, append=len(cosines))
    owner = np.repeat(np.arange(len(begins)), sizes)
    places = np.flatnonzero(cosines == best[owner])
    rest = cosines.copy()
    rest[places[_firsts(owner[places])]] = -2  # below any cosine
    second = np.maximum.reduceat(rest, begins)
    return best, np.where(sizes > 1, second, best)


def _of_document(matches: Matches, best: Scores) -> Scores:
    """Return for each candidate the mean of its document's three best, by their scaled scores together."""
    together = (_scaled(matches.dense) + _scaled(matches.lexical) + _scaled(best)) / 3
    order = np.lexsort((-together, matches.documents))
    firsts = _firsts(matches.documents[order])
    sizes = np.diff(firsts, append=len(order))
    rank = np.arange(len(order)) - np.repeat(firsts, sizes)
    counted = np.where(rank < _BEST_OF_DOCUMENT, together[order], 0)
    means = np.add.reduceat(counted, firsts) / np.minimum(sizes, _BEST_OF_DOCUMENT)
    result = np.empty(len(order), np.float32)
    result[order] = np.repeat(means, sizes)
    return result


def _of_neighbours(matches: Matches, values: Scores, *, alone: Scores) -> Scores:
    """Return the better value of the candidates right before and after each, in its document; `alone` where none is."""
    rows, documents = matches.rows, matches.documents
    follows = (rows[1:] == rows[:-1] + 1) & (documents[1:] == documents[:-1])
    result = np.full(len(values), -np.inf, np.float32)
    result[1:] = np.where(follows, values[:-1], -np.inf)
    result[:-1] = np.maximum(result[:-1], np.where(follows, values[1:], -np.inf))
    neighbours: Scores = np.where(np.isinf(result), alone, result)
    return neighbours


def _scaled(scores: Scores) -> Scores:
    """Scale to 0..1 over the candidates; all ones where they are equal but for rounding."""
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high - low > _ROUNDING else np.ones_like(scores)

"""What ties passages and sentences to a question, held against the same numbers counted slowly, by hand."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.builds import Build
from indexes.coarse import from_bytes
from indexes.words import content_terms, terms
from service.answering.finding.features import (
    PASSAGE_FEATURES,
    Features,
    Matches,
    match,
    passage_features,
)
from service.answering.understanding.asked import Asked, asked
from tests.support.answering_parts import Made, Whole, a_scope, made_document, open_made
from tests.support.examples import examples
from tests.support.fakes import HashingEncoder

# Words that most texts share, words of no subject, numbers, and what is no word at all.
_WORDS = st.sampled_from(
    ["vendor", "vendors", "review", "team", "the", "of", "who", "10", "2.5", "days", "été", "東京"]
)
_SENTENCES = st.lists(_WORDS, max_size=6).map(lambda some: " ".join([*some, "—."]))
_PASSAGES = st.one_of(st.lists(_SENTENCES, min_size=1, max_size=4), _SENTENCES)
_DOCUMENTS = st.lists(st.lists(_PASSAGES, min_size=1, max_size=5), min_size=1, max_size=4)
_QUESTIONS = st.lists(_WORDS, max_size=7).map(" ".join)


def _asked(text: str, build: Build, rows: Sequence[int] | None = None) -> tuple[Asked, Matches]:
    scope = a_scope(build)
    (vector,), (pieces,) = HashingEncoder().encode_with_pieces([text])
    question = asked(text, vector, pieces, build=build, scope=scope)
    every = np.arange(len(build.document_of_row)) if rows is None else np.array(rows, np.int64)
    return question, match(question, every, build=build, scope=scope)


def _features(text: str, build: Build, rows: Sequence[int] | None = None) -> dict[str, list[float]]:
    """Return the features of all passages of a build, or of some rows, by name."""
    found = passage_features(*_asked(text, build, rows))
    return dict(zip(PASSAGE_FEATURES, found.T.tolist(), strict=True))


class _ByHand:
    """The same numbers from the texts themselves, one by one."""

    def __init__(self, text: str, build: Build, made: Made, rows: Sequence[int]) -> None:
        self.rows = list(rows)
        self.in_order = terms(text)
        self.terms = content_terms(text) or list(dict.fromkeys(self.in_order))
        held = [(name, passage) for name, passages in made.items() for passage in passages]
        self.documents = [name for name, _ in held]
        self.sentences = [[passage] if isinstance(passage, str) else list(passage) for _, passage in held]
        self.context = [set(terms(made_document(name, []).document.title)) for name, _ in held]
        all_of = [
            self.context[row] | {term for sentence in self.sentences[row] for term in terms(sentence)}
            for row in range(len(held))
        ]
        many = {term: sum(term in one for one in all_of) for term in self.terms}
        self.rarity = {t: math.log(1 + (len(held) - n + 0.5) / (n + 0.5)) for t, n in many.items()}
        vector = HashingEncoder().encode([text])[0]
        self.cosines = [
            [float(one @ vector) for one in from_bytes(build.sentences.of_row(row).vectors)] for row in range(len(held))
        ]
        self.dense = [float(value) for value in build.dense.scores(vector, np.arange(len(held)))]
        bm25 = build.lexical.scores(self.terms, a_scope(build).lexical)
        self.lexical = [float(value) / (2.2 * (sum(self.rarity.values()) or 1)) for value in bm25]

    def coverage(self, held: set[str]) -> float:
        total = sum(self.rarity.values())
        return sum(weight for term, weight in self.rarity.items() if term in held) / total if total else 0.0

    def passage(self, row: int) -> dict[str, float]:
        sentences = [terms(sentence) for sentence in self.sentences[row]]
        held = self.context[row].union(*sentences)
        best = sorted(self.cosines[row], reverse=True)
        pairs, numbers = list(pairwise(self.in_order)), [term for term in self.terms if term[0].isdigit()]
        beside = {pair for sentence in sentences for pair in pairwise(sentence)}
        near = [at for at in (row - 1, row + 1) if at in self.rows and self.documents[at] == self.documents[row]]
        return {
            "cosine": self.dense[row],
            "sentence_cosine": best[0],
            "second_sentence_cosine": best[:2][-1],
            "lexical": self.lexical[row],
            "coverage": self.coverage(held),
            "context_coverage": self.coverage(self.context[row]),
            "sentence": max(
                cosine + 0.6 * self.coverage(set(one)) for cosine, one in zip(self.cosines[row], sentences, strict=True)
            ),
            "pairs": sum(pair in beside for pair in pairs) / len(pairs) if pairs else 0.0,
            "numbers": sum(number in held for number in numbers) / len(numbers) if numbers else 0.0,
            "document": self.of_document(row),
            "neighbour_cosine": max((self.dense[at] for at in near), default=self.dense[row]),
            "neighbour_lexical": max((self.lexical[at] for at in near), default=0.0),
            "log_length": math.log(1 + sum(len(one) for one in sentences)),
        }

    def of_document(self, row: int) -> float:
        parts = [self.dense, self.lexical, [max(cosines) for cosines in self.cosines]]
        together = [sum(self.scaled(part, at) for part in parts) / 3 for at in range(len(self.documents))]
        same = sorted((together[at] for at in self.rows if self.documents[at] == self.documents[row]), reverse=True)
        return sum(same[:3]) / len(same[:3])

    def scaled(self, values: Sequence[float], row: int) -> float:
        low, high = min(values[at] for at in self.rows), max(values[at] for at in self.rows)
        return (values[row] - low) / (high - low) if high - low > 1e-5 else 1.0


def _assert_same(found: Features, expected: Sequence[dict[str, float]], names: Sequence[str]) -> None:
    assert found.shape == (len(expected), len(names))
    for values, wanted in zip(found, expected, strict=True):
        assert list(wanted) == list(names)
        np.testing.assert_allclose(values, list(wanted.values()), atol=2e-6, err_msg=str(names))


@settings(max_examples=examples(15, thorough=500))
@given(documents=_DOCUMENTS, text=_QUESTIONS, data=st.data())
def test_features_are_what_counting_by_hand_gives(
    documents: list[list[Whole | str]], text: str, data: st.DataObject
) -> None:
    made = {f"legal/vendor {number}.md": passages for number, passages in enumerate(documents)}
    every = list(range(sum(len(passages) for passages in documents)))
    rows = sorted(data.draw(st.sets(st.sampled_from(every), min_size=1)))
    with open_made(made) as build:
        question, matches = _asked(text, build, rows)
        by_hand = _ByHand(text, build, made, rows)
        _assert_same(passage_features(question, matches), [by_hand.passage(row) for row in rows], PASSAGE_FEATURES)


def test_words_across_the_end_of_a_sentence_or_of_a_passage_are_no_pair() -> None:
    made = {
        "legal/a.md": [["Ask the vendor.", "Review it."], ["Nothing here, vendor."], ["Review all."]],
        "legal/b.md": [["A vendor review."]],
    }
    with open_made(made) as build:
        assert _features("vendor review", build)["pairs"] == [0, 0, 0, 1]


def test_the_share_of_pairs_and_of_numbers_is_of_those_the_question_has() -> None:
    made = {"legal/a.md": [["The team reviews 10 vendors in 3 days."], ["Teams review."], ["A list: 3, 10, 14."]]}
    with open_made(made) as build:
        found = _features("team reviews 10 in 14", build)
        assert found["pairs"] == [0.5, 0.25, 0]
        assert found["numbers"] == [0.5, 0, 1]
        assert _features("Who reviews?", build)["numbers"] == [0, 0, 0]


def test_a_neighbour_is_of_the_same_document_and_a_candidate() -> None:
    made: Made = {"legal/a.md": [["One."], ["Two."]], "legal/b.md": [["Review of vendors."], ["Four."], ["Vendor."]]}
    with open_made(made) as build:
        found = _features("vendor review", build)
        own, near, lexical = found["cosine"], found["neighbour_cosine"], found["lexical"]
        assert near == [own[1], own[0], own[3], max(own[2], own[4]), own[3]]
        assert found["neighbour_lexical"] == [0, 0, 0, max(lexical), 0]
        apart = _features("vendor review", build, [1, 2, 4])
        assert apart["neighbour_cosine"] == pytest.approx(apart["cosine"])
        assert apart["neighbour_lexical"] == [0, 0, 0]


def test_three_candidates_speak_for_their_document_and_a_fourth_does_not_pull_it_down() -> None:
    strong = ["Vendor review team."]
    made: Made = {
        "legal/a.md": [strong] * 3,
        "legal/b.md": [*[strong] * 3, ["Lunch."]],
        "legal/c.md": [strong, ["No."]],
    }
    with open_made(made) as build:
        of_document = _features("vendor review team", build)["document"]
    first, second, third = of_document[0], of_document[3], of_document[7]
    assert first == pytest.approx(second, abs=0.01)
    assert third < second - 0.2
    assert of_document == [first] * 3 + [second] * 4 + [third] * 2


def test_passages_that_say_the_same_have_the_same_features() -> None:
    with open_made({f"{number:02}/rules.md": [["The vendor review."]] for number in range(23)}) as build:
        found = _features("Who does the vendor review?", build)
    for name, values in found.items():
        assert values == pytest.approx([values[0]] * 23, abs=1e-5), name


def test_the_second_best_sentence_is_another_one_even_if_it_says_the_same() -> None:
    made: Made = {
        "legal/a.md": [["Vendor review.", "Lunch.", "Vendor review."], ["Vendor review.", "Lunch."], ["Lunch."]]
    }
    with open_made(made) as build:
        found = _features("vendor review", build)
    best, second = found["sentence_cosine"], found["second_sentence_cosine"]
    assert (second[0], second[2]) == (best[0], best[2])
    assert second[1] < best[1]


def test_a_passage_without_a_whole_sentence_is_one_sentence() -> None:
    with open_made({"legal/a.md": ["the vendor review, cut", ["A whole one."]]}) as build:
        assert _features("vendor review", build)["coverage"] == [1, 0]


@pytest.mark.parametrize("text", ["who is it", "", "?!", "zyzzyva quokka"])
def test_a_question_of_which_nothing_is_found_has_features_all_the_same(text: str) -> None:
    with open_made({"legal/a.md": [["The vendor review."], ["—"]]}) as build:
        found = _features(text, build)
        for name in ("lexical", "coverage", "context_coverage", "pairs", "numbers", "neighbour_lexical"):
            assert found[name] == [0, 0], name
        assert np.isfinite(list(found.values())).all()


def test_a_question_of_stop_words_is_known_by_all_its_words() -> None:
    with open_made({"legal/a.md": [["It is so."], ["Vendors."]]}) as build:
        question, _ = _asked("Who is it, is it?", build)
        assert question.terms == ("who", "is", "it")
        assert _features("Who is it, is it?", build)["coverage"][1] == 0


def test_no_candidates_have_nothing_in_common() -> None:
    with open_made({"legal/a.md": [["The vendor review."]]}) as build:
        question, matches = _asked("vendor review", build, [])
        assert (len(matches.rows), len(matches.numbers), len(matches.lengths)) == (0, 0, 0)
        assert (matches.held.shape, matches.pairs_held.shape, matches.context_held.shape) == ((0, 2), (0, 1), (0, 2))
        assert question.coverage(matches.passages_held()).shape == (0,)

"""BM25 over the passages an asker may see: a hidden passage leaves no trace, not even in a word's weight."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes import lexical
from indexes.dense import Mask, Scores
from indexes.errors import BuildDamagedError
from indexes.lexical import LexicalIndex

WORDS = ["keep", "master", "ten", "year", "secret", "acquisition"]
_PASSAGES = st.lists(st.tuples(st.lists(st.sampled_from(WORDS), max_size=12), st.booleans()), max_size=25)
_QUESTION = st.lists(st.sampled_from([*WORDS, "unheard"]), max_size=8)

FOUR = [["keep", "master", "ten", "year"], ["keep", "secret"], ["ten", "ten", "ten"], []]


def _all(rows: int) -> Mask:
    return np.ones(rows, dtype=np.bool_)


@given(passages=_PASSAGES, question=_QUESTION)
def test_law_2_a_masked_index_scores_exactly_as_one_that_never_held_the_hidden_passages(
    passages: list[tuple[list[str], bool]], question: list[str]
) -> None:
    allowed = np.array([seen for _, seen in passages], dtype=np.bool_)
    masked = LexicalIndex.from_terms(terms for terms, _ in passages)
    never = LexicalIndex.from_terms(terms for terms, seen in passages if seen)
    scope, whole = masked.scope(allowed), never.scope(_all(len(never)))
    scores = masked.scores(question, scope)
    np.testing.assert_array_equal(scores[allowed], never.scores(question, whole))
    np.testing.assert_array_equal(scores[~allowed], 0)
    np.testing.assert_array_equal(masked.rarity(question, scope), never.rarity(question, whole))
    assert (scope.count, scope.mean_length) == (whole.count, whole.mean_length)


@given(passages=_PASSAGES, question=_QUESTION)
def test_scores_are_the_textbook_formula(passages: list[tuple[list[str], bool]], question: list[str]) -> None:
    documents = [terms for terms, _ in passages]
    index = LexicalIndex.from_terms(documents)
    scores = index.scores(question, index.scope(_all(len(documents))))
    for row, document in enumerate(documents):
        assert scores[row] == pytest.approx(_bm25(set(question), document, documents), rel=1e-5)


def _bm25(question: set[str], document: list[str], documents: list[list[str]]) -> float:
    mean = sum(map(len, documents)) / len(documents)
    total = 0.0
    for term in question:
        holding = sum(term in other for other in documents)
        count = document.count(term)
        if count:
            rarity = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            total += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(document) / mean))
    return total


def test_a_passage_that_holds_more_of_the_question_comes_first() -> None:
    index = LexicalIndex.from_terms(FOUR)
    scores = index.scores(["keep", "master"], index.scope(_all(4)))
    assert scores[0] > scores[1] > 0
    assert scores[2] == scores[3] == 0


_LARGER = 40_000  # rows: enough that a search passes over passages which cannot come among the best


@pytest.fixture(scope="module")
def larger() -> LexicalIndex:
    """Return an index in which word n stands in about every (n + 1)-th passage, some of them several times."""
    drawn = np.random.default_rng(5).integers(0, 60, size=(_LARGER, 6))
    numbers = np.arange(60)
    words_of = numbers[:, np.newaxis] % (numbers + 1) == 0  # for each number that is drawn, the words it brings
    names = np.array([f"w{at}" for at in numbers])
    return LexicalIndex.from_terms(names[words_of[row[: 1 + row[0] % 6]].any(axis=0)].tolist() for row in drawn)


def _expected(scores: Scores, k: int) -> list[int]:
    """Return the best rows the plain way: all scores in order, ties to the lower row."""
    order = np.argsort(-scores, kind="stable")[:k]
    return [int(row) for row in order if scores[row] > 0]


@given(passages=_PASSAGES, question=_QUESTION, k=st.integers(1, 30))
def test_law_2_a_search_finds_the_best_allowed_rows_and_no_other(
    passages: list[tuple[list[str], bool]], question: list[str], k: int
) -> None:
    index = LexicalIndex.from_terms(terms for terms, _ in passages)
    scope = index.scope(np.array([seen for _, seen in passages], dtype=np.bool_))
    scores = index.scores(question, scope)
    rows, found = index.search(question, scope, k)
    assert rows.tolist() == _expected(scores, k)
    np.testing.assert_array_equal(found, scores[rows])
    assert scope.allowed[rows].all()


@pytest.mark.parametrize("share", [1.0, 0.7, 0.02])
@pytest.mark.parametrize(
    "question", [["w59", "w1", "w0"], ["w0"], ["w0", "w1", "w2", "w3"], ["w59", "w58", "w2"], ["w7", "none", "w7"]]
)
@pytest.mark.parametrize("k", [1, 50, 3000])
def test_passing_over_what_cannot_be_among_the_best_changes_nothing(
    larger: LexicalIndex, share: float, question: list[str], k: int
) -> None:
    scope = larger.scope(np.random.default_rng(8).random(_LARGER) < share)
    scores = larger.scores(question, scope)
    rows, found = larger.search(question, scope, k)
    assert rows.tolist() == _expected(scores, k)
    np.testing.assert_array_equal(found, scores[rows])


@pytest.mark.parametrize("seed", range(12))
def test_passing_over_as_early_as_possible_changes_nothing_either(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_WORTH_PRUNING": 0, "_LOOK_UP_COST": 0, "_BLOCK": 4, "_FEW": 1}.items():
        monkeypatch.setattr(lexical, name, value)
    drawn = np.random.default_rng(seed)
    words = np.minimum(drawn.zipf(1.3, size=(1500, 12)), 40)  # a few in most passages, most in a few
    index = LexicalIndex.from_terms([[f"w{word}" for word in row[: 1 + row[0] % 12]] for row in words.tolist()])
    scope = index.scope(drawn.random(1500) < drawn.choice([0.3, 1.0]))
    for k in (1, 5, 40):
        for _ in range(10):
            question = [f"w{word}" for word in drawn.integers(1, 41, size=6)]
            scores = index.scores(question, scope)
            rows, found = index.search(question, scope, k)
            assert rows.tolist() == _expected(scores, k)
            np.testing.assert_array_equal(found, scores[rows])


def test_the_score_of_a_row_is_the_same_number_whichever_way_it_was_found(larger: LexicalIndex) -> None:
    scope = larger.scope(np.random.default_rng(8).random(_LARGER) < 0.5)
    question = ["w3", "w59", "w0", "w12"]
    scores = larger.scores(question, scope)
    rows = np.random.default_rng(9).integers(0, _LARGER, 500)
    np.testing.assert_array_equal(larger.scores_of(question, scope, rows), scores[rows])
    np.testing.assert_array_equal(larger.scores_of(question[::-1], scope, rows), scores[rows])
    assert (larger.scores_of(question, scope, np.flatnonzero(~scope.allowed)) == 0).all()
    assert larger.scores_of(question, scope, np.zeros(0, np.int64)).shape == (0,)


def test_a_word_is_counted_once_a_scope(larger: LexicalIndex) -> None:
    one = larger.scope(np.random.default_rng(8).random(_LARGER) < 0.5)
    other = larger.scope(~one.allowed)
    for scope in (one, other, one):
        allowed = larger.postings.rows[slice(*larger.postings.starts[[0, 1]])]
        held = np.count_nonzero(scope.allowed[allowed])
        expected = np.log1p((scope.count - held + 0.5) / (held + 0.5))
        assert larger.rarity([larger.postings.terms()[0]], scope)[0] == expected


def test_asking_twice_for_a_word_does_not_count_twice() -> None:
    index = LexicalIndex.from_terms(FOUR)
    scope = index.scope(_all(4))
    np.testing.assert_array_equal(index.scores(["keep", "keep"], scope), index.scores(["keep"], scope))


def test_a_word_that_no_seen_passage_holds_is_the_rarest() -> None:
    index = LexicalIndex.from_terms(FOUR)
    scope = index.scope(np.array([True, False, True, True]))
    secret, unheard, keep = index.rarity(["secret", "unheard", "keep"], scope)
    assert secret == unheard > keep


def test_nothing_allowed_scores_nothing() -> None:
    index = LexicalIndex.from_terms(FOUR)
    scope = index.scope(~_all(4))
    assert (scope.count, scope.mean_length) == (0, 0.0)
    np.testing.assert_array_equal(index.scores(WORDS, scope), np.zeros(4))


@pytest.mark.parametrize("passages", [FOUR, [], [[]], [["東京", "été"]]])
def test_an_index_comes_back_from_its_files_as_it_was(tmp_path: Path, passages: list[list[str]]) -> None:
    index = LexicalIndex.from_terms(passages)
    index.write(tmp_path / "lexical")
    read = LexicalIndex.read(tmp_path / "lexical")
    assert len(read) == len(passages)
    question = [*WORDS, "東京", "été"]
    np.testing.assert_array_equal(
        read.scores(question, read.scope(_all(len(passages)))), index.scores(question, index.scope(_all(len(passages))))
    )


def test_the_same_passages_make_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        LexicalIndex.from_terms(FOUR).write(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("vocabulary.npy", None),
        ("starts.npy", b"["),
        ("rows.npy", None),
        ("rows.npy", b"not an array"),
        ("lengths.npy", b"\x80\x04N."),
    ],
)
def test_files_that_are_no_index_are_damage_and_nothing_is_unpickled(
    tmp_path: Path, file: str, content: bytes | None
) -> None:
    LexicalIndex.from_terms(FOUR).write(tmp_path / "lexical")
    (tmp_path / "lexical" / file).unlink()
    if content is not None:
        (tmp_path / "lexical" / file).write_bytes(content)
    with pytest.raises(BuildDamagedError, match="is not a lexical index"):
        LexicalIndex.read(tmp_path / "lexical")


def test_an_array_of_pickled_objects_is_refused(tmp_path: Path) -> None:
    LexicalIndex.from_terms(FOUR).write(tmp_path / "lexical")
    np.save(tmp_path / "lexical" / "rows.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BuildDamagedError, match="is not a lexical index"):
        LexicalIndex.read(tmp_path / "lexical")

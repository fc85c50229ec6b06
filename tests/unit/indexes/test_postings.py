"""Postings carried over from an older build are the ones that would be made anew, and nothing else stays."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexes import postings as postings_module
from indexes.errors import BuildDamagedError
from indexes.postings import Postings, make_postings, merge_postings, read_postings

_TERMS = st.lists(st.sampled_from(["a", "b", "été", "東京", "z", "zz"]), max_size=8)
_BEFORE = st.lists(st.tuples(_TERMS, st.booleans()), max_size=12)  # passages of an older build, and which of them stay
_NEW = st.lists(st.tuples(_TERMS, st.integers(0, 12)), max_size=6)  # new passages, and before which old one they come


def _assert_same(one: Postings, other: Postings) -> None:
    for field in fields(Postings):
        first, second = getattr(one, field.name), getattr(other, field.name)
        assert first.dtype == second.dtype, field.name
        np.testing.assert_array_equal(first, second, err_msg=field.name)


def _held(postings: Postings) -> dict[str, dict[int, int]]:
    """Return how often each passage holds each term."""
    held = {}
    for number, term in enumerate(postings.terms()):
        part = slice(*postings.starts[[number, number + 1]])
        held[term] = dict(zip(postings.rows[part].tolist(), postings.counts[part].tolist(), strict=True))
    return held


def test_a_term_stands_with_its_passages_and_how_often_they_hold_it() -> None:
    postings = make_postings([["b", "a", "b"], [], ["b"]])
    assert _held(postings) == {"a": {0: 1}, "b": {0: 2, 2: 1}}
    assert postings.lengths.tolist() == [3, 0, 1]


@given(passages=st.lists(_TERMS, max_size=20), block=st.sampled_from([1, 3, 1 << 22]))
def test_postings_are_what_counting_by_hand_gives_whatever_the_block(passages: list[list[str]], block: int) -> None:
    expected: dict[str, dict[int, int]] = {}
    for row, terms in enumerate(passages):
        for term in terms:
            expected.setdefault(term, {}).setdefault(row, 0)
            expected[term][row] += 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings_module, "_BLOCK", block)
        postings = make_postings(passages)
    assert _held(postings) == expected
    assert postings.terms() == sorted(expected)
    assert all(list(rows) == sorted(rows) for rows in _held(postings).values())


@given(before=_BEFORE, new=_NEW, block=st.sampled_from([1, 3, 1 << 22]))
def test_what_is_carried_over_and_added_is_what_would_be_made_anew(
    before: list[tuple[list[str], bool]], new: list[tuple[list[str], int]], block: int
) -> None:
    whole: list[Sequence[str]] = []
    kept_to = np.full(len(before), -1, np.int64)
    fresh, fresh_to = [], []
    for at in range(len(before) + 1):
        for terms in (terms for terms, place in new if min(place, len(before)) == at):
            fresh.append(terms)
            fresh_to.append(len(whole))
            whole.append(terms)
        if at < len(before) and before[at][1]:
            kept_to[at] = len(whole)
            whole.append(before[at][0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings_module, "_BLOCK", block)
        old = make_postings(terms for terms, _ in before)
        merged = merge_postings(old, kept_to, make_postings(fresh), np.array(fresh_to, np.int64))
    _assert_same(merged, make_postings(whole))


def test_nothing_stays_of_a_passage_that_goes() -> None:
    old = make_postings([["keep", "secret"], ["keep"]])
    merged = merge_postings(old, np.array([-1, 0]), make_postings([]), np.zeros(0, np.int64))
    assert merged.terms() == ["keep"]
    assert b"secret" not in merged.vocabulary.tobytes()


@pytest.mark.parametrize("often", [1, 255, 256, 70_000])
def test_counts_and_lengths_take_the_room_they_need(tmp_path: Path, often: int) -> None:
    postings = make_postings([["x"] * often, ["x"]])
    postings.write(tmp_path / "lexical")
    read = read_postings(tmp_path / "lexical")
    assert (read.counts.tolist(), read.lengths.tolist()) == ([often, 1], [often, 1])
    _assert_same(read, postings)


def test_a_term_is_found_by_its_name_alone() -> None:
    postings = make_postings([["a", "ab", "b", "été"]])
    assert [postings.find(term) for term in ("a", "ab", "b", "été")] == [0, 1, 2, 3]
    assert [postings.find(term) for term in ("", "aa", "c", "東", "abc")] == [None] * 5
    assert make_postings([]).find("a") is None


@pytest.mark.parametrize("name", ["rows", "counts", "starts", "term_starts", "vocabulary"])
def test_arrays_that_do_not_fit_together_are_damage(tmp_path: Path, name: str) -> None:
    postings = make_postings([["a", "b"], ["a"]])
    postings.write(tmp_path / "lexical")
    np.save(tmp_path / "lexical" / f"{name}.npy", getattr(postings, name)[:-1], allow_pickle=False)
    with pytest.raises(BuildDamagedError, match="is not a lexical index: expected sizes"):
        read_postings(tmp_path / "lexical")


@pytest.mark.parametrize("wrong", [np.zeros((2, 2), np.int64), np.zeros(4), np.array(["a"])])
def test_an_array_of_something_else_is_damage(tmp_path: Path, wrong: NDArray[np.generic]) -> None:
    make_postings([["a", "b"], ["a"]]).write(tmp_path / "lexical")
    np.save(tmp_path / "lexical" / "rows.npy", wrong, allow_pickle=False)
    with pytest.raises(BuildDamagedError, match=r"rows\.npy should be a list of integers"):
        read_postings(tmp_path / "lexical")

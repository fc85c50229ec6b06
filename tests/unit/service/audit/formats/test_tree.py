"""The tree against known answers, public vectors, and the RFC written down a second time."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit.errors import ProofError
from service.audit.formats.tree import (
    EMPTY_ROOT,
    Frontier,
    Subtree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    peak_ranges,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.support import reference_tree

EIGHT = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
EIGHT.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
UP_TO = 40  # leaves: two more than a tree of five levels, and every smaller shape

some_leaves = st.lists(st.binary(max_size=5), min_size=1, max_size=UP_TO)


def numbered(count: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(count)]


def subtrees_of(leaves: list[bytes]) -> Subtree:
    return lambda start, end: reference_tree.root(leaves[start:end])


def with_a_bit_changed(*hashes: bytes) -> Iterator[list[bytes]]:
    """Give the hashes once for each of their bits, with that bit changed."""
    for place, item in enumerate(hashes):
        for bit in range(8 * len(item)):
            changed = bytearray(item)
            changed[bit // 8] ^= 1 << bit % 8
            yield [*hashes[:place], bytes(changed), *hashes[place + 1 :]]


def holds(check: Callable[..., None], **parts: Any) -> bool:
    try:
        check(**parts)
    except ProofError:
        return False
    return True


def test_known_answers() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert root_of([leaf_hash(leaf) for leaf in EIGHT]).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )
    assert root_of([]) == Frontier().root() == EMPTY_ROOT


def test_a_frontier_has_the_root_of_the_rfc_after_every_leaf() -> None:
    leaves = numbered(300)
    frontier = Frontier()
    for count, leaf in enumerate(leaves):
        assert (frontier.size, frontier.root()) == (count, reference_tree.root(leaves[:count]))
        frontier.append(leaf_hash(leaf))


@given(leaves=some_leaves, cut=st.integers(0, UP_TO))
def test_a_frontier_taken_up_again_goes_on_as_if_it_had_not_stopped(leaves: list[bytes], cut: int) -> None:
    before, after = leaves[:cut], leaves[cut:]
    first = Frontier()
    for leaf in before:
        first.append(leaf_hash(leaf))
    kept = list(first.peaks)
    again = Frontier(first.size, kept)
    for leaf in after:
        again.append(leaf_hash(leaf))

    assert again.root() == reference_tree.root(leaves) == root_of([leaf_hash(leaf) for leaf in leaves])
    assert first.root() == reference_tree.root(before)
    assert first.peaks == tuple(kept)  # what it was taken up from does not grow with it
    assert (first.size, again.size) == (len(before), len(leaves))


@given(leaves=some_leaves)
def test_peaks_are_the_roots_of_the_peak_ranges(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))

    ranges = peak_ranges(len(leaves))
    assert frontier.peaks == tuple(reference_tree.root(leaves[start:end]) for start, end in ranges)
    assert [end - start for start, end in ranges] == sorted({end - start for start, end in ranges}, reverse=True)


def test_peak_ranges_go_from_the_largest_to_the_smallest_without_a_gap() -> None:
    assert peak_ranges(0) == []
    assert peak_ranges(8) == [(0, 8)]
    assert peak_ranges(11) == [(0, 8), (8, 10), (10, 11)]
    assert peak_ranges(2**40 + 1) == [(0, 2**40), (2**40, 2**40 + 1)]


@pytest.mark.parametrize(("size", "peaks"), [(0, 1), (1, 0), (3, 1), (8, 3), (-1, 1)])
def test_a_frontier_with_other_peaks_than_its_size_has_is_refused(size: int, peaks: int) -> None:
    with pytest.raises(ValueError, match=f"a peak for each binary one of the size {size}, got {peaks}"):
        Frontier(size, [bytes(32)] * peaks)


@given(leaves=some_leaves, data=st.data())
def test_inclusion_proofs_are_those_of_the_rfc_and_hold(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(index, len(leaves), subtrees_of(leaves))

    assert proof == reference_tree.inclusion(index, leaves)
    leaf, root = leaf_hash(leaves[index]), reference_tree.root(leaves)
    verify_inclusion(index=index, size=len(leaves), leaf=leaf, root=root, proof=proof)


@given(leaves=some_leaves, data=st.data())
def test_consistency_proofs_are_those_of_the_rfc_and_hold(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(old, len(leaves), subtrees_of(leaves))

    assert proof == reference_tree.consistency(old, leaves)
    old_root, root = reference_tree.root(leaves[:old]), reference_tree.root(leaves)
    verify_consistency(old_size=old, old_root=old_root, size=len(leaves), root=root, proof=proof)


def test_every_proof_of_every_small_tree_holds_for_its_own_place_alone() -> None:
    for size in range(1, 18):
        leaves = numbered(size)
        end = {"size": size, "root": reference_tree.root(leaves)}
        for here in range(size):
            proof = inclusion_proof(here, size, subtrees_of(leaves))
            parts = end | {"leaf": leaf_hash(leaves[here]), "proof": proof}
            assert [at for at in range(-1, size + 1) if holds(verify_inclusion, index=at, **parts)] == [here]

            proof = consistency_proof(here + 1, size, subtrees_of(leaves))
            parts = end | {"old_root": reference_tree.root(leaves[: here + 1]), "proof": proof}
            assert [old for old in range(-1, size + 2) if holds(verify_consistency, old_size=old, **parts)] == [
                here + 1
            ]


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (7, 4), (8, 3), (13, 12), (33, 32)])
def test_no_single_bit_of_a_proof_can_be_changed(size: int, index: int) -> None:
    leaves = numbered(size)
    old = index + 1
    root, old_root, leaf = reference_tree.root(leaves), reference_tree.root(leaves[:old]), leaf_hash(leaves[index])
    inclusion, consistency = reference_tree.inclusion(index, leaves), reference_tree.consistency(old, leaves)

    for proof in with_a_bit_changed(leaf, root, *inclusion):
        parts = {"leaf": proof[0], "root": proof[1], "proof": proof[2:]}
        assert not holds(verify_inclusion, index=index, size=size, **parts)
    for proof in with_a_bit_changed(old_root, root, *consistency):
        parts = {"old_root": proof[0], "root": proof[1], "proof": proof[2:]}
        assert not holds(verify_consistency, old_size=old, size=size, **parts)
    for power in range(64):
        place, other = index ^ (1 << power), old ^ (1 << power)
        assert not holds(verify_inclusion, index=place, size=size, leaf=leaf, root=root, proof=inclusion)
        roots = {"old_root": old_root, "root": root}
        assert not holds(verify_consistency, old_size=other, size=size, **roots, proof=consistency)


def turns(start: int, end: int, size: int) -> str:
    """The turns, left or right, from the root of a tree down to the node over the leaves [start, end)."""
    if (start, end) == (0, size):
        return ""
    k = 1
    while k * 2 < size:
        k *= 2
    return "L" + turns(start, end, k) if end <= k else "R" + turns(start - k, end - k, size - k)


@given(size=st.integers(1, UP_TO), other=st.integers(0, 2 * UP_TO), data=st.data())
def test_another_size_fits_a_proof_only_where_the_way_is_the_same(size: int, other: int, data: st.DataObject) -> None:
    """A proof alone binds no size, by the RFC; the checkpoint does, which signs size and root together."""
    leaves = numbered(size)
    root = reference_tree.root(leaves)
    old = data.draw(st.integers(1, size))

    def way(start: int, end: int) -> bool:
        return end <= other and turns(start, end, size) == turns(start, end, other)

    parts: dict[str, Any] = {"leaf": leaf_hash(leaves[old - 1]), "proof": reference_tree.inclusion(old - 1, leaves)}
    assert holds(verify_inclusion, index=old - 1, size=other, root=root, **parts) is way(old - 1, old)
    parts = {"old_root": reference_tree.root(leaves[:old]), "proof": reference_tree.consistency(old, leaves)}
    assert holds(verify_consistency, old_size=old, size=other, root=root, **parts) is way(*peak_ranges(old)[-1])


@given(leaves=some_leaves, data=st.data())
def test_a_proof_has_exactly_the_right_length(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    old = data.draw(st.integers(1, size))
    more = data.draw(st.binary(min_size=32, max_size=32))
    leaf, old_root, root = leaf_hash(leaves[old - 1]), reference_tree.root(leaves[:old]), reference_tree.root(leaves)

    right = reference_tree.inclusion(old - 1, leaves)
    for proof in ([*right, more], [more, *right], *([right[1:], right[:-1]] if right else [])):
        assert not holds(verify_inclusion, index=old - 1, size=size, leaf=leaf, root=root, proof=proof)
    right = reference_tree.consistency(old, leaves)
    for proof in ([*right, more], [more, *right], *([right[1:], right[:-1]] if right else [])):
        assert not holds(verify_consistency, old_size=old, old_root=old_root, size=size, root=root, proof=proof)


def test_a_refused_inclusion_says_what_does_not_fit() -> None:
    root, leaf = reference_tree.root(EIGHT), leaf_hash(EIGHT[2])
    proof = reference_tree.inclusion(2, EIGHT)

    def refused(match: str, **changed: Any) -> None:
        parts: dict[str, Any] = {"index": 2, "size": 8, "leaf": leaf, "root": root, "proof": proof}
        with pytest.raises(ProofError, match=match):
            verify_inclusion(**parts | changed)

    refused("expected an index from 0 to below the tree's size 8, got 8", index=8)
    refused("expected an index from 0 to below the tree's size 8, got -1", index=-1)
    refused("below the tree's size 0, got 2", size=0)
    refused("expected fewer hashes on the way to the root, got 4", proof=[*proof, root])
    refused("expected more hashes on the way to the root, got 2", proof=proof[:2])
    refused("expected every hash to be 32 bytes, got 31", proof=[proof[0][1:], *proof[1:]])
    refused("expected every hash to be 32 bytes, got 0", leaf=b"")
    refused(f"the proof of leaf 2 to lead to the root {EMPTY_ROOT.hex()}, got {root.hex()}", root=EMPTY_ROOT)


def test_a_refused_consistency_says_what_does_not_fit() -> None:
    old_root, root = reference_tree.root(EIGHT[:4]), reference_tree.root(EIGHT)
    proof = reference_tree.consistency(4, EIGHT)

    def refused(match: str, **changed: Any) -> None:
        parts: dict[str, Any] = {"old_size": 4, "old_root": old_root, "size": 8, "root": root, "proof": proof}
        with pytest.raises(ProofError, match=match):
            verify_consistency(**parts | changed)

    refused("expected an old size from 1 to the new tree's size 8, got 0", old_size=0, old_root=EMPTY_ROOT)
    refused("from 1 to the new tree's size 0, got 0", old_size=0, old_root=EMPTY_ROOT, size=0, root=EMPTY_ROOT)
    refused("from 1 to the new tree's size 8, got 9", old_size=9)
    refused("expected no hashes between two trees of the same size 8, got 1", old_size=8, old_root=root)
    refused("expected one root for the size 8, the old", old_size=8, proof=[])
    refused("expected a proof from size 4 to size 8, got no hashes", proof=[])
    refused("expected fewer hashes on the way to the root, got 2", proof=[*proof, root])
    refused("expected every hash to be 32 bytes, got 33", old_root=old_root + b"\0")
    refused(f"to lead to the root of the new size 8, {EMPTY_ROOT.hex()}", root=EMPTY_ROOT)
    seven = reference_tree.consistency(7, EIGHT)
    refused(f"to lead to the root of the old size 7, {EMPTY_ROOT.hex()}", old_size=7, old_root=EMPTY_ROOT, proof=seven)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_inclusion_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"expected an index from 0 to below the size {size}, got {index}"):
        inclusion_proof(index, size, subtrees_of(EIGHT))


@pytest.mark.parametrize(("old", "size"), [(0, 5), (6, 5), (-1, 5)])
def test_no_consistency_proof_is_made_from_an_empty_or_a_larger_tree(old: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"expected an old size from 1 to the size {size}, got {old}"):
        consistency_proof(old, size, subtrees_of(EIGHT))


def test_a_proof_in_a_tree_of_a_year_asks_for_few_subtrees() -> None:
    asked: list[tuple[int, int]] = []

    def subtree(start: int, end: int) -> bytes:
        asked.append((start, end))
        return bytes(32)

    assert len(inclusion_proof(123_456_789, 10**9, subtree)) == 30
    assert len(asked) == 30
    assert all(start < end <= 10**9 for start, end in asked)


def vector_holds(vector: dict[str, Any]) -> bool:
    one = {name: base64.b64decode(vector.get(name) or "") for name in ("leafHash", "root", "root1", "root2")}
    proof = [base64.b64decode(item) for item in vector["proof"] or []]
    if vector["kind"] == "inclusion":
        place = {"index": vector["leafIdx"], "size": vector["treeSize"]}
        return holds(verify_inclusion, **place, leaf=one["leafHash"], root=one["root"], proof=proof)
    sizes = {"old_size": vector["size1"], "size": vector["size2"]}
    return holds(verify_consistency, **sizes, old_root=one["root1"], root=one["root2"], proof=proof)


@pytest.mark.skipif(not os.environ.get("GREENLIT_EVAL_DATA"), reason="GREENLIT_EVAL_DATA names no folder of vectors")
def test_all_public_vectors() -> None:
    path = Path(os.environ["GREENLIT_EVAL_DATA"]) / "rfc6962/vectors.jsonl"
    vectors = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    assert [one["name"] for one in vectors if vector_holds(one) is one["wantErr"]] == []
    assert (len(vectors), sum(not one["wantErr"] for one in vectors)) == (196, 12)

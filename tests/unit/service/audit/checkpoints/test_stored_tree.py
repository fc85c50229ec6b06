"""The stored tree and the growing one, at every size where something could be off by one, against the RFC."""

import copy
import functools
import itertools
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.audit.checkpoints.stored_tree import Growing, StoredTree
from service.audit.errors import AuditUnavailableError
from service.audit.formats.tree import EMPTY_ROOT, Frontier, leaf_hash, verify_consistency, verify_inclusion
from service.audit.storage.store import SUBTREE_LEAVES, LeafReader, Subtree
from tests.support import reference_tree

ORIGIN = "greenlit/audit/2026-11"
FIRST = 7  # the shard begins here; other shards' leaves stand before
MOST = 256 * 256 + 1
AROUND = [0, 1, 2, 255, 256, 257, 258, 511, 512, 513, 1000]


@dataclass
class FewReads:
    """As much of a store as a tree needs; counts the hashes that were read."""

    hashes: list[bytes]
    kept: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    read: int = 0

    def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        found = self.hashes[max(0, start - FIRST) : max(0, end - FIRST)]
        self.read += len(found)
        return found

    def subtrees(self, origin: str, level: int, start: int, end: int) -> list[bytes]:
        numbers = [number for number in range(start, end) if (origin, level, number) in self.kept]
        self.read += len(numbers)
        return [self.kept[origin, level, number] for number in numbers]

    def keep(self, *subtrees: Subtree) -> None:
        self.kept |= {(one.origin, one.level, one.number): one.hash for one in subtrees}


@functools.cache
def _leaves(count: int = MOST) -> list[bytes]:
    return [b"leaf %d" % number for number in range(count)]


@functools.cache
def _hashes() -> list[bytes]:
    return [leaf_hash(leaf) for leaf in _leaves()]


@functools.cache
def _reference(start: int, end: int) -> bytes:
    return reference_tree.root(_leaves()[start:end])


@functools.cache
def _grown_once(size: int) -> Growing:
    growing = Growing(origin=ORIGIN, frontier=Frontier(), partial=[])
    growing.extend(_hashes()[:size])
    return growing


def _grown(size: int) -> Growing:
    return copy.deepcopy(_grown_once(size))


def _store(size: int, *, keeping: bool = True) -> FewReads:
    store = FewReads(_hashes()[:size])
    if keeping:
        store.keep(*_grown(size).completed())
    return store


def _tree(store: FewReads) -> StoredTree:
    return StoredTree(store=cast("LeafReader", store), origin=ORIGIN, first_seq=FIRST)


@pytest.mark.parametrize("size", AROUND)
def test_a_growing_tree_has_the_root_of_the_rfc(size: int) -> None:
    growing = _grown(size)
    assert (growing.size, growing.root()) == (size, _reference(0, size) if size else EMPTY_ROOT)


@pytest.mark.parametrize("size", AROUND)
def test_each_complete_subtree_is_told_once_in_its_order(size: int) -> None:
    completed = _grown(size).completed()
    assert [(one.origin, one.level, one.number) for one in completed] == [
        (ORIGIN, 1, number) for number in range(size // SUBTREE_LEAVES)
    ]
    for one in completed:
        assert one.hash == _reference(one.number * 256, (one.number + 1) * 256)


def test_the_second_level_is_completed_with_its_last_leaf() -> None:
    growing = _grown(65535)
    assert len(growing.completed()) == 255
    growing.kept(growing.size)
    growing.extend(_hashes()[65535:65536])
    assert growing.completed() == (
        Subtree(ORIGIN, 1, 255, _reference(65280, 65536)),
        Subtree(ORIGIN, 2, 0, _reference(0, 65536)),
    )
    growing.kept(growing.size)
    assert growing.completed() == ()
    growing.extend(_hashes()[65536:])
    assert (growing.completed(), growing.root()) == ((), _reference(0, 65537))


@pytest.mark.parametrize("keeping", [True, False])
@pytest.mark.parametrize("size", [*AROUND, 65535, 65536, 65537])
def test_a_stored_tree_has_the_same_root_with_its_subtrees_and_without(size: int, *, keeping: bool) -> None:
    assert _tree(_store(size, keeping=keeping)).root(size) == (_reference(0, size) if size else EMPTY_ROOT)


@pytest.mark.parametrize("size", [1, 257, 513, 65535, 65536, 65537])
def test_the_root_of_a_kept_tree_takes_a_few_hundred_hashes(size: int) -> None:
    store = _store(size)
    _tree(store).root(size)
    assert store.read <= 256 + 256 + 1


@pytest.mark.parametrize(("start", "end"), [(0, 256), (256, 512), (256, 513), (255, 257), (512, 1000), (3, 4)])
def test_any_stretch_of_leaves_has_the_root_of_a_tree_of_its_own(start: int, end: int) -> None:
    for keeping in (True, False):
        assert _tree(_store(1000, keeping=keeping)).subtree(start, end) == _reference(start, end)


def test_of_one_missing_subtree_the_leaves_are_read_instead() -> None:
    store = _store(1000)
    del store.kept[ORIGIN, 1, 1]
    assert _tree(store).root(1000) == _reference(0, 1000)
    store.kept.clear()
    store.keep(*(one for one in _grown(1000).completed() if one.number == 2))
    assert _tree(store).root(1000) == _reference(0, 1000)


def test_the_subtrees_of_another_shard_are_not_taken() -> None:
    store = _store(512, keeping=False)
    store.keep(Subtree("greenlit/audit/2026-12", 1, 0, bytes(32)), Subtree("greenlit/audit/2026-12", 1, 1, bytes(32)))
    assert _tree(store).root(512) == _reference(0, 512)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (255, 256), (256, 257), (0, 513), (511, 512), (700, 1000)])
def test_its_inclusion_proofs_hold(index: int, size: int) -> None:
    proof = _tree(_store(1000)).inclusion(index, size)
    assert proof == reference_tree.inclusion(index, _leaves()[:size])
    verify_inclusion(index=index, size=size, leaf=_hashes()[index], root=_reference(0, size), proof=proof)


@pytest.mark.parametrize(("old", "size"), [(1, 256), (255, 257), (256, 512), (257, 513), (512, 1000), (1000, 1000)])
def test_its_consistency_proofs_hold(old: int, size: int) -> None:
    proof = _tree(_store(1000)).consistency(old, size)
    assert proof == reference_tree.consistency(old, _leaves()[:size])
    roots = {"old_root": _reference(0, old), "root": _reference(0, size)}
    verify_consistency(old_size=old, size=size, proof=proof, **roots)


@pytest.mark.parametrize(("old", "size"), [(65535, 65536), (65536, 65537), (512, 65537), (65280, 65537)])
def test_proofs_of_a_large_tree_take_a_few_thousand_hashes_at_most(old: int, size: int) -> None:
    store = _store(size)
    proof = _tree(store).consistency(old, size)
    roots = {"old_root": _reference(0, old), "root": _reference(0, size)}
    verify_consistency(old_size=old, size=size, proof=proof, **roots)
    path = _tree(store).inclusion(old - 1, size)
    verify_inclusion(index=old - 1, size=size, leaf=_hashes()[old - 1], root=roots["root"], proof=path)
    assert store.read < 2_000


@pytest.mark.parametrize("size", [*AROUND, 65535, 65536, 65537])
@pytest.mark.parametrize("keeping", [True, False])
def test_a_tree_that_was_taken_up_goes_on_as_if_it_had_never_stopped(size: int, *, keeping: bool) -> None:
    store = _store(size, keeping=keeping)
    taken_up = Growing.at(_tree(store), origin=ORIGIN, size=size)
    whole = _grown(size)
    whole.kept(whole.size)
    more = list(itertools.islice(itertools.cycle(_hashes()), size, size + 300))
    for growing in (taken_up, whole):
        growing.extend(more)
    assert (taken_up.size, taken_up.root()) == (whole.size, whole.root())
    assert taken_up.completed() == whole.completed()
    if keeping:
        assert store.read < 2_000


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=6), keeping=st.booleans())
def test_a_tree_taken_up_again_and_again_keeps_the_same_subtrees(sizes: list[int], *, keeping: bool) -> None:
    """Each step is a process that goes on where the one before published its last checkpoint."""
    store, size = FewReads(_hashes()), 0
    for step in sizes:
        growing = Growing.at(_tree(store), origin=ORIGIN, size=size)
        growing.extend(_hashes()[size : size + step])
        size += step
        if keeping:
            store.keep(*growing.completed())
        assert growing.root() == _grown(size).root()
    if keeping:
        assert store.kept == _store(size).kept


def test_leaves_that_are_missing_are_told() -> None:
    tree = _tree(_store(10))
    with pytest.raises(AuditUnavailableError, match="expected 4 records from 15 on, got 2: run greenlit audit verify"):
        tree.leaf_hashes(8, 12)
    with pytest.raises(AuditUnavailableError, match="expected 11 records from 7 on, got 10"):
        tree.root(11)

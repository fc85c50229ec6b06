"""The Merkle tree of one shard, from what a store keeps: leaf hashes, and the roots of complete subtrees.

`StoredTree` gives the root of any stretch of leaves with a few hundred hashes read, so proofs are quick at a million
leaves; where a subtree was not kept yet it is made from the leaves. `Growing` extends a tree and says which subtrees
were completed on the way, so that they can be kept.
"""

from collections.abc import Iterable

from service.audit.errors import AuditDamagedError
from service.audit.formats import tree
from service.audit.formats.tree import Frontier
from service.audit.storage.store import SUBTREE_LEAVES, LeafReader, Subtree


class StoredTree:
    """The tree of one shard; an index in it is a sequence number less `first_seq`."""

    def __init__(self, *, store: LeafReader, origin: str, first_seq: int) -> None:
        """Read from a store; nothing is read before the first call."""
        self._store = store
        self._origin = origin
        self._first_seq = first_seq

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves, which must be there."""
        return self.subtree(0, size) if size else tree.EMPTY_ROOT

    def frontier(self, size: int) -> Frontier:
        """Return the frontier of the first `size` leaves."""
        return Frontier(size, [self.subtree(start, end) for start, end in tree.peak_ranges(size)])

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that a leaf is in the tree of the first `size` leaves."""
        return tree.inclusion_proof(index, size, self.subtree)

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        """Return the proof that the tree of `old_size` leaves is the beginning of that of `size`."""
        return tree.consistency_proof(old_size, size, self.subtree)

    def subtree(self, start: int, end: int) -> bytes:
        """Return the root of the leaves `[start, end)`, as if they were a tree of their own."""
        level, width = _level_within(start, end)
        if level > 0:
            kept = self._store.subtrees(self._origin, level, start // width, end // width)
            if len(kept) == (end - start) // width:
                return tree.root_of(kept)
        count = end - start
        if count <= SUBTREE_LEAVES:
            return tree.root_of(self.leaf_hashes(start, end))
        middle = start + (1 << (count - 1).bit_length() - 1)
        return tree.node_hash(self.subtree(start, middle), self.subtree(middle, end))

    def row(self, level: int, start: int, end: int) -> list[bytes]:
        """Return the roots of the complete subtrees `[start, end)` of a level; level 0 is the leaf hashes."""
        if level == 0:
            return self.leaf_hashes(start, end)
        kept = self._store.subtrees(self._origin, level, start, end)
        if len(kept) == end - start:
            return kept
        width = SUBTREE_LEAVES**level
        return [self.subtree(number * width, (number + 1) * width) for number in range(start, end)]

    def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes `[start, end)` of the shard.

        Raises:
            AuditDamagedError: the store does not hold all of them.
        """
        hashes = self._store.leaf_hashes(self._first_seq + start, self._first_seq + end)
        if len(hashes) != end - start:
            raise AuditDamagedError(
                f"expected {end - start} records from {self._first_seq + start} on, got {len(hashes)}: "
                "run greenlit audit verify, and put the store back as it was"
            )
        return hashes


class Growing:
    """A tree that grows by leaf hashes; `completed` takes the subtrees that were completed meanwhile."""

    def __init__(self, *, origin: str, frontier: Frontier, partial: list[list[bytes]]) -> None:
        """Take up a tree where it was left.

        Args:
            origin: the shard.
            frontier: the tree so far.
            partial: for each level from 0 on, the hashes since the last complete subtree of the level above.
        """
        self._origin = origin
        self._frontier = frontier
        self._partial = partial
        self._completed: list[Subtree] = []

    @classmethod
    def at(cls, stored: StoredTree, *, origin: str, size: int) -> "Growing":
        """Take up a stored tree at a size."""
        partial = []
        level, width = 0, 1
        while width <= size:
            begin = size // (width * SUBTREE_LEAVES) * SUBTREE_LEAVES
            partial.append(stored.row(level, begin, size // width))
            level, width = level + 1, width * SUBTREE_LEAVES
        return cls(origin=origin, frontier=stored.frontier(size), partial=partial)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._frontier.size

    def root(self) -> bytes:
        """Return the root of all leaves so far."""
        return self._frontier.root()

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaf hashes."""
        for leaf in hashes:
            self._frontier.append(leaf)
            self._complete(leaf)

    def completed(self) -> tuple[Subtree, ...]:
        """Return the subtrees that were completed and not yet marked as kept."""
        return tuple(self._completed)

    def kept(self, size: int) -> None:
        """Forget the subtrees that were completed within the first `size` leaves: they are in the store."""
        self._completed = [sub for sub in self._completed if (sub.number + 1) * SUBTREE_LEAVES**sub.level > size]

    def _complete(self, leaf: bytes) -> None:
        level, root, width = 0, leaf, 1
        while True:
            if level == len(self._partial):
                self._partial.append([])
            self._partial[level].append(root)
            if len(self._partial[level]) < SUBTREE_LEAVES:
                return
            root = tree.root_of(self._partial[level])
            self._partial[level] = []
            level, width = level + 1, width * SUBTREE_LEAVES
            number = self._frontier.size // width - 1
            self._completed.append(Subtree(self._origin, level, number, root))


def _level_within(start: int, end: int) -> tuple[int, int]:
    """Return the highest level whose subtrees make up `[start, end)` exactly, and its width in leaves."""
    level, width = 0, 1
    while (
        start % (width * SUBTREE_LEAVES) == 0
        and end % (width * SUBTREE_LEAVES) == 0
        and end - start >= width * SUBTREE_LEAVES
    ):
        level, width = level + 1, width * SUBTREE_LEAVES
    return level, width

"""The Merkle tree of RFC 6962, section 2.1: one hash that every leaf of a log counts in, and short proofs about it.

What is appended goes into a `Frontier`, which keeps only the roots of the complete subtrees, at most one for each
binary digit of the size. A proof is made from the roots of subtrees that the caller can give, and is checked as in
RFC 9162 (sections 2.1.3.2 and 2.1.4.2), to the exact length. Keeps nothing, reads nothing, and does not know what a
leaf says. All hashes are 32 bytes of SHA-256.
"""

import hashlib
from collections.abc import Callable, Sequence

from service.audit.errors import ProofError

EMPTY_ROOT = hashlib.sha256().digest()
HASH_BYTES = 32

Subtree = Callable[[int, int], bytes]
"""Gives the root of the leaves [start, end), with start < end, as if they were a tree of their own."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right); the first byte keeps a node from being passed off as a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows, known by its peaks: the roots of its `peak_ranges`, largest first."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Take up a tree where it was left.

        Raises:
            ValueError: the peaks are not as many as the size has binary ones.
        """
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(f"expected a peak for each binary one of the size {size}, got {len(peaks)}")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        carry = self._size
        while carry & 1:  # as in adding one: each trailing binary one is a peak as large as what came after it
            leaf = node_hash(self._peaks.pop(), leaf)
            carry >>= 1
        self._peaks.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """Return the root of all leaves so far; `EMPTY_ROOT` if there are none."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree with these leaf hashes."""
    frontier = Frontier()
    for leaf in hashes:
        frontier.append(leaf)
    return frontier.root()


def peak_ranges(size: int) -> list[tuple[int, int]]:
    """Return the leaves [start, end) below each peak, largest first: (0, 8), (8, 10), (10, 11) for eleven leaves."""
    ranges = []
    start = 0
    while start < size:
        width = _power_up_to(size - start)
        ranges.append((start, start + width))
        start += width
    return ranges


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the path from a leaf to the root, lowest hash first (RFC 6962, section 2.1.1).

    Raises:
        ValueError: there is no such leaf in a tree of this size.
    """
    if not 0 <= index < size:
        raise ValueError(f"expected an index from 0 to below the size {size}, got {index}")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _power_below(end - start)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(old_size: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return what shows that the first leaves of a tree are those of an older one (RFC 6962, section 2.1.2).

    Raises:
        ValueError: the old tree is empty, of which nothing can be shown, or larger than the new one.
    """
    if not 0 < old_size <= size:
        raise ValueError(f"expected an old size from 1 to the size {size}, got {old_size}")
    proof = []
    start, end = 0, size
    while end != old_size:
        middle = start + _power_below(end - start)
        if old_size <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    if start:  # else what is left is the whole old tree, whose root the verifier has
        proof.append(subtree(start, end))
    return proof[::-1]


def verify_inclusion(*, index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a leaf hash stands at an index of the tree with this root (RFC 9162, section 2.1.3.2).

    The index is shown by the proof. The size is not: a proof fits each size whose tree has the same form on the way to
    this leaf, so take size and root from one checkpoint.

    Raises:
        ProofError: it does not, or the proof does not show it; the message says what does not fit.
    """
    if not 0 <= index < size:
        raise ProofError(f"expected an index from 0 to below the tree's size {size}, got {index}")
    _, reached = _climb(index, size - 1, leaf, proof)
    _check_root(f"the proof of leaf {index} to lead to the root", root, reached)


def verify_consistency(*, old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree with this root begins with the leaves of the old one (RFC 9162, section 2.1.4.2).

    Take each size and its root from one checkpoint, as for `verify_inclusion`.

    Raises:
        ProofError: it does not, or the proof does not show it; the message says what does not fit. An old tree without
            leaves is refused: everything begins with it, so a proof would show nothing.
    """
    if not 0 < old_size <= size:
        raise ProofError(f"expected an old size from 1 to the new tree's size {size}, got {old_size}")
    if old_size == size:
        if proof:
            raise ProofError(f"expected no hashes between two trees of the same size {size}, got {len(proof)}")
        _check_root(f"one root for the size {size}, the old", old_root, root)
        return
    if not proof:
        raise ProofError(f"expected a proof from size {old_size} to size {size}, got no hashes")
    # The proof begins with the old tree's last peak, which is left out where it is the old root itself.
    first, *rest = [old_root, *proof] if old_size.bit_count() == 1 else proof
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_reached, reached = _climb(node, last, first, rest)
    _check_root(f"the proof to lead to the root of the old size {old_size},", old_root, old_reached)
    _check_root(f"the proof to lead to the root of the new size {size},", root, reached)


def _climb(node: int, last: int, start: bytes, siblings: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Hash the way up from a node to the root: once with what stands left of it alone, once with all siblings.

    Args:
        node: the node's number in its row, from the left.
        last: the number of the last node in that row.
        start: the node's hash.
        siblings: one hash for each step, lowest first.
    """
    _check_widths(start, *siblings)
    left_only = whole = start
    for sibling in siblings:
        if not last:
            raise ProofError(f"expected fewer hashes on the way to the root, got {len(siblings)}")
        if node & 1 or node == last:
            left_only, whole = node_hash(sibling, left_only), node_hash(sibling, whole)
            while node and not node & 1:  # the last node of an odd row goes up unpaired
                node, last = node >> 1, last >> 1
        else:
            whole = node_hash(whole, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError(f"expected more hashes on the way to the root, got {len(siblings)}")
    return left_only, whole


def _check_widths(*hashes: bytes) -> None:
    """Without a fixed width, one string of bytes could be cut into two nodes in several ways."""
    for item in hashes:
        if len(item) != HASH_BYTES:
            raise ProofError(f"expected every hash to be {HASH_BYTES} bytes, got {len(item)}")


def _check_root(what: str, expected: bytes, reached: bytes) -> None:
    if reached != expected:
        raise ProofError(f"expected {what} {expected.hex()}, got {reached.hex()}")


def _power_up_to(number: int) -> int:
    """Return the largest power of two that is not above a number."""
    return 1 << (number.bit_length() - 1)


def _power_below(number: int) -> int:
    """Return the largest power of two below a number (RFC 6962 calls it k)."""
    return _power_up_to(number - 1)

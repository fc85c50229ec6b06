"""Moves a log from its file into a database, whole: every leaf, text, checkpoint, subtree and scope, byte for byte.

With nobody else at either: (1) the database is expected to be empty, or to hold half of this very log, (2) what is
missing there is added page by page; what is there already is held against the file, and a text that was erased since
goes there too, (3) all of it is read from both and compared, and so are the roots of all shards, (4) the log in the
database is verified, with keys and checkpoints, (5) the file is put out of use under another name, (6) only then does
the database count as a log.

Cut off at any point, it goes on when it is run again. Nothing is recorded: the log stays the one it was. Receipts,
proofs, keys and what the signer remembers stay what they are, and where they are.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexes.durable import sync_folder
from service.audit.checking.at_hand import at_hand
from service.audit.checking.verify_store import verify_store
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditUnavailableError
from service.audit.opening import MOVED_FILE
from service.audit.shards import key_name, shards_of
from service.audit.storage.leaf_reads import LeafReads
from service.audit.storage.postgres_moving import HalfMoved
from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore
from service.audit.storage.store import KeptScope, StoredLeaf, StoredPayload, Subtree
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock

_PAGE = 512  # leaves a transaction
_CHECKPOINT_PAGE = 1000

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """A log that was moved: how many leaves, texts and checkpoints it has, and what is left of the file."""

    leaves: int
    texts: int
    checkpoints: int
    left: Path


def move_log(folder: Path, *, keys: Path, name: str, database: str, tell: Tell = lambda *_: None) -> Moved:
    """Move the log of a folder into a database; see the module.

    Args:
        folder: where the file of the log is.
        keys: where its keys are; they stay there.
        name: the name of the log.
        database: the address of the database.
        tell: is told how many leaves are there, and of how many.

    Raises:
        AuditBusyError: another process has the log open, or writes into the database.
        AuditUnavailableError: there is no log, the database holds another, either cannot be used, or what came of it is
            not the log that it was.
    """
    with contextlib.ExitStack() as stack:
        half = stack.enter_context(contextlib.closing(HalfMoved.take_half(database)))
        source = stack.enter_context(contextlib.closing(_opened(folder, half)))
        first = source.leaf(0)
        if first is None:
            raise AuditUnavailableError(f"the log in {folder} holds no record: there is nothing to move")
        half.begin(first.leaf_hash)
        _carry(source, half, tell)
        moved = Moved(half.size(), _compared(source, half), half.checkpoint_count(), folder / MOVED_FILE)
        _expect_verified(half, keys=keys, name=name)
        source.close()
        _rename(folder, STORE_FILE, MOVED_FILE)  # so that nobody goes on with it: one log must not become two
        half.finish()
    return moved


def is_moved(folder: Path, *, database: str) -> bool:
    """Tell whether the log of a folder is in a database already, whole.

    Raises:
        AuditBusyError: another process writes into the database.
        AuditUnavailableError: the database cannot be used.
    """
    if (folder / STORE_FILE).exists():
        return False
    with contextlib.closing(HalfMoved.take_half(database)) as half:
        return bool(half.size()) and not half.is_half()


def _opened(folder: Path, half: HalfMoved) -> SqliteLeafStore:
    if half.is_half() and (folder / MOVED_FILE).exists() and not (folder / STORE_FILE).exists():
        _rename(folder, MOVED_FILE, STORE_FILE)  # a move was cut off right before its end
    if not (folder / STORE_FILE).exists():
        raise AuditUnavailableError(f"expected a log in {folder} to be moved, found none")
    return SqliteLeafStore.open(folder)


def _carry(source: LeafReads, half: HalfMoved, tell: Tell) -> None:
    size = source.size()
    if half.size() > size:
        raise AuditUnavailableError(
            f"{half.shown} holds {half.size()} records and the file {size}: expected it to hold no more than the file; "
            "put the file back as it was, or empty the database"
        )
    for start in range(0, size, _PAGE):
        _carry_page(source, half, start, min(start + _PAGE, size))
        tell(min(start + _PAGE, size), size)
    _carry_checkpoints(source, half)
    there, scopes = {_place(tree) for tree in half.all_subtrees()}, set(half.scope_hashes())
    half.take_rest(
        [tree for tree in source.all_subtrees() if _place(tree) not in there],
        [KeptScope(name, source.scope(name) or b"") for name in source.scope_hashes() if name not in scopes],
    )


def _place(tree: Subtree) -> tuple[str, int, int]:
    return tree.origin, tree.level, tree.number


def _carry_page(source: LeafReads, half: HalfMoved, start: int, end: int) -> None:
    leaves, there = list(source.stream_leaves(start, end)), list(half.stream_leaves(start, end))
    _expect_same(half, leaves[: len(there)], there)
    texts, texts_there = _texts(source, start, end), _texts(half, start, end)
    both = texts.keys() & texts_there.keys()
    _expect_same(half, [texts[key] for key in both], [texts_there[key] for key in both])
    missing = [text for key, text in texts.items() if key not in both]
    erased = [text for key, text in texts_there.items() if key not in both]
    if leaves[len(there) :] or missing or erased:
        half.take_page(leaves[len(there) :], missing, erased)


def _texts(store: LeafReads, start: int, end: int) -> dict[tuple[int, str], StoredPayload]:
    return {(text.seq, text.payload.field): text for text in store.stream_payloads(start, end)}


def _carry_checkpoints(source: LeafReads, half: HalfMoved) -> None:
    count, there = source.checkpoint_count(), half.checkpoint_count()
    for before, after in zip(source.stream_checkpoints(0, there), half.stream_checkpoints(0, there), strict=True):
        _expect_same(half, [before], [after])
    for start in range(there, count, _CHECKPOINT_PAGE):
        half.take_checkpoints(list(source.stream_checkpoints(start, min(start + _CHECKPOINT_PAGE, count))))


def _compared(source: LeafReads, half: HalfMoved) -> int:
    """Return how many texts there are, once both were found to hold the same, row by row and root by root."""
    size, texts = source.size(), 0
    for start in range(0, size, _PAGE):
        end = min(start + _PAGE, size)
        _expect_same(half, list(source.stream_leaves(start, end)), list(half.stream_leaves(start, end)))
        of_page = list(source.stream_payloads(start, end))
        _expect_same(half, of_page, list(half.stream_payloads(start, end)))
        texts += len(of_page)
    count = source.checkpoint_count()
    _expect_same(half, list(source.stream_checkpoints(0, count)), list(half.stream_checkpoints(0, count + 1)))
    _expect_same(half, source.all_subtrees(), half.all_subtrees())
    _expect_same(half, list(_scopes(source)), list(_scopes(half)))
    _expect_same(half, list(_roots(source, size)), list(_roots(half, half.size())))
    return texts


def _scopes(store: LeafReads) -> Iterator[tuple[str, bytes | None]]:
    return ((name, store.scope(name)) for name in store.scope_hashes())


def _roots(store: LeafReads, size: int) -> Iterator[tuple[str, bytes]]:
    shards = shards_of(store)
    ends = [*(shard.first_seq for shard in shards[1:]), size]
    for shard, end in zip(shards, ends, strict=True):
        tree = StoredTree(store=store, origin=shard.origin, first_seq=shard.first_seq)
        yield shard.origin, tree.root(end - shard.first_seq)


def _expect_same(half: HalfMoved, expected: Sequence[object], found: Sequence[object]) -> None:
    for before, after in itertools.zip_longest(expected, found):
        if before != after:
            raise AuditUnavailableError(
                f"{half.shown} holds something else than the file of the log ({_named(before or after)}): it was "
                "changed, or is of another log; empty the database, and move the log again"
            )


def _named(what: object) -> str:
    if isinstance(what, StoredLeaf):
        return f"record {what.seq}"
    if isinstance(what, StoredPayload):
        return f"a text of record {what.seq}"
    return "a checkpoint, a subtree, a scope or a root"


def _expect_verified(half: HalfMoved, *, keys: Path, name: str) -> None:
    here = at_hand(keys, name=key_name(name), given=(), has_checkpoints=half.checkpoint_count() > 0)
    verdict = verify_store(
        half, keys=here.keys, keyring=here.keyring, signed=here.signed, witness=None, unchecked=here.unchecked
    )
    if verdict.problems:
        raise AuditUnavailableError(
            f"the log is not as it was signed ({verdict.problems[0].detail}): run greenlit audit verify over "
            "the file, mend that, and move it again"
        )


def _rename(folder: Path, before: str, after: str) -> None:
    lock = WriterLock(path=folder / LOCK_FILE)
    lock.take()
    try:
        (folder / before).rename(folder / after)
        sync_folder(folder)
    finally:
        lock.release()

"""Checks a whole store: that it holds what it was given, all of it, in order, and nothing else.

It goes once through the log as it is at the start; the log may be written on meanwhile, and what is newer is left for
next time. (1) The store itself must be whole, as far as its database can tell. (2) Month by month the leaves stream
through a `StoreCheck`, with checkpoints, texts, subtrees and what a witness kept. When all have passed, (3) texts that
were erased meanwhile are excused, and what each key did not open is told, (4) the pairs behind each filter hash must be
those that were hashed, (5) there must be no subtree of leaves that there are not, and (6) what the signer remembers
must be here, and under a kept checkpoint.

Each problem names the first record that can be wrong, and the promise that is broken: one of those in `verifier`
(*file* is (1)), or *scope* (4) or *memory* (6). What cannot be checked, because a key is missing, is no problem, but
then the log is not in order either. Takes no lock, changes nothing, holds a page at a time.
"""

import contextlib
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from indexes.counting import counted
from service.audit.checking.store_check import Snapshot, StoreCheck, Witnessed
from service.audit.checking.verifier import DAMAGE, Problem
from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditError, AuditUnavailableError
from service.audit.events import ERASED_TYPE, KEY_REVOKED_TYPE
from service.audit.keys.keyring import Keyring
from service.audit.reading.erased import ErasedRecords
from service.audit.reading.summaries import value_of
from service.audit.shards import OPENED_TYPE, Shard
from service.audit.storage.store import SUBTREE_LEAVES, LeafReader

_ANY = 2**63 - 1  # beyond every number of a subtree
_LEVELS = range(1, 8)  # 256 to the power of 8 is more than there are sequence numbers


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check.

    How much was looked at, what is wrong (the first record first), what to know, and what could not be checked.
    """

    counts: Mapping[str, int]
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all was checked, and nothing is wrong."""
        return self.counts["wrong"] == 0 and not self.unchecked

    def as_json(self) -> dict[str, Any]:
        """Return it for showing."""
        return {
            "ok": self.ok,
            "counts": dict(self.counts),
            "problems": [asdict(problem) for problem in self.problems],
            "unchecked": list(self.unchecked),
            "remarks": list(self.remarks),
        }


def verify_store(
    store: LeafReader,
    *,
    keys: Sequence[str],
    keyring: Keyring | None,
    signed: Signed | None,
    witness: Witnessed | None = None,
    unchecked: Sequence[str] = (),
) -> Verdict:
    """Check a store.

    Args:
        store: only read; another process may write it meanwhile.
        keys: verifier keys of the log, from somebody who is believed.
        keyring: opens the texts; `None` leaves them unchecked, and the verdict says so.
        signed: what the signer remembers, read before this is called; `None` if that is not at hand.
        witness: what a witness kept of this log.
        unchecked: what the caller knows that it cannot be checked.

    Raises:
        AuditUnavailableError: the store cannot be read at all.
    """
    checkpoints = store.checkpoint_count()  # before the leaves, so that those of each checkpoint are counted too
    size = store.size()
    damage = store.damage()
    shards = _shards(store, size)
    snapshot = Snapshot(size=size, checkpoints=checkpoints, shards=tuple(shards))
    check = StoreCheck(store=store, snapshot=snapshot, keys=keys, keyring=keyring, witness=witness)
    check.expect(damage is None, None, "file", str(damage))
    told = _Told()
    try:
        _go_through(check, store, snapshot, keys, signed, told)
    except AuditUnavailableError as error:
        check.expect(False, check.seq, "file", f"and what follows it cannot be read: {error}")
    remarks = [*told.remarks]
    if not unchecked:  # else it is said already
        remarks += ["the texts were not checked: their keys were not given"] if keyring is None else []
        remarks += ["the signer's memory was not given"] if signed is None else []
    remarks += ["no witness: whoever holds the signing key could have written another history"] if not witness else []
    problems = tuple(sorted(check.problems, key=_certain_at))
    return Verdict(_counts(check, size), problems, tuple(remarks), (*unchecked, *told.unchecked))


@dataclass(slots=True)
class _Told:
    """What is told of a log that is not wrong."""

    remarks: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def _go_through(
    check: StoreCheck,
    store: LeafReader,
    snapshot: Snapshot,
    keys: Sequence[str],
    signed: Signed | None,
    told: _Told,
) -> None:
    size, shards = snapshot.size, snapshot.shards
    for shard, end in zip(shards, [*(shard.first_seq for shard in shards[1:]), size], strict=False):
        check.month(shard, end)
    _check_named(check, keys)
    _check_erased(check, store, size)
    _check_keys(check, store, size, told)
    missing_scopes = _check_scopes(check, store)
    _check_surplus(check, store, shards)
    if signed is not None:
        _check_memory(check, store, snapshot, signed)
    told.remarks += _remarks(check, size, missing_scopes)


def _check_named(check: StoreCheck, keys: Sequence[str]) -> None:
    """Say it first where no key that is believed is one that the log names: then no checkpoint can fit."""
    if check.named_keys and not check.named_keys.keys() & set(keys):
        named, seq = next(iter(check.named_keys.items()))
        what = f"names {named} as the log's key, and what is believed is {' '.join(keys) or 'none'}: another log's, or"
        check.expect(False, seq, "checkpoint", f"{what} it was replaced; all of its checkpoints are wrong by that")


def _check_keys(check: StoreCheck, store: LeafReader, size: int, told: _Told) -> None:
    """Tell what the keys came to, also by what was recorded meanwhile: retention may just have destroyed one."""
    if check.sealing is None:
        return
    with contextlib.suppress(AuditError, *DAMAGE):  # a record that cannot be read says nothing of a key
        for leaf in store.of_type(KEY_REVOKED_TYPE, after=size - 1):
            check.sealing.read(leaf.seq, value_of(leaf), just_now=True)
    for found in check.sealing.findings():
        if found.kind == "wrong":
            check.expect(False, found.seq, "payload", found.words, found.last)
            check.wrong += found.count - 1
        else:
            (told.remarks if found.kind == "remark" else told.unchecked).append(found.words)


def _certain_at(problem: Problem) -> tuple[bool, int, int]:
    """Order problems by the record up to which one is certainly wrong: one record tells more than a range around it."""
    if problem.seq is None:
        return True, 0, 0
    return False, problem.seq if problem.last is None else problem.last, -problem.seq


def _shards(store: LeafReader, size: int) -> list[Shard]:
    starts = {seq for seq in store.seqs_of_type(OPENED_TYPE) if 0 <= seq < size} | ({0} if size else set())
    return [Shard(_origin(store, seq), seq) for seq in sorted(starts)]


def _origin(store: LeafReader, first_seq: int) -> str:
    """Return the origin that most of the first three leaves of a shard name: one of them may have been altered."""
    found: Counter[str] = Counter()
    for leaf in store.stream_leaves(first_seq, first_seq + 3):
        with contextlib.suppress(*DAMAGE):
            found[str(json.loads(leaf.leaf.decode())["origin"])] += 1
    return found.most_common(1)[0][0] if found else ""


def _check_erased(check: StoreCheck, store: LeafReader, size: int) -> None:
    """End the check of texts: by now, some may be gone by records that are newer than the leaves that were checked."""
    erased = ErasedRecords(store=store)
    with contextlib.suppress(AuditError, *DAMAGE):  # a record of an erasure that cannot be read excuses nothing
        for leaf in store.of_type(ERASED_TYPE, after=size - 1):
            check.excuse(value_of(leaf)["ranges"])
        erased.look()
    check.finish(whole=True)
    for seq in check.unnamed:
        check.expect(seq in erased, seq, "payload", "lacks who asked, and no payload.erased covers it")


def _check_scopes(check: StoreCheck, store: LeafReader) -> int:
    """Return how many filter hashes there are of which no pairs are kept."""
    kept = store.scope_hashes()
    for filter_hash in kept:
        same = False
        with contextlib.suppress(*DAMAGE):  # pairs may have become a text or a number
            same = hashlib.sha256(store.scope(filter_hash) or b"").hexdigest() == filter_hash
        check.expect(
            same, check.filters.get(filter_hash), "scope", f"the pairs kept of {filter_hash[:64]!a} are others"
        )
    return len(check.filters.keys() - set(kept))


def _check_surplus(check: StoreCheck, store: LeafReader, shards: Sequence[Shard]) -> None:
    """Look for subtrees of leaves that there are not, which would keep the log from keeping the true ones."""
    ends: list[int | None] = [*(shard.first_seq for shard in shards[1:]), None]
    for (shard, end), level in itertools.product(zip(shards, ends, strict=False), _LEVELS):
        begin = _surplus(store, shard, end, level)
        check.expect(begin is None, begin, "tree", f"has a kept subtree of level {level}, but not all of its records")


def _surplus(store: LeafReader, shard: Shard, end: int | None, level: int) -> int | None:
    """Return where such a subtree could begin at the earliest; `None` if there is none. `end` is that of the shard."""
    width: int = SUBTREE_LEAVES**level
    while True:
        whole = ((store.size() if end is None else end) - shard.first_seq) // width
        if not store.subtrees(shard.origin, level, whole, _ANY):
            return None
        if end is not None or whole == (store.size() - shard.first_seq) // width:  # else leaves came in between
            return shard.first_seq + whole * width


def _check_memory(check: StoreCheck, store: LeafReader, snapshot: Snapshot, signed: Signed) -> None:
    end = signed.first_seq + signed.size
    if end > snapshot.size:
        check.expect(False, snapshot.size, "memory", f"to {end - 1} are missing: the signer signed them", end - 1)
        return
    root = b""
    if Shard(signed.origin, signed.first_seq) in snapshot.shards:
        with contextlib.suppress(AuditError, *DAMAGE):  # then something is missing, which was found before
            root = StoredTree(store=store, origin=signed.origin, first_seq=signed.first_seq).root(signed.size)
    # Where something else was found wrong among these records, it tells more closely what became of them.
    known = any(problem.seq is not None and signed.first_seq <= problem.seq < end for problem in check.problems)
    what = f"to {end - 1} are not those that the signer remembers"
    check.expect(known or root == signed.root, signed.first_seq, "memory", what, end - 1)
    newer = store.stream_checkpoints(snapshot.checkpoints, store.checkpoint_count())
    sizes = [row.size for _, row in newer if row.origin == signed.origin]
    largest = max([check.signed_sizes[signed.origin], *sizes])
    # A service that stops between signing and keeping leaves the log like this until it is started again.
    what = f"to {end - 1} were signed, but that checkpoint is not kept: if the service was stopped, start it once"
    check.expect(largest >= signed.size, signed.first_seq + largest, "checkpoint", what, end - 1)


def _remarks(check: StoreCheck, size: int, missing_scopes: int) -> Iterator[str]:
    yield from check.remarks
    if not size:
        yield "nothing is recorded yet"
    if size > check.covered:
        yield f"the records from {check.covered} on are under no checkpoint yet"
    if check.questions:
        first = min(check.questions.values())
        have = counted(len(check.questions), "question has", "questions have")
        yield f"{have} no result yet, the first is record {first}"
    if missing_scopes:
        of = counted(missing_scopes, "filter hash", "filter hashes")
        yield f"of {of} no pairs are kept: what could be found then cannot be listed any more"


def _counts(check: StoreCheck, size: int) -> dict[str, int]:
    return {
        "wrong": check.wrong,
        "leaves": size,
        "shards": check.shards,
        "checkpoints": check.fitting["checkpoint"],
        "witnessed": check.fitting["witness"],
        "texts": check.texts,
        "erased": check.erased,
    }

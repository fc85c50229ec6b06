"""Follows a log that was put back at another process, where each has a folder of keys, and so a memory, of its own.

Whoever put it back went over to another history, and its memory says so; those of the others still name the one before.
A memory follows if (1) the history is signed by the key that is here, so that it was begun by somebody who has it, and
(2) nothing that this process knows of is lost in silence: what it remembers is in the log, or is on record as lost.
Else it is refused in words that say why.
"""

import json
from collections.abc import Sequence
from typing import Any

from service.audit.checkpoints.memory import MEND, Signed
from service.audit.checkpoints.signer import Signer
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditDamagedError, AuditKeyError, AuditUnavailableError, NoteError
from service.audit.formats import notes
from service.audit.shards import RESTORED_TYPE, Shard, named_history, shards_of
from service.audit.storage.store import LeafReader, StoredCheckpoint


def follow(store: LeafReader, signer: Signer, last: Signed | None) -> Signed | None:
    """Have a signer's memory follow, where that is called for and may be; return what it remembers now.

    Args:
        store: the log, of which the newest checkpoint is known to be of the leaves that are there.
        signer: whose memory it is.
        last: what that remembers, as it was before the log was read.

    Raises:
        AuditUnavailableError: the log is in another history, which cannot be followed; or it cannot be read.
        AuditKeyError: the memory cannot be written.
    """
    shards = shards_of(store)
    if last is None or not shards or shards[-1].history == last.history:
        return last
    begun, newest = _begun_after(shards, last.history), store.newest_checkpoint(shards[-1].origin)
    if begun is None or newest is None:
        return last  # nobody went on there: `publisher` says what is wrong
    _expect_signed_here(newest, shards[-1], signer)
    _expect_nothing_lost_in_silence(store, begun, last)
    now = Signed(newest.origin, shards[-1].first_seq, newest.size, bytes.fromhex(newest.root))
    signer.take_up(now)
    return now


def _begun_after(shards: Sequence[Shard], history: str) -> Shard | None:
    """Return the first shard of the history that followed on one; of the first there is if nothing of that is left."""
    before = [None, *(shard.history for shard in shards)]
    known = any(shard.history == history for shard in shards)
    for shard, previous in zip(shards, before, strict=False):
        if shard.history != history and (previous == history or not known):
            return shard
    return None


def _expect_signed_here(newest: StoredCheckpoint, shard: Shard, signer: Signer) -> None:
    went_on = f"the log was put back at another process and goes on in {named_history(shard.history)}"
    try:
        key = signer.key()
        if notes.verified(newest.note, [key]).root.hex() == newest.root:
            return
    except (NoteError, AuditKeyError) as error:
        raise AuditUnavailableError(
            f"{went_on}, and it cannot be seen with the key here that it is signed by the log's ({error}): give this "
            "process the keys of the one where it was put back"
        ) from error
    raise AuditDamagedError(f"{went_on}, whose newest checkpoint is not the one that was signed: put the store back")


def _expect_nothing_lost_in_silence(store: LeafReader, begun: Shard, last: Signed) -> None:
    if last.next_seq <= begun.first_seq:
        tree = StoredTree(store=store, origin=last.origin, first_seq=last.first_seq)
        if tree.root(last.size) == last.root:
            return
        raise AuditUnavailableError(
            f"the first {last.size} leaves of {last.origin} are not those that were signed, by the memory here: run "
            "greenlit audit verify to see which, and put the store back as it was"
        )
    lost_to = _lost_to(store, begun, last)
    if last.next_seq > lost_to:
        raise AuditUnavailableError(
            f"the log was put back at another process and goes on in {named_history(begun.history)}, which knows of "
            f"signed numbers up to {max(begun.first_seq, lost_to) - 1}; the memory here, a folder of its own, knows of "
            f"more, up to {last.next_seq - 1}: stop all processes, and put that on record here, too, with {MEND}"
        )


def _lost_to(store: LeafReader, begun: Shard, last: Signed) -> int:
    """Return below which number a history has on record that numbers were signed and are lost; 0 if none."""
    leaf = store.leaf(begun.first_seq + 1)  # after `shard.opened`, in one step with it
    said: dict[str, Any] = json.loads(leaf.leaf) if leaf and leaf.type == RESTORED_TYPE else {}
    signed: dict[str, Any] | None = said.get("signed")
    if signed is None or signed["origin"] != last.origin or signed["first_seq"] != last.first_seq:
        return 0
    if signed["size"] == last.size and signed["root"] != last.root.hex():
        return 0
    return int(signed["first_seq"]) + int(signed["size"])

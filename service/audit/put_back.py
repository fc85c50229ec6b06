"""What is found where a log was put back from a copy: where its records end, what was signed, with which key to go on.

Only for `histories`, and for a log that nobody has open. Makes a signing key where there is none, and a checkpoint of
the newest shard where none covers its end.
"""

import json
from dataclasses import dataclass
from typing import Literal

from service.audit import events
from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.signer import Signer
from service.audit.checkpoints.stored_tree import Growing, StoredTree
from service.audit.errors import AuditCopiedError, AuditKeyError, AuditUnavailableError
from service.audit.formats.notes import Checkpoint, VerifierKey
from service.audit.shards import Shard
from service.audit.storage.store import LeafReader, LeafStore, StoredCheckpoint

MemoryState = Literal["here", "copied", "missing"]
_PAGE = 10_000  # leaf hashes read at once


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs from now on, if records do not name it yet, and the ids (hex) of those that are gone."""

    unnamed: VerifierKey | None
    gone: tuple[str, ...]


def remembered(signer: Signer) -> tuple[Signed | None, MemoryState]:
    """Return what the signer remembers, and whether that is all that was signed. One that is unreadable is as none."""
    try:
        last = signer.last()
        if last is None:
            return None, "missing"
        signer.expect_itself()
    except AuditCopiedError:
        return last, "copied"
    except AuditKeyError:
        return None, "missing"
    return last, "here"


def beyond(store: LeafStore, shards: list[Shard], size: int, last: Signed | None) -> Signed | None:
    """Return what was signed beyond what the store holds; `None` if nothing that is known.

    Raises:
        AuditUnavailableError: the store holds other leaves than those that were signed: it is of another log.
    """
    if last is None or not last.size:
        return None
    ends = [*(shard.first_seq for shard in shards[1:]), size]
    here = next(((shard, end) for shard, end in zip(shards, ends, strict=False) if shard.origin == last.origin), None)
    if here is None or (here[0].first_seq == last.first_seq and last.next_seq > here[1]):
        return last
    tree = StoredTree(store=store, origin=last.origin, first_seq=last.first_seq)
    if here[0].first_seq != last.first_seq or tree.root(last.size) != last.root:
        raise AuditUnavailableError(
            f"the first {last.size} leaves of {last.origin} are not those that were signed: expected a copy of this "
            "log, got a damaged one or another log's; run greenlit audit verify, and take another copy"
        )
    return None


def signing_key(store: LeafReader, signer: Signer) -> SigningKey:
    """Return the signing key to go on with; where the log's is gone, or only one that was revoked is left, a new one.

    Raises:
        AuditUnavailableError: the store cannot be read.
        AuditKeyError: a key cannot be read or made.
    """
    created = [json.loads(leaf.leaf) for leaf in store.of_type(events.KEY_CREATED_TYPE)]
    revoked = {json.loads(leaf.leaf)["key_id"] for leaf in store.of_type(events.KEY_REVOKED_TYPE)}
    in_use = [value for value in created if value["purpose"] == "signing" and value["key_id"] not in revoked]
    if not signer.has_key() or signer.key().key_id.hex() in revoked:
        signer.go_over(signer.prepare_next(used_no_more=revoked))
    key = signer.show_key()
    others = tuple(value["key_id"] for value in in_use if value["vkey"] != key.text())
    is_known = len(others) < len(in_use)
    return SigningKey(None if is_known or not created else key, others)


def end_of(store: LeafStore, signer: Signer, shard: Shard, size: int) -> tuple[Signed, str]:
    """Return the end of the newest shard, and a checkpoint that covers it, made if there is none."""
    newest = store.newest_checkpoint(shard.origin)
    covered, count = newest.size if newest else 0, size - shard.first_seq
    stored = StoredTree(store=store, origin=shard.origin, first_seq=shard.first_seq)
    growing = Growing.at(stored, origin=shard.origin, size=covered)
    if newest and (covered > count or growing.root().hex() != newest.root):
        raise AuditUnavailableError(
            f"the checkpoint of {covered} leaves of {shard.origin} is of other leaves than the store holds: "
            "run greenlit audit verify to see which, and take another copy"
        )
    for start in range(covered, count, _PAGE):
        growing.extend(stored.leaf_hashes(start, min(start + _PAGE, count)))
    ended = Signed(shard.origin, shard.first_seq, count, growing.root())
    if newest and covered == count:
        return ended, newest.note
    note = signer.sign_end(Checkpoint(shard.origin, count, ended.root))
    store.publish(StoredCheckpoint(shard.origin, count, ended.root.hex(), note), growing.completed())
    return ended, note

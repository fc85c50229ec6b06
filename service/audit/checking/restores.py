"""What a witness makes of a log that says that it was restored from a copy: no rollback, and no business as usual.

A log lists a `log.restored` record for each history that it went on under. Such a record counts only if a checkpoint
that the log signed covers it, as the second record of the first shard of that history, and if it names the end of the
shard that is listed before. What the witness saw, and the log has no more, is counted; what it kept stays as it is.
Whether to go on is for whoever runs the witness to say. Opens no connection.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from indexes.counting import counted
from service.audit.checking.witness import Witness
from service.audit.errors import NoteError, ProofError
from service.audit.formats import tree
from service.audit.shards import RESTORED_TYPE, history_of, named_history, tail_of

_DAMAGE = (AttributeError, KeyError, LookupError, OverflowError, TypeError, ValueError)
_PLACE = 1  # of `log.restored` in the first shard of its history: `shard.opened` comes before it
_US = 1_000_000  # microseconds in a second


@dataclass(frozen=True, slots=True)
class Listed:
    """A shard as a log lists it."""

    origin: str
    size: int


@dataclass(frozen=True, slots=True)
class Restore:
    """What a record says: under which history the log went on, when, and from a copy made when (`None`: not known)."""

    history: str
    seq: int
    leaf: bytes
    on: str
    made: str | None

    def in_words(self) -> str:
        """Say it."""
        made = f" from a copy made on {self.made}" if self.made else ""
        return f"the log was restored on {self.on}{made}, and goes on in {named_history(self.history)}"


def histories_of(shards: Sequence[Listed]) -> list[str]:
    """Return the histories of a list of shards, in order."""
    return list(dict.fromkeys(history_of(shard.origin) for shard in shards))


def read_restore(value: Any, history: str, shards: Sequence[Listed]) -> Restore:
    """Read what a log lists of a restore, and hold it against its shards.

    Args:
        value: the list of restores as the log answered it.
        history: the one that is asked for.
        shards: all that it lists, in order.

    Raises:
        NoteError: it is not listed, or does not fit.
    """
    first = next(at for at, shard in enumerate(shards) if history_of(shard.origin) == history)
    before = shards[first - 1] if first else None
    try:
        (said,) = (one for one in value if one["history"] == history)
        leaf = json.loads(said["leaf"])
        ended = leaf["from"] and Listed(leaf["from"]["origin"], leaf["from"]["size"])
        kind, origin, made = leaf["type"], leaf["origin"], leaf["backup"] and _day(leaf["backup"]["made_ts_us"])
        found = Restore(leaf["history"], int(said["seq"]), said["leaf"].encode(), _day(leaf["ts_us"]), made)
    except _DAMAGE as error:
        raise NoteError(
            f"the log lists shards of another history, {history!a}, and no record that it was restored: expected a "
            f"{RESTORED_TYPE} record of it"
        ) from error
    if (kind, origin, found.history, ended) != (RESTORED_TYPE, shards[first].origin, history, before):
        raise NoteError(
            f"the log lists shards of another history, {history!a}, and a record of it that does not fit: expected one "
            f"that goes on from {before.origin if before else 'nothing'}"
        )
    return found


def check_on_record(restore: Restore, proof: Mapping[str, Any], witness: Witness) -> None:
    """Check the proof, as `/proof` gives it, that a restore is on record where it has to be.

    Raises:
        NoteError: the checkpoint is not one of the log.
        ProofError: the proof does not show it.
    """
    try:
        note, hashes, index = str(proof["checkpoint"]), proof["proof"], int(proof["index"])
        siblings = [base64.b64decode(one, validate=True) for one in hashes]
    except _DAMAGE as error:
        raise ProofError("expected a proof that the restore is on record, got something else") from error
    checkpoint = witness.believed(note)
    if history_of(checkpoint.origin) != restore.history or index != _PLACE:
        raise ProofError(f"expected the restore as the second record of {restore.history!a}, got a proof of another")
    leaf_hash = tree.leaf_hash(restore.leaf)
    tree.verify_inclusion(index=index, size=checkpoint.size, leaf=leaf_hash, root=checkpoint.root, proof=siblings)


def gone_in_words(witness: Witness, shards: Sequence[Listed]) -> str:
    """Say which records a witness saw of the history that it follows, and the log has no more."""
    sizes = {tail_of(shard.origin): shard.size for shard in shards}
    followed = [month for month in witness.months() if history_of(month) == witness.history()]
    gone: dict[str, int] = {}
    for month in followed:
        kept = witness.newest(month)
        if kept and kept.size > sizes.get(month, 0):
            gone[month] = kept.size - sizes.get(month, 0)
    if not gone:
        return "no record that this witness saw is gone"
    each = ", ".join(f"{count} of {month}" for month, count in gone.items())
    are = counted(sum(gone.values()), "record that this witness saw is", "records that this witness saw are")
    return f"{are} gone ({each})"


def _day(ts_us: int) -> str:
    return f"{datetime.fromtimestamp(ts_us // _US, UTC):%Y-%m-%d}"

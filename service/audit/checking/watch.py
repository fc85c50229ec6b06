"""One round of a witness: it looks at every shard of a log and cosigns what has grown.

(1) The log lists its shards; each that the witness keeps must be among them. For each that is new or of another size,
and for the newest two in any case, (2) its checkpoint is fetched, (3) and, if a smaller one is kept, the proof that it
grew from that, (4) the witness checks it and keeps it. The first thing that does not fit ends the round: what the log
answered is put aside as evidence, and what was kept stays. All of it happens under the witness's lock, for a proof fits
only what was kept when it was asked for. Does not know how a log is reached: `WatchedLog`.

A log that was restored from a copy has another history (`restores`): the round ends there until it is told to accept
that one, and then follows it alone.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from service.audit.checking.restores import (
    Listed,
    Restore,
    check_on_record,
    gone_in_words,
    histories_of,
    read_restore,
)
from service.audit.checking.witness import NOTE_SUFFIX, Witness
from service.audit.errors import NoteError, ProofError
from service.audit.formats import notes
from service.audit.shards import history_of, tail_of

_OK = 200
_ALWAYS = 2  # the newest shards, which are looked at even if the list says that nothing changed
_OTHER_SUFFIX = ".txt"  # of evidence that is no checkpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What a log answers: a status as in HTTP, and what it says."""

    status: int
    body: bytes


class WatchedLog(Protocol):
    """A log as seen from outside, by the routes under `/v1/audit`."""

    def get(self, route: str, **params: str | int) -> Answer:
        """Return what a route answers. Whatever is raised, because nothing was answered, ends the round."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A shard of which a larger checkpoint is kept now; `old_size` is 0 where none was."""

    month: str
    old_size: int
    size: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """What did not fit, and where the evidence is.

    `restored` is the history of a log that says that it was restored from a copy: followed only when that is accepted.
    """

    reason: str
    evidence: Path
    restored: str | None = None


def watch(
    log: WatchedLog, witness: Witness, *, told: Callable[[Grown], None], accept: str | None = None
) -> Refusal | None:
    """Look at a log once.

    Args:
        log: the log.
        witness: keeps what is seen.
        told: is told of each shard that had grown, once that is kept.
        accept: the history under which a restored log is to be followed from now on, as whoever runs the witness says.

    Returns:
        What did not fit; `None` if everything did.

    Raises:
        AuditUnavailableError: what is kept cannot be used, or nothing can be kept. Besides that, what the log's port
            raises when there is no answer.
    """
    with witness.alone():
        listing = log.get("/shards")
        try:
            shards = _shards(listing, witness)
            restores = _new_restores(log, listing, witness, shards)
            if not restores:
                _expect_all(witness, shards)
        except (NoteError, ProofError) as error:
            return Refusal(str(error), witness.put_aside("shards", listing.body, suffix=_OTHER_SUFFIX))
        if restores:
            refusal = _go_through(log, witness, _not_cut_off(witness, shards), told)
            if refusal or restores[-1].history != accept:
                return refusal or _restored(listing, witness, restores, shards)
            witness.put_aside("shards", listing.body, suffix=_OTHER_SUFFIX)
            witness.accept([*witness.histories(), *(restore.history for restore in restores)])
        return _go_through(log, witness, _followed(witness, shards), told)


def _followed(witness: Witness, shards: Sequence[Listed]) -> list[Listed]:
    return [shard for shard in shards if history_of(shard.origin) == witness.history()]


def _not_cut_off(witness: Witness, shards: Sequence[Listed]) -> list[Listed]:
    """Return the shards of which nothing that was seen is gone: they can only have grown, restored or not."""
    kept = {month: witness.newest(month) for month in witness.months()}
    sizes = {month: checkpoint.size for month, checkpoint in kept.items() if checkpoint}
    return [shard for shard in _followed(witness, shards) if sizes.get(tail_of(shard.origin), 0) <= shard.size]


def _go_through(
    log: WatchedLog, witness: Witness, shards: Sequence[Listed], told: Callable[[Grown], None]
) -> Refusal | None:
    for listed in shards:
        month = tail_of(listed.origin)
        kept = witness.newest(month)
        kept_size = kept.size if kept else 0
        if not (kept or listed.size):
            continue  # it has just begun, and no checkpoint covers any of it
        if kept_size == listed.size and listed not in shards[-_ALWAYS:]:
            continue
        checkpoint = log.get("/checkpoint", origin=listed.origin)
        try:
            size = _take(log, witness, month, kept_size, checkpoint)
        except (NoteError, ProofError) as error:
            suffix = NOTE_SUFFIX if checkpoint.status == _OK else _OTHER_SUFFIX
            return Refusal(str(error), witness.put_aside(month, checkpoint.body, suffix=suffix))
        if size != kept_size:
            told(Grown(month, kept_size, size))
    return None


def _new_restores(log: WatchedLog, listing: Answer, witness: Witness, shards: Sequence[Listed]) -> list[Restore]:
    """Return the restores that were not accepted yet, each seen to be on record; a new witness accepts all there are.

    Raises:
        NoteError: the log has another history, and no record of it that it signed.
        ProofError: the proof of one does not show it.
    """
    listed = histories_of(shards)
    if not witness.months() and listed not in ([], witness.histories()):
        witness.accept(listed)
    restores = []
    for history in listed:
        if history not in witness.histories():
            restore = read_restore(_json(listing, "a list of shards").get("restores"), history, shards)
            check_on_record(restore, _json(log.get("/proof", seq=restore.seq), "a proof"), witness)
            restores.append(restore)
    return restores


def _restored(listing: Answer, witness: Witness, restores: Sequence[Restore], shards: Sequence[Listed]) -> Refusal:
    words = "; ".join(restore.in_words() for restore in restores)
    evidence = witness.put_aside("shards", listing.body, suffix=_OTHER_SUFFIX)
    return Refusal(f"{words}: {gone_in_words(witness, shards)}", evidence, restored=restores[-1].history)


def _take(log: WatchedLog, witness: Witness, month: str, kept_size: int, checkpoint: Answer) -> int:
    """Have a checkpoint cosigned; return its size.

    Raises:
        NoteError: it is not the log's checkpoint of this month.
        ProofError: it does not follow from the one that is kept.
    """
    origin = witness.origin_of(month)
    if checkpoint.status != _OK:
        raise NoteError(f"expected the checkpoint of {origin}, which the log lists, got the status {checkpoint.status}")
    try:
        note = checkpoint.body.decode()
    except UnicodeDecodeError:
        raise NoteError(f"expected the checkpoint of {origin}, got no text") from None
    said = notes.read_checkpoint(note)
    if said.origin != origin:
        raise NoteError(f"expected the checkpoint of {origin}, got one of another shard")
    proof: list[bytes] = []
    if 0 < kept_size < said.size:
        proof = _proof(log.get("/consistency", origin=origin, old=kept_size, new=said.size), origin)
    witness.cosign(note, proof=proof)
    return said.size


def _shards(listing: Answer, witness: Witness) -> list[Listed]:
    """Return the shards that a log lists, in its order.

    Raises:
        NoteError: it is no list of this log's shards.
    """
    shards = _json(listing, "a list of shards").get("shards")
    found: list[Listed] = []
    for shard in shards if isinstance(shards, list) else [None]:
        origin, size = (shard.get("origin"), shard.get("size")) if isinstance(shard, dict) else (None, None)
        if not isinstance(origin, str) or type(size) is not int or size < 0:
            raise NoteError("expected a list of shards with origin and size, got another form: check the address")
        witness.month_of(origin)
        found.append(Listed(origin, size))
    return found


def _expect_all(witness: Witness, shards: Sequence[Listed]) -> None:
    """Expect each shard of the history that is followed.

    Raises:
        ProofError: one that is kept is not listed.
    """
    listed = {tail_of(shard.origin) for shard in shards}
    followed = [month for month in witness.months() if history_of(month) == witness.history()]
    if gone := [month for month in followed if month not in listed]:
        raise ProofError(
            f"the shard {witness.origin_of(gone[0])} has vanished: expected every shard that was seen before"
        )


def _proof(answer: Answer, origin: str) -> list[bytes]:
    """Read a proof of consistency.

    Raises:
        ProofError: there is none.
    """
    try:
        hashes = _json(answer, "a proof")["proof"]
        return [base64.b64decode(one, validate=True) for one in hashes]
    except (NoteError, KeyError, TypeError, ValueError) as error:
        raise ProofError(
            f"the log does not show that {origin} grew from what was seen before: expected a proof, got the status "
            f"{answer.status} or another form"
        ) from error


def _json(answer: Answer, what: str) -> dict[str, Any]:
    if answer.status != _OK:
        raise NoteError(f"expected {what}, got the status {answer.status}")
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise NoteError(f"expected {what} as JSON, got something else: check the address")
    return value

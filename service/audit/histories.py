"""Begins another history: how a log goes on that was put back from a copy, or whose keys were, or are lost.

A copy may be older than the log was: what was recorded after it is gone, and the numbers would be given, and signed, a
second time. So the log goes on under origins of its own (`shards`). For a log that nobody has open: (1) the end of the
store as it was put back is compared with what the signer remembers, (2) that end gets a checkpoint, if its last one
does not cover it: the lost log had the same tree at that size, (3) keys that are lost are followed by new ones, (4) in
one step a new shard begins, whose first records are `shard.opened`, `log.restored`, and what became of keys, (5) the
signer goes over to the new history: from here on the old one is never signed again, (6) the log is opened as always,
which closes the questions that have no result and publishes a checkpoint.

Broken off before (5), the log records nothing until this is done again. Does not copy files, and does not look whether
the store is damaged: that is for whoever puts it back.
"""

import contextlib
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from service.audit import events
from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditEntryError, AuditUnavailableError
from service.audit.events import Event
from service.audit.formats.commitments import commit, new_salt
from service.audit.key_record import KeyRecord
from service.audit.keys.key_ids import purpose_of
from service.audit.keys.keyring import Keyring
from service.audit.leaves import Commitment, Stamp
from service.audit.log import Clock
from service.audit.opening import assemble, open_store
from service.audit.put_back import MemoryState, beyond, end_of, remembered, signing_key
from service.audit.sealed_text import payload_context
from service.audit.serialise import event_leaf
from service.audit.shard_keeper import clock_problem
from service.audit.shards import history_of, key_name, month_of, origin_at, shards_of
from service.audit.storage.sqlite_store import STORE_FILE
from service.audit.storage.store import Entry, LeafStore, Payload

_BACKUP_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Backup:
    """The copy that a log was put back from: its id (letters, digits, `.`, `_`, `-`), and when it was made."""

    id: str
    made_ts_us: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a person says of a log that was put back: why, who says so, and from which copy, if from one that is known.

    Reason and name are sealed beside the record.
    """

    reason: str
    who: str
    backup: Backup | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A history that was begun.

    Attributes:
        history: its 8 digits.
        seq: the number of its `log.restored` record.
        ended: the end of the log as it was put back; `None` if nothing was left of it.
        signed: what is known to have been signed beyond that; `None`: nothing that is known.
        memory: whether the signer's memory was there all along (`here`), so that `signed` is all; or was itself put
            back (`copied`), or is gone (`missing`), so that nobody here can tell.
        lost: the first and the last number that were signed and are gone; `None` as for `signed`.
        lost_keys: the ids of keys that are gone; the signing key's is in hex.
        vkey: what verifies the log's checkpoints from now on, if it is another than before: for auditors, in person.
    """

    history: str
    seq: int
    ended: Signed | None
    signed: Signed | None
    memory: MemoryState
    lost: tuple[int, int] | None
    lost_keys: tuple[str, ...]
    vkey: str | None


def begin_history(
    folder: Path, *, keys: Path, name: str, clock: Clock, restored: Restored, database: str = ""
) -> Begun:
    """Put on record that a log was put back, and have it go on under another history. See the module.

    Args:
        folder: where the store is, or was: where there is none, a new one is made.
        keys: where the log's keys are.
        name: the first part of every origin.
        clock: the time, in microseconds since 1970, UTC.
        restored: what a person says of it.
        database: the address of the database that holds the log; empty where the folder does.

    Raises:
        AuditBusyError: another process writes it.
        AuditUnavailableError: there is no log, or it cannot be read or written, or is another than the one that was
            signed, or the clock is behind its newest record.
        AuditKeyError: a key cannot be read or made.
        AuditEntryError: no reason is given, or the backup's id is none.
    """
    if not restored.reason.strip():
        raise AuditEntryError("expected a reason in words why the log was put back, got none")
    if restored.backup and not _BACKUP_ID.fullmatch(restored.backup.id):
        raise AuditEntryError("expected the id of a backup of up to 64 letters, digits, dots and hyphens, got another")
    signer = Signer(folder=keys, name=key_name(name))
    if not database and not (folder / STORE_FILE).exists() and not signer.exists():
        raise AuditUnavailableError(f"expected a log in {folder}, or its keys in {keys}, found neither")
    store = open_store(folder, database=database, alone=True)
    with contextlib.closing(store):
        begun = _begin(store, signer, Keyring(folder=keys), name=name, now_us=clock(), restored=restored)
        opened = assemble(store, keys=keys, name=name, clock=clock)
        with contextlib.closing(opened):
            opened.log.make_ready()
            opened.log.publish()
    return begun


def _begin(store: LeafStore, signer: Signer, keyring: Keyring, *, name: str, now_us: int, restored: Restored) -> Begun:
    shards, size = shards_of(store), store.size()
    newest = store.leaf(size - 1) if size else None
    if newest and (reason := clock_problem(newest.ts_us, now_us)):
        raise AuditUnavailableError(reason)
    last, memory = remembered(signer)
    signed = beyond(store, shards, size, last)
    key = signing_key(store, signer)
    ended, note = end_of(store, signer, shards[-1], size) if shards else (None, "")
    history = _new_history({*(shard.history for shard in shards), last.history if last else ""})
    ts_us = max(now_us, newest.ts_us) if newest else now_us
    stamp = Stamp(origin_at(name, ts_us, history), ts_us)
    record = KeyRecord.of(store)
    lost = record.lost(keyring)
    record.replace(keyring, month_of(stamp.origin), lost)
    keyring.ensure(month_of(stamp.origin))
    lost_keys = (*lost, *key.gone)
    previous = None
    if ended:
        previous = {"origin": ended.origin, "first_seq": ended.first_seq, "size": ended.size, "checkpoint": note}
    what = [events.shard_opened(size, previous), _said(restored, history, ended, signed, memory, lost_keys)]
    if key.unnamed:
        what.append(events.key_created("signing", key.unnamed.key_id.hex(), key.unnamed.text()))
    texts = {"who": restored.who, "note": restored.reason}
    what += [events.key_revoked("signing", key_id, lost=texts) for key_id in key.gone]
    what += [events.key_revoked(purpose_of(key_id), key_id, lost=texts) for key_id in lost]
    store.append([_entry(event, stamp, keyring) for event in what])
    signer.begin_history(history, ended=ended)
    vkey = key.unnamed.text() if key.unnamed else None
    return Begun(history, size + 1, ended, signed, memory, _lost_numbers(ended, signed), lost_keys, vkey)


def _new_history(known: set[str]) -> str:
    while (history := secrets.token_hex(4)) in known:
        pass
    return history


def _said(
    restored: Restored,
    history: str,
    ended: Signed | None,
    signed: Signed | None,
    memory: MemoryState,
    lost_keys: tuple[str, ...],
) -> Event:
    fields: dict[str, Any] = {
        "from": _as_json(ended),
        "signed": _as_json(signed),
        "memory": memory,
        "backup": asdict(restored.backup) if restored.backup else None,
        "lost_keys": list(lost_keys),
    }
    return events.restored(history, fields, texts={"who": restored.who, "reason": restored.reason})


def _as_json(signed: Signed | None) -> dict[str, Any] | None:
    if signed is None:
        return None
    return {
        "origin": signed.origin,
        "first_seq": signed.first_seq,
        "size": signed.size,
        "root": signed.root.hex(),
    }


def _lost_numbers(ended: Signed | None, signed: Signed | None) -> tuple[int, int] | None:
    """Return which numbers are gone: of another history than the one that was put back, its last month at least."""
    if signed is None:
        return None
    if ended is None:
        return 0, signed.next_seq - 1
    is_same = history_of(ended.origin) == history_of(signed.origin)
    return ended.next_seq if is_same else signed.first_seq, signed.next_seq - 1


def _entry(event: Event, stamp: Stamp, keyring: Keyring) -> Entry:
    month = month_of(stamp.origin)
    payloads: list[Payload] = []
    commitments: dict[str, Commitment] = {}
    for field, text in event.texts.items():
        salt, body = new_salt(), text.encode("utf-8", "surrogatepass")
        commitments[field] = Commitment(digest=commit(field, salt, body), length=len(body))
        context = payload_context(stamp.origin, event.type, "", field)
        done = keyring.seal("payload", month, salt=salt, body=body, context=context)
        payloads.append(Payload(field=field, key_id=done.key_id, sealed=done.sealed))
    leaf = event_leaf(event, stamp, actor=None, texts=commitments)
    return Entry(stamp.origin, event.type, stamp.ts_us, "", leaf, payloads=tuple(payloads))

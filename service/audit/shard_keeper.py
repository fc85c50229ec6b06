"""Keeps the shards: opens the month's, closes the one before, has the questions closed that a crash left unfinished.

`stamp` gives the shard and the time of the next leaf. The first time, and after a failure, it looks into the store
where the log ends. When the month is a new one it (1) ends the old shard with `shard.closed`, (2) has it covered by its
last checkpoint, (3) makes the new month's keys, (4) begins the new shard with `shard.opened`, which holds that
checkpoint, (5) records every key that is not on record. A crash in between is taken up where it was. Called under the
log's lock.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.audit import events
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditKeyError, AuditOvertakenError, AuditUnavailableError
from service.audit.events import Event
from service.audit.key_record import KeyRecord
from service.audit.keys.key_ids import missing_in_words, purpose_of
from service.audit.keys.keyring import Keyring
from service.audit.leaves import Stamp
from service.audit.left_behind import LeftBehind
from service.audit.serialise import event_leaf
from service.audit.shards import CLOSED_TYPE, FIRST_HISTORY, Shard, month_of, origin_at, shards_of
from service.audit.storage.store import Entry, LeafStore, StoredLeaf
from service.audit.storage.writer import Writer

CLOCK_TOLERANCE_US = 1_000_000  # a clock set back this little gives the newest time again; more stops the log


@dataclass(slots=True)
class _End:
    """Where the log ends: its open shard, whether that one was closed already, the newest time, the keys that seal.

    The keys are `None` before it was seen to that every key of the shard is on record.
    """

    shard: Shard | None
    closed: bool
    ts_us: int
    key_ids: tuple[str, ...] | None = None


class ShardKeeper:
    """See the module."""

    def __init__(self, *, name: str, store: LeafStore, writer: Writer, keyring: Keyring, signer: Signer) -> None:
        """Take parts that are ready; nothing is read before the first call.

        Args:
            name: the first part of every origin, such as the host name of the service.
            store: where it is looked how far the log is.
            writer: this process's writer of the store.
            keyring: makes the keys of a month.
            signer: whose key is put on record.
        """
        self._name = name
        self._store = store
        self._writer = writer
        self._keyring = keyring
        self._signer = signer
        self._end: _End | None = None
        self._changes = -1  # of the writer when it was looked
        self._left = LeftBehind(store=store, writer=writer)
        self._began = False

    def problem(self, now_us: int) -> str | None:
        """Return why no leaf can be made at this time; `None` if nothing is in the way. Changes nothing.

        Any thread may ask, before the first leaf as well: what is not known yet is looked up in the store.

        Raises:
            AuditUnavailableError: the store cannot be read.
            AuditKeyError: the signing key, or the folder of the keys, cannot be read.
        """
        end = self._end if self._changes == self._writer.changes else None
        end = end or self._look()
        if reason := clock_problem(max(end.ts_us, _newest_us(self._writer)), now_us):
            return reason
        if self._store.beside is None:  # else another process may sign
            self._signer.key()
        origin = self._origin(end, max(end.ts_us, now_us))
        if end.shard is None or end.closed or end.shard.origin != origin:
            return self._closed_before(origin)  # else the next leaf opens a shard, with keys of its own
        return self._missing_key(end.key_ids or self._sealing_keys(origin))

    def stamp(self, now_us: int) -> Stamp:
        """Return the stamp of the next leaf, opening the month's shard if need be.

        Raises:
            AuditUnavailableError: the store cannot be read, the clock went back, a key of the month is missing, or the
                shard cannot be opened.
            AuditKeyError: a key cannot be made or read.
        """
        end = self._take_up()
        end.ts_us = max(end.ts_us, _newest_us(self._writer))
        if reason := clock_problem(end.ts_us, now_us):
            raise AuditUnavailableError(reason)
        end.ts_us = max(end.ts_us, now_us)
        origin = self._origin(end, end.ts_us)  # not of `now_us`: set back across midnight it is the month before
        if end.shard is None or end.closed or end.shard.origin != origin:
            self._open(end, origin)
        if end.key_ids is None:
            end.key_ids = self._record_keys(end, origin)
        if reason := self._missing_key(end.key_ids):
            raise AuditUnavailableError(reason)
        stamp = Stamp(origin=origin, ts_us=end.ts_us)
        if not self._began:
            self._left.close_at_start(stamp)
            self._began = True
        return stamp

    def left_behind(self) -> list[StoredLeaf]:
        """Return the questions without an end, for `close_left` and whoever counts them; any thread may call."""
        return self._left.found()

    def close_left(self, now_us: int, left: Sequence[StoredLeaf]) -> None:
        """Close those of these questions that came long ago, whoever took them; raises as `stamp`."""
        self._left.close_old(left, self.stamp(now_us))

    def _origin(self, end: _End, ts_us: int) -> str:
        return origin_at(self._name, ts_us, end.shard.history if end.shard else FIRST_HISTORY)

    def look_at_keys_again(self) -> None:
        """Look anew, before the next leaf, which keys of the month there are: one was made or put on record."""
        if self._end is not None:
            self._end.key_ids = None

    def _take_up(self) -> _End:
        """Look where the log ends, unless that is known and nothing failed, or was changed by others, since."""
        changes = self._writer.changes
        if self._end is not None and self._changes == changes:
            return self._end
        self._keyring.look_again()  # another process may have made the next key
        self._end = self._look()
        self._changes = changes
        return self._end

    def _look(self) -> _End:
        shards = shards_of(self._store)
        size = self._store.size()
        newest = self._store.leaf(size - 1) if size else None
        return _End(
            shard=shards[-1] if shards else None,
            closed=newest is not None and newest.type == CLOSED_TYPE,
            ts_us=newest.ts_us if newest else 0,
        )

    def _missing_key(self, key_ids: Iterable[str]) -> str | None:
        """Return which keys are gone: the keyring may remember one, but nobody could open later what it seals now."""
        key_ids = tuple(key_ids)
        for key_id in key_ids:
            try:
                self._keyring.check(key_id)
            except AuditKeyError as error:
                gone = [one for one in key_ids if not self._keyring.has(one)]
                return missing_in_words(gone) if gone else str(error)
        return None

    def _closed_before(self, origin: str) -> str | None:
        known = [shard.origin for shard in shards_of(self._store)]
        if origin not in known:
            return None
        return (
            f"the shard {origin} was closed: expected the clock and the name of the log to go on from {known[-1]}; "
            "set them right"
        )

    def _open(self, end: _End, origin: str) -> None:
        if reason := self._closed_before(origin):
            if self._store.beside and (end.shard is None or end.shard.origin != origin):
                raise self._overtaken()  # it was not there when it was looked: another process began it
            raise AuditUnavailableError(reason)
        previous = None
        if end.shard is not None:
            if not end.closed:
                self._note(end, end.shard.origin, events.shard_closed(origin))
                end.closed = True
            self._writer.publish()
            previous = self._last_checkpoint(end.shard)
        self._keyring.ensure(month_of(origin))
        seq = self._note(end, origin, events.shard_opened(self._store.size(), previous))
        end.shard, end.closed, end.key_ids = Shard(origin, seq), False, None

    def _overtaken(self) -> AuditOvertakenError:
        self._end = None
        return AuditOvertakenError("another process began the month: try again")

    def _record_keys(self, end: _End, origin: str) -> tuple[str, ...]:
        """Record the keys that are not on record, just made or made before a crash; return those that seal now."""
        created = self._created()
        if not any(value["purpose"] == "signing" for value in created):
            key = self._signer.key()
            self._note(end, origin, events.key_created("signing", key.key_id.hex(), key.text()))
        on_record = {value["key_id"] for value in created}
        for key_id in self._keyring.key_ids(month_of(origin)):
            if key_id not in on_record:
                self._note(end, origin, events.key_created(purpose_of(key_id), key_id))
        sealing = self._sealing_keys(origin)
        self._expect_shared(sealing)
        return sealing

    def _expect_shared(self, key_ids: Iterable[str]) -> None:
        """Refuse a key of which other processes have another: nobody could open both, or tell that an asker is one."""
        beside = self._store.beside
        for key_id in key_ids if beside else ():
            ours = self._keyring.fingerprint(key_id)
            if beside and beside.agree(f"key {key_id}", ours) != ours:
                raise AuditKeyError(
                    f"the key {self._keyring.path(key_id)} is not the one that other processes use under its name: "
                    "give all of them one folder of keys (GREENLIT_KEYS)"
                )

    def _created(self) -> list[dict[str, Any]]:
        return [json.loads(leaf.leaf) for leaf in self._store.of_type(events.KEY_CREATED_TYPE)]

    def _sealing_keys(self, origin: str) -> tuple[str, ...]:
        """Return the keys that a shard seals with, one a purpose: those that are there, or should be by the record."""
        month = month_of(origin)
        return KeyRecord.of(self._store).newest(month, self._keyring.key_ids(month))

    def _last_checkpoint(self, shard: Shard) -> dict[str, Any]:
        newest = self._store.newest_checkpoint(shard.origin)
        if newest is None or newest.size != self._store.size() - shard.first_seq:
            if self._store.beside:
                raise self._overtaken()
            raise AuditUnavailableError(f"the shard {shard.origin} has no checkpoint that covers all of it")
        return {
            "origin": shard.origin,
            "first_seq": shard.first_seq,
            "size": newest.size,
            "checkpoint": newest.note,
        }

    def _note(self, end: _End, origin: str, event: Event) -> int:
        def made(at_us: int) -> Entry:
            leaf = event_leaf(event, Stamp(origin, at_us), actor=None, texts={})
            return Entry(origin=origin, type=event.type, ts_us=at_us, request_id="", leaf=leaf)

        return self._submit(made, end.ts_us)

    def _submit(self, made: Callable[[int], Entry], ts_us: int) -> int:
        try:
            return self._writer.wait(self._writer.submit(made(ts_us), made)).seq
        except BaseException:
            self._end = None
            raise


def _newest_us(writer: Writer) -> int:
    return writer.others.newest_us if writer.others else 0


def clock_problem(newest_us: int, now_us: int) -> str | None:
    """Return why no leaf can be made after one of another time; `None` if nothing is in the way."""
    if now_us >= newest_us - CLOCK_TOLERANCE_US:
        return None
    newest, ahead_s = datetime.fromtimestamp(newest_us / 1e6, UTC), (newest_us - now_us) / 1e6
    return (
        f"the clock went back: the newest record is of {newest:%Y-%m-%d %H:%M:%S} UTC, {ahead_s:.1f} s "
        "ahead of the clock, and before then nothing can be put on record; set the clock right, or, if that record's "
        "time is what was wrong, wait until then or put back a backup from before (greenlit restore)"
    )

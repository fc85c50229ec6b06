"""Changing keys while the log goes on.

A new payload key seals from the next record on; texts sealed before stay readable with theirs (whoever had the old key
and a copy of the file has read them already, so sealing them anew would protect nothing). A new signing key: (1) it is
made and announced in a leaf, (2) a checkpoint by the old key covers that leaf, so that whoever trusts the old key can
trust the new one, (3) the new key takes over, (4) the old one is revoked in a leaf, (5) which the new one covers.

A crash or a failure in between is taken up by rotating again: a key that was prepared and announced takes over, and
whatever key the log does not know of, or holds for valid though it is used no more, is put on record. One rotation at a
time, of all processes that write the log (`alone`): before each step that cannot be undone it is seen to that this is
so still. Only a process that holds the keys in use may change them; and a key that would be the last to sign is not
revoked, whatever a process believes that stood still in between (`log_end`).

A key of texts or of pseudonyms that is lost stops the log, for nobody could open later what it seals. `lost_keys` makes
another and puts on record that the one before is gone, with a person's reason; what it sealed stays shut. A signing key
that is lost takes another history (`histories`): nobody is left who could announce the next one.
"""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from service.audit import events
from service.audit.checkpoints.signer import Signer, used_no_more
from service.audit.errors import AuditKeyError, AuditOvertakenError
from service.audit.key_record import KeyRecord
from service.audit.keys.key_ids import PURPOSES, KeyPurpose, missing_in_words, purpose_of
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog, Clock
from service.audit.reading.summaries import value_of
from service.audit.shards import month_of, origin_at
from service.audit.storage.beside import alone
from service.audit.storage.store import LeafStore


@dataclass(frozen=True, slots=True)
class Rotation:
    """Changes keys; each change is on record."""

    name: str
    log: AuditLog
    keyring: Keyring
    signer: Signer
    clock: Clock
    store: LeafStore
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def payload_key(self) -> dict[str, str]:
        """Seal with a new key from now on; returns its id.

        Raises:
            AuditKeyError: it cannot be made, or keys in use are not here.
            AuditUnavailableError: it cannot be recorded now; it may seal already, and the next rotation records it. Or
                another process changes keys.
        """
        with alone(self.store, self._lock) as expect_alone:
            self.log.make_ready()
            month = month_of(origin_at(self.name, self.clock()))
            self._expect_in_use(month)
            expect_alone()
            made = self.keyring.make_next("payload", month)
            for key_id in self.keyring.key_ids(month):
                self._put_on_record(key_id)
        return {"purpose": "payload", "key_id": made.key_id}

    def lost_keys(self, purposes: Collection[KeyPurpose], *, who: str, reason: str) -> dict[str, Any]:
        """Put on record that keys are gone, and go on with new ones where the log needs them.

        Args:
            purposes: what the keys were for: all of those that the log seals with and that are missing now.
            who: who says so, a principal's id.
            reason: how it came to be; sealed, like `who`, beside the record.

        Returns:
            `lost`, the ids of the keys, and `in_use`, those of the keys that are used now, if this month has any yet.

        Raises:
            AuditKeyError: none is missing, or one of another purpose is too, without which nothing can be recorded:
                then nothing is made. Or a new one cannot be made.
            AuditUnavailableError: it cannot be recorded now; asking again takes it up. Or another process changes keys.
        """
        with alone(self.store, self._lock) as expect_alone:
            record, month = KeyRecord.of(self.store), month_of(origin_at(self.name, self.clock()))
            lost = [key_id for key_id in record.lost(self.keyring) if purpose_of(key_id) in purposes]
            if not lost:
                raise AuditKeyError(
                    f"expected a key of {' or '.join(purposes)} to be gone, found each that is on record in its place"
                )
            needed = record.newest(month, self.keyring.key_ids(month))
            if others := [key_id for key_id in needed if key_id not in lost and not self.keyring.has(key_id)]:
                raise AuditKeyError(missing_in_words({*lost, *others}))
            expect_alone()
            record.replace(self.keyring, month, lost)
            self.log.look_at_keys_again()
            for key_id in lost:
                said = {"who": who, "note": reason}
                self.log.note(events.key_revoked(purpose_of(key_id), key_id, lost=said))
            in_use = KeyRecord.of(self.store).newest(month)
        return {"lost": lost, "in_use": [key_id for key_id in in_use if purpose_of(key_id) in purposes]}

    def signing_key(self) -> dict[str, str]:
        """Sign with a new key from now on; returns its id and the verifier key to hand to auditors and witnesses.

        Raises:
            AuditKeyError: it cannot be made, or cannot take over; or the key here is not the one in use.
            AuditUnavailableError: it cannot be recorded, or no checkpoint can be published. Or another process changes
                keys, or did while this one stood still.
        """
        with alone(self.store, self._lock) as expect_alone:
            old, revoked = self.signer.key(), self._ids(events.KEY_REVOKED_TYPE)
            if old.key_id.hex() in revoked:
                raise AuditKeyError(used_no_more(old))
            new = self.signer.prepare_next(used_no_more=revoked)
            if new.key_id.hex() not in self._ids(events.KEY_CREATED_TYPE):
                expect_alone()
                self.log.note(events.key_created("signing", new.key_id.hex(), new.text()))
            self.log.publish()
            expect_alone()
            self.signer.go_over(new)
            known = [*self._ids(events.KEY_CREATED_TYPE, ("signing",)), old.key_id.hex()]
            revoked = self._ids(events.KEY_REVOKED_TYPE)
            for key_id in dict.fromkeys(known):
                if key_id not in {new.key_id.hex(), *revoked}:
                    expect_alone()
                    self.log.note(events.key_revoked("signing", key_id))
            self.log.publish()
        return {"purpose": "signing", "key_id": new.key_id.hex(), "vkey": new.text()}

    def _put_on_record(self, key_id: str) -> None:
        """Record that a key was made, unless it is on record, be it by the log's keeper, which saw it meanwhile."""
        if key_id in self._ids(events.KEY_CREATED_TYPE):
            return
        try:
            self.log.note(events.key_created(purpose_of(key_id), key_id))
        except AuditOvertakenError:
            if key_id not in self._ids(events.KEY_CREATED_TYPE):
                raise

    def _expect_in_use(self, month: str) -> None:
        """Refuse to go on from keys that were changed elsewhere: the next would have a name that is taken."""
        in_use = KeyRecord.of(self.store).newest(month)
        if missing := [key_id for key_id in in_use if not self.keyring.has(key_id)]:
            raise AuditKeyError(missing_in_words(missing))

    def _ids(self, kind: str, purposes: Iterable[str] = ("signing", *PURPOSES)) -> list[str]:
        """Return the ids of the keys that leaves of a type name, in order."""
        leaves: list[dict[str, Any]] = [value_of(leaf) for leaf in self.store.of_type(kind)]
        return [leaf["key_id"] for leaf in leaves if leaf["purpose"] in purposes]

"""Resolves the pseudonym of one question to the person who asked it: by two people, for a case and a reason, on record.

In order: (1) the first opens it, for a case and a reason: that the question can be resolved is seen to, its identity
stays sealed, and the opening is put on record, (2) the second confirms it (`openings`), (3) the sealed identity of that
one question is opened, (4) it must give the pseudonym in the leaf, (5) the reveal is put on record, durably, (6) only
then the identity is handed out. Resolves one question at a time, and no pseudonym by itself: there is no way from a
person to questions.
"""

import hmac
import json
from typing import Any

from service.audit import events
from service.audit.errors import RevealError, SealError
from service.audit.key_record import KeyRecord
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog, Clock
from service.audit.reading.auditor import MAX_LIMIT
from service.audit.reading.openings import Kind, Openings, expires, is_same_person
from service.audit.reading.summaries import Value, iso_time, value_of
from service.audit.reading.unseal import Erased, Unsealer
from service.audit.reading.walk import no_record
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.shards import month_of
from service.audit.storage.store import LeafStore, StoredLeaf

_REVEAL = Kind("a reveal", events.REVEAL_OPENED_TYPE, events.REVEALED_TYPE, RevealError)


class Reveal:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafStore, keyring: Keyring, clock: Clock) -> None:
        """Take the parts of an open log, and its clock."""
        self._log = log
        self._store = store
        self._keyring = keyring
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._openings = Openings(_REVEAL, log=log, store=store, keyring=keyring, clock=clock)

    def open(self, who: str, *, seq: int, case: str, reason: str) -> dict[str, Any]:
        """Ask who asked a question; returns `id` (for who confirms), `seq` (of its `query.received`) and `expires`.

        Args:
            who: who is signed in, a principal's id; their pseudonym stands in the leaf.
            seq: the number of either record of the question.
            case: the number of the case.
            reason: why, in words.

        Raises:
            RevealError: no case, no reason, no question, or nothing to resolve any more.
            NoRecordError: there is no record with this number.
            SealError: the identity is missing.
            AuditUnavailableError: it cannot be recorded, or the store not read.
        """
        texts = {
            "who": who,
            "case": _given(case, "the number of a case"),
            "reason": _given(reason, "a reason in words"),
        }
        received = self._question(seq)
        if erased := self._unsealer.asker_erased(received):
            raise _no_more(erased)
        event = events.reveal_opened(who, seq=received.seq, request_id=received.request_id, texts=texts)
        leaf = self._openings.record(event)
        return {"id": leaf.seq, "seq": received.seq, "expires": expires(leaf)}

    def confirm(self, who: str, opening: int) -> dict[str, Any]:
        """Return who asked a question: `seq` (of its `query.received`), `request_id`, `actor` and `identity`.

        Args:
            who: who is signed in, a principal's id: another than who opened it.
            opening: the `id` that `open` returned.

        Raises:
            RevealError: it is not an opening that waits, the same person opened it, or there is nothing to resolve.
            NoRecordError: there is no record with this number.
            SealError: a text of the opening or the identity cannot be opened, or does not fit the pseudonym.
            AuditKeyError: the key of the month's pseudonyms is missing.
            AuditUnavailableError: it cannot be recorded, or the store not read: nothing is revealed.
        """
        with self._openings.confirming(who, opening) as opened:
            received = self._question(opened.value["seq"])
            value = value_of(received)
            identity = self._identity(received, value)
            texts = {
                "who": json.dumps([opened.texts["who"], who]),
                "case": opened.texts["case"],
                "purpose": opened.texts["reason"],
            }
            request_id = received.request_id
            event = events.identity_revealed(who, opening=opening, seq=received.seq, request_id=request_id, texts=texts)
            self._log.note(event)
        return {"seq": received.seq, "request_id": request_id, "actor": value["actor"], "identity": identity}

    def waiting(self, who: str, *, in_full: bool = False) -> dict[str, Any]:
        """Return the openings of the last day that nobody confirmed, the oldest first, as `reveals`; at most 1,000.

        Each is `id`, `seq`, `case`, `opened`, `expires` and `own` (whether it is the looker's): no name of anybody. In
        full also `by`, who opened it, and `reason`: whoever is to confirm it decides by them.

        Raises:
            SealError: a text of one cannot be opened.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        waiting = self._openings.waiting()[-MAX_LIMIT:]
        shown = [
            {
                "id": one.leaf.seq,
                "seq": one.value["seq"],
                "case": one.texts["case"],
                "opened": iso_time(one.leaf.ts_us),
                "expires": one.expires,
                "own": is_same_person(one.texts["who"], who),
                **({"by": one.texts["who"], "reason": one.texts["reason"]} if in_full else {}),
            }
            for one in waiting
        ]
        seqs = [one.leaf.seq for one in waiting]
        self._log.note(events.audit_read(who, "reveals", filters={}, seqs=seqs, purpose=""))
        return {"reveals": shown}

    def _question(self, seq: int) -> StoredLeaf:
        leaf = self._store.leaf(seq)
        if leaf is not None and leaf.type == FINISHED_TYPE:
            leaf = self._store.leaf(value_of(leaf)["received_seq"])
        if leaf is None:
            raise no_record(self._store, seq)
        if leaf.type != RECEIVED_TYPE:
            raise RevealError(f"expected the number of a question, got that of a record of the type {leaf.type}")
        return leaf

    def _identity(self, received: StoredLeaf, value: Value) -> str:
        found = self._unsealer.asker(received)
        if isinstance(found, Erased):
            raise _no_more(found)
        month = month_of(value["origin"])
        pseudonyms = self._keyring.pseudonyms(month)
        if not hmac.compare_digest(pseudonyms.actor(found), value["actor"]):
            if any(key_id.startswith(f"actor-{month}") for key_id in KeyRecord.of(self._store).ended):
                raise RevealError(
                    "nobody is revealed: the key of this pseudonym was lost, as the log says, and nothing else shows "
                    "whose it is"
                )
            raise SealError(
                f"the text 'asker' of record {received.seq} does not give the pseudonym in the record, so nobody is "
                "revealed: run greenlit audit verify, and compare the store and its keys with a backup"
            )
        return found


def _no_more(erased: Erased) -> RevealError:
    return RevealError(
        f"who asked cannot be resolved any more: it was erased on {iso_time(erased.ts_us)} ({erased.ground}, "
        f"record {erased.seq})"
    )


def _given(text: str, words: str) -> str:
    if not text.strip():
        raise RevealError(f"expected {words}, got nothing")
    return text.strip()

"""Resolves the pseudonym of one question to the person who asked it: two people, a case, a purpose, and a record.

In order: (1) two different people, a case and a purpose are named, (2) the sealed identity of that one question is
opened, (3) it must give the pseudonym in the leaf, (4) the reveal is put on record, durably, (5) only then the identity
is handed out. Resolves one question at a time, and no pseudonym by itself: there is no way from a person to questions.
That the two people are who they say is for the door to see to.
"""

import hmac
import json
import unicodedata
from typing import Any

from service.audit import events
from service.audit.errors import RevealError, SealError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.summaries import Value, iso_time, value_of
from service.audit.reading.unseal import Erased, Unsealer
from service.audit.reading.walk import no_record
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.shards import month_of
from service.audit.storage.store import LeafReader, StoredLeaf


class Reveal:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._keyring = keyring
        self._unsealer = Unsealer(store=store, keyring=keyring)

    def resolve(self, who: str, *, seq: int, by: str, second: str, case: str, purpose: str) -> dict[str, Any]:
        """Return who asked a question: `seq` (of its `query.received`), `request_id`, `actor` and `identity`.

        Args:
            who: who is signed in, a principal's id; their pseudonym stands in the leaf.
            seq: the number of either record of the question.
            by: one of the two people, by name.
            second: the other.
            case: the number of the case.
            purpose: the reason, in words.

        Raises:
            RevealError: not two different people, no case, no purpose, no question, or nothing to resolve any more.
            NoRecordError: there is no record with this number.
            SealError: the identity cannot be opened, or does not fit the pseudonym.
            AuditKeyError: the key of the month's pseudonyms is missing.
            AuditUnavailableError: it cannot be recorded, or the store not read: nothing is revealed.
        """
        _check_people(by, second)
        _check_given(case, "the number of a case")
        _check_given(purpose, "a purpose in words")
        received = self._question(seq)
        value = value_of(received)
        identity = self._identity(received, value)
        texts = {"who": json.dumps([by.strip(), second.strip()]), "case": case.strip(), "purpose": purpose.strip()}
        request_id = received.request_id
        self._log.note(events.identity_revealed(who, seq=received.seq, request_id=request_id, texts=texts))
        return {"seq": received.seq, "request_id": request_id, "actor": value["actor"], "identity": identity}

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
            raise RevealError(
                f"who asked cannot be resolved any more: it was erased on {iso_time(found.ts_us)} ({found.ground}, "
                f"record {found.seq})"
            )
        pseudonyms = self._keyring.pseudonyms(month_of(value["origin"]))
        if not hmac.compare_digest(pseudonyms.actor(found), value["actor"]):
            raise SealError(
                f"the text 'asker' of record {received.seq} does not give the pseudonym in the record, so nobody is "
                "revealed: run greenlit audit verify, and compare the store and its keys with a backup"
            )
        return found


def _check_people(by: str, second: str) -> None:
    for name in (by, second):
        _check_given(name, "the names of two people")
        if not name.strip().isprintable():  # what cannot be seen must not make one name two
            raise RevealError("expected names of printable characters")
    if _plain(by) == _plain(second):
        raise RevealError("expected two different people, got the same one twice: nobody can reveal alone")


def _check_given(text: str, words: str) -> None:
    if not text.strip():
        raise RevealError(f"expected {words}, got nothing")


def _plain(name: str) -> str:
    """Return a name so that two spellings of it are the same: case, width and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())

"""Erases all texts that are older than a time: one person asks for it, another confirms.

In order: (1) the first opens it, with its time, its ground and why, on record, (2) the second confirms it (`openings`),
(3) the texts go, in one step with the record of it (`erasure`), which names both people, sealed, and the opening. That
record is made even where no text was left, so that an opening is confirmed once. The end of retention needs nobody.
"""

import json
from typing import Any

from service.audit import events
from service.audit.errors import ErasureError, FilterError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog, Clock
from service.audit.reading.auditor import FURTHEST_US
from service.audit.reading.erasure import Agreed, Erasure
from service.audit.reading.openings import Kind, Openings, expires
from service.audit.storage.store import LeafStore

_ERASURE = Kind("an erasure", events.ERASURE_OPENED_TYPE, events.ERASED_TYPE, ErasureError)


class ErasureByAge:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafStore, keyring: Keyring, clock: Clock) -> None:
        """Take the parts of an open log, and its clock."""
        self._erasure = Erasure(log=log, store=store)
        self._openings = Openings(_ERASURE, log=log, store=store, keyring=keyring, clock=clock)

    def open(self, who: str, *, before_us: int, ground: str, purpose: str) -> dict[str, Any]:
        """Ask for an erasure; returns `id` (for who confirms) and `expires`.

        Args:
            who: who is signed in, a principal's id.
            before_us: what is older goes; microseconds since 1970, UTC, itself not included.
            ground: the legal ground, a code.
            purpose: why, in words; kept sealed, as `who` is.

        Raises:
            FilterError: the time is beyond what a record can hold.
            AuditEntryError: the ground is no code.
            AuditUnavailableError: it cannot be recorded, or the store not read.
        """
        if not -FURTHEST_US <= before_us <= FURTHEST_US:
            raise FilterError('expected "before" = a time within some centuries of 1970, got one beyond')
        texts = {"who": who, "purpose": purpose}
        leaf = self._openings.record(events.erasure_opened(who, before_us=before_us, ground=ground, texts=texts))
        return {"id": leaf.seq, "expires": expires(leaf)}

    def confirm(self, who: str, opening: int) -> dict[str, Any]:
        """Erase what was agreed on; returns what `Erasure.by_request` does.

        Args:
            who: who is signed in, a principal's id: another than who opened it.
            opening: the `id` that `open` returned.

        Raises:
            ErasureError: it is not an opening that waits, or the same person opened it.
            NoRecordError: there is no record with this number.
            SealError: a text of the opening cannot be opened.
            AuditUnavailableError: it cannot be recorded, or the store not read: nothing is erased.
        """
        with self._openings.confirming(who, opening) as opened:
            agreed = Agreed(opening, opened.value["before_us"], opened.value["ground"])
            texts = {"who": json.dumps([opened.texts["who"], who]), "purpose": opened.texts["purpose"]}
            return self._erasure.older_than(who, agreed, texts=texts)

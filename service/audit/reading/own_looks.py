"""An auditor's own looks, shown to themselves: what they looked at, exported, revealed and erased.

They are found by the pseudonym that somebody who acts has in each month whose key is still there. Nobody can ask this
for somebody else: the door passes on who is signed in. In order: (1) find, (2) put on record that it was looked at,
naming no record, (3) only then hand it out. Looks at one's own questions, and at this list, are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.audit import events
from service.audit.errors import AuditDamagedError, AuditKeyError, SealError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.summaries import iso_time, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.reading.walk import pages_past_damage
from service.audit.shards import month_of
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_SCANNED = 20_000  # leaves a call looks through
_ROWS = 50
_LOOKS = (
    events.READ_TYPE,
    events.EXPORTED_TYPE,
    events.REVEAL_OPENED_TYPE,
    events.REVEALED_TYPE,
    events.ERASURE_OPENED_TYPE,
    events.ERASED_TYPE,
)
_OF_ONESELF = ("own", "looks")
_WHY = ("purpose", "reason")


@dataclass(frozen=True, slots=True)
class OwnLook:
    """One look: its number, type and time; what its record says; why, in the looker's words, unless that is erased."""

    seq: int
    kind: str
    time: str
    said: Mapping[str, Any]
    why: str = ""


class OwnLooks:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._keyring = keyring
        self._unsealer = Unsealer(store=store, keyring=keyring)

    def page(self, who: str, *, before: int | None = None) -> tuple[list[OwnLook], int | None]:
        """Return somebody's own looks, the newest first, and the `before` of the next page; `None` at the end.

        Args:
            who: whose, a principal's id.
            before: only records with lower numbers; all if not given.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the store not read: nothing is shown.
        """
        found, older = self._find(who, before)
        self._log.note(events.audit_read(who, "looks", filters={}, seqs=[], purpose=""))
        return found, older

    def _find(self, who: str, before: int | None) -> tuple[list[OwnLook], int | None]:
        size = self._store.size()
        end = size if before is None else min(before, size)
        known_as: dict[str, str | None] = {}
        found: list[OwnLook] = []
        for page in pages_past_damage(self._store, 0, end):
            for one in page:
                if isinstance(one, StoredLeaf) and one.type in _LOOKS:
                    found += self._own(who, one, known_as)
                if len(found) == _ROWS or end - one.seq == MAX_SCANNED:
                    return found, one.seq or None
        return found, None

    def _own(self, who: str, leaf: StoredLeaf, known_as: dict[str, str | None]) -> list[OwnLook]:
        try:
            value = value_of(leaf)
        except AuditDamagedError:  # the list of records says so
            return []
        month = month_of(str(value.get("origin")))
        if month not in known_as:
            known_as[month] = self._pseudonym(who, month)
        if known_as[month] is None or value.get("actor") != known_as[month] or value.get("what") in _OF_ONESELF:
            return []
        return [OwnLook(leaf.seq, leaf.type, iso_time(leaf.ts_us), value, self._why(leaf))]

    def _pseudonym(self, who: str, month: str) -> str | None:
        try:
            return self._keyring.pseudonyms(month).watcher(who)
        except AuditKeyError:  # retention destroyed it: nobody can tell whose they were
            return None

    def _why(self, leaf: StoredLeaf) -> str:
        try:
            texts = self._unsealer.open(leaf).texts
        except SealError:  # what was looked at is still shown
            return ""
        return next((texts[name] for name in _WHY if texts.get(name)), "")

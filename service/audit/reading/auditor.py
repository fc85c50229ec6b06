"""What an auditor can look at: records in a list, one record, and, as a second step, its texts.

Each look: (1) find what was asked for, (2) put the look on record, durably: who, by what filter, which records, what
for, (3) only then hand it out. If the look cannot be recorded, nothing is handed out. Metadata comes first; a text is
opened one record at a time, for a purpose in words, and only if it fits its commitment. There is no filter by person,
and nothing is ordered or counted by person: the log is not a tool to watch employees.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from service.audit import events
from service.audit.errors import FilterError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.summaries import Value, summary, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.reading.walk import first_at, forwards, no_record
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_LIMIT = 1000  # records a page: their numbers stay well under the 64 KiB of the leaf that lists them
MAX_SCANNED = 20_000  # leaves a call looks through, about a second: a filter that finds little must not hold a thread
_CODE = (re.compile(r"[a-z][a-z0-9_]{0,63}"), "a code of lower-case letters, digits and _")
_FORMS = {
    "kind": (re.compile(r"[a-z]{1,32}\.[a-z]{1,32}"), "a type of record such as query.finished"),
    "outcome": _CODE,
    "reason": _CODE,
    "channel": _CODE,
    "document": (re.compile(r"[^\x00-\x1f\x7f]{1,1024}"), "the name of a document, of 1 to 1024 characters"),
    "request_id": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "the id of a question"),
}
FURTHEST_US = 2**53 - 1  # the widest integer that a leaf holds


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wished for; what is `None` does not matter.

    `kind` is the type of a record. `outcome`, `reason` and `document` (found or cited) are those of a finished
    question; `channel` is that of a question, of both its records, so that it goes together with the others. Times are
    microseconds since 1970, UTC, `[since, until)`.

    Raises:
        FilterError: a value is not of its form. It is put on record with the look, where no free text may stand.
    """

    kind: str | None = None
    outcome: str | None = None
    reason: str | None = None
    document: str | None = None
    channel: str | None = None
    request_id: str | None = None
    since_us: int | None = None
    until_us: int | None = None

    def __post_init__(self) -> None:
        """Check each value that is given."""
        for name, (form, words) in _FORMS.items():
            value = getattr(self, name)
            if value is not None and not form.fullmatch(value):
                raise FilterError(f'expected "{name}" = {words}, got {len(value)} characters of another form')
        for name in ("since_us", "until_us"):
            value = getattr(self, name)
            if value is not None and not -FURTHEST_US <= value <= FURTHEST_US:
                raise FilterError(f'expected "{name}" = a time within some centuries of 1970, got one beyond')

    def as_json(self) -> dict[str, str | int]:
        """Return what is given, by name."""
        given = {name: getattr(self, name) for name in (*_FORMS, "since_us", "until_us")}
        return {name: value for name, value in given.items() if value is not None}

    def of_questions(self) -> bool:
        """Tell whether only the records of questions can fit."""
        return any(value is not None for value in (self.outcome, self.reason, self.document, self.channel))


class Auditor:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._unsealer = Unsealer(store=store, keyring=keyring)

    def records(self, who: str, wanted: Filter, *, after: int = -1, limit: int = 100) -> dict[str, Any]:
        """Return a page of records, oldest first: `records`, and `next`, the `after` of the next page.

        At most `MAX_SCANNED` leaves are looked through, so a page may hold fewer than `limit`, even none, while `next`
        says that there are more. `next` is `None` at the end of the log as it was when the call began: the record
        of this very look comes after it.

        Args:
            who: who looks, a principal's id.
            wanted: which records.
            after: only records with higher numbers; -1 for all.
            limit: 1 to 1000.

        Raises:
            FilterError: the limit is another.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise FilterError(f"expected a limit of 1 to {MAX_LIMIT} records, got {limit}")
        found, following = self._find(wanted, after, limit)
        seqs = [one["seq"] for one in found]
        self._log.note(events.audit_read(who, "list", filters=wanted.as_json(), seqs=seqs, purpose=""))
        return {"records": found, "next": following}

    def record(self, who: str, seq: int) -> dict[str, Any]:
        """Return all that is known of one record, but for its texts.

        That is its summary and `leaf`, `leaf_text` (the exact bytes that were hashed), `payloads` (the fields whose
        texts can be opened) and `erased` (the record of their erasure: seq, ground, ts_us, time; or `None`).

        Raises:
            NoRecordError: there is none with this number.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        leaf = self._leaf(seq)
        value = value_of(leaf)
        fields, erased = self._unsealer.openable(leaf)
        self._log.note(events.audit_read(who, "show", filters={}, seqs=[seq], purpose=""))
        return {
            **summary(leaf, value),
            "leaf": value,
            "leaf_text": leaf.leaf.decode(),
            "payloads": fields,
            "erased": erased.as_json() if erased else None,
        }

    def payload(self, who: str, seq: int, *, purpose: str) -> dict[str, Any]:
        """Return the texts of one record, by field; who asked is never among them.

        Returns:
            `seq`, `texts`, and `erased` (as of `record`): then there are no texts.

        Raises:
            FilterError: there is no purpose: a text is opened for a reason that is written down before.
            NoRecordError: there is no record with this number.
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        if not purpose.strip():
            raise FilterError("expected a purpose in words for which the text is opened, got none")
        opened = self._unsealer.open(self._leaf(seq))
        self._log.note(events.audit_read(who, "payload", filters={}, seqs=[seq], purpose=purpose))
        return {
            "seq": seq,
            "texts": dict(opened.texts),
            "erased": opened.erased.as_json() if opened.erased else None,
        }

    def _leaf(self, seq: int) -> StoredLeaf:
        leaf = self._store.leaf(seq)
        if leaf is None:
            raise no_record(self._store, seq)
        return leaf

    def _find(self, wanted: Filter, after: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        end = self._store.size() if wanted.until_us is None else first_at(self._store, wanted.until_us)
        start = max(after + 1, 0 if wanted.since_us is None else first_at(self._store, wanted.since_us))
        leaves: Iterable[StoredLeaf] = forwards(self._store, start, end)
        if wanted.request_id is not None:
            leaves = [leaf for leaf in self._store.of_request(wanted.request_id) if start <= leaf.seq < end]
            end = leaves[-1].seq + 1 if leaves else end
        fitting = _Fitting(self._store, wanted)
        found: list[dict[str, Any]] = []
        for scanned, leaf in enumerate(leaves, 1):
            if (value := fitting.value(leaf)) is not None:
                found.append(summary(leaf, value))
            if (len(found) == limit or scanned == MAX_SCANNED) and leaf.seq + 1 < end:
                return found, leaf.seq
        return found, None


class _Fitting:
    """Tells which leaves fit a filter, but for time and question; asked along the log, in its order."""

    def __init__(self, store: LeafReader, wanted: Filter) -> None:
        self._store = store
        self._wanted = wanted
        self._channels: dict[int, str] = {}  # of questions passed on the way, whose end comes soon after

    def value(self, leaf: StoredLeaf) -> Value | None:
        """Return what a leaf says; `None` if it does not fit."""
        wanted = self._wanted
        if wanted.of_questions() and leaf.type not in (RECEIVED_TYPE, FINISHED_TYPE):
            return None
        if wanted.channel is None and wanted.kind not in (None, leaf.type):
            return None
        value = value_of(leaf)
        if wanted.channel is not None and self._channel(leaf, value) != wanted.channel:
            return None
        fits = (
            wanted.kind in (None, leaf.type)
            and wanted.outcome in (None, value.get("outcome"))
            and wanted.reason in (None, value.get("reason"))
            and (wanted.document is None or any(hit["document"] == wanted.document for hit in value.get("hits", ())))
        )
        return value if fits else None

    def _channel(self, leaf: StoredLeaf, value: Value) -> object:
        if leaf.type == RECEIVED_TYPE:
            self._channels[leaf.seq] = value["channel"]
            return value["channel"]
        if (channel := self._channels.pop(value["received_seq"], None)) is not None:
            return channel
        received = self._store.leaf(value["received_seq"])
        return value_of(received).get("channel") if received and received.type == RECEIVED_TYPE else None

"""Questions on record as an auditor looks at them on a page: the newest first, a row each, and one as a whole.

Each look goes as in `auditor`: (1) find, (2) put the look on record, durably, (3) only then hand it out. A row is the
`query.finished` record of a question with what its `query.received` says; a question without a result is a row of its
own. Records that are damaged or missing are rows too, whatever was wished for: what is wrong is not to be passed over.
No filter by person, no order by person.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.audit import events
from service.audit.errors import AuditDamagedError, FilterError
from service.audit.formats.canonical import canonical_json
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.auditor import MAX_LIMIT
from service.audit.reading.feedback import Feedbacks
from service.audit.reading.on_record import OnRecord, Page, Row, Sought
from service.audit.reading.summaries import cited_documents, iso_time, summary, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.reading.walk import Damaged, first_at, no_record, pages_past_damage
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE, SENTENCE_TYPE
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_SCANNED = 20_000  # leaves a call looks through, about a second: a filter that finds little must not hold a thread
_ROWS = 50
_RECEIVED_SEQ = b'"received_seq":'  # as it stands in a leaf, whose keys are in order and without blanks
_DIGITS = 17  # of the largest number, and the comma after it
_TOLD = ("channel", "actor", "outcome", "reason", "documents", "elapsed_us", "evidence_u", "threshold_u")


class QuestionRecords:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._feedback = Feedbacks(store=store)

    def page(self, who: str, sought: Sought, *, before: int | None = None, limit: int = _ROWS) -> Page:
        """Return a page of rows.

        Args:
            who: who looks, a principal's id.
            sought: which.
            before: only records with lower numbers; all if not given.
            limit: how many at most, 1 to 1000.

        Raises:
            FilterError: the limit is another.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise FilterError(f"expected a limit of 1 to {MAX_LIMIT} records, got {limit}")
        found = self._find(sought, before, limit)
        seqs = [row.seq for row in found.rows]
        self._log.note(events.audit_read(who, "list", filters=sought.as_json(), seqs=seqs, purpose=""))
        return found

    def one(self, who: str, seq: int) -> OnRecord:
        """Return one record without its texts; of a question, all of its records.

        Raises:
            NoRecordError: there is none with this number.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        leaf = self._leaf(seq)
        leaves = self._of(leaf)
        shown = self._on_record(leaf, leaves)
        seqs = [one.seq for one in leaves]
        self._log.note(events.audit_read(who, "show", filters={}, seqs=seqs, purpose=""))
        return shown

    def request_of(self, seq: int) -> str:
        """Return the id of the question that a record belongs to; for what is done with it, and shown to nobody.

        Raises:
            NoRecordError: there is none with this number.
            FilterError: it is no question's.
            AuditUnavailableError: the store cannot be read.
        """
        leaf = self._leaf(seq)
        if not leaf.request_id:
            raise FilterError(f"expected the number of a question's record, got that of a {leaf.type}")
        return leaf.request_id

    def texts(self, who: str, seq: int, *, purpose: str) -> dict[str, str]:
        """Return the texts of a record by field, of a question all that belong to it, as one look; never who asked.

        Raises:
            FilterError: there is no purpose: a text is opened for a reason that is written down before.
            NoRecordError: there is no record with this number.
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        if not purpose.strip():
            raise FilterError("expected a purpose in words for which the texts are opened, got none")
        leaves = self._of(self._leaf(seq))
        opened: dict[str, str] = {}
        for leaf in leaves:
            opened |= _told_apart(leaf, self._unsealer.open(leaf).texts)
        seqs = [leaf.seq for leaf in leaves]
        self._log.note(events.audit_read(who, "payload", filters={}, seqs=seqs, purpose=purpose.strip()))
        return opened

    def _leaf(self, seq: int) -> StoredLeaf:
        leaf = self._store.leaf(seq)
        if leaf is None:
            raise no_record(self._store, seq)
        return leaf

    def _of(self, leaf: StoredLeaf) -> list[StoredLeaf]:
        """Return all records of the question that one belongs to; itself alone if it belongs to none."""
        return self._store.of_request(leaf.request_id) if leaf.request_id else [leaf]

    def _on_record(self, leaf: StoredLeaf, leaves: Sequence[StoredLeaf]) -> OnRecord:
        of_type = {one.type: one for one in leaves}
        received, finished = of_type.get(RECEIVED_TYPE), of_type.get(FINISHED_TYPE)
        openable: dict[int, list[str]] = {}
        erased = None
        for one in leaves:
            fields, gone = self._unsealer.openable(one)
            erased = erased or gone
            openable |= {one.seq: fields} if fields else {}
        value = value_of(leaf)
        shown = finished or received or leaf
        return OnRecord(
            row=self._row(shown, value_of(shown), received),
            leaf_hash=leaf.leaf_hash,
            leaf_text=leaf.leaf.decode("utf-8", "replace"),
            value=value,
            received_seq=received.seq if received else None,
            finished_seq=finished.seq if finished else None,
            received=value_of(received) if received else None,
            finished=value_of(finished) if finished else None,
            openable=openable,
            erased=erased,
        )

    def _row(self, leaf: StoredLeaf, value: Mapping[str, Any], received: StoredLeaf | None) -> Row:
        said = {**(value_of(received) if received else {}), **value}
        if leaf.type == FINISHED_TYPE:
            said["documents"] = cited_documents(value)
        known = {name: said[name] for name in _TOLD if said.get(name) is not None}
        facts = known if leaf.type in (RECEIVED_TYPE, FINISHED_TYPE) else _in_short(leaf, value)
        said_of = self._feedback.of([leaf.request_id]).get(leaf.request_id) if leaf.request_id else None
        return Row(
            leaf.seq, leaf.type, iso_time(leaf.ts_us), leaf.request_id, facts, said_of.verdict if said_of else ""
        )

    def _find(self, sought: Sought, before: int | None, limit: int) -> Page:
        wanted, store = sought.wanted, self._store
        end = store.size() if wanted.until_us is None else first_at(store, wanted.until_us, past_damage=True)
        end = end if before is None else min(before, end)
        start = 0 if wanted.since_us is None else first_at(store, wanted.since_us, past_damage=True)
        fitting = _Fitting(store, sought, self._feedback)
        rows: list[Row] = []
        seq = end
        for page in pages_past_damage(store, start, end):
            fitting.near = {one.seq: one for one in page if isinstance(one, StoredLeaf)}
            for one in page:
                seq = one.seq
                if (row := self._shown(one, fitting)) is not None:
                    rows.append(row)
                if len(rows) == limit or end - seq == MAX_SCANNED:
                    return Page(tuple(rows), seq if seq > start else None, end - seq)
        return Page(tuple(rows), None, end - seq)

    def _shown(self, one: StoredLeaf | Damaged, fitting: "_Fitting") -> Row | None:
        """Return the row of a record; `None` if it does not fit."""
        if isinstance(one, Damaged):
            return Row(one.seq, damaged=one.words)
        try:
            if not fitting.fits(one):
                return None
            return self._row(one, value_of(one), fitting.received_of(one))
        except (AuditDamagedError, ValueError, KeyError, TypeError, AttributeError):  # no form of a record
            return Row(one.seq, damaged="is not as it was written")


class _Fitting:
    """Tells which records are rows; asked along the log, the newest first. Takes apart as few as possible."""

    def __init__(self, store: LeafReader, sought: Sought, feedback: Feedbacks) -> None:
        wanted = sought.wanted
        self._store = store
        self._sought = sought
        self._finished: set[str] = set()  # questions whose result was passed on the way
        self._said = feedback.with_verdict(sought.verdict) if sought.verdict else None
        given = {"outcome": wanted.outcome, "reason": wanted.reason, "document": wanted.document}
        # What has to stand in the bytes of a record that fits: a tenth of the time of reading it.
        self._bytes = [_pair(name, text) for name, text in given.items() if text is not None]
        self._channel = _pair("channel", wanted.channel) if wanted.channel is not None else None
        self.near: Mapping[int, StoredLeaf] = {}  # the records around those that are asked about

    def fits(self, leaf: StoredLeaf) -> bool:
        """Tell whether a record is a row."""
        sought = self._sought
        if leaf.type not in (RECEIVED_TYPE, FINISHED_TYPE):
            filtered = sought.of_results() or self._channel is not None
            return sought.everything and not filtered
        if leaf.type == RECEIVED_TYPE:
            return self._fits_open(leaf)
        self._finished.add(leaf.request_id)
        if self._said is not None and leaf.request_id not in self._said:
            return False
        if not all(pair in leaf.leaf for pair in self._bytes):
            return False
        if self._channel is None:
            return True
        received = self.received_of(leaf)
        return received is not None and self._channel in received.leaf

    def received_of(self, leaf: StoredLeaf) -> StoredLeaf | None:
        """Return the record that a question came, of one that says what became of it."""
        if leaf.type != FINISHED_TYPE:
            return None
        at = leaf.leaf.rfind(_RECEIVED_SEQ) + len(_RECEIVED_SEQ)
        number = int(leaf.leaf[at : at + _DIGITS].split(b",", 1)[0])
        try:
            return self.near.get(number) or self._store.leaf(number)
        except AuditDamagedError:  # it has a row of its own, which says so
            return None

    def _fits_open(self, leaf: StoredLeaf) -> bool:
        """Tell whether a record that a question came is a row by itself: where all are wished for, or it has no end."""
        if self._sought.of_results() or (self._channel is not None and self._channel not in leaf.leaf):
            return False
        if self._sought.everything:
            return True
        if leaf.request_id in self._finished:
            return False
        return all(one.type != FINISHED_TYPE for one in self._store.of_request(leaf.request_id))


def _told_apart(leaf: StoredLeaf, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return the texts of a record as they stand among those of the others: of sentences there may be many."""
    if leaf.type != SENTENCE_TYPE:
        return texts
    return {f"{field} {value_of(leaf)['n']}": text for field, text in texts.items()}


def _pair(name: str, text: str) -> bytes:
    """Return a key and its text as they stand in a leaf."""
    return canonical_json({name: text})[1:-1]


def _in_short(leaf: StoredLeaf, value: Mapping[str, Any]) -> dict[str, Any]:
    told = summary(leaf, value)
    return {name: told[name] for name in told.keys() - {"seq", "leaf_hash", "type", "ts_us", "time", "request_id"}}

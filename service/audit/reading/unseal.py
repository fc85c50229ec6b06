"""Opens the texts of a record, for whoever has put it on record that they are opened.

In order: (1) see which texts the leaf commits to, (2) see whether a `payload.erased` leaf says that they are gone: then
there are none, even if somebody put rows back or the month's keys are destroyed, (3) open each with its key, (4) give
it only if it fits its commitment. A text that is missing, cannot be opened or does not fit is an error that names
record and field, and then none of the record's texts is given. Records nothing itself.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.audit.errors import AuditKeyError, SealError
from service.audit.events import ERASED_TYPE
from service.audit.formats.commitments import verify
from service.audit.keys.keyring import Keyring
from service.audit.log import ASKER_FIELD
from service.audit.reading.summaries import iso_time, value_of
from service.audit.sealed_text import payload_context
from service.audit.storage.store import LeafReader, Payload, StoredLeaf

_COMMIT = "_commit"  # a leaf's key `prompt_commit` holds the commitment to the field `prompt`


@dataclass(frozen=True, slots=True)
class Erased:
    """The record that says that a text is gone: its number, on what ground, and when."""

    seq: int
    ground: str
    ts_us: int

    def as_json(self) -> dict[str, Any]:
        """Return it for showing."""
        return {"seq": self.seq, "ground": self.ground, "ts_us": self.ts_us, "time": iso_time(self.ts_us)}


class Erasures:
    """Knows which texts were erased. It follows the log, so each record of an erasure is read once."""

    def __init__(self, *, store: LeafReader) -> None:
        """Follow a log; nothing is read before the first call."""
        self._store = store
        self._lock = threading.Lock()  # around what follows
        self._known: list[tuple[Erased, list[tuple[int, int]]]] = []

    def of(self, seq: int) -> Erased | None:
        """Return the first erasure of what a record held; `None` if there is none.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        return self.of_all([seq]).get(seq)

    def of_all(self, seqs: Sequence[int]) -> dict[int, Erased]:
        """Return the first erasure of each of these records that was erased; raises as `of`."""
        with self._lock:
            after = self._known[-1][0].seq if self._known else -1
            for leaf in self._store.of_type(ERASED_TYPE, after=after):
                value = value_of(leaf)
                ranges = [(first, last) for first, last in value["ranges"]]
                self._known.append((Erased(leaf.seq, value["ground"], leaf.ts_us), ranges))
            known = list(self._known)
        found = ((seq, _first(known, seq)) for seq in seqs)
        return {seq: erased for seq, erased in found if erased}


@dataclass(frozen=True, slots=True)
class Opened:
    """The texts of a record by field, or who erased them."""

    texts: Mapping[str, str]
    erased: Erased | None = None


class Unsealer:
    """Opens the texts of one log's records."""

    def __init__(self, *, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._store = store
        self._keyring = keyring
        self._erasures = Erasures(store=store)

    def openable(self, leaf: StoredLeaf) -> tuple[list[str], Erased | None]:
        """Return the fields whose texts are there, opening none; and who erased them, if somebody did."""
        rows, committed = self._rows(leaf), commitments_of(value_of(leaf))
        erased = self._erasures.of(leaf.seq) if committed else None
        return ([] if erased else sorted(rows.keys() & committed.keys())), erased

    def open(self, leaf: StoredLeaf) -> Opened:
        """Return the texts of a record, each held against its commitment; never who asked.

        Raises:
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the store cannot be read.
        """
        return self.open_all([leaf])[leaf.seq]

    def open_all(self, leaves: Sequence[StoredLeaf]) -> dict[int, Opened]:
        """Return the texts of many records by number, as `open` does; raises as it does."""
        # The rows before the erasures: what is gone by now is then explained by a leaf that is there by now.
        rows = self._store.payloads_of([leaf.seq for leaf in leaves])
        erased = self._erasures.of_all([leaf.seq for leaf in leaves])
        return {leaf.seq: self._opened(leaf, rows.get(leaf.seq, ()), erased.get(leaf.seq)) for leaf in leaves}

    def _opened(self, leaf: StoredLeaf, payloads: Sequence[Payload], erased: Erased | None) -> Opened:
        value = value_of(leaf)
        committed, rows = commitments_of(value), {payload.field: payload for payload in payloads}
        if erased and committed:
            return Opened({}, erased)
        texts = {}
        for field, commitment in committed.items():
            salt, body = self._open(leaf, value["origin"], field, rows)
            if not verify(commitment, field=field, salt=salt, body=body):
                raise _damaged(leaf, field, "is not the one that the record commits to")
            texts[field] = body.decode("utf-8", "surrogatepass")
        return Opened(texts)

    def asker_erased(self, leaf: StoredLeaf) -> Erased | None:
        """Return who erased who asked a question; `None` if it is there, sealed as it stays.

        Raises:
            SealError: it is missing.
            AuditUnavailableError: the store cannot be read.
        """
        rows = self._rows(leaf)
        if erased := self._erasures.of(leaf.seq):
            return erased
        if ASKER_FIELD not in rows:
            raise _missing(leaf, ASKER_FIELD)
        return None

    def asker(self, leaf: StoredLeaf) -> str | Erased:
        """Return who asked a question, as it was sealed; whoever calls holds it against the pseudonym.

        Raises:
            SealError: it is missing or cannot be opened.
            AuditUnavailableError: the store cannot be read.
        """
        rows = self._rows(leaf)
        if erased := self._erasures.of(leaf.seq):
            return erased
        _, body = self._open(leaf, value_of(leaf)["origin"], ASKER_FIELD, rows)
        return body.decode("utf-8", "surrogatepass")

    def _rows(self, leaf: StoredLeaf) -> dict[str, Payload]:
        return {payload.field: payload for payload in self._store.payloads(leaf.seq)}

    def _open(self, leaf: StoredLeaf, origin: str, field: str, rows: Mapping[str, Payload]) -> tuple[bytes, bytes]:
        row = rows.get(field)
        if row is None:
            raise _missing(leaf, field)
        context = payload_context(origin, leaf.type, leaf.request_id, field)
        try:
            return self._keyring.open(row.key_id, row.sealed, context=context)
        except (SealError, AuditKeyError) as error:
            raise _damaged(leaf, field, f"cannot be opened ({error})") from error


def commitments_of(value: Mapping[str, Any]) -> dict[str, str]:
    """Return the commitments that a leaf holds, by the field committed to, wherever in the leaf they stand."""
    return dict(_commitments(value))


def _commitments(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key.endswith(_COMMIT) and isinstance(item, str):
                yield key.removesuffix(_COMMIT), item
            else:
                yield from _commitments(item)


def _first(known: Sequence[tuple[Erased, list[tuple[int, int]]]], seq: int) -> Erased | None:
    return next((one for one, ranges in known if seq < one.seq and _within(seq, ranges)), None)


def _within(seq: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= seq <= last for first, last in ranges)


def _missing(leaf: StoredLeaf, field: str) -> SealError:
    return _damaged(leaf, field, "is missing, and no record says that it was erased")


def _damaged(leaf: StoredLeaf, field: str, what: str) -> SealError:
    return SealError(
        f"the text {field!r} of record {leaf.seq} {what}: run greenlit audit verify, and compare the store and its "
        "keys with a backup"
    )

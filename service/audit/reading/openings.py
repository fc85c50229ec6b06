"""What one person asks for and another has to confirm: once, within a day, in a session of their own.

In order: (1) the first puts on record what they ask for and why, (2) the number of that record is what the second
confirms, (3) under one lock it is seen to that the opening is one of this kind, that it waits, and that it is somebody
else who confirms, (4) still under the lock, what is done is put on record by a leaf that names the opening, so that it
waits no more. All of it stands in the log and nowhere else, and the lock is one for all processes that write it. That
each of the two came themselves is for the door to see to.
"""

import contextlib
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.audit.errors import AuditError
from service.audit.events import Event
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog, Clock
from service.audit.reading.summaries import Value, iso_time, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.reading.walk import first_at, no_record
from service.audit.storage.beside import alone
from service.audit.storage.store import LeafStore, StoredLeaf

LASTS_US = 24 * 60 * 60 * 1_000_000  # a day: long enough to find a colleague, short enough to remember why


@dataclass(frozen=True, slots=True)
class Kind:
    """What is opened: in words, the type of the leaf that opens it and of the one that ends it, how it is refused."""

    words: str
    opened: str
    done: str
    error: type[AuditError]


@dataclass(frozen=True, slots=True)
class Opening:
    """One that waits: its leaf, what that says, and its texts."""

    leaf: StoredLeaf
    value: Value
    texts: Mapping[str, str]

    @property
    def expires(self) -> str:
        """The last moment at which it can be confirmed."""
        return expires(self.leaf)


class Openings:
    """The openings of one kind in one log; see the module. Any thread may call."""

    def __init__(self, kind: Kind, *, log: AuditLog, store: LeafStore, keyring: Keyring, clock: Clock) -> None:
        """Take the parts of an open log, and its clock."""
        self._kind = kind
        self._log = log
        self._store = store
        self._clock = clock
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._alone = threading.Lock()  # around checking and recording a confirmation

    def record(self, event: Event) -> StoredLeaf:
        """Put an opening on record, and return its leaf; `event` has the sealed text `who`.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the store not read.
        """
        receipt = self._log.note(event)
        leaf = self._store.leaf(receipt.seq)
        if leaf is None:
            raise no_record(self._store, receipt.seq)
        return leaf

    @contextlib.contextmanager
    def confirming(self, who: str, number: int) -> Iterator[Opening]:
        """Lend an opening to somebody who confirms it, and let nobody else confirm until what is done is on record.

        Args:
            who: who confirms, a principal's id.
            number: of the record that opened it.

        Raises:
            NoRecordError: there is no record with this number.
            AuditError: of the kind: it is no such opening, is over, confirmed or erased, or it is the same person.
            SealError: its texts cannot be opened.
            AuditUnavailableError: the store cannot be read, or another process is at it.
        """
        with alone(self._store, self._alone) as expect_alone:
            opening = self._to_confirm(who, number)
            expect_alone()
            yield opening

    def waiting(self) -> list[Opening]:
        """Return those that can still be confirmed, the oldest first.

        Raises:
            SealError: the texts of one cannot be opened.
            AuditUnavailableError: the store cannot be read.
        """
        first = first_at(self._store, self._clock() - LASTS_US)
        confirmed = self._confirmed(first)
        leaves = [leaf for leaf in self._store.of_type(self._kind.opened, after=first - 1) if leaf.seq not in confirmed]
        opened = [(leaf, self._unsealer.open(leaf)) for leaf in leaves]
        return [Opening(leaf, value_of(leaf), texts.texts) for leaf, texts in opened if not texts.erased]

    def _to_confirm(self, who: str, number: int) -> Opening:
        leaf = self._store.leaf(number)
        if leaf is None:
            raise no_record(self._store, number)
        words = self._kind.words
        if leaf.type != self._kind.opened:
            raise self._kind.error(f"expected the number of {words} that was opened, got that of a {leaf.type}")
        if self._clock() - leaf.ts_us > LASTS_US:
            raise self._kind.error(f"expected {words} opened within the last day, got one that ended {expires(leaf)}")
        if number in self._confirmed(number):
            raise self._kind.error(f"expected {words} that waits, got one that was confirmed before: open another")
        opened = self._unsealer.open(leaf)
        if opened.erased:
            raise self._kind.error(
                f"expected {words} that waits, got one whose texts were erased on {iso_time(opened.erased.ts_us)} "
                f"({opened.erased.ground}, record {opened.erased.seq}): open another"
            )
        if is_same_person(opened.texts["who"], who):
            raise self._kind.error(
                "expected another person than the one who opened it, in a session of their own, got the same one: "
                "nobody does this alone. With GREENLIT_AUTH=local there is one person only, so nobody can confirm"
            )
        return Opening(leaf, value_of(leaf), opened.texts)

    def _confirmed(self, first: int) -> set[int]:
        """Return which openings from a number on were confirmed."""
        done = (value_of(leaf) for leaf in self._store.of_type(self._kind.done, after=first))
        return {value["opening"] for value in done if value.get("opening") is not None}


def expires(leaf: StoredLeaf) -> str:
    """Return the last moment at which an opening can be confirmed."""
    return iso_time(leaf.ts_us + LASTS_US)


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two ids are one person's: case, width and blanks make nobody another."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())

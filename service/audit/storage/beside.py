"""What the writer of one process knows of the others that write the same log; what the store can do is in `store`.

Each process takes turns: within one, nobody else adds, what the others added is given first, and then it adds. Signing
has turns of its own, so that no answer waits for it: the newest checkpoint is read, and the next kept, in one
transaction. So a process that stood still, for however long, is refused and not believed. The lease says who does what
one process is enough for; no promise rests on it. What takes several records, and must not be done by two at once,
such as changing keys, is done `alone`: by a lock that is never taken from a process that holds it, only lost with its
connection, which is looked at before each step.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from service.audit.errors import AuditUnavailableError
from service.audit.storage.store import Entry, ExpectAlone, LeafStore, Receipt

Again = Callable[[int], Entry]  # makes an entry anew, for another time (microseconds since 1970, UTC)


class Others(Protocol):
    """What the writer of one process knows of the others. Its thread alone calls; any may read what is no call."""

    @property
    def changes(self) -> int:
        """How often others ended or began a month, or put a key on record: who relied on either looks anew."""

    @property
    def newest_us(self) -> int:
        """The time of the newest leaf that is known."""

    @property
    def next_seq(self) -> int:
        """The number after the last leaf that is known."""

    @property
    def unsigned_s(self) -> float:
        """For how many seconds the oldest leaf without a checkpoint has waited for one; 0 if there is none."""

    def append(self, batch: Sequence[tuple[Entry, Again | None]]) -> list[Receipt | AuditUnavailableError]:
        """Keep entries after all that others added, each made anew where it has to be.

        Returns:
            For each entry its receipt, or why it was not kept: an AuditOvertakenError if making it anew may help.

        Raises:
            AuditUnavailableError: the store cannot be written, or is not the one that was known.
        """


@contextlib.contextmanager
def alone(store: LeafStore, lock: threading.Lock) -> Iterator[ExpectAlone]:
    """Do something that no other thread does meanwhile that takes the lock, nor another process; see `Beside.alone`."""
    beside = store.beside
    with lock, beside.alone() if beside else contextlib.nullcontext(_is_alone) as expect_alone:
        yield expect_alone


def _is_alone() -> None:
    pass

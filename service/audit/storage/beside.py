"""What a store can do that several processes write at once: the port beside `store`, and the records of it.

Each process takes turns: within one, nobody else adds, what the others added is given first, and then it adds. Signing
has turns of its own, so that no answer waits for it: the newest checkpoint is read, and the next kept, in one
transaction. So a process that stood still, for however long, is refused and not believed. The lease says who does what
one process is enough for; no promise rests on it.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from service.audit.errors import AuditUnavailableError
from service.audit.storage.store import Entry, Receipt, StoredCheckpoint, StoredLeaf, Subtree

Settle = Callable[[Sequence[StoredLeaf]], Sequence[Entry]]


Make = Callable[[StoredCheckpoint | None], tuple[StoredCheckpoint, Sequence[Subtree]] | None]


class Beside(Protocol):
    """What a store can do that several processes write at once. One thread of each process calls it.

    What was added by others is given before anything is added here, so that each process knows all of the log.
    """

    def append_after(self, settle: Settle) -> list[Receipt]:
        """Keep entries after all that others added, as `LeafStore.append` does, while nobody else adds.

        Args:
            settle: is given what others added since this process last knew the end, in order, and returns the entries.

        Raises:
            AuditUnavailableError: the store cannot be written, or does not go on from the end that was known.
            AuditOvertakenError: others added so much that it is read before another turn is taken: try again.
        """

    def publish_after(self, make: Make) -> None:
        """Keep a checkpoint as `LeafStore.publish` does, while nobody else publishes one.

        Args:
            make: is given the newest checkpoint of all, and returns the one to be kept with its subtrees, or nothing.

        Raises:
            AuditUnavailableError: the store cannot be written.
        """

    def known(self, seq: int, leaf_hash: str) -> None:
        """Say which leaf is the last that this process has read."""

    def writers(self) -> int:
        """Return how many processes have the store open for writing now, this one with them."""

    def agree(self, name: str, value: str) -> str:
        """Return the value that all processes go by under a name: this one, if none was said before."""

    def tend_lease(self) -> bool:
        """Take the lease if nobody has it, show the server that this process is alive, tell whether it has it now.

        One process at a time has it. The server's clock alone decides when it is gone, within seconds.
        """

    def has_lease(self) -> bool:
        """Tell whether this process had the lease a moment ago. Any thread may ask."""


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

"""Where sessions, API keys and pushed people are kept: a file for its owner only, or tables that replicas share.

The port of both (`private_file`, `private_tables`): how rows are read and written safely. What they mean is the
business of the store over it, which says in one SQL what both understand, with `?` where a value comes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from service.access.errors import AccessError


class Found(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:
        """Return the next row; `None` if there is none."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What is lent to a store."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Found:
        """Run a statement, with values for its `?`."""


class Watch(Protocol):
    """Looks whether a store changed, for every request that needs it. Any thread may call."""

    def newest(self) -> int:
        """Return the number of the newest change; -1 if nobody can say now."""

    def close(self) -> None:
        """Let go of what it looks through."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept.

    Attributes:
        file: the name of the file.
        prepare: makes the tables in a file.
        failed: makes the error of a place and a reason, both in words.
        tables: their names, in the order in which rows can be put into them.
        changes: the one whose `number` grows with every change; "" where nobody watches.
    """

    file: str
    prepare: Callable[[Any], None]
    failed: Callable[[str, str], AccessError]
    tables: tuple[str, ...]
    changes: str = ""


class PrivateDatabase(Protocol):
    """Where something is kept. Any thread may use it.

    What is lent raises the error that `Kept.failed` makes where it cannot be read or written.
    """

    @property
    def place(self) -> str:
        """Where that is, to be shown."""

    @property
    def waits(self) -> bool:
        """Whether a look waits for another machine, so that no event loop may wait for it."""

    def exists(self) -> bool:
        """Tell whether anything may be there."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend what reads."""

    def at_one_moment(self) -> AbstractContextManager[Connection]:
        """Lend what reads, for several questions about one moment."""

    def writing(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """Lend what writes all or nothing, one after the other, whichever process it is.

        Args:
            durable: wait for the disk.
        """

    def alone(self) -> AbstractContextManager[None]:
        """Have what is done meanwhile done by one process at a time."""

    def watching(self) -> Watch:
        """Return what tells cheaply that another process changed something.

        Raises:
            AccessError: as what is lent.
        """

    def close(self) -> None:
        """Close it; closing twice is fine, and whoever comes later opens it again."""


Keep = Callable[[Kept], PrivateDatabase]  # the place of an installation, whatever is kept there


def may_be_kept(text: str) -> bool:
    """Tell whether anything of this name can have been kept: no database keeps a NUL, or half a character."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def newest_change(connection: Connection, changes: str) -> int:
    """Return the number of the newest change in a table of changes; 0 if there was none."""
    query = f"SELECT coalesce(max(number), 0) FROM {changes}"  # nosec B608  # noqa: S608  (a name of ours)
    return int(connection.execute(query).fetchone()[0])

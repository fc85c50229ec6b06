"""One SQLite file: its connections, its write-ahead log, and what its errors mean in words.

Every connection syncs at every commit and erases what it deletes. A connection never makes an empty file where one was
removed. Who holds the file open may keep the connections that read it for the next reader, for opening one takes fifty
times as long as most queries; they read nothing from memory, and are left as soon as another file stands on the path.
Nothing that was to be written reaches a log or an error. Damage of the file is told with what to do; what a
row says, and whether it is what was written, is for others to check.
"""

import contextlib
import functools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from service.audit.errors import AuditDamagedError, AuditUnavailableError

WHEN_DAMAGED = (
    "stop what uses it and keep the file as it is; put back an undamaged copy that holds the newest records and run "
    "greenlit audit verify, or, without one, keep the state folder for auditors and begin a new one"
)
_REASONS = {
    "SQLITE_BUSY": "another program has locked it",
    "SQLITE_LOCKED": "another program has locked it",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_IOERR": "the disk refuses",
    "SQLITE_INTERRUPT": "it was broken off",
    "SQLITE_CANTOPEN": "it cannot be opened; if it was removed, put it back",
}
_DAMAGE = {
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_NOTADB": "it is not a SQLite file, or damaged",
    "SQLITE_ERROR": "it does not hold the tables of a log, or is damaged",
    "SQLITE_CONSTRAINT": "its rows are not in order: another program wrote to it, or it is damaged",
    "OperationalError": "a text in it is damaged",  # so Python calls bytes that are no UTF-8: SQLite has no name for it
    "UnicodeDecodeError": "it is damaged",  # and so, where they stand in what SQLite says of it
}
_TEMPORARY = "SQLITE_TMPDIR"
_WAL_BYTES = 16 << 20  # that are kept for what comes next; while somebody reads all of the file, it grows beyond
_MOST_SAID = 120  # characters of what SQLite found: numbers of pages and cells, names of tables

_MOST_KEPT = 4  # connections, each with some 50 KiB: as many read at once on a busy day

_STREAM_PAGE = 512  # numbers a page: at most 32 MiB of leaves

_T = TypeVar("_T")


class SqliteFile:
    """A file on a path; nothing is opened before `connect`."""

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        """Remember the path.

        Args:
            path: where the file is; its write-ahead log stands beside it.
            busy_timeout_s: how long to wait for another program that has locked the file, in seconds.
        """
        self.path = path
        self._wal_path = path.with_name(f"{path.name}-wal")
        self._busy_timeout_s = busy_timeout_s
        self._opened: list[tuple[int, int]] = []
        self._keeping = threading.Lock()
        self._kept: list[sqlite3.Connection] | None = None  # that nobody reads with now; None: none are kept
        self._looking: set[sqlite3.Connection] = set()  # through the file, for damage

    def connect(self) -> sqlite3.Connection:
        """Return a new connection, to be closed by the caller; any one thread at a time may use it.

        Raises:
            sqlite3.Error: it cannot be opened.
        """
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=rw",  # rw: never make an empty store where one was removed
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,  # transactions begin where the code says so
            check_same_thread=False,  # the writer's is opened by one thread and used by another
        )
        try:
            connection.execute("PRAGMA synchronous = FULL")  # in WAL mode: fsync at every commit
            connection.execute("PRAGMA fullfsync = ON")  # where fsync stops at the drive's cache (macOS)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
            connection.execute("PRAGMA secure_delete = ON")  # an erased payload leaves no bytes behind
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, read with a connection of its own, so that nobody waits for the writer.

        Raises:
            AuditUnavailableError: it cannot be read.
        """

        def read() -> list[tuple[Any, ...]]:
            connection = self._take_kept() or self.connect()
            try:
                found = connection.execute(query, parameters).fetchall()
                connection.execute("PRAGMA shrink_memory")  # whoever reads with it next sees what is on the disk
            except BaseException:
                connection.close()
                raise
            self._keep(connection)
            return found

        return self.guarded("read", read)

    def _rows_anew(self, query: str) -> list[tuple[Any, ...]]:
        def read() -> list[tuple[Any, ...]]:
            with closing(self.connect()) as connection:
                with self._keeping:
                    self._looking.add(connection)
                try:
                    return connection.execute(query).fetchall()
                finally:
                    with self._keeping:
                        self._looking.remove(connection)

        return self.guarded("read", read)

    def stop_looking(self) -> None:
        """Break off looks for damage that are going on: they end with an error. Any thread may call."""
        with self._keeping:  # none of them is closed meanwhile
            for connection in self._looking:
                connection.interrupt()

    def keep(self) -> None:
        """Keep connections that have read, until `let_go`: as long as the files are those that `remember` saw."""
        with self._keeping:
            self._kept = []

    def let_go(self) -> None:
        """Close the connections that are kept, and keep none from now on."""
        with self._keeping:
            kept, self._kept = self._kept, None
        for connection in kept or ():
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _take_kept(self) -> sqlite3.Connection | None:
        """Return a connection that is kept, unless it would read what no longer stands on the path."""
        with self._keeping:
            if not self._kept or not self.still_there():
                return None
            return self._kept.pop()

    def _keep(self, connection: sqlite3.Connection) -> None:
        with self._keeping:
            if self._kept is not None and len(self._kept) < _MOST_KEPT and self.still_there():
                self._kept.append(connection)
                return
        connection.close()

    def damage(self) -> str | None:
        """Return what is wrong with the file itself, in words; `None` if nothing is. Reads all of it.

        Sees pages, cells and indexes that do not fit together, not values that changed within a cell.

        Raises:
            AuditUnavailableError: it cannot be looked at, for another reason.
        """
        return self._found_in("PRAGMA integrity_check(1)")

    def damage_of(self, table: str) -> str | None:
        """Return what is wrong with one table and its indexes, as `damage` does."""
        return self._found_in(f"PRAGMA integrity_check({table})")

    def _found_in(self, check: str) -> str | None:
        try:
            (found, *_), *_ = self._rows_anew(check)
        except AuditDamagedError as error:
            return str(error)
        if found == "ok":
            return None
        words = " ".join(str(found).removeprefix("*** in database main ***").split())
        return f"the audit store {self.path} is damaged ({words[:_MOST_SAID]}): {WHEN_DAMAGED}"

    def stream(self, query: str, start: int, end: int) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query for the numbers `[start, end)`, a page of numbers at a time.

        Between two pages no transaction is open, so nobody who reads for long keeps the log's file from shrinking.

        Args:
            query: with two parameters, where a page begins and where it ends.
            start: the first number; those below 0 make one page.
            end: after the last number.

        Raises:
            AuditUnavailableError: it cannot be read.
        """
        with closing(self.guarded("read", self.connect)) as connection:
            begin = start
            while begin < end:
                until = min(end, begin + _STREAM_PAGE if begin >= 0 else 0)
                yield from self.guarded("read", functools.partial(_page, connection, query, begin, until))
                begin = until

    def guarded(self, what: str, work: Callable[[], _T]) -> _T:
        """Do some work; an error of the database becomes ours.

        Raises:
            AuditUnavailableError: saying what cannot be done, and why.
            AuditDamagedError: because the file is damaged; also what to do.
        """
        try:
            return work()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            name = getattr(error, "sqlite_errorname", None) or type(error).__name__  # its own words may hold a text
        # Raised out here, so that it is not chained to the database's error, which may.
        raise _error(f"the audit store {self.path} cannot be {what}", name)

    def identity(self) -> tuple[int, int] | None:
        """Return what tells the file on the path now from any other; `None` if there is none."""
        with contextlib.suppress(OSError):
            return _identity(self.path)
        return None

    def remember(self) -> None:
        """Remember which files stand on the paths now, for `still_there`.

        Raises:
            OSError: they are not there.
        """
        self._opened = self._files()

    def still_there(self) -> bool:
        """Tell whether the files on the paths are still those remembered: a removed file takes writes in silence."""
        try:
            return self._files() == self._opened
        except OSError:
            return False

    def _files(self) -> list[tuple[int, int]]:
        return [_identity(path) for path in (self.path, self._wal_path)]


@contextlib.contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Have SQLite write aside into a folder; no name leads to what it writes, so nothing of it stays after a crash."""
    before = os.environ.get(_TEMPORARY)
    os.environ[_TEMPORARY] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_TEMPORARY]
        else:
            os.environ[_TEMPORARY] = before


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _page(connection: sqlite3.Connection, query: str, begin: int, until: int) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(query, (begin, until)).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    connection.text_factory = _lenient  # only now: it takes twice as long
    try:
        return connection.execute(query, (begin, until)).fetchall()
    finally:
        connection.text_factory = str


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _error(words: str, name: str) -> AuditUnavailableError:
    for code, reason in _REASONS.items():
        if name.startswith(code):
            return AuditUnavailableError(f"{words}: {reason} ({name})")
    for code, reason in _DAMAGE.items():
        if name.startswith(code):
            return AuditDamagedError(f"{words}: {reason} ({name}): {WHEN_DAMAGED}")
    return AuditUnavailableError(f"{words}: {name}")

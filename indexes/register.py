"""A register in a file: who approved which bytes of which document, until when, for whom. One JSON event a line.

Order of work: `Register.refresh` looks whether the file changed, reads what was added, has it folded (`register_state`)
and hands out an immutable `RegisterState`. `append_events` adds whole lines under a lock and makes them durable; lines
are only ever added. A last line without a newline is still being written (or was cut off).

A register that was moved into a database leaves its file behind under another name (`IN_DATABASE_FILE`): while that is
there, nobody reads or writes a register in a file beside it. Does not know databases (`library_register`).
"""

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from indexes.damage import is_foreign
from indexes.errors import RegisterError
from indexes.events import Event, check_event, event_to_line
from indexes.register_state import NOTHING, RegisterState, fold_lines, with_unfinished

REGISTER_FILE = "register.jsonl"
IN_DATABASE_FILE = "register.in-database.jsonl"  # what is left of a register that was moved into a database
_LOCK_TIMEOUT_S = 10.0  # a writer holds the lock for milliseconds; longer means that something is stuck
_BEGINNING = 4  # bytes of a file that tell whether it is UTF-8


class Register:
    """Follows a register file; a `RegisterPlace`."""

    def __init__(self, path: Path) -> None:
        """Remember the path; nothing is read before `refresh`."""
        self.path = path
        self._lock = threading.Lock()
        self._signature: tuple[int, ...] | None = None
        self._consumed = 0  # bytes of whole lines folded so far
        self._prefix = hashlib.sha256()
        self._whole = NOTHING  # of whole lines only
        self._state = NOTHING  # the same, with an unfinished last line as a problem

    def refresh(self) -> RegisterState:
        """See `RegisterPlace.refresh`.

        Costs two `stat`s when nothing changed. When it did, what was already read is compared by hash (an edited
        register is read anew) and only added lines are parsed. (Measured on two cores: 2.5 ms after one more line on
        10,000, 10 ms on 40,000.)

        Raises:
            RegisterError: the file exists but cannot be read, or the register was moved into a database.
        """
        with self._lock:
            expect_in_file(self.path)
            try:
                signature = signature_of(self.path)
                if signature != self._signature:
                    self._take(self.path.read_bytes())
                    self._signature = signature
            except FileNotFoundError:
                if self.path.is_symlink():
                    raise RegisterError(_leads_nowhere(self.path)) from None
                self._forget()
                self._signature = None
            except OSError as error:
                raise RegisterError(f"{self.path} cannot be read: {error.strerror}") from error
            return self._state

    @property
    def shown(self) -> Path:
        """The path of the file."""
        return self.path

    def newest(self) -> RegisterState:
        """See `RegisterPlace.newest`."""
        with self._lock:
            return self._state

    def lines(self) -> list[bytes]:
        """See `RegisterPlace.lines`."""
        expect_in_file(self.path)
        return whole_lines(self.path)

    def append(self, events: Iterable[Event], *, still: Callable[[], None] = lambda: None) -> None:
        """See `RegisterPlace.append`."""
        append_events(self.path, events, still=still)

    def is_there(self) -> bool:
        """See `RegisterPlace.is_there`."""
        return self.path.exists()

    def look(self) -> tuple[object, ...]:
        """See `RegisterPlace.look`."""
        try:
            return signature_of(self.path)
        except OSError:
            return ()

    def close(self) -> None:
        """See `RegisterPlace.close`: nothing is kept open."""

    def _forget(self) -> None:
        self._consumed = 0
        self._prefix = hashlib.sha256()
        self._whole = self._state = NOTHING

    def _take(self, content: bytes) -> None:
        known = hashlib.sha256(content[: self._consumed])
        if len(content) < self._consumed or known.digest() != self._prefix.digest():
            self._forget()
        end = content.rfind(b"\n") + 1
        added = content[self._consumed : end]
        self._whole = fold_lines(self._whole, added.split(b"\n")[:-1])
        self._consumed = end
        self._prefix.update(added)  # it equals `known` here, or is new
        self._state = with_unfinished(self._whole, content[end:])


def signature_of(path: Path) -> tuple[int, ...]:
    """Return what the disk says of a file, which changes with it.

    Raises:
        OSError: there is no such file, or it cannot be asked about.
    """
    status = path.stat()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def whole_lines(path: Path) -> list[bytes]:
    """Return the whole lines of a register's file, each without its newline.

    Raises:
        RegisterError: it cannot be read.
    """
    try:
        return path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise RegisterError(f"{path} cannot be read: {error.strerror}") from error


def expect_in_file(path: Path) -> None:
    """See that the register of a path was not moved into a database.

    Raises:
        RegisterError: it was; nothing that a file beside it says counts.
    """
    left = path.with_name(IN_DATABASE_FILE)
    if os.path.lexists(left):
        raise RegisterError(
            f"the register of {path.parent} was moved into a database, as {left.name} there says: expected "
            "GREENLIT_DATABASE_URL to name that database; greenlit register move --back puts it into a file again"
        )


def append_events(path: Path, events: Iterable[Event], *, still: Callable[[], None] = lambda: None) -> None:
    """Add events to the register: whole lines, one writer at a time, durable when this returns.

    A line that an earlier writer left unfinished is ended first, so that it cannot swallow the new one.

    Args:
        path: the register.
        events: what to add, in order.
        still: is called when nobody else may write any more; what it raises goes up, and nothing is written.

    Raises:
        RegisterError: an event could not be read back or would steer a terminal, the lock is held too long, or the
            disk refuses; the register then holds no part of the events.
    """
    events = list(events)
    for event in events:
        check_event(event)
    lines = [event_to_line(event) for event in events]
    try:
        with locked(path):
            expect_in_file(path)
            still()
            _append(path, b"".join(lines))
    except OSError as error:
        raise RegisterError(f"{path} cannot be written ({error.strerror}); nothing was recorded") from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other writer away from a register's file.

    Raises:
        RegisterError: another writer does, for too long.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(FileLock(f"{path}.lock", timeout=_LOCK_TIMEOUT_S, mode=0o644))
        except Timeout as error:
            raise RegisterError(
                f"{path} has been locked by another writer for {_LOCK_TIMEOUT_S:.0f} s: try again, or see who holds it"
            ) from error
        yield


def _leads_nowhere(path: Path) -> str:
    return f"{path} is a link to {path.readlink()}, which is not there: put that back, or the register in its place"


def _append(path: Path, lines: bytes) -> None:
    if path.is_symlink() and not path.exists():
        raise RegisterError(_leads_nowhere(path))  # a new one there would forget every decision
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if is_foreign(os.pread(descriptor, _BEGINNING, 0)):
            raise RegisterError(f"{path} is not UTF-8 text, so nothing was added: greenlit register says what it is")
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            lines = b"\n" + lines
        try:
            _write_all(descriptor, lines)
            os.fsync(descriptor)
            if not size:
                _sync_folder(path.parent)  # a new file's name has to be durable too
        except OSError:
            os.ftruncate(descriptor, size)  # a full disk must not leave half a decision behind
            raise
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]

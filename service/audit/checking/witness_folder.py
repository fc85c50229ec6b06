"""The folder of a witness: files that are replaced in one durable step, under one lock, and that auditors may read.

    witness.key                   the witness's key, mode 0600
    witness.pub                   what its cosignatures are verified with, for auditors
    log.pub                       the log's keys, one a line, as they were handed over
    <month>.note                  the largest checkpoint of a shard that was seen, cosigned
    <month>.refused-<time>.note   a checkpoint that did not fit (`.txt`: another answer), byte for byte
    histories                     of a log that was restored: its histories that were accepted, one a line, in order

A month of a history other than the first stands here with it, as in the origin: `2026-11.3fa9c1d2`.

Knows the forms of these files, and nothing of what a checkpoint must be: that is `witness`.
"""

import contextlib
import re
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock

from indexes.durable import replace_file, sync_folder
from service.audit.errors import AuditKeyError, AuditUnavailableError, NoteError
from service.audit.formats import notes
from service.audit.formats.notes import VerifierKey
from service.audit.keys.key_files import load_or_create_key, read_key
from service.audit.shards import FIRST_HISTORY, is_tail

WITNESS_KEY = "witness.key"
PUBLIC_KEY = "witness.pub"
LOG_KEYS = "log.pub"
NOTE_SUFFIX = ".note"
HISTORIES = "histories"
_FIRST = "first"  # the line of the first history, which has no name
_HISTORY = re.compile(f"{_FIRST}|[0-9a-f]{{8}}")


class WitnessFolder:
    """One folder. Several processes may have it; whoever looks before changing something does both in `alone`."""

    def __init__(self, path: Path) -> None:
        """Remember the folder; `make` makes it."""
        self.path = path
        self._lock = FileLock(path / ".lock", mode=0o600)  # who may only read the folder cannot hold it

    def make(self) -> None:
        """Make the folder if it is missing, with mode 0755: nothing but the key is secret.

        Raises:
            AuditUnavailableError: it cannot be made, or anybody may write into it.
        """
        with self._usable():
            if not self.path.is_dir():
                self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
                sync_folder(self.path.parent)
            if self.path.stat().st_mode & stat.S_IWOTH:
                raise AuditUnavailableError(
                    f"everybody on this machine may write into {self.path}: expected a folder that belongs to the "
                    "witness alone; make one with --folder"
                )

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes that have this folder waiting; may be entered again within.

        Raises:
            AuditUnavailableError: the lock cannot be taken.
        """
        with self._usable():
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def log_keys(self) -> list[VerifierKey]:
        """Return the log's keys that are kept, oldest first; none at the beginning.

        Raises:
            AuditKeyError: they cannot be read.
        """
        path = self.path / LOG_KEYS
        try:
            return [notes.read_verifier_key(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, UnicodeDecodeError, NoteError) as error:
            raise AuditKeyError(
                f"{path} cannot be read ({type(error).__name__}): expected the log's keys, one a line; put them back "
                "as they were handed over"
            ) from error

    def keep_log_keys(self, keys: Sequence[VerifierKey]) -> None:
        """Replace the log's keys.

        Raises:
            AuditUnavailableError: they cannot be written.
        """
        self._write(LOG_KEYS, "".join(f"{key.text()}\n" for key in keys).encode())

    def identity(self, name: str | None, *, default: str) -> tuple[str, Ed25519PrivateKey]:
        """Return the witness's name and key, made if there are none yet.

        Args:
            name: the name it should have; `None`: the one it has, or for a new one the default.
            default: see `name`.

        Raises:
            AuditKeyError: it has another name, or its key is missing, unreadable or another one.
            AuditUnavailableError: they cannot be written.
        """
        path = self.path / PUBLIC_KEY
        try:
            public = notes.read_verifier_key(path.read_text(encoding="utf-8").removesuffix("\n"))
        except FileNotFoundError:
            private = Ed25519PrivateKey.from_private_bytes(load_or_create_key(self.path, WITNESS_KEY))
            name = name or default
            self._write(PUBLIC_KEY, f"{notes.witness_key_of(name, private).text()}\n".encode())
            return name, private
        except (OSError, UnicodeDecodeError, NoteError) as error:
            raise AuditKeyError(f"{path} cannot be read ({type(error).__name__}): put back a copy of it") from error
        if name not in {None, public.name}:
            raise AuditKeyError(f"expected the name {public.name}, which this witness has, got another: leave it out")
        private = Ed25519PrivateKey.from_private_bytes(read_key(self.path, WITNESS_KEY))
        if notes.witness_key_of(public.name, private) != public:
            raise AuditKeyError(f"{self.path / WITNESS_KEY} is not the key of {path}: put both back as they were")
        return public.name, private

    def months(self) -> list[str]:
        """Return the months of which a note is kept, in order."""
        names = (path.name.removesuffix(NOTE_SUFFIX) for path in self.path.glob(f"*{NOTE_SUFFIX}"))
        return sorted(filter(is_tail, names))

    def histories(self) -> list[str]:
        """Return the histories of the log that were accepted, in order; the first alone where nothing is kept of it.

        Raises:
            AuditUnavailableError: they cannot be read.
        """
        path = self.path / HISTORIES
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return [FIRST_HISTORY]
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, type(error).__name__) from error
        if not lines or not all(map(_HISTORY.fullmatch, lines)):
            raise _unreadable(path, "another form")
        return [FIRST_HISTORY if line == _FIRST else line for line in lines]

    def keep_histories(self, histories: Sequence[str]) -> None:
        """Replace the histories that were accepted.

        Raises:
            AuditUnavailableError: they cannot be written.
        """
        self._write(HISTORIES, "".join(f"{history or _FIRST}\n" for history in histories).encode())

    def note(self, month: str) -> str | None:
        """Return the note that is kept of a month; `None` if there is none.

        Raises:
            AuditUnavailableError: it cannot be read.
        """
        path = self.note_path(month)
        try:
            return path.read_bytes().decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, type(error).__name__) from error

    def note_path(self, month: str) -> Path:
        """Return where the note of a month is kept."""
        return self.path / f"{month}{NOTE_SUFFIX}"

    def keep_note(self, month: str, note: str) -> None:
        """Replace the note of a month.

        Raises:
            AuditUnavailableError: it cannot be written.
        """
        self._write(self.note_path(month).name, note.encode())

    def put_aside(self, what: str, content: bytes, *, suffix: str, time_s: int) -> Path:
        """Keep evidence; the same only once, and never in the place of another.

        Raises:
            AuditUnavailableError: it cannot be written.
        """
        with self.alone(), self._usable():
            for earlier in self.path.glob(f"{what}.refused-*"):
                if earlier.read_bytes() == content:
                    return earlier
            while (path := self.path / f"{what}.refused-{_compact(time_s)}{suffix}").exists():
                time_s += 1
            self._write(path.name, content)
        return path

    def refused(self) -> list[str]:
        """Return the names of the files with evidence, in order."""
        return sorted(path.name for path in self.path.glob("*.refused-*"))

    def _write(self, name: str, content: bytes) -> None:
        path = self.path / name
        try:
            replace_file(path, content, mode=0o644)
        except OSError as error:
            raise AuditUnavailableError(
                f"{path} cannot be written ({error.strerror}): nothing was cosigned; make room, and give access to it"
            ) from error

    @contextlib.contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AuditUnavailableError(
                f"the witness's folder {self.path} cannot be used ({error.strerror}): expected one that belongs to "
                "this account"
            ) from error


def _unreadable(path: Path, why: str) -> AuditUnavailableError:
    return AuditUnavailableError(f"{path} cannot be read ({why}): put back the newest copy there is")


def _compact(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y%m%dT%H%M%SZ}"

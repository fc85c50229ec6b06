"""One process writes the log at a time: an exclusive lock on a file beside it, held while the store is open.

The kernel lets go of the lock when the process ends, however it ends, so there is nothing to clean up. The file itself
stays: removing it would let two processes hold "the" lock, each on its own file. While it is held it says by which
process: `holding`.
"""

import fcntl
import os
import secrets
from pathlib import Path

from service.audit.errors import AuditBusyError, AuditUnavailableError

LOCK_FILE = "audit.lock"
# A process number comes again, in a container at every start; this does not.
_PROCESS = secrets.token_hex(16)


class WriterLock:
    """The lock, taken by `take` and held until `release`."""

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock, without waiting.

        Raises:
            AuditBusyError: another process (or another store in this one) holds it.
            AuditUnavailableError: the lock file cannot be made.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise AuditUnavailableError(f"the lock file {self._path} cannot be opened ({error.strerror})") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {_PROCESS}\n".encode(), 0)
        except OSError as error:
            holder = _said(descriptor).partition(" ")[0]
            os.close(descriptor)
            if not isinstance(error, BlockingIOError):
                raise AuditUnavailableError(
                    f"the lock file {self._path} cannot be locked ({error.strerror})"
                ) from error
            raise AuditBusyError(
                f"another process ({holder or 'unknown'}) writes the audit log and holds {self._path}: "
                "stop it first, or send the question to it; never delete the lock file"
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the lock; releasing twice is fine."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holding(folder: Path) -> str:
    """Return which process holds the log of a folder now, as its number and a word of its own; "" if none does."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # a moment's sharing: let go of with the descriptor
    except BlockingIOError:
        return _said(descriptor)
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return ""


def _said(descriptor: int) -> str:
    return os.pread(descriptor, 64, 0).decode("ascii", "replace").strip()

"""One process writes the log at a time: an exclusive lock on a file beside it, held while the store is open.

The kernel lets go of the lock when the process ends, however it ends, so there is nothing to clean up. The file itself
stays: removing it would let two processes hold "the" lock, each on its own file.
"""

import fcntl
import os
from pathlib import Path

from service.audit.errors import AuditBusyError, AuditUnavailableError


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
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
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

"""A file on its way into a source: pieces go into a hidden file beside the place, which is then named in one step.

In order: (1) a new file `.greenlit-incoming-<16 hex digits>` in the source's folder, which no list of documents shows,
(2) pieces, hashed as they come, (3) durable, then the name, by `place` where nothing has it, by `replace` instead of
what has it. Whatever else happens, the file beside goes; one that a crash left is taken away by `remove_stale`. Never
holds more than a piece. Decides nothing: who may, and under which name, is said before.
"""

import contextlib
import hashlib
import os
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from indexes.durable import sync_folder
from indexes.kinds import FIRST_BYTES

_PREFIX = ".greenlit-incoming-"
_RANDOM_BYTES = 8
_STALE_S = 86_400.0  # nobody sends a file for a day
_MODE = 0o644


class Incoming:
    """A file that is being written; a context that leaves nothing behind but what was named."""

    def __init__(self, folder: Path) -> None:
        """Begin a file in a folder.

        Raises:
            OSError: it cannot be written there.
        """
        self._folder = folder
        self._beside = folder / f"{_PREFIX}{secrets.token_hex(_RANDOM_BYTES)}"
        self._file = os.fdopen(os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE), "wb")
        self._hash = hashlib.sha256()
        self.size = 0
        self.first = b""  # up to FIRST_BYTES

    def __enter__(self) -> Self:
        """Lend the file."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file and take it away, unless it has a name by now."""
        with contextlib.suppress(OSError):  # another error tells more
            self._file.close()
        with contextlib.suppress(OSError):
            self._beside.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of what has come."""
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            OSError: the disk does not take it.
        """
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)
        if len(self.first) < FIRST_BYTES:
            self.first += piece[: FIRST_BYTES - len(self.first)]

    def place(self, name: str) -> bool:
        """Give the file its name, if nothing in the folder has it; tell whether it got it. Durable when this returns.

        Raises:
            OSError: it cannot be.
        """
        self._finish()
        try:
            os.link(self._beside, self._folder / name)  # unlike a rename, it never takes the place of another
        except FileExistsError:
            return False
        self._beside.unlink()
        sync_folder(self._folder)
        return True

    def replace(self, name: str) -> None:
        """Put the file in the place of the one of that name. Durable when this returns.

        Raises:
            OSError: it cannot be.
        """
        self._finish()
        self._beside.replace(self._folder / name)
        sync_folder(self._folder)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def remove_stale(folder: Path) -> None:
    """Take away what a crash left in a folder a day ago or longer; what cannot be taken away stays."""
    for beside in folder.glob(f"{_PREFIX}{'[0-9a-f]' * 2 * _RANDOM_BYTES}"):
        with contextlib.suppress(OSError):
            if beside.lstat().st_mtime < time.time() - _STALE_S:
                beside.unlink(missing_ok=True)

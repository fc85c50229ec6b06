"""What the signer remembers: the tree that it signed last, in a file that knows itself.

The memory is a file `signed-<n>.json` beside the signing key, where `n` counts signatures. A new one is made durable,
then the older are removed, and the highest counts: a copy that is laid over the folder leaves the newer one in place.

Each file holds its own identity: the inode that it was written into, that inode's generation, and when it was born, as
far as the file system tells. A copy has another one, so a memory that was put back from a backup, or moved here from
another machine, is told from one that was there all along: it may be older than what was signed last. What keeps the
identity is not noticed: a snapshot of a whole disk, or a file system that tells the inode alone and gives it out again.

Decides nothing of what may be signed: that is `signer`.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.durable import sync_folder, written_beside
from service.audit.errors import AuditCopiedError, AuditKeyError
from service.audit.shards import history_of

MEND = "greenlit restore --here --reason TEXT"  # what begins a history: `histories`
_NAME = re.compile(r"signed-([1-9][0-9]{0,18})\.json")
_LEFT_OVER = re.compile(r"\.signed-[0-9]+\.json\.[0-9a-f]{16}")
_TRIES = 5  # while a service signs, the file that was found may be gone when it is opened
_GET_VERSION = 0x80087601  # FS_IOC_GETVERSION of Linux: the generation of an inode, 8 bytes
_EMPTY_PATH, _BORN, _BORN_AT = 0x1000, 0x800, 80  # of statx(2): AT_EMPTY_PATH, STATX_BTIME, where stx_btime stands


@dataclass(frozen=True, slots=True)
class Signed:
    """What was last signed: the tree of a shard, which begins at a sequence number, at a size.

    `goes_on` is the history in which to sign from now on, where that is not the shard's own: it was just begun. A log
    that was put back with no record in it has no shard: the origin is empty, and the size 0.
    """

    origin: str
    first_seq: int
    size: int
    root: bytes
    goes_on: str | None = None

    @property
    def history(self) -> str:
        """The history that is signed in."""
        return history_of(self.origin) if self.goes_on is None else self.goes_on

    @property
    def next_seq(self) -> int:
        """The number after the last that was signed."""
        return self.first_seq + self.size


@dataclass(frozen=True, slots=True)
class _Found:
    number: int
    path: Path
    signed: Signed
    written_as: tuple[int, ...]  # the identity that it holds
    identity: tuple[int, ...]  # the one that it has


class Memory:
    """The memory of one signer. One process at a time writes it; any may read."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; nothing is read before it is needed."""
        self._folder = folder

    def exists(self) -> bool:
        """Tell whether there is a memory, be it a copy, or one that cannot be read.

        Raises:
            AuditKeyError: the folder cannot be looked into.
        """
        return bool(self._numbers())

    def last(self) -> Signed | None:
        """Return what was last signed, by the memory that is there, be it a copy; `None` if there is none.

        Raises:
            AuditKeyError: it cannot be read.
        """
        found = self._found()
        return found.signed if found else None

    def expect_itself(self) -> None:
        """Refuse a memory that was copied here; none at all is fine.

        Raises:
            AuditCopiedError: it was.
            AuditKeyError: it cannot be read.
        """
        found = self._found()
        if found and not _same(found.written_as, found.identity):
            raise AuditCopiedError(
                f"the keys in {self._folder} were copied here ({found.path.name} is not the file that the log wrote), "
                "so more may have been signed than they remember: if they were put back from a backup, or moved from "
                f"another machine, say so with {MEND}"
            )

    def keep(self, signed: Signed) -> None:
        """Remember what is about to be signed; durable when this returns. Takes the place of a copy as well.

        Raises:
            AuditKeyError: it cannot be kept.
        """
        older = self._numbers()
        path = self._folder / f"signed-{max(older, default=0) + 1}.json"

        def content(descriptor: int) -> bytes:
            value = {
                "origin": signed.origin,
                "first_seq": signed.first_seq,
                "size": signed.size,
                "root": signed.root.hex(),
                "history": signed.history,
                "file": list(_identity(descriptor)),
            }
            return json.dumps(value).encode() + b"\n"

        try:
            with written_beside(path, content, mode=0o600) as beside:
                beside.replace(path)
            sync_folder(self._folder)
        except OSError as error:
            raise AuditKeyError(
                f"{path} cannot be written ({error.strerror}): make room, and give access to it"
            ) from error
        with contextlib.suppress(OSError):  # the highest counts, and the next one removes them
            self._remove(older)

    def _remove(self, numbers: list[int]) -> None:
        for number in numbers:
            (self._folder / f"signed-{number}.json").unlink(missing_ok=True)
        for path in self._folder.iterdir():
            if _LEFT_OVER.fullmatch(path.name):  # by a crash
                path.unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise AuditKeyError(f"{self._folder} cannot be listed ({error.strerror}): give access to it") from error
        return [int(match[1]) for match in map(_NAME.fullmatch, names) if match]

    def _found(self) -> _Found | None:
        for tried in range(1, _TRIES + 1):
            numbers = self._numbers()
            if not numbers:
                return None
            path = self._folder / f"signed-{max(numbers)}.json"
            try:
                with path.open("rb") as file:
                    value: dict[str, Any] = json.load(file)
                    return _Found(
                        max(numbers), path, _read(value), tuple(map(int, value["file"])), _identity(file.fileno())
                    )
            except FileNotFoundError as error:
                if tried == _TRIES:
                    raise _unreadable(path, error) from error
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise _unreadable(path, error) from error
        return None


def _read(value: dict[str, Any]) -> Signed:
    origin, history = str(value["origin"]), str(value["history"])
    goes_on = None if origin and history == history_of(origin) else history
    return Signed(origin, int(value["first_seq"]), int(value["size"]), bytes.fromhex(value["root"]), goes_on)


def _unreadable(path: Path, error: Exception) -> AuditKeyError:
    return AuditKeyError(
        f"the signer's memory {path} cannot be read ({type(error).__name__}): put it right, or, where nobody can tell "
        f"any more what was signed last, go on with {MEND}"
    )


def _same(written_as: tuple[int, ...], identity: tuple[int, ...]) -> bool:
    """Compare what both tell: 0 says that the file system did not tell it, then or now."""
    inode, *more = zip(written_as, identity, strict=True)
    return inode[0] == inode[1] and all(0 in pair or pair[0] == pair[1] for pair in more)


def _identity(descriptor: int) -> tuple[int, int, int]:
    """Return the inode of an open file, its generation, and when it was born in nanoseconds; 0 for what is not told."""
    generation = 0
    with contextlib.suppress(OSError):  # ENOTTY: this file system has none
        generation = struct.unpack("=Q", fcntl.ioctl(descriptor, _GET_VERSION, bytes(8)))[0]
    return os.fstat(descriptor).st_ino, generation, _born_ns(descriptor)


def _born_ns(descriptor: int) -> int:
    """Return the time of birth, which no tool that copies can set; Python does not tell it on Linux."""
    found = ctypes.create_string_buffer(256)
    try:
        statx = ctypes.CDLL(None).statx
    except (AttributeError, OSError):
        return 0
    if statx(descriptor, b"", _EMPTY_PATH, _BORN, found) != 0 or not struct.unpack_from("=I", found)[0] & _BORN:
        return 0
    seconds, nanoseconds = struct.unpack_from("=qI", found, _BORN_AT)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)

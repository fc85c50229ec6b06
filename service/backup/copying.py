"""Copies one file so that the copy is whole, durable, and for its owner only.

A database that is being written is copied by SQLite itself, as of one moment; whoever writes it is not kept waiting.
The copy needs no file beside it. What was written is made durable every few megabytes: left to the end, gigabytes of it
would stand before every commit of the log.
"""

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from indexes.durable import sync_folder
from indexes.private_files import make_private_folder
from service.backup.errors import BackupError

_CHUNK = 1 << 20
# Durable at once. While a log of 4.4 GB was copied, questions waited half as long for their record (99th percentile) as
# with one sync at the end, and the copy took half the time; 4 and 16 MB did not differ.
_SYNC_BYTES = 8 << 20
_ANY_TABLE = "SELECT COUNT(*) FROM sqlite_schema"
_BUSY_TIMEOUT_S = 1.0  # after which it is tried again, so that a person can break it off
# Who writes the pack keeps readers out from the first megabytes that it changed until it is durable: minutes, if a
# large build is packed.
_PATIENCE_S = 600.0
_HINTS = {
    "SQLITE_FULL": "; the disk is full: make room",
    "SQLITE_BUSY": f"; another program has kept it locked for {_PATIENCE_S:g} s, as greenlit ingest does while it "
    "packs old builds: wait for its end",
}


def copy_file(source: Path, target: Path) -> str:
    """Copy a file and return the SHA-256 (hex) of what was written; the target must not be there.

    Raises:
        OSError: it cannot be read or written.
    """
    make_private_folder(target.parent)
    hashed = hashlib.sha256()
    with source.open("rb") as reading, _new(target) as writing:
        while chunk := reading.read(_CHUNK):
            hashed.update(chunk)
            writing.write(chunk)
            if writing.tell() % _SYNC_BYTES == 0:
                _sync(writing)
        _sync(writing)
    return hashed.hexdigest()


def copy_database(source: Path, target: Path) -> str:
    """Copy a SQLite database as it is at one moment and return the SHA-256 (hex) of the copy.

    Raises:
        BackupError: the database cannot be read, or the copy not be written.
        OSError: the copy cannot be made.
    """
    make_private_folder(target.parent)
    with _new(target) as file:
        try:
            with closing(_connected(source)) as reading, closing(_connected(target)) as writing:
                _copy_pages(reading, writing, lambda: _sync(file))
        except sqlite3.Error as error:
            reason = getattr(error, "sqlite_errorname", type(error).__name__)  # its own words may hold a text
            raise BackupError(f"{source} cannot be copied to {target} ({reason}){_HINTS.get(reason, '')}") from None
        _sync(file)
    return hash_of(target)


def _copy_pages(reading: sqlite3.Connection, writing: sqlite3.Connection, sync: Callable[[], None]) -> None:
    # All that is copied is read in one transaction: without it a copy in steps would begin again at each record.
    reading.execute("BEGIN")
    _wait_for_it(reading)
    (page_bytes,) = reading.execute("PRAGMA page_size").fetchone()
    writing.execute("PRAGMA synchronous = OFF")  # it is made durable here
    reading.backup(writing, pages=max(1, _SYNC_BYTES // page_bytes), progress=lambda *_: sync())
    writing.execute("PRAGMA journal_mode = DELETE")


def hash_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put(source: Path, target: Path, sha256: str) -> None:
    """Put a file in a place where none is, whole or not at all; durable when this returns.

    Raises:
        BackupError: what was read is not what the backup says.
        OSError: it cannot be read or written, or something is there.
    """
    make_private_folder(target.parent)
    beside = target.with_name(f".{target.name}.restoring")
    beside.unlink(missing_ok=True)  # of a restore that ended half-way: only one puts files here at a time
    try:
        if copy_file(source, beside) != sha256:
            raise BackupError(f"{source} changed while it was put back: expected SHA-256 {sha256}")
        os.link(beside, target)  # unlike a rename, it never takes the place of another
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    sync_folder(target.parent)


def _wait_for_it(reading: sqlite3.Connection) -> None:
    ends_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            reading.execute(_ANY_TABLE).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > ends_s:
                raise
        else:
            return


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _connected(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode=rw"  # rw: never make an empty one where one was removed
    return sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)

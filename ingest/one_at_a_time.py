"""What only one process may do at a time on a folder of builds: an ingestion, and being the worker.

Each has a lock in that folder (`.ingest.lock`), which the system takes back from a process that ends, however it
does, and a note beside it of who holds it, for the one that comes second. Nothing is done without the lock.
"""

import contextlib
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from indexes.clock import utc_now
from indexes.private_files import make_private_folder
from ingest.errors import BusyError, PublishError

What = Literal["ingest", "worker"]
_WORDS: dict[What, str] = {"ingest": "ingestion", "worker": "worker"}


@dataclass(frozen=True, slots=True)
class Wait:
    """How long whoever comes second waits, in seconds, and who is told before."""

    seconds: float
    told: Callable[[str], None]


NO_WAIT = Wait(0.0, lambda _: None)


@contextlib.contextmanager
def one_at_a_time(builds: Path, what: What, *, wait: Wait = NO_WAIT) -> Iterator[None]:
    """Do something that no other process does meanwhile; the folder is made if it is missing.

    Args:
        builds: the folder of builds.
        what: that may be done by one only.
        wait: for another that does it.

    Raises:
        BusyError: another does it, and is not waited for any longer; the message says which process.
        PublishError: the folder cannot be written.
    """
    lock, note = FileLock(builds / f".{what}.lock"), builds / f".{what}.by"
    try:
        make_private_folder(builds)  # with what it lies in, which may be the state: a mirror of builds does
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if wait.seconds:
                wait.told(f"{_busy(builds, what, note)}: waiting for it, up to {wait.seconds:g} s")
            lock.acquire(timeout=wait.seconds)
    except Timeout as error:
        raise BusyError(f"{_busy(builds, what, note)}: wait until it has finished") from error
    except OSError as error:
        raise PublishError(f"{builds} cannot be written ({error}); the previous build stays live") from error
    try:
        with contextlib.suppress(OSError):  # only a word for the one that comes second: without it, it waits as well
            note.write_text(f"process {os.getpid()} on {platform.node()}, since {utc_now():%Y-%m-%d %H:%M:%S} UTC")
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def _busy(builds: Path, what: What, note: Path) -> str:
    try:
        by = f" ({note.read_text(encoding='utf-8')})"
    except (OSError, ValueError):
        by = ""
    return f"another {_WORDS[what]} is running on {builds}{by}"

"""Folders that are lent for a moment, and what a kill left of such: the next to lend removes it.

Each is locked while it is lent, and the place while one is made or removed, so that several processes may lend from one
place. The kernel lets go of both locks when a process ends, however it ends.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = ".unpacked-"


@contextlib.contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """Lend an empty folder in a place, once what was left there is removed; it is gone afterwards.

    Raises:
        OSError: the disk refuses.
    """
    with contextlib.ExitStack() as lent:
        with _locked(place):
            _remove(place)
            folder = Path(lent.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place)))
            lent.enter_context(_locked(folder))
        yield folder


def remove_left(place: Path) -> None:
    """Remove what a kill left of such folders in a place; what cannot be removed stays, for the next time.

    Raises:
        OSError: there is no such place, or it cannot be locked.
    """
    with _locked(place):
        _remove(place)


def _remove(place: Path) -> None:
    for left in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), _locked(left, wait=False):  # else somebody has it
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)

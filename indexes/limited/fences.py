"""What holds a limited child that no longer obeys Python: `confine` puts on what the kernel offers, for good.

The steps: no core file and no debugger; Landlock, which needs calls that the filter stops; the filter. What cannot be
had is said, and nothing else changes: whoever starts a child decides whether less is enough.
"""

import ctypes
import os
import sys
from collections.abc import Sequence

from indexes.limited.filter import NoFilterError, install
from indexes.limited.landlock import NoLandlockError, restrict
from indexes.limited.sandbox import Sandbox

_SET_DUMPABLE = 4


def confine(readable: Sequence[str]) -> Sandbox:
    """Take from this process whatever the kernel can take.

    Args:
        readable: the folders whose files may still be read.
    """
    if sys.platform == "linux":  # no core file and no debugger: `RLIMIT_CORE` does not bind a core that is piped away
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, *(ctypes.c_ulong(0) for _ in range(4)))
    landlock, filtered, missing = 0, False, []
    try:
        if threads := _other_threads():
            raise NoLandlockError(f"no Landlock: {threads} threads were started before it")  # noqa: TRY301
        landlock = restrict(readable)
    except NoLandlockError as error:
        missing.append(str(error))
    try:
        install()
        filtered = True
    except NoFilterError as error:
        missing.append(str(error))
    return Sandbox(landlock, filtered, tuple(missing))


def _other_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task")) - 1  # noqa: PTH208 - names are enough
    except OSError:
        return 0  # no Linux, or a place without /proc

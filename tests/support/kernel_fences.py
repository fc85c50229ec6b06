"""What this kernel offers to fence a process in, asked by other code than Greenlit's own."""

import ctypes
import sys

_LANDLOCK_CREATE_RULESET, _ASK_VERSION = 444, 1
_GET_SECCOMP = 21


def landlock_version() -> int:
    """Return the version of this kernel's Landlock, 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None).syscall(_LANDLOCK_CREATE_RULESET, None, 0, _ASK_VERSION))


def filters_calls() -> bool:
    """Tell whether this kernel filters system calls (seccomp)."""
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0

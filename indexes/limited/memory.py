"""How much memory a limited child held: of native code that aborted, whether it did so because it got no more.

Such code does not say why. The kernel tells of a child that ended the most that it held, and counts to it what its
parent held when it began, for the two are one process until then. Where the parent held more than what counts as much,
that says nothing of the child: so it is looked at while it works, as Linux shows it. Ends no child, and limits none.
"""

import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

_RSS_UNIT = 1024 if sys.platform == "linux" else 1  # bytes
_NEARLY = 0.75  # of its limit: libraries and gaps take address space, too
_LOOK_S = 0.02  # native code fills some 60 MB meanwhile
_PEAK = "VmHWM:"


class HeldMemory:
    """What is known of one child; make it before that is started."""

    def __init__(self, limit_bytes: int) -> None:
        """Take the limit of its address space."""
        self._much_bytes = _NEARLY * limit_bytes
        self._parent_bytes = _RSS_UNIT * getrusage(RUSAGE_SELF).ru_maxrss
        self._seen_bytes = 0

    @property
    def look_every_s(self) -> float | None:
        """How often to look while it works; `None` where what the kernel tells in the end is enough."""
        return _LOOK_S if self._parent_bytes > self._much_bytes else None

    def look(self, pid: int) -> None:
        """Look at the child; one that cannot be seen any more, or here, is passed over."""
        try:
            lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return
        peak = next((line.split() for line in lines if line.startswith(_PEAK)), [])
        if len(peak) > 1 and peak[1].isdecimal():
            self._seen_bytes = max(self._seen_bytes, int(peak[1]) * 1024)

    def was_much(self, ru_maxrss: int) -> bool:
        """Tell whether it held nearly all that it might.

        Args:
            ru_maxrss: what the kernel says of it, in its own unit; 0 if it did not.
        """
        told_bytes = _RSS_UNIT * ru_maxrss
        own_bytes = told_bytes if told_bytes > self._parent_bytes else self._seen_bytes
        return own_bytes > self._much_bytes

"""What holds a limited child that no longer obeys Python: Landlock for files, a filter for everything else.

`confine` puts on what the kernel offers and returns what holds: `full` (both), `partial` (one of them) or
`limits only` (neither: another system than Linux, an old kernel, a container that forbids it), with what is missing
in words. Neither is ever taken off again.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from indexes.limited.filter import NoFilterError, install
from indexes.limited.landlock import NoLandlockError, restrict

Level = Literal["full", "partial", "limits only"]
SandboxSetting = Literal["auto", "require"]
_SET_DUMPABLE = 4


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What holds a child."""

    landlock: int  # its version, 0 for none
    filtered: bool
    missing: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """In one word."""
        return "full" if self.landlock and self.filtered else "partial" if self.landlock or self.filtered else "limits only"

    def in_words(self) -> str:
        """Say it in a line."""
        held = [f"Landlock {self.landlock}"] * bool(self.landlock) + ["a filter of system calls"] * self.filtered
        return f"{self.level}: {', '.join((*held, *self.missing))}"

    def as_json(self) -> dict[str, Any]:
        """Return the form in which a child says it."""
        return {"landlock": self.landlock, "filtered": self.filtered, "missing": list(self.missing)}


def sandbox_from_json(value: Any) -> Sandbox:
    """Return what a child says of itself.

    Raises:
        ValueError: no child of ours says so.
    """
    if not isinstance(value, dict):
        raise ValueError("expected a child that says what holds it")  # noqa: TRY004 - one error for all that is malformed
    landlock, filtered, missing = (value.get(name) for name in ("landlock", "filtered", "missing"))
    fits = type(landlock) is int and isinstance(filtered, bool) and isinstance(missing, list)
    if not fits or not all(isinstance(words, str) for words in missing):
        raise ValueError("expected a child that says what holds it")
    return Sandbox(landlock, filtered, tuple(missing))


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

"""How many connections each of several processes has that listen on one socket, in memory that they share.

So that each can tell whether another has fewer (`sharing`). Loads no server: their parent makes the memory.
"""

import mmap
import os
import struct
import tempfile
from typing import IO

_COUNT = struct.Struct("=q")
_NONE = 2**62  # of a process that takes no connections: nobody waits for it


def shared_memory(processes: int) -> IO[bytes]:
    """Return an open file, gone when it is closed, in which so many processes share how many connections each has."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (the caller closes it)
    file.write(_COUNT.pack(_NONE) * processes)
    return file


class Shares:
    """How many connections each of several processes has. One thread at a time."""

    def __init__(self, descriptor: int, *, number: int = 0) -> None:
        """Open the memory.

        Args:
            descriptor: of what `shared_memory` made; the caller closes it.
            number: of this process, from 1 on; 0 for one that takes none, their parent.
        """
        self._counts = mmap.mmap(descriptor, os.fstat(descriptor).st_size)
        self._number = number
        self._open = self._coming = 0

    def have(self, connections: int) -> None:
        """Say how many connections are open here."""
        self._open = connections
        self._put(self._number, self._open + self._coming)

    def come(self, more: int) -> None:
        """Say that so many more, or fewer, are on their way into what is open here."""
        self._coming += more
        self._put(self._number, self._open + self._coming)

    def has_least(self) -> bool:
        """Tell whether no other process has fewer connections than this one."""
        counts: list[int] = [count for (count,) in _COUNT.iter_unpack(self._counts)]
        return counts[self._number - 1] <= min(counts)

    def gone(self, number: int) -> None:
        """Say that a process takes no connections, or none any more."""
        self._put(number, _NONE)

    def leave(self) -> None:
        """Say that this process takes no connections any more, however many it still has."""
        self.gone(self._number)
        self._number = 0

    def close(self) -> None:
        """Let go of the memory."""
        self._counts.close()

    def _put(self, number: int, count: int) -> None:
        if number:
            _COUNT.pack_into(self._counts, (number - 1) * _COUNT.size, count)

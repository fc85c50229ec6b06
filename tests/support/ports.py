"""Ports of this machine for what a test starts, or where a test needs nobody to listen.

They lie below those that Linux gives to whoever asks for any port, and each test process begins elsewhere: so nobody
takes one between the moment it was found free and the moment it is used.
"""

import functools
import itertools
import os
import socket
from collections.abc import Iterator

_FIRST, _COUNT = 20_000, 12_000


@functools.cache
def _numbers(process_id: int) -> Iterator[int]:
    return itertools.count(process_id * 101)


def free_port() -> int:
    """Return a port that nobody listens on, another one each time."""
    while True:
        port = _FIRST + next(_numbers(os.getpid())) % _COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port

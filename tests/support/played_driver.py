"""A process in the place of `ingest.cluster.driver`: it speaks alike, and behaves as the cluster's name says.

`refuses`, it cannot reach the cluster; `ends`, it dies at once; `stubborn`, neither it nor its child ends with its
input. Any other name: it replies to each request with the same, and says of itself first what `environment` it has.
"""

import json
import os
import signal
import subprocess
import sys
import time
from typing import BinaryIO

from indexes.limited.frames import framed, read_frame


def main() -> None:
    """Answer requests until they end."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    wanted = json.loads(read_frame(requests) or b"")
    address = wanted["address"]
    if address == "ends":
        return
    cores = b"ConnectionError: nobody answers" if address == "refuses" else b"", b"3"
    _send(replies, b"".join(framed(part) for part in cores))
    if address == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "600"], process_group=0)  # noqa: S607 - as Ray's workers, a group of its own
        _send(replies, str(child.pid).encode())
        time.sleep(600)
    _send(replies, json.dumps({**os.environ, "folder": wanted["folder"]}).encode())
    while (request := read_frame(requests)) is not None:
        _send(replies, request)


def _send(replies: BinaryIO, content: bytes) -> None:
    replies.write(framed(content))
    replies.flush()


if __name__ == "__main__":
    main()

"""Where the running service can be reached from the command line: `var/service.json`, written when it listens.

The service holds the audit log's single writer, so while it runs, commands on the same machine ask through it. A
service that was killed leaves its file behind, and by then anybody may listen on its port. So the file names the
process that wrote it, and counts only while that very process holds the log's lock.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from indexes.durable import remove_left_over, replace_file
from indexes.scratch import remove_left
from service.audit.storage.writer_lock import holding

_FILE = "service.json"


class NotRunningError(Exception):
    """No service of this installation is known to listen; the message says what is there instead."""


@contextlib.contextmanager
def announced(state: Path, *, url: str) -> Iterator[None]:
    """Say where the service listens for as long as the context lasts. The caller holds the log's lock.

    Args:
        state: the folder of the installation's state.
        url: where the service listens.
    """
    path = state / _FILE
    said = {"url": url, "pid": os.getpid(), "process": holding(state)}
    remove_left_over(path)  # by one that was killed, like the next: who has the log is the only one here
    remove_left(state)
    replace_file(path, json.dumps(said).encode(), mode=0o600)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_url(state: Path) -> str:
    """Return where the service listens that holds the log of this installation now.

    Raises:
        NotRunningError: nobody holds the log, or whoever does has not said where they listen.
    """
    now = holding(state)
    if not now:
        raise NotRunningError("no service of this installation is running: start one with greenlit serve")
    try:
        said = json.loads((state / _FILE).read_text(encoding="utf-8"))
        url, by = str(said["url"]), str(said["process"])
    except (OSError, ValueError, KeyError, TypeError):
        url, by = "", ""
    if by != now:
        raise NotRunningError(
            f"another process ({now.partition(' ')[0]}) holds the audit log and has not said where it listens, so "
            "nothing was sent anywhere: wait until it is ready, or until it ends"
        )
    return url

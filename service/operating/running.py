"""Where the running service can be reached from the command line: `var/service.json`, written when it listens.

The service holds the audit log's single writer, so while it runs, commands on the same machine ask through it.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

_FILE = "service.json"


@contextlib.contextmanager
def announced(state: Path, *, url: str) -> Iterator[None]:
    """Say where the service listens for as long as the context lasts."""
    path = state / _FILE
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    beside.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_url(state: Path) -> str | None:
    """Return where the service listens; `None` if none has said so."""
    try:
        value = json.loads((state / _FILE).read_text(encoding="utf-8"))
        return str(value["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None

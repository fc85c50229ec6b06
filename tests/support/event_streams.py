"""Streams of events, as text: `told` reads one as a client does."""

import json
from typing import Any

AS_EVENTS = {"Accept": "text/event-stream"}


def told(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each event of a whole stream: its name, and what it says. Lines that begin with a colon are none."""
    events = []
    for block in text.split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            assert [name for name, _, _ in lines] == ["event", "data"], block
            events.append((lines[0][2], json.loads(lines[1][2])))
    return events


def names(text: str) -> list[str]:
    """Return the names of the events of a whole stream, in order."""
    return [name for name, _ in told(text)]

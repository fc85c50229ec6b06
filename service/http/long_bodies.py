"""Bodies that are longer than usual, on a route that takes them, once it is known who sends them.

A request's scope has something under `ALLOW`: called with a number of bytes, it lets so many come. A route calls it by
`allow_body` after its dependencies have said who it is, and before it reads; whoever is refused has sent next to
nothing by then, because a connection does not read more of a long body until it is asked for it.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

ALLOW = "greenlit.allow_body"
Allow = Callable[[int], None]


def allow_body(scope: MutableMapping[str, Any], max_bytes: int) -> None:
    """Let the body of a request be so long."""
    allow: Allow = scope.get(ALLOW, _nothing)
    allow(max_bytes)


def _nothing(_max_bytes: int) -> None:
    """Do nothing: a client of tests has no connection."""

"""A server in a test's own process ends when it is told to.

uvicorn looks every tenth of a second whether it is to end, and then waits another one: with two hundred servers in a
run of the tests, half a minute in which nothing happens. Programs that are forked off or started are left as they are.
"""

import asyncio
from typing import Any

import uvicorn.server

_LOOK_S = 0.01


class _Hasty:
    """What uvicorn has of asyncio: all of it, but that nothing sleeps for long."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, _LOOK_S))


def use_quick_ends() -> None:
    """Let every server of this process end quickly."""
    uvicorn.server.asyncio = _Hasty()  # type: ignore[assignment,attr-defined]

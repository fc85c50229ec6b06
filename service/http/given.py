"""The parts that an application is made over, as dependencies of its routes.

So routes are made once, when their module is imported, and each application brings the parts that they work with.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request


def give(app: FastAPI, parts: Mapping[Any, object]) -> None:
    """Let the routes of an application work with these parts, each under the type that they ask for."""
    app.state.parts = dict(parts)


def given(kind: Any) -> Callable[[Request], Awaitable[Any]]:
    """Return a dependency: the part of this type.

    Raises:
        LookupError: when called, if the application was given none.
    """

    async def part(request: Request) -> Any:
        return request.app.state.parts[kind]

    return part

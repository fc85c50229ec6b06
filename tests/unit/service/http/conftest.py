"""A server with the limits that a test names."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from service.http.limits import ConnectionLimits
from tests.support.connection_parts import OFTEN_S, Running, Start, running


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start a server with some limits; everything else is as shipped."""
    loop = getattr(request, "param", "auto")
    with structlog.testing.capture_logs(), contextlib.ExitStack() as stack:

        def started(**limits: float) -> Running:
            given: dict[str, Any] = {"max_open": 400, "max_in_work": 300, "look_s": OFTEN_S, **limits}
            return stack.enter_context(running(ConnectionLimits(**given), loop=loop))

        yield started

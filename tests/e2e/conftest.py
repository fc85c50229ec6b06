"""What drives the browsers, and a browser: started once in a process, for that takes seconds."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browsing import chromium
from tests.support.openid import NAMED_HOST
from tests.support.ports import free_port


@dataclass(frozen=True, slots=True)
class _Started:
    browser: Browser
    loop: asyncio.AbstractEventLoop
    named_port: int


@pytest.fixture(scope="session")
def _started() -> Iterator[_Started]:
    port = free_port()
    named = f"--host-resolver-rules=MAP {NAMED_HOST} 127.0.0.1:{port}"
    with sync_playwright() as driver, chromium(driver, named) as opened:
        started = _Started(opened, asyncio.get_running_loop(), port)
        yield started
        asyncio._set_running_loop(started.loop)


@pytest.fixture(scope="module")
def browser(_started: _Started) -> Iterator[Browser]:
    """Lend the browser of this process: who opens windows in it closes them.

    Its event loop counts as running in the modules that use it, and in no other.
    """
    asyncio._set_running_loop(_started.loop)
    yield _started.browser
    asyncio._set_running_loop(None)


@pytest.fixture(scope="module")
def named_port(_started: _Started) -> int:
    """Return the port of this machine that the browser takes for the service that has a name."""
    return _started.named_port

"""What drives the browsers, and a browser: started once in a process, for that takes seconds."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.support.browsing import chromium


@dataclass(frozen=True, slots=True)
class _Started:
    driver: Playwright
    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def _started() -> Iterator[_Started]:
    with sync_playwright() as driver, chromium(driver) as opened:
        started = _Started(driver, opened, asyncio.get_running_loop())
        yield started
        asyncio._set_running_loop(started.loop)


@pytest.fixture(scope="module")
def driver(_started: _Started) -> Iterator[Playwright]:
    """Drive browsers: its event loop counts as running in the modules that use it, and in no other."""
    asyncio._set_running_loop(_started.loop)
    yield _started.driver
    asyncio._set_running_loop(None)


@pytest.fixture(scope="module")
def browser(_started: _Started, driver: Playwright) -> Browser:
    """Lend the browser of this process: who opens windows in it closes them."""
    del driver
    return _started.browser

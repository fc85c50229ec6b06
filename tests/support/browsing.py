"""A page of a service in a real browser, with what the browser was asked to load and what it complained of.

One browser serves all tests of a process (`tests/e2e/conftest.py`): each test has windows of its own in it, which know
nothing of each other.

Needs a Chromium of the system, best the one without windows of its own (`chromium-headless-shell`), or the browser
named by TEST_CHROMIUM. With TEST_SCREENS set to a folder, pictures of the pages are kept there.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright, Request, expect

from service.web.pages import NOTICE_COOKIE, notice_hash
from tests.support.service_parts import Studio

PHONE, DESK, HEIGHT = 390, 1280, 800  # pixels
# The same engine twice: what the whole browser draws around a page, and nobody sees here, costs as much as the page.
_KNOWN = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = Path(os.environ.get("TEST_CHROMIUM") or next(filter(Path.exists, _KNOWN), _KNOWN[-1]))
SCREENS = os.environ.get("TEST_SCREENS")
PATIENCE_MS = 60_000  # on a machine that is busy otherwise; nobody waits for it where all is well
expect.set_options(timeout=PATIENCE_MS)

# Behind its own address line, which nobody sees here, the browser opens two pages more with every window: they took
# four fifths of what a page costs. Nor is a process kept ready for a page that may come. Its last list counts, so what
# Playwright switches off stands here again.
_SWITCHED_OFF = (
    "WebUIOmniboxPopup WebUIOmniboxAimPopup WebUIOmniboxFullPopup "
    "AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose HttpsUpgrades HttpsFirstBalancedModeAutoEnable "
    "LensOverlay MediaRouter PaintHolding ThirdPartyStoragePartitioning AvoidCorsURLLoaderRestartOnRedirect "
    "OptimizationHints NetworkTimeServiceQuerying AimEnabled PreconnectToSearch "
    "SpareRendererForSitePerProcess"
).split()


@dataclass
class Visit:
    """A page of the service, and what happened in it."""

    page: Page
    url: str
    studio: Studio
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/open?code={self.studio.code()}")

    def ask(self, question: str) -> None:
        self.page.wait_for_load_state()  # also its scripts: without them the form is sent the plain way
        self.page.get_by_label("Ask the approved documents").fill(question)
        self.page.get_by_role("button", name="Ask", exact=True).click()

    def turn(self, number: int) -> Locator:
        """Return what was asked and answered as the n-th, from 1."""
        return self.page.locator("#turns > .turn").nth(number - 1)

    def looks_right(self, name: str, widths: tuple[int, ...] = (PHONE, DESK)) -> None:
        """See that nothing of the page sticks out, on a phone and on a desk; keep a picture of each."""
        self.page.wait_for_load_state()  # what a click leads to may be here before its styles and scripts
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            if SCREENS:
                self.page.screenshot(path=Path(SCREENS) / f"{name}-{width}.png", full_page=True)
            assert int(self.page.evaluate("document.documentElement.scrollWidth")) <= width

    def was_quiet(self) -> bool:
        """Tell whether the browser only spoke to the service and had nothing to complain of."""
        assert self.complaints == []
        return bool(self.requested) and all(url.startswith(f"{self.url}/") for url in self.requested)


def visit_with(context: BrowserContext, studio: Studio, url: str) -> Visit:
    """Open a page, in a browser that confirmed the notice, that notes what it loads and what it complains of."""
    context.add_cookies([{"name": NOTICE_COOKIE, "value": notice_hash(12, ""), "url": url}])
    visit = Visit(context.new_page(), url, studio)

    def note_request(request: Request) -> None:
        visit.requested.append(request.url)

    def note_complaint(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.complaints.append(message.text)

    visit.page.on("request", note_request)
    visit.page.on("console", note_complaint)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.set_default_timeout(PATIENCE_MS)
    return visit


@contextlib.contextmanager
def chromium(driver: Playwright, *arguments: str) -> Iterator[Browser]:
    """Start the browser."""
    switched_off = f"--disable-features={','.join(_SWITCHED_OFF)}"
    opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", switched_off, *arguments])
    yield opened
    opened.close()

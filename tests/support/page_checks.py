"""What every page has to stand, in one call: `looks_right(page, "name")`.

On a phone and on a desk, light and dark: nothing sticks out, and axe-core finds nothing that WCAG 2.2 AA forbids. With
TEST_SCREENS set to a folder, a picture of each is kept there. axe-core is a module for node that `.ci/run` installs; it
is put in past the page's own policy, which stays as it is, so that the browser still complains of what breaks it.
"""

import functools
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.support.browsing import DESK, HEIGHT, PHONE, SCREENS

FOLDER = Path(__file__).parent / "browser"
_AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OF_COLOURS = ["color-contrast", "link-in-text-block"]
_RUN = "([type, values]) => axe.run(document, { runOnly: { type, values }, resultTypes: ['violations'] })"
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def looks_right(page: Page, name: str, *, widths: tuple[int, ...] = (PHONE, DESK)) -> None:
    """See that a page is as it should be, however wide and in either scheme; leaves it on a desk, light.

    Args:
        page: as it is now: what is open stays open.
        name: of its pictures.
        widths: in pixels.
    """
    page.wait_for_load_state()  # also its styles: what a click leads to may be here before them
    for scheme in reversed(_SCHEMES):
        page.emulate_media(color_scheme=scheme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            if SCREENS:
                page.screenshot(path=Path(SCREENS) / f"{name}-{width}-{scheme}.png", full_page=True)
            assert int(page.evaluate("document.documentElement.scrollWidth")) <= width, f"{name} sticks out at {width}"
            if scheme == "light":
                assert violations(page) == [], f"{name}, {width} pixels"
            elif width == widths[-1]:  # colours are the same however wide, all else is the same in either scheme
                assert violations(page, of_colours=True) == [], f"{name}, dark"


def no_violations(page: Page) -> None:
    """See that axe-core finds nothing wrong with a page as it is now."""
    assert violations(page) == []


def violations(page: Page, *, of_colours: bool = False) -> list[str]:
    """Return what WCAG 2.2 AA forbids of a page, or of its colours alone: the rule, what it wants, where."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(_source())
    looked_for = ["rule", _OF_COLOURS] if of_colours else ["tag", _TAGS]
    found: dict[str, Any] = page.evaluate(_RUN, looked_for)
    return [
        f"{one['id']}: {one['help']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@functools.cache
def _source() -> str:
    if not _AXE.exists():
        pytest.skip("needs axe-core: run npm ci --ignore-scripts in tests/support/browser")
    return _AXE.read_text(encoding="utf-8")

"""Every page in a real browser, held against WCAG 2.2 AA by axe-core, on a phone and on a desk, light and dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import CHROMIUM, Visit, visit_with
from tests.support.fakes import TinyLibrary
from tests.support.page_checks import looks_right, no_violations, violations
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    POLICY,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    serving,
    with_rules,
)

DRAFT = "legal/draft.md"
pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str]]:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("looked-at") / "studio"))
    library.write(DRAFT, "# Draft\n\nNobody decided on this yet.\n")
    with open_studio(library) as studio, serving(studio.app) as url:
        yield studio, url


@pytest.fixture
def visit(browser: Browser, service: tuple[Studio, str]) -> Iterator[Visit]:
    with browser.new_context() as context:
        yield visit_with(context, *service)


def test_the_pages_can_be_read_and_used_by_everybody(visit: Visit) -> None:
    visit.page.goto(visit.url)
    expect(visit.page.get_by_role("heading", name="Open Greenlit with its link")).to_be_visible()
    looks_right(visit.page, "sign-in")
    visit.complaints.clear()  # of the status 401
    visit.sign_in()
    looks_right(visit.page, "ask")
    refused = "No approved document answers this."
    for question, name, region in (
        (VENDOR_QUESTION, "answer", "Answer"),
        (OFF_TOPIC_QUESTION, "refusal", refused),
    ):
        visit.ask(question)
        visit.page.get_by_role("region", name=region, exact=True).wait_for()
        looks_right(visit.page, name)
    for address, name in (("/documents", "documents"), (f"/documents/{POLICY}", "document"), ("/record", "record")):
        visit.page.goto(visit.url + address)
        looks_right(visit.page, name)
    assert visit.was_quiet()


def test_so_can_those_for_approvers_and_auditors(visit: Visit) -> None:
    visit.sign_in()
    asked = visit.studio.ask(VENDOR_QUESTION)
    seq = asked["receipt"]["seq"]
    for address, name in (
        ("/conversations", "conversations"),
        (f"/answers/{asked['request_id']}", "shared"),
        ("/desk", "desk"),
        (f"/desk/documents/{DRAFT}", "desk-document"),
        ("/desk/feedback", "desk-feedback"),
        ("/audit", "audit"),
        (f"/audit/records/{seq}", "audit-record"),
        ("/audit/charts", "audit-charts"),
        ("/audit/export", "audit-export"),
    ):
        visit.page.goto(visit.url + address)
        looks_right(visit.page, name)
    assert visit.was_quiet()


def test_what_is_forbidden_is_found(visit: Visit) -> None:
    visit.sign_in()
    no_violations(visit.page)
    visit.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/icon.svg\"><button></button>')"
    )
    assert {found.split(":")[0] for found in violations(visit.page)} == {"button-name", "image-alt"}
    assert violations(visit.page, of_colours=True) == []
    visit.page.evaluate(
        "const p = document.createElement('p'); document.querySelector('main').append(p); p.textContent = 'Not seen';"
        "p.style.color = '#eee'; p.style.background = '#fff'"
    )
    assert {found.split(":")[0] for found in violations(visit.page, of_colours=True)} == {"color-contrast"}

"""The pages in a real browser, over a real connection: what a person sees, and what the browser was asked to load.

See `tests/support/browsing.py` for what they need. What somebody does who asks is in `test_ask_page`.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.support.browsing import CHROMIUM, DESK, HEIGHT, Visit, visit_with
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    serving,
    with_rules,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}"),
]


@pytest.fixture
def service(library: TinyLibrary) -> Iterator[tuple[Studio, str]]:
    with open_studio(with_rules(library)) as studio, serving(studio.app) as url:
        yield studio, url


@pytest.fixture
def visit(browser: Browser, service: tuple[Studio, str]) -> Iterator[Visit]:
    """Visit with a browser that knows nothing yet."""
    with browser.new_context(viewport={"width": DESK, "height": HEIGHT}) as context:
        yield visit_with(context, *service)


@pytest.fixture
def visit_without_scripts(browser: Browser, service: tuple[Studio, str]) -> Iterator[Visit]:
    with browser.new_context(java_script_enabled=False) as context:
        yield visit_with(context, *service)


def test_what_is_broken_is_said_in_words(visit: Visit) -> None:
    visit.sign_in()
    visit.studio.store.refused = {"query.received"}
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("alert")).to_contain_text("could not be recorded, so no answer is given")
    visit.looks_right("problem")


def _lured(visit: Visit, action: str, field: str) -> None:
    """Post a form of ours from a page under another name: no cookie comes with it, and it says where it comes from."""
    form = f'<form method="post" action="{visit.url}{action}">{field}<button>Win</button></form>'

    async def lure(_request: StarletteRequest) -> HTMLResponse:
        return HTMLResponse(form)

    with serving(Starlette(routes=[Route("/", lure)])) as other:
        visit.page.goto(other.replace("127.0.0.1", "localhost"))
        visit.page.get_by_role("button", name="Win").click()
        expect(visit.page.get_by_role("alert")).to_contain_text("This form was sent from another site.")


def test_another_site_cannot_ask_in_somebodys_name(visit: Visit) -> None:
    visit.sign_in()
    _lured(visit, "/", f'<textarea name="question">{VENDOR_QUESTION}</textarea>')
    assert visit.studio.leaves() == []


def test_what_is_on_record_is_shown_and_a_text_is_erased_for_good(visit: Visit) -> None:
    visit.sign_in()
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("region", name="Answer")).to_be_visible()
    visit.ask(OFF_TOPIC_QUESTION)
    expect(visit.page.get_by_role("heading", name="No approved document answers this.")).to_be_visible()
    visit.page.get_by_role("link", name="What is logged").click()
    expect(visit.page).to_have_url(f"{visit.url}/record")
    expect(visit.page.get_by_role("region")).to_have_count(2)
    newest, answered = visit.page.get_by_role("region").all()
    expect(newest).to_contain_text(OFF_TOPIC_QUESTION)
    expect(answered).to_contain_text(VENDOR_QUESTION)
    expect(answered).to_contain_text(SENTENCE)
    visit.looks_right("record")
    erase = answered.get_by_role("button", name="Erase it for good")
    expect(erase).to_be_hidden()  # a click on its own line first, so that nobody erases by chance
    answered.get_by_text("Erase this text").click()
    visit.looks_right("record-erasing")
    erase.click()
    expect(visit.page.get_by_role("status")).to_have_text("The text was erased.")
    newest, erased = visit.page.get_by_role("region").all()
    expect(newest).to_contain_text(OFF_TOPIC_QUESTION)
    expect(erased).to_contain_text("That a question was asked stays on record.")
    expect(erased).not_to_contain_text(VENDOR_QUESTION)
    expect(erased.get_by_text("Erase this text")).to_have_count(0)
    visit.looks_right("record-erased")
    assert visit.was_quiet()


def test_erasing_works_by_keyboard_and_without_scripts(visit_without_scripts: Visit) -> None:
    visit = visit_without_scripts
    visit.sign_in()
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("region", name="Answer")).to_be_visible()
    visit.page.get_by_role("link", name="Your record").click()
    expect(visit.page.get_by_role("heading", name="Your questions on record")).to_be_visible()
    visit.page.get_by_text("Erase this text").focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("status")).to_have_text("The text was erased.")


def test_another_site_cannot_erase_in_somebodys_name(visit: Visit) -> None:
    visit.sign_in()
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("region", name="Answer")).to_be_visible()
    request_id = visit.studio.leaves()[0]["request_id"]
    _lured(visit, "/record/erase", f'<input type="hidden" name="request_id" value="{request_id}">')
    (received, _) = visit.studio.store.of_request(request_id)
    assert visit.studio.store.payloads(received.seq)

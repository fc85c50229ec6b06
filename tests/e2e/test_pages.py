"""The pages in a real browser, over a real connection: what a person sees, and what the browser was asked to load.

Needs /usr/bin/chromium, or the browser named by TEST_CHROMIUM; without one these tests are skipped. With
TEST_SCREENS set to a folder, pictures of the pages are kept there.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from service.web.pages import NOTICE_COOKIE, notice_hash
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    serving,
    with_rules,
)

PHONE, DESK, HEIGHT = 390, 1280, 800  # pixels
CHROMIUM = Path(os.environ.get("TEST_CHROMIUM", "/usr/bin/chromium"))
SCREENS = os.environ.get("TEST_SCREENS")
SENTENCE = "The security team reviews every new AI vendor within ten working days."
LONG = "legal/long.md"
LONG_QUESTION = "When are lanterns inspected?"
LONG_SENTENCE = "Lanterns on the backlot are inspected each Tuesday."

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}"),
]


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
        self.page.get_by_label("Ask the approved documents").fill(question)
        self.page.get_by_role("button", name="Ask").click()

    def looks_right(self, name: str) -> None:
        """See that nothing of the page sticks out, on a phone and on a desk; keep a picture of each."""
        for width in (PHONE, DESK):
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            if SCREENS:
                self.page.screenshot(path=Path(SCREENS) / f"{name}-{width}.png", full_page=True)
            assert int(self.page.evaluate("document.documentElement.scrollWidth")) <= width

    def was_quiet(self) -> bool:
        """Tell whether the browser only spoke to the service and had nothing to complain of."""
        assert self.complaints == []
        return bool(self.requested) and all(url.startswith(f"{self.url}/") for url in self.requested)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def service(library: TinyLibrary) -> Iterator[tuple[Studio, str]]:
    grown(library, _add_handbook)
    with open_studio(with_rules(library)) as studio, serving(studio.app) as url:
        yield studio, url


def _add_handbook(library: TinyLibrary) -> None:
    paragraphs = [f"Paragraph {number} is about the archive of the studio and its shelves." for number in range(120)]
    paragraphs.insert(60, LONG_SENTENCE)
    library.add(LONG, "# Handbook of the backlot\n\n" + "\n\n".join(paragraphs) + "\n")


def _visit(context: BrowserContext, studio: Studio, url: str) -> Visit:
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
    visit.page.set_default_timeout(10_000)
    return visit


@pytest.fixture
def visit(browser: Browser, service: tuple[Studio, str]) -> Iterator[Visit]:
    """Visit with a browser that knows nothing yet."""
    with browser.new_context(viewport={"width": DESK, "height": HEIGHT}) as context:
        yield _visit(context, *service)


@pytest.fixture
def visit_without_scripts(browser: Browser, service: tuple[Studio, str]) -> Iterator[Visit]:
    with browser.new_context(java_script_enabled=False) as context:
        yield _visit(context, *service)


def test_the_link_signs_in_and_an_answer_leads_to_its_source(visit: Visit) -> None:
    visit.sign_in()
    assert visit.page.url == f"{visit.url}/"  # the token is gone from the address
    visit.looks_right("ask")
    visit.ask(VENDOR_QUESTION)
    answer = visit.page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text(SENTENCE)
    expect(answer).to_contain_text("approved by ann@x.example")
    assert visit.page.url == f"{visit.url}/"  # nor is the question in it
    visit.looks_right("answer")
    visit.page.get_by_label("source 1").click()
    mark = visit.page.locator("mark")
    expect(mark).to_have_text(SENTENCE)
    expect(mark).to_be_in_viewport()
    assert visit.page.url.startswith(f"{visit.url}/documents/legal/ai-policy.md?version=")
    visit.looks_right("source")
    assert visit.was_quiet()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_quote_deep_in_a_long_source_is_brought_into_view(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": HEIGHT})
    visit.sign_in()
    visit.ask(LONG_QUESTION)
    visit.page.get_by_label("source 1").click()
    mark = visit.page.locator("mark")
    expect(mark).to_have_text(LONG_SENTENCE)
    expect(mark).to_be_in_viewport()
    assert visit.page.evaluate("window.scrollY") > 0
    visit.looks_right("long-source")
    assert visit.was_quiet()


def test_a_refusal_reads_as_one(visit: Visit) -> None:
    visit.sign_in()
    visit.ask(OFF_TOPIC_QUESTION)
    refusal = visit.page.get_by_role("region", name="No answer")
    expect(refusal).to_contain_text("do not hold enough evidence to answer this")
    expect(refusal).to_contain_text("Nothing was made up instead.")
    expect(visit.page.get_by_role("heading", name="Sources")).to_have_count(0)
    visit.looks_right("refusal")
    assert visit.was_quiet()


def test_documents_are_listed_and_can_be_read(visit: Visit) -> None:
    visit.sign_in()
    visit.page.get_by_role("link", name="Library").click()
    visit.looks_right("documents")
    visit.page.get_by_role("link", name="Travel rules").click()
    expect(visit.page.locator("pre")).to_contain_text("The daily travel allowance is fifty euros.")
    assert visit.was_quiet()


def test_a_revoked_document_is_gone_from_the_next_page(visit: Visit) -> None:
    visit.sign_in()
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("region", name="Answer")).to_be_visible()
    visit.studio.library.revoke("legal/ai-policy.md")
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("region", name="No answer")).to_be_visible()


def test_what_is_broken_is_said_in_words(visit: Visit) -> None:
    visit.sign_in()
    visit.studio.store.refused = {"query.received"}
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("alert")).to_contain_text("could not be recorded, so no answer is given")
    visit.looks_right("problem")


def test_somebody_unknown_is_told_how_to_sign_in(visit: Visit) -> None:
    visit.page.goto(visit.url)
    expect(visit.page.get_by_role("heading", name="Open Greenlit with its link")).to_be_visible()
    visit.looks_right("sign-in")


def test_it_can_be_used_by_keyboard(visit: Visit) -> None:
    visit.sign_in()
    visit.page.keyboard.type(VENDOR_QUESTION)  # the field has the focus
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("region", name="Answer")).to_contain_text(SENTENCE)


def test_it_works_without_scripts(visit_without_scripts: Visit) -> None:
    visit = visit_without_scripts
    visit.sign_in()
    visit.ask(VENDOR_QUESTION)
    expect(visit.page.get_by_role("region", name="Answer")).to_contain_text(SENTENCE)
    visit.page.get_by_label("source 1").click()
    expect(visit.page.locator("mark")).to_be_in_viewport()


def test_nothing_written_in_a_document_or_a_question_runs(visit: Visit) -> None:
    attack = "<img src=x onerror=\"document.title='run'\"> <script>document.title = 'run'</script>"
    visit.studio.library.add("legal/attack.txt", f"The catering form holds {attack} on its first page.\n")
    visit.studio.library.ingest()
    visit.sign_in()
    visit.ask(f"What does the catering form hold? {attack}")
    expect(visit.page.get_by_role("region", name="Answer")).to_contain_text("<script>")
    expect(visit.page).to_have_title(re.compile("Greenlit"))
    assert visit.was_quiet()


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
    expect(visit.page.get_by_role("region", name="No answer")).to_be_visible()
    visit.page.get_by_role("link", name="What is on record of you").click()
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
    visit.page.locator("summary").focus()
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

"""Pages as they look, in a real browser: beside their text, without moving it, and never with a script of their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, expect

from tests.support.browsing import CHROMIUM, DESK, HEIGHT, Visit, visit_with
from tests.support.fakes import TinyLibrary
from tests.support.page_checks import looks_right, no_violations
from tests.support.service_parts import Studio, open_studio, serving, with_rules
from tests.support.small_pdf import small_pdf

AGREEMENT = "legal/agreement.pdf"
SIGNED = "This agreement was signed on 3 March 2025 by both parties."
NOTE = "Pages 2 and 3 of this document could not be read."
SCRIPT = "app.alert('the document runs a script')"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str]]:
    library = TinyLibrary(tmp_path_factory.mktemp("pictured") / "studio")
    pages: tuple[list[str], ...] = (["Supplier agreement, cover note", SIGNED], [], [], ["Annex one."], ["Annex two."])
    library.add(AGREEMENT, small_pdf(*pages, script=SCRIPT))
    with open_studio(with_rules(library)) as studio, serving(studio.app) as url:
        yield studio, url


@pytest.fixture
def visit(browser: Browser, served: tuple[Studio, str]) -> Iterator[Visit]:
    with browser.new_context(viewport={"width": DESK, "height": HEIGHT}) as context:
        visit = visit_with(context, *served)
        visit.sign_in()
        yield visit


def test_an_answer_says_what_was_not_read_and_its_page_is_seen_with_the_quote_marked(visit: Visit) -> None:
    visit.ask("When was the agreement signed by both parties?")
    turn = visit.turn(1)
    expect(turn.locator(".lacks")).to_have_text(NOTE)
    chip = turn.locator(".chip").first
    chip.focus()
    expect(turn.locator(".card-lacks")).to_be_visible()
    chip.press("Enter")
    beside = visit.page.locator("#beside")
    expect(beside).to_contain_text("2 pages without text that can be read: 2, 3")
    asked = [url for url in visit.requested if "/pages/" in url]
    assert asked == [], "a picture that nobody opened is not fetched"
    beside.get_by_text("The page as it looks").click()
    picture = beside.get_by_role("img", name="Page 1 as it looks, with the quote marked.")
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") == 910
    no_violations(visit.page)
    visit.page.goto(f"{visit.url}{chip.get_attribute('href')}")
    shown = visit.page.locator(".picture img")
    expect(shown).to_have_js_property("naturalWidth", 910)
    text, image = visit.page.locator("mark").bounding_box(), shown.bounding_box()
    assert text is not None
    assert image is not None
    assert text["x"] + text["width"] <= image["x"], "the page stands beside the text"
    assert abs(image["height"] / image["width"] - 1287 / 910) < 0.02
    looks_right(visit.page, "page-as-it-looks")
    assert visit.was_quiet()


def test_a_pdf_that_holds_a_script_is_saved_and_its_script_does_not_run(visit: Visit) -> None:
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    visit.page.on("dialog", note)
    visit.page.goto(f"{visit.url}/documents/{AGREEMENT}")
    with visit.page.expect_download() as saving:
        visit.page.get_by_role("link", name="the approved original").click()
    assert saving.value.suggested_filename == "agreement.pdf"
    original = visit.page.request.get(saving.value.url)  # a browser that shows no PDF would save it anyway
    assert original.headers["content-disposition"].startswith("attachment")
    assert visit.page.url == f"{visit.url}/documents/{AGREEMENT}"
    assert ran == []

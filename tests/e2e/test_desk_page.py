"""The desk in a real browser: an approver clears what waits, two at once, a file comes in, by keyboard, by phone.

The worker's part is done by the ingest pipeline. Needs a browser, as `test_pages` does.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from indexes.standing import Standing
from service.web.pages import NOTICE_COOKIE, notice_hash
from tests.support.browsing import CHROMIUM, PATIENCE_MS
from tests.support.desk_parts import read_as_worker, with_approvers
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, POLICY_TEXT, Studio, open_studio, serving, with_rules

A_MINUTE_S = 60.0
QUESTION = "Who reviews a new AI vendor?"
NEWER = "The security team reviews every new AI vendor within five working days."

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")]


@dataclass(frozen=True, slots=True)
class Desk:
    """A service with two approvers, and a browser."""

    studio: Studio
    url: str
    browser: Browser

    @property
    def library(self) -> TinyLibrary:
        return self.studio.library

    @contextlib.contextmanager
    def opened(self, who: str, *, width: int = 1280, scripts: bool = True) -> Iterator[Page]:
        """Open the desk in a new browser of somebody; nothing is left to complain of at the end."""
        size = {"width": width, "height": 800}
        complaints: list[str] = []
        with self.browser.new_context(viewport=size, java_script_enabled=scripts) as context:  # type: ignore[arg-type]
            context.add_cookies([{"name": NOTICE_COOKIE, "value": notice_hash(12, ""), "url": self.url}])
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{self.url}/open?code={who}")
            page.goto(f"{self.url}/desk")
            yield page
        assert complaints == []

    def standing(self, document: str) -> Standing:
        return self.library.approvals.standing_of(document).standing


@pytest.fixture(scope="module")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("desk") / "studio"))
    with open_studio(library) as studio, serving(with_approvers(studio).app) as url:
        yield Desk(studio, url, browser)


def test_a_changed_document_is_cleared_and_answers_within_a_minute(desk: Desk) -> None:
    desk.library.write(POLICY, POLICY_TEXT.replace("ten working days", "five working days"))
    read_as_worker(desk.library, POLICY)
    began_s = time.monotonic()
    with desk.opened("ann") as page:
        page.get_by_role("link", name="ai-policy.md").click()
        document = page.locator("article.document")
        expect(document.locator("del")).to_contain_text("ten")
        expect(document.locator("ins")).to_contain_text("five")
        document.locator("summary", has_text="Approve").click()
        document.get_by_label("Until").fill("2027-01-31")
        expect(document.get_by_text("Approve this version until 31 Jan 2027 for staff.")).to_be_visible()
        document.get_by_role("button", name="Approve").click()
        row = page.locator(".row-of", has_text="ai-policy.md")
        expect(row).to_contain_text("approved; in the index in a few seconds")
        desk.library.ingest()
        expect(row).to_contain_text("in the index since")
        expect(document.locator("[data-index-of]")).to_contain_text("In the index since")
        page.goto(desk.url)
        page.get_by_label("Ask the approved documents").fill(QUESTION)
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_text(NEWER).first).to_be_visible()
    assert time.monotonic() - began_s < A_MINUTE_S


def test_the_second_of_two_is_told_what_the_first_decided(desk: Desk) -> None:
    desk.library.write("security/plates.md", "# Plates\n\nPlates are kept.\n")
    read_as_worker(desk.library, "security/plates.md")
    with desk.opened("ann") as ann, desk.opened("bo") as bo:
        for page in (ann, bo):
            page.get_by_role("link", name="plates.md").click()
            page.locator("summary", has_text="Approve").click()
            expect(page.get_by_text("as 1 of 2.")).to_be_visible()
        bo.locator(".detail").get_by_role("button", name="Approve").click()
        expect(bo.locator("article")).to_contain_text("1 of 2: approved by Bo Ek")
        ann.locator(".detail").get_by_role("button", name="Approve").click()
        expect(ann.get_by_role("alert")).to_contain_text("Bo Ek approved this document meanwhile")
        ann.locator(".detail").get_by_role("button", name="Approve").click()  # seen now, so it is the second
        expect(ann.locator("article")).to_contain_text("Approved by Bo Ek, Ann Lee")
    assert desk.standing("security/plates.md") is Standing.APPROVED


def test_a_file_is_uploaded_and_a_name_that_exists_asks_first(desk: Desk) -> None:
    with desk.opened("ann") as page:
        for content, button in ((b"# Rates\n\nTen.\n", "Upload"), (b"# Rates\n\nTwelve.\n", "Replace it")):
            page.goto(f"{desk.url}/desk")
            page.get_by_text("Upload a document").click()
            page.get_by_label("Source", exact=True).last.select_option("legal")
            page.get_by_label("File").set_input_files(
                {"name": "rates.md", "mimeType": "text/markdown", "buffer": content}
            )
            page.get_by_role("button", name="Upload").click()
            if button != "Upload":
                expect(page.locator(".upload-told")).to_contain_text("with 14 bytes; yours has 17. Replace it?")
                page.get_by_role("button", name=button).click()
            page.wait_for_url("**/desk/documents/legal/rates.md?done=upload")
            expect(page.locator(".told")).to_contain_text("Nothing is answered from it until it is approved.")
    assert (desk.library.folder / "legal" / "rates.md").read_bytes() == b"# Rates\n\nTwelve.\n"


def test_the_list_is_gone_through_and_decided_by_keyboard_and_no_single_key_decides(desk: Desk) -> None:
    for name in ("k-one.md", "k-two.md"):
        desk.library.write(f"security/{name}", f"# {name}\n\nText.\n")
    with desk.opened("bo") as page:
        page.locator(".row-of").first.wait_for()
        for key in ("j", "j", "k", "j", "Enter"):
            page.keyboard.press(key)
        document = page.locator("article.document")
        document.wait_for()
        name = document.get_attribute("data-document") or ""
        for key in "arxdyjk":  # whatever may be typed by chance
            page.keyboard.press(key)
        assert desk.standing(name) is Standing.PENDING
        document.locator("summary", has_text="Reject").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("not ours")
        page.keyboard.press("Enter")
        expect(page.locator(".told")).to_contain_text("Rejected.")
        expect(page.locator(".row-of.settled")).to_contain_text("rejected")
        assert desk.standing(name) is Standing.REJECTED
        page.set_viewport_size({"width": 390, "height": 800})  # nothing sticks out on a phone
        for address in ("/desk", "/desk?show=all", f"/desk/documents/{name}"):
            page.goto(f"{desk.url}{address}")
            assert int(page.evaluate("document.documentElement.scrollWidth")) <= 390


def test_it_works_on_a_phone_and_without_scripts(desk: Desk) -> None:
    desk.library.write("security/phone.md", "# Phones\n\nPhones stay outside.\n")
    read_as_worker(desk.library, "security/phone.md")
    with desk.opened("bo", width=390, scripts=False) as page:
        page.get_by_role("link", name="phone.md").click()
        expect(page.get_by_text("Phones stay outside.")).to_be_visible()
        page.locator("summary", has_text="Approve").click()
        page.get_by_role("button", name="Approve").click()
        expect(page.locator(".told")).to_contain_text("Your approval is in the register.")
        page.get_by_role("link", name="Back to the list").click()
        page.get_by_label("Choose phone.md").check()
        page.get_by_role("button", name="Reject").click()
        expect(page.get_by_role("heading", name="Reject 1 document?")).to_be_visible()
        page.get_by_label("Why").fill("not ours")
        page.get_by_role("button", name="Reject 1").click()
        expect(page.get_by_role("heading", name="1 document rejected")).to_be_visible()

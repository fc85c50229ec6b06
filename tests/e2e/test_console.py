"""The auditors' console in a real browser: an auditor's questions answered by clicks, by two people where it takes two.

See `tests/support/browsing.py` for what they need.
"""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from service.audit.checking import verifier
from tests.support.audit_doors import STAFF, Company, company
from tests.support.browsing import CHROMIUM, DESK, HEIGHT, PATIENCE_MS, PHONE, SCREENS
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import OFF_TOPIC_QUESTION, VENDOR_QUESTION, open_studio, serving, with_rules

CLIPS = "legal/archive-clips.md"
CLIPS_TEXT = """# Archive clips

Archive clips may be used again for seven years after their first broadcast.

Each use is reported to the rights desk within five working days.
"""
CLIPS_QUESTION = "For how many years may archive clips be used again?"
CLIPS_SENTENCE = "Archive clips may be used again for seven years after their first broadcast."
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PEOPLE = tuple(f"p{number}" for number in range(5))

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")]


class House:
    """A service of which auditors ask what it said last Tuesday, 24 November 2026; today is Saturday."""

    def __init__(self, people: Company, url: str, browser: Browser) -> None:
        self.people = people
        self.url = url
        self.browser = browser
        clock = people.studio.library.clock
        clock.at += timedelta(days=4)
        for name in PEOPLE:
            people.ask(name, VENDOR_QUESTION)
        self.clips = people.ask("mira", CLIPS_QUESTION)
        people.ask("tom", OFF_TOPIC_QUESTION)
        clock.at += timedelta(days=4)
        for name in PEOPLE:
            people.ask(name, VENDOR_QUESTION)

    @contextmanager
    def visit(self, who: str, *, width: int = DESK, scripts: bool = True) -> Iterator[Page]:
        """Lend a page to somebody; at its end the browser had nothing to complain of and spoke to nobody else."""
        complaints: list[str] = []
        view: Any = {"width": width, "height": HEIGHT}
        with self.browser.new_context(viewport=view, java_script_enabled=scripts) as context:
            context.add_cookies([{"name": "greenlit_session", "value": who, "url": self.url}])
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            page.on("request", lambda sent: None if sent.url.startswith(self.url) else complaints.append(sent.url))
            yield page
            assert complaints == []


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("house") / "studio"))
    grown(library, _add_clips)
    with open_studio(library, verifies=True) as studio:
        people = company(studio, **dict.fromkeys(PEOPLE, STAFF))
        with serving(people.app) as url:
            yield House(people, url, browser)


def _add_clips(library: TinyLibrary) -> None:
    library.add(CLIPS, CLIPS_TEXT)
    library.ingest()


def _looks_right(page: Page, name: str) -> None:
    """See that nothing sticks out, on a phone and on a desk; keep a picture of each."""
    page.wait_for_load_state()  # also its styles: what a click leads to may be here before them
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if SCREENS:
            page.screenshot(path=Path(SCREENS) / f"console-{name}-{width}.png", full_page=True)
        assert int(page.evaluate("document.documentElement.scrollWidth")) <= width


def test_what_was_said_of_archive_clips_last_tuesday_on_what_grounds_and_is_it_intact(
    house: House, tmp_path: Path
) -> None:
    with house.visit("ann") as page:
        page.goto(house.url)
        page.get_by_role("link", name="Audit").click()
        page.get_by_label("From (UTC)").fill("2026-11-24")
        page.get_by_label("To").fill("2026-11-24")
        page.get_by_label("Outcome").select_option("answered")
        page.get_by_role("button", name="Show").click()
        _looks_right(page, "records")
        row = page.get_by_role("row").filter(has_text=CLIPS)
        expect(row).to_have_count(1)
        assert CLIPS_QUESTION not in page.content()
        row.get_by_role("link", name="Record").click()
        # on what grounds
        grounds = page.get_by_role("region", name="On what grounds")
        expect(grounds.locator("mark")).to_have_text(CLIPS_SENTENCE)
        expect(grounds).to_contain_text("Approved by ann@x.example on 20 Nov 2026, until 20 Nov 2027, for staff")
        expect(grounds).to_contain_text("Still approved, until 20 Nov 2027.")
        _looks_right(page, "record")
        # what was said
        said = page.get_by_role("region", name="Asked and said")
        expect(said).not_to_contain_text(CLIPS_QUESTION)
        said.get_by_text("Open the texts").first.click()
        expect(said).to_contain_text("Whoever asked will see that you opened the texts")
        said.get_by_label("What for").fill("complaint 2026-17")
        said.get_by_role("button", name="Open the texts").click()
        expect(said).to_contain_text(CLIPS_QUESTION)
        expect(said).to_contain_text(CLIPS_SENTENCE)
        # is it intact
        page.get_by_role("button", name="Make it again").click()
        expect(page.get_by_role("region", name="Made again").get_by_role("status")).to_contain_text("Identical")
        proof = page.get_by_role("region", name="Proof")
        with page.expect_download() as taken:
            proof.get_by_role("link", name="Take the proof away").click()
        taken.value.save_as(tmp_path / "proof.json")
        proof.get_by_role("button", name="Copy").click()
        command = str(page.evaluate("navigator.clipboard.readText()"))
        receipt, key = command.split("--receipt ")[1].split(maxsplit=1)[0], command.split("'")[1]
        assert verifier.main(["--proof", str(tmp_path / "proof.json"), "--receipt", receipt, "--key", key]) == 0
        assert json.loads((tmp_path / "proof.json").read_text())["seq"] == house.clips.finished


def test_two_people_learn_who_asked_and_one_alone_does_not(house: House) -> None:
    with house.visit("ann") as ann, house.visit("ben") as ben:
        ann.goto(f"{house.url}/audit/records/{house.clips.finished}")
        ann.get_by_text("Ask for the name").first.click()
        ann.get_by_label("Number of the case").fill("HR-2026-3")
        ann.get_by_label("Reason").fill("a threat to a person")
        ann.get_by_role("button", name="Ask for the name").click()
        expect(ann.get_by_role("status")).to_contain_text("Another auditor has until")
        expect(ann.get_by_text("Confirm, and be told the name")).to_have_count(0)
        ben.goto(f"{house.url}/audit")
        ben.get_by_role("link", name="Reveals").click()
        case = ben.get_by_role("region", name="Case HR-2026-3")
        expect(case.get_by_role("definition").first).to_contain_text("ann, ")
        expect(case).to_contain_text("a threat to a person")
        case.get_by_text("Confirm, and be told the name").click()
        _looks_right(ben, "reveal")
        case.get_by_role("button", name="Confirm for case HR-2026-3").click()
        expect(ben.locator(".name-told")).to_have_text("mira")
        ben.goto(f"{house.url}/audit/reveals")
        expect(ben.locator(".name-told")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_verify_now_shows_how_far_it_is_and_what_came_of_it(house: House, scripts: bool) -> None:  # noqa: FBT001
    with house.visit("ann", scripts=scripts) as page:
        page.goto(f"{house.url}/audit")
        page.get_by_role("button", name="Verify now").click()
        expect(page.get_by_text("The log is whole.")).to_be_visible(timeout=60_000)
        _looks_right(page, "verify")
        page.get_by_role("link", name="Records").first.click()
        expect(page.get_by_role("region", name="State of the log")).to_contain_text("Log whole: verified")


def test_charts_can_be_read_in_both_schemes_and_have_tables(house: House) -> None:
    with house.visit("ann") as page:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.goto(f"{house.url}/audit/charts")
            expect(page.get_by_role("img", name="Questions a day")).to_be_visible()
            asked = page.get_by_role("region", name="How much is asked?")
            expect(asked).to_contain_text("12 questions on 2 days. Most were asked on 24 Nov 2026: 7.")
            asked.get_by_text("The table behind it").click()
            expect(asked.get_by_role("row").nth(1)).to_have_text("24 Nov 202676 (86 %)")
            _looks_right(page, f"charts-{scheme}")


def test_an_export_is_downloaded_and_verified_elsewhere(house: House, tmp_path: Path) -> None:
    with house.visit("ann") as page:
        page.goto(f"{house.url}/audit/export")
        page.get_by_label("What for").fill("yearly audit")
        _looks_right(page, "export")
        with page.expect_download() as taken:
            page.get_by_role("button", name="Export").click()
        taken.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path / "export")
    assert verifier.main([str(tmp_path / "export"), "--key", house.people.studio.opened.signer.key().text()]) == 0


def test_a_record_is_opened_and_its_texts_too_by_keyboard_and_without_scripts(house: House) -> None:
    with house.visit("cleo", scripts=False) as page:
        page.goto(f"{house.url}/audit?document={CLIPS}&outcome=answered")
        page.get_by_role("link", name=f"Record {house.clips.finished}").focus()
        page.keyboard.press("Enter")
        page.locator("summary", has_text="Open the texts").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("complaint 2026-18")
        page.keyboard.press("Enter")
        expect(page.get_by_role("region", name="Asked and said")).to_contain_text(CLIPS_QUESTION)
        page.get_by_role("link", name="My looks").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("row").filter(has_text="complaint 2026-18")).to_contain_text("the texts of a record")
        _looks_right(page, "looks")

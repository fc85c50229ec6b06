"""Several people in real browsers, signed in at a real provider, over TLS: each sees their own, and no more.

The names of the story: mira of the newsroom, tom of legal, ann and ben who audit, and the directory that knows them.
Needs a browser, as `test_pages` does, and node with the provider's modules.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr

from service.access.rules import ACCESS_FILE
from tests.support.browsing import CHROMIUM, PATIENCE_MS, SCREENS
from tests.support.certificates import Certified, certify
from tests.support.fakes import TinyLibrary
from tests.support.openid import AUDIENCE, CLIENT_ID, CLIENT_SECRET, NAMED_HOST, NAMED_URL, SCOPES, OpenIdProvider
from tests.support.service_parts import Studio, open_studio, serving

QUESTION = "When does the merger close?"
NEWS, COUNSEL = "newsroom/merger.md", "counsel/merger.md"
NEWS_SENTENCE = "The newsroom reports that the merger does close on the first of May."
COUNSEL_SENTENCE = "Counsel expects that the merger does close in September after the hearing."
RULES = '[roles]\nstaff = ["newsroom", "legal"]\nauditor = ["audit"]\noperator = ["it"]\n'
DIRECTORY = "person,email,groups,active\nmira-1,mira@northlight.example,newsroom,{}\n"

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")]


@dataclass
class House:
    """A service for several people, and their browsers."""

    studio: Studio
    provider: OpenIdProvider
    browser: Browser
    address: str  # of the service, behind its name
    certified: Certified
    contexts: list[BrowserContext] = field(default_factory=list)

    def sign_in(self, account: str, path: str = "/") -> Page:
        """Open a new browser and sign somebody in by the provider's own forms."""
        page = self.stranger()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(NAMED_URL + path)
        page.get_by_role("link", name="Sign in").click()
        page.get_by_placeholder("Enter any login").fill(account)
        page.get_by_placeholder("and password").fill("any")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(NAMED_URL + path)
        if (read := page.get_by_role("button", name="I have read this")).count():
            read.click()
        return page

    def stranger(self) -> Page:
        """Open a new browser."""
        self.contexts.append(self.browser.new_context(ignore_https_errors=True))
        return self.contexts[-1].new_page()

    def call(self, account: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call the API with a token of the provider."""
        headers = {"Authorization": f"Bearer {self.provider.access_token(account)}"}
        with httpx.Client(base_url=self.address, verify=False, trust_env=False, headers=headers) as client:  # noqa: S501
            return client.request(method, path, json=body)

    def write_directory(self, *, mira_is_active: bool) -> None:
        path = self.studio.state / "directory.csv"
        path.write_text(DIRECTORY.format(str(mira_is_active).lower()), encoding="utf-8")


@pytest.fixture(scope="module")
def house(
    browser: Browser, named_port: int, openid_provider: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One for all stories: each brings new windows of its own people."""
    tmp_path = tmp_path_factory.mktemp("house")
    library = TinyLibrary(tmp_path / "studio")
    library.allow("newsroom", groups=("newsroom",))
    library.allow("counsel", groups=("legal",))
    library.add(NEWS, f"# Merger\n\n{NEWS_SENTENCE}\n")
    library.add(COUNSEL, f"# Merger\n\n{COUNSEL_SENTENCE}\n")
    library.ingest()
    (library.folder / ACCESS_FILE).write_text(RULES, encoding="utf-8")
    certified = certify(tmp_path, NAMED_HOST)
    settings: dict[str, Any] = {
        "auth": "oidc",
        "public_url": NAMED_URL,
        "oidc_issuer": openid_provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "oidc_audience": AUDIENCE,
        "oidc_scopes": SCOPES,
    }
    patched = pytest.MonkeyPatch.context()
    with (
        patched as patch,
        open_studio(library, **settings) as studio,
        serving(studio.app, certified=certified, port=named_port) as address,
    ):
        # A second is long for a quick machine: what one story learnt of the provider would go on into the next.
        patch.setattr("service.access.openid.discovery._NOW_S", 0.0)
        yield House(studio, openid_provider, browser, address, certified)


@pytest.fixture(autouse=True)
def _browsers_are_closed(house: House) -> Iterator[None]:
    yield
    while house.contexts:
        house.contexts.pop().close()


def _asks(page: Page) -> Page:
    page.goto(NAMED_URL)
    page.get_by_label("Ask the approved documents").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    return page


def _looks(page: Page, name: str) -> None:
    if SCREENS:
        page.screenshot(path=Path(SCREENS) / f"sign-in-{name}.png", full_page=True)


def test_each_is_told_what_is_theirs_and_neither_can_be_revealed_by_one(house: House) -> None:
    with structlog.testing.capture_logs() as lines:
        before = len(house.studio.all_leaves())
        house.write_directory(mira_is_active=True)
        mira, tom = (_asks(house.sign_in(account)) for account in ("mira-1", "tom-2"))
        expect(mira.get_by_text(NEWS_SENTENCE).first).to_be_visible()
        expect(tom.get_by_text(COUNSEL_SENTENCE).first).to_be_visible()
        _looks(mira, "mira")
        for page, theirs, words in ((mira, COUNSEL, COUNSEL_SENTENCE), (tom, NEWS, NEWS_SENTENCE)):
            seen = page.content()
            for path in ("/documents", f"/documents/{theirs}", f"/originals/{theirs}", "/documents/nothing.md"):
                page.goto(NAMED_URL + path)
                seen += page.content()
            assert words not in seen
            assert theirs not in seen.replace(f"/documents/{theirs}", "")

        cookies = {cookie["name"]: cookie for cookie in house.contexts[0].cookies(NAMED_URL)}
        session = cookies["__Host-greenlit_session"]
        assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Lax")
        assert set(cookies) == {"__Host-greenlit_session", "__Host-greenlit_notice"}

        listed = house.call("ann-3", "GET", "/v1/audit/records?type=query.received").json()["records"]
        listed = [record for record in listed if record["seq"] >= before]  # by now others may have asked too
        assert len({record["actor"] for record in listed}) == 2
        assert not re.search("mira|tom|Mira|Tom", json.dumps(listed))
        opening = {"seq": listed[0]["seq"], "case": "HR-1", "reason": "a complaint"}
        opened = house.call("ann-3", "POST", "/v1/audit/reveals", opening).json()
        alone = house.call("ann-3", "POST", f"/v1/audit/reveals/{opened['id']}/confirm")
        assert alone.status_code == 422
        assert "mira" not in alone.text
        by_two = house.call("ben-4", "POST", f"/v1/audit/reveals/{opened['id']}/confirm").json()
        assert by_two["identity"] == "mira-1"
        assert house.call("mira-1", "GET", "/v1/audit/records").status_code == 403

        house.write_directory(mira_is_active=False)
        mira.goto(NAMED_URL)
        expect(mira.get_by_role("heading", name="Sign in to ask")).to_be_visible()
        _looks(mira, "signed-out")
        assert house.call("mira-1", "POST", "/v1/ask", {"question": QUESTION}).status_code == 401
        assert house.call("tom-2", "POST", "/v1/ask", {"question": QUESTION}).json()["outcome"] == "answered"
    assert not re.search("merger|counsel/|newsroom/|mira|tom-2", json.dumps(lines, default=str))


def test_signing_out_ends_it_here_and_shows_the_way_out_there(house: House) -> None:
    """And whoever came for a page is sent there after signing in."""
    page = house.sign_in("tom-2", "/documents")
    before = [cookie["value"] for cookie in house.contexts[0].cookies(NAMED_URL)]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert house.contexts[0].cookies(NAMED_URL) == []
    house.contexts[0].add_cookies(
        [{"name": "__Host-greenlit_session", "value": before[0], "url": NAMED_URL, "secure": True}]
    )
    page.goto(NAMED_URL)
    expect(page.get_by_role("heading", name="Sign in to ask")).to_be_visible()


def test_while_the_provider_is_away_sessions_go_on_and_nobody_new_signs_in(house: House) -> None:
    page = house.sign_in("tom-2")
    with house.provider.away():
        expect(_asks(page).get_by_text(COUNSEL_SENTENCE).first).to_be_visible()
        stranger = house.stranger()
        stranger.goto(f"{NAMED_URL}/sign-in")
        expect(stranger.get_by_text("The identity provider does not answer")).to_be_visible()
    expect(_asks(page).get_by_text(COUNSEL_SENTENCE).first).to_be_visible()

"""Law 10: no identity, no answer; this machine only; empty groups mean nobody."""

import re
import socket
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

import greenlit
from service.access.errors import TokenError
from service.access.local import TOKEN_FILE, local_token
from service.web.form_tokens import FORM_TOKEN_HEADER, form_token
from service.web.pages import NOTICE_COOKIE, SESSION_COOKIE, notice_hash
from tests.support.audit_doors import CONVERSATION, Asked, asked, on_record, opened
from tests.support.every_route import EVERY, NOBODYS, OPEN, SCIM, is_about_a_question, ready, routes_of
from tests.support.service_parts import BEARER, POLICY, TOKEN, VENDOR_QUESTION, Studio

Headers = Mapping[str, str]
OF_THE_SERVICE_ITSELF = {"shard.opened", "key.created", "config.changed", "build.activated", "register.extended"}


def _call(
    studio: Studio, route: str, headers: Headers, cookies: dict[str, str], question: Asked = NOBODYS
) -> tuple[int, str]:
    client = studio.stranger()
    client.cookies.update(cookies)
    if session_id := cookies.get(SESSION_COOKIE):
        headers = {FORM_TOKEN_HEADER: form_token(session_id), **headers}
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    response = EVERY[route].send(client, question, headers=raw)
    return response.status_code, response.text


def _in_conversation(studio: Studio) -> Asked:
    return on_record(studio, studio.ask(VENDOR_QUESTION, conversation_id=CONVERSATION)["request_id"])


WITHOUT_IDENTITY: dict[str, tuple[Headers, dict[str, str]]] = {
    "nothing": ({}, {}),
    "empty header": ({"Authorization": ""}, {}),
    "empty bearer": ({"Authorization": "Bearer "}, {}),
    "bearer alone": ({"Authorization": "Bearer"}, {}),
    "wrong token": ({"Authorization": f"Bearer {TOKEN}x"}, {}),
    "part of the token": ({"Authorization": f"Bearer {TOKEN[:-1]}"}, {}),
    "other case": ({"Authorization": f"Bearer {TOKEN.upper()}"}, {}),
    "another scheme": ({"Authorization": f"Basic {TOKEN}"}, {}),
    "not ASCII": ({"Authorization": "Bearer t\xf6ken"}, {}),
    "made up session": ({}, {SESSION_COOKIE: "a" * 43}),
    "the token as a session": ({}, {SESSION_COOKIE: TOKEN}),
    "empty cookie": ({}, {SESSION_COOKIE: ""}),
    "another cookie": ({}, {"session": "a" * 43}),
}


# These are tried at every route; of the others, which are other ways to write the same, a route of each part of a door.
TRIED_EVERYWHERE = {"nothing", "wrong token", "another scheme", "made up session", "the token as a session"}


def _one_of_each(routes: list[str]) -> list[str]:
    found: dict[str, str] = {}
    for route in routes:
        part = route.split()[1].removeprefix("/v1").split("/")[1]
        found.setdefault(part, route)
    return list(found.values())


@pytest.mark.parametrize("brought", WITHOUT_IDENTITY)
def test_no_route_but_a_few_named_ones_answers_somebody_unknown(shared_studio: Studio, brought: str) -> None:
    headers, cookies = WITHOUT_IDENTITY[brought]
    before = shared_studio.number_of_leaves()
    routes = routes_of(shared_studio.app)
    assert set(routes) == set(EVERY), "expected a good request for each route in tests/support/every_route.py"
    if brought not in TRIED_EVERYWHERE:
        routes = _one_of_each(routes)
    for route in routes:
        status, text = _call(shared_studio, route, headers, cookies)
        if route not in OPEN:
            assert status == 401, f"{route} answered {status}"
        assert POLICY not in text
        assert "AI use policy" not in text
    assert {leaf["type"] for leaf in shared_studio.all_leaves(since=before)} <= OF_THE_SERVICE_ITSELF


def test_the_same_calls_succeed_for_somebody_known(studio: Studio) -> None:
    """So the test above looks at calls that would have worked."""
    for route in routes_of(studio.app):
        if route in ("GET /open", "GET /sign-in/callback", "POST /v1/readers", *SCIM):  # of a link, the provider, keys
            continue
        headers: Headers = BEARER
        cookies: dict[str, str] = {}
        if not route.split()[1].startswith(("/v1", "/openapi", "/mcp", "/metrics")):
            headers, cookies = {}, {SESSION_COOKIE: studio.session(), NOTICE_COOKIE: notice_hash(12, "")}
        if is_about_a_question(route):
            question = opened(studio, ready(studio, EVERY[route], _in_conversation(studio)))
        else:
            question = ready(studio, EVERY[route], NOBODYS)
        expected = 201 if route == "POST /v1/keys" else 200
        assert _call(studio, route, headers, cookies, question)[0] == expected, route


def test_the_cookie_opens_pages_only_and_the_header_the_api_only(shared_studio: Studio) -> None:
    """A page elsewhere can make a browser send its cookies, so they must not open the API."""
    question, session = asked(shared_studio), shared_studio.session()
    for route in ("POST /v1/ask", "GET /v1/audit/own", "POST /v1/audit/own/erase"):
        assert _call(shared_studio, route, {}, {SESSION_COOKIE: session}, question)[0] == 401
        assert _call(shared_studio, route, {"Authorization": f"Bearer {session}"}, {}, question)[0] == 401
    for route in ("POST /", "GET /record", "POST /record/erase"):
        assert _call(shared_studio, route, BEARER, {}, question)[0] == 401
    assert shared_studio.store.payloads(question.received)


def test_open_to_all_tells_nothing(studio: Studio) -> None:
    stranger = studio.stranger()
    (studio.library.folder / "sources.toml").unlink()
    assert stranger.get("/healthz").json() == {"status": "ok"}
    assert stranger.get("/readyz").json() == {
        "status": "not_ready",
        "failing": ["library"],
        "problems": [],
        "remarks": [],
    }
    for code in ("", "guessed", TOKEN):
        response = stranger.get("/open", params={"code": code})
        assert response.status_code == 401
        assert "set-cookie" not in response.headers


def test_the_link_signs_in_once_and_leaves_nothing_that_works_in_the_address(studio: Studio) -> None:
    code = studio.code()
    response = studio.stranger().get("/open", params={"code": code}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=43200" in cookie
    assert TOKEN not in cookie
    again = studio.stranger().get("/open", params={"code": code}, follow_redirects=False)
    assert (again.status_code, "set-cookie" in again.headers) == (401, False)
    assert "Open Greenlit with its link" in again.text


def test_two_browsers_have_two_sessions_and_neither_is_the_token(studio: Studio) -> None:
    one, other = studio.session(), studio.session()
    assert len({one, other, TOKEN}) == 3


def test_a_browser_that_only_guesses_an_address_does_not_use_the_code_up(studio: Studio) -> None:
    code = studio.code()
    guessing = studio.stranger().get("/open", params={"code": code}, headers={"Sec-Purpose": "prefetch;prerender"})
    assert (guessing.status_code, "set-cookie" in guessing.headers) == (503, False)
    assert studio.stranger().get("/open", params={"code": code}, follow_redirects=False).status_code == 303


def test_whoever_signs_out_is_out(studio: Studio) -> None:
    browser = studio.browser()
    session = browser.cookies[SESSION_COOKIE]
    assert "You are signed out" in browser.post("/sign-out").text
    assert browser.get("/").status_code == 401
    browser.cookies.set(SESSION_COOKIE, session)
    assert browser.get("/").status_code == 401  # not only forgotten by the browser


@pytest.mark.parametrize("brought", [None, "", "made up", "tökén"])
def test_a_form_without_its_token_is_not_taken(shared_studio: Studio, brought: str | None) -> None:
    before, browser = shared_studio.leaves(), shared_studio.browser()
    del browser.headers[FORM_TOKEN_HEADER]
    sent = {"question": VENDOR_QUESTION} | ({} if brought is None else {"form_token": brought})
    assert browser.post("/", data=sent).status_code == 403
    assert shared_studio.leaves() == before


def test_a_form_of_the_page_brings_its_token_and_that_of_another_session_is_not_taken(shared_studio: Studio) -> None:
    browser, other = shared_studio.browser(), shared_studio.browser()
    for one in (browser, other):
        del one.headers[FORM_TOKEN_HEADER]
    tokens = [re.findall(r'name="form_token" value="([^"]+)"', one.get("/").text)[0] for one in (browser, other)]
    sent = {"question": VENDOR_QUESTION}
    assert browser.post("/", data={**sent, "form_token": tokens[0]}).status_code == 200
    assert browser.post("/", data={**sent, "form_token": tokens[1]}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_form_of_another_site_is_not_taken(shared_studio: Studio, site: str) -> None:
    before = shared_studio.leaves()
    response = shared_studio.browser().post("/", data={"question": VENDOR_QUESTION}, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403
    assert shared_studio.leaves() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_form_of_another_site_erases_nothing(shared_studio: Studio, site: str) -> None:
    question = asked(shared_studio)
    data = {"request_id": question.request_id}
    response = shared_studio.browser().post("/record/erase", data=data, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403
    assert shared_studio.store.payloads(question.received)


OTHER_ORIGINS = [
    "http://evil.example",
    "http://127.0.0.1:9999",
    "https://127.0.0.1.evil.example",
    "null",
    "",
    "file://",
]


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@pytest.mark.parametrize("path", ["/", "/record/erase", "/sign-out"])
def test_where_only_the_origin_is_said_another_one_is_not_taken(shared_studio: Studio, path: str, origin: str) -> None:
    browser, question = shared_studio.browser(), asked(shared_studio)
    data = {"question": VENDOR_QUESTION, "request_id": question.request_id}
    before = len(shared_studio.leaves())
    assert browser.post(path, data=data, headers={"Origin": origin}).status_code == 403
    assert (len(shared_studio.leaves()), bool(shared_studio.store.payloads(question.received))) == (before, True)
    assert browser.get("/").status_code == 200


def test_a_form_from_our_own_origin_is_taken(shared_studio: Studio) -> None:
    response = shared_studio.browser().post(
        "/", data={"question": VENDOR_QUESTION}, headers={"Origin": "http://127.0.0.1"}
    )
    assert "ten working days" in response.text


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_form_is_taken(shared_studio: Studio, site: str) -> None:
    response = shared_studio.browser().post("/", data={"question": VENDOR_QUESTION}, headers={"Sec-Fetch-Site": site})
    assert "ten working days" in response.text


FOREIGN = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1@evil.example"]


@pytest.mark.parametrize("host", [*FOREIGN, "", "localhost:8000:1", "[::1].evil.example", "xlocalhost", "127.0.0.1/"])
def test_a_request_for_another_host_is_refused(shared_studio: Studio, host: str) -> None:
    before = shared_studio.leaves()
    response = shared_studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}, headers={"Host": host})
    assert response.status_code == 400
    assert response.json()["detail"] == "expected this service's own name as the request's host, got another"
    assert shared_studio.leaves() == before


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:65535", "[::1]", "[::1]:8000"])
def test_this_machines_own_names_are_taken(shared_studio: Studio, host: str) -> None:
    assert shared_studio.api.get("/v1/documents", headers={"Host": host}).status_code == 200


EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  (what is refused)


@pytest.mark.parametrize("host", [EVERY_ADDRESS, "::", "192.168.1.7", "example.com", "127.0.0.1.example", "localhost."])
def test_serving_other_machines_is_refused_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def nothing_is_bound(*_: object) -> None:
        raise AssertionError("expected no attempt to listen")  # rather than a service that a failing test would leave

    monkeypatch.setattr(socket.socket, "bind", nothing_is_bound)
    monkeypatch.chdir(tmp_path)
    asked = CliRunner().invoke(greenlit.app, ["serve", "--host", host], env={"GREENLIT_STATE": str(tmp_path / "var")})
    set_so = CliRunner().invoke(
        greenlit.app,
        ["serve"],
        env={"GREENLIT_STATE": str(tmp_path / "var"), "GREENLIT_HOST": host, "GREENLIT_TOKEN": "no-token-changes-that"},
    )
    assert (asked.exit_code, set_so.exit_code) == (2, 2)
    assert "expected a loopback address" in asked.output
    assert "expected a loopback address" in set_so.output
    assert not (tmp_path / "var").exists()


def test_the_token_is_made_for_its_owner_only(tmp_path: Path) -> None:
    local_token(tmp_path / "var", None)
    assert stat.S_IMODE((tmp_path / "var" / TOKEN_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o777])
def test_a_token_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    local_token(tmp_path, None)
    (tmp_path / TOKEN_FILE).chmod(mode)
    with pytest.raises(TokenError, match="can be read by others: run chmod 600"):
        local_token(tmp_path, None)

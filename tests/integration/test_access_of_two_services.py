"""Two services over one database: who is known at one is known at the other, and who is not any more, at neither.

Each has a log of its own here, in its own files: what they share is sessions, codes, API keys and pushed people.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

import service.access_made
from service.access.private_tables import in_database
from service.settings import Settings
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.keeps import name_in
from tests.support.postgres_server import Server
from tests.support.scim_parts import PATCH_OP
from tests.support.service_parts import TRAVEL_QUESTION, Studio, open_studio, with_rules

EXPIRES = "2027-11-20"


@dataclass
class Two:
    """Two services, and the database that both share."""

    one: Studio
    other: Studio
    cut_off: Callable[[], None]
    let_in: Callable[[], None]

    def both(self) -> tuple[Studio, Studio]:
        return self.one, self.other


@pytest.fixture
def two(
    library: TinyLibrary,
    tmp_path: Path,
    access_url: str,
    postgres_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Two]:
    name, secret = name_in(access_url), tmp_path / "api-pepper.key"
    secret.write_bytes(bytes(range(32)))

    def keeping(settings: Settings) -> Any:
        keys = settings.keys_folder()
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(secret, keys / secret.name)  # every replica has the same
        (keys / secret.name).chmod(0o600)
        return in_database(access_url, state=settings.state)

    def allow(*, connections: bool) -> None:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        allowed = f"ALTER DATABASE {name} ALLOW_CONNECTIONS {connections}"
        postgres_server.run(allowed, *([] if connections else [f"{ended}'{name}'"]))

    monkeypatch.setattr(service.access_made, "keeping", keeping)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: allow(connections=True))
        here = with_rules(library)
        there = stack.enter_context(open_studio(here, state=tmp_path / "there"))
        yield Two(
            stack.enter_context(open_studio(here)),
            there,
            lambda: allow(connections=False),
            lambda: allow(connections=True),
        )


def make(studio: Studio, *scopes: str, groups: tuple[str, ...] = ()) -> dict[str, Any]:
    wish = {"name": "slack", "scopes": list(scopes), "expires": EXPIRES, "groups": list(groups)}
    response = studio.api.post("/v1/keys", json=wish)
    assert response.status_code == 201, response.text
    value: dict[str, Any] = response.json()
    return value


def with_key(studio: Studio, made: dict[str, Any]) -> TestClient:
    client = studio.stranger()
    client.headers["Authorization"] = f"Bearer {made['secret']}"
    return client


def test_a_session_that_began_at_one_is_one_at_the_other_until_it_ends_at_either(two: Two) -> None:
    browser = two.one.browser()
    elsewhere = two.other.stranger()
    elsewhere.cookies.update(browser.cookies)
    assert [client.get("/documents").status_code for client in (browser, elsewhere)] == [200, 200]
    assert browser.post("/sign-out", headers={"Origin": "http://127.0.0.1"}).status_code in (200, 303)
    assert elsewhere.get("/documents").status_code == 401


def test_a_link_works_once_whichever_of_two_services_the_browser_comes_to(two: Two) -> None:
    code = two.one.code()

    def opens(number: int) -> int:
        client = two.both()[number % 2].stranger()
        return client.get("/open", params={"code": code}, follow_redirects=False).status_code

    with ThreadPoolExecutor(20) as pool:
        found = sorted(pool.map(opens, range(20)))
    assert found == [303] + [401] * 19


def test_a_key_opens_both_and_neither_from_the_request_after_it_was_revoked(two: Two) -> None:
    made = make(two.one, "ask", groups=("staff",))
    clients = [with_key(studio, made) for studio in two.both()]
    for client in clients:
        assert client.post("/v1/ask", json={"question": TRAVEL_QUESTION}).status_code == 200
    assert two.other.api.post(f"/v1/keys/{made['id']}/revoke").status_code == 200
    for client in clients:
        assert client.get("/v1/me").status_code == 401
    changes = [leaf["type"] for studio in two.both() for leaf in studio.all_leaves() if "api_key." in leaf["type"]]
    assert sorted(changes) == ["api_key.created", "api_key.revoked"], "each is on record once"


def test_who_is_switched_off_at_one_is_nobody_for_the_other(two: Two) -> None:
    scim = with_key(two.one, make(two.one, "scim"))
    pushed = scim.post("/scim/v2/Users", json={"userName": "mira@northlight.example", "active": True})
    acting = two.one.api.post(
        "/v1/keys", json={"name": "bot", "scopes": ["ask", "act-for"], "expires": EXPIRES, "groups": []}
    ).json()
    clients = [with_key(studio, acting) for studio in two.both()]
    for client in clients:
        client.headers["Greenlit-On-Behalf-Of"] = "mira@northlight.example"
        assert client.get("/v1/me").json()["name"], "known by what was pushed to the other"
    off = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    there = with_key(two.other, {"secret": scim.headers["Authorization"].removeprefix("Bearer ")})
    assert there.patch(f"/scim/v2/Users/{pushed.json()['id']}", json=off).status_code == 200
    assert [client.get("/v1/me").status_code for client in clients] == [401, 401]


def test_nobody_is_let_in_on_what_is_remembered_while_the_database_is_gone(two: Two) -> None:
    made = make(two.one, "ask", groups=("staff",))
    keys = [with_key(studio, made) for studio in two.both()]
    browser = two.one.browser()
    assert [client.get("/v1/me").status_code for client in keys] == [200, 200]
    with structlog.testing.capture_logs() as told:
        two.cut_off()
        for client in keys:
            refused = client.get("/v1/me")
            assert (refused.status_code, refused.json()["type"]) == (503, "urn:greenlit:problem:access")
        page = browser.get("/documents")
        assert (page.status_code, "cannot be told at this moment" in page.text) == (503, True)
        assert two.one.stranger().get("/open", params={"code": "made-up"}).status_code == 503
        assert made["secret"] not in f"{told}"
        two.let_in()
    assert [client.get("/v1/me").status_code for client in keys] == [200, 200]
    assert browser.get("/documents").status_code == 200


def test_connections_that_the_server_ended_are_not_lent_again(two: Two) -> None:
    made = make(two.one, "ask", groups=("staff",))
    client = with_key(two.one, made)
    assert client.get("/v1/me").status_code == 200
    two.cut_off()
    two.let_in()
    wait_until(lambda: client.get("/v1/me").status_code == 200)
    two.cut_off()
    two.let_in()
    assert client.get("/v1/me").status_code == 200

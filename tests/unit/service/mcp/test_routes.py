"""MCP over HTTP: who gets in, from where, with which tokens, how often, and what they hear who do not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexes.clock import utc_now
from service.access.key_ring import KeyWish
from service.mcp.protected import METADATA_PATH
from tests.support.callers import Office, open_office, person
from tests.support.fakes import TinyLibrary
from tests.support.mcp_messages import HEADERS, called, message, result, sent
from tests.support.openid import AUDIENCE, CLIENT_ID, PUBLIC_URL
from tests.support.openid_parts import Signer, claims
from tests.support.service_parts import BEARER, VENDOR_QUESTION, Studio, open_studio, with_rules

RESOURCE = f"{PUBLIC_URL}/mcp"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(TinyLibrary(tmp_path_factory.mktemp("office") / "studio")) as opened:
        yield opened


def _with_token(office: Office, **said: Any) -> TestClient:
    client = office.studio.stranger()
    token = Signer().sign(claims(office.provider.issuer, **said))
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_a_question_is_on_record_with_its_channel_and_conversation(studio: Studio) -> None:
    given = called(studio.api, "ask", question=VENDOR_QUESTION, conversation_id="c-1")
    received, finished = studio.leaves()
    assert (received["channel"], received["conversation_id"]) == ("mcp", "c-1")
    assert finished["request_id"] == given["structuredContent"]["request_id"]
    assert given["structuredContent"]["receipt"]["leaf_hash"]
    follow_up = called(studio.api, "ask", question="And how long does it take?", conversation_id="c-1")
    assert follow_up["structuredContent"]["searched_for"] is not None


def test_nobody_is_told_where_to_sign_in_and_nothing_else(shared_studio: Studio) -> None:
    stranger, told = shared_studio.stranger(), set()
    for method in ("initialize", "ping", "tools/list", "server/discover", "resources/list", "nothing"):
        response = sent(stranger, method)
        assert response.status_code == 401
        told.add((response.text, response.headers["www-authenticate"]))
    ((text, challenge),) = told
    assert challenge == f'Bearer resource_metadata="http://127.0.0.1{METADATA_PATH}"'
    assert "ask" not in text


def test_in_local_mode_no_provider_is_named(shared_studio: Studio) -> None:
    given = shared_studio.stranger().get(METADATA_PATH).json()
    resource = {"resource": "http://127.0.0.1/mcp", "resource_name": "Greenlit", "bearer_methods_supported": ["header"]}
    assert given == resource


def test_with_a_provider_it_is_named_and_the_address_is_the_public_one(office: Office) -> None:
    for host in ("127.0.0.1", "localhost:9999"):
        given = office.studio.stranger().get(METADATA_PATH, headers={"Host": host}).json()
        assert given["resource"] == RESOURCE
        assert given["authorization_servers"] == [office.provider.issuer]
        assert given["scopes_supported"] == ["openid", "profile", "email"]


@pytest.mark.parametrize("audience", [AUDIENCE, RESOURCE, ["https://other.example", RESOURCE]])
def test_a_token_for_this_resource_or_for_the_api_is_good_here(office: Office, audience: Any) -> None:
    client = _with_token(office, aud=audience, groups=["newsroom"])
    assert called(client, "ask", question=VENDOR_QUESTION)["structuredContent"]["outcome"] == "answered"


@pytest.mark.parametrize(
    "audience", [CLIENT_ID, PUBLIC_URL, f"{RESOURCE}/", "https://other.example/mcp", f"{AUDIENCE}/mcp", []]
)
def test_a_token_for_anything_else_is_nobodys(office: Office, audience: Any) -> None:
    assert sent(_with_token(office, aud=audience, groups=["newsroom"]), "ping").status_code == 401


def test_a_token_for_this_resource_opens_nothing_else(office: Office) -> None:
    client = _with_token(office, aud=RESOURCE, groups=["newsroom"])
    assert sent(client, "ping").status_code == 200
    assert client.get("/v1/me").status_code == 401
    assert client.post("/v1/ask", json={"question": VENDOR_QUESTION}).status_code == 401


def test_a_key_acts_for_whom_it_names_and_one_that_pushes_people_is_let_in_nowhere(office: Office) -> None:
    keys = office.studio.service.key_ring
    tomorrow = utc_now().date() + timedelta(days=1)
    acting, pushing = (
        keys.make(KeyWish(f"mcp-{scopes[0]}", scopes, tomorrow), by="cli").secret
        for scopes in (["ask", "act-for"], ["scim"])
    )
    client = office.studio.stranger()
    client.headers["Authorization"] = f"Bearer {acting}"
    listed = {}
    for address in ("uma@northlight.example", "theo@northlight.example"):
        client.headers["Greenlit-On-Behalf-Of"] = address
        listed[address] = [one["name"] for one in result(client, "resources/list")["resources"]]
    assert "board/plan.md" in listed["theo@northlight.example"]
    assert "board/plan.md" not in listed["uma@northlight.example"]
    client.headers["Greenlit-On-Behalf-Of"] = "jon@northlight.example"  # who has left
    assert sent(client, "ping").status_code == 401
    pusher = office.studio.stranger()
    pusher.headers["Authorization"] = f"Bearer {pushing}"
    assert sent(pusher, "tools/list").status_code == 403


def test_a_page_of_another_origin_is_refused_before_anybody_asks_who_sent_it(shared_studio: Studio) -> None:
    for client in (shared_studio.api, shared_studio.stranger()):
        for origin in ("https://evil.example", "http://127.0.0.1:9999", "null", ""):
            response = client.post("/mcp", json=message("ping"), headers={**HEADERS, "Origin": origin})
            assert response.status_code == 403, origin
    own = shared_studio.api.post("/mcp", json=message("ping"), headers={**HEADERS, "Origin": "http://127.0.0.1"})
    assert own.status_code == 200


def test_another_host_is_refused(shared_studio: Studio) -> None:
    headers = {**HEADERS, "Host": "evil.example"}
    assert shared_studio.api.post("/mcp", json=message("ping"), headers=headers).status_code == 400


def test_there_is_no_stream_to_listen_to_and_no_session_to_end(shared_studio: Studio) -> None:
    for method in ("GET", "DELETE", "PUT"):
        assert shared_studio.api.request(method, "/mcp", headers=HEADERS).status_code == 405, method
    assert "mcp-session-id" not in sent(shared_studio.api, "ping").headers


def test_what_is_larger_than_any_question_is_not_read(shared_studio: Studio) -> None:
    response = sent(shared_studio.api, "tools/call", name="ask", arguments={"question": "secret" * 20_000})
    assert (response.status_code, "secret" in response.text) == (413, False)


@pytest.mark.usefixtures("minute")
def test_who_asks_too_often_hears_when_to_come_back_and_so_does_who_calls_too_often(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), questions_per_minute=1, requests_per_minute=4) as studio:
        assert called(studio.api, "ask", question=VENDOR_QUESTION)["structuredContent"]["outcome"] == "answered"
        told = called(studio.api, "search_passages", question=VENDOR_QUESTION)
        assert told["isError"]
        words = told["content"][0]["text"]
        assert words.startswith("Too many requests: expected at most 1 questions a minute, got more. Try again in ")
        assert studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}).status_code == 429  # one count for all
        assert sent(studio.api, "ping").status_code == 200
        response = sent(studio.api, "ping")
        assert (response.status_code, int(response.headers["retry-after"]) > 0) == (429, True)
        assert len(studio.leaves()) == 2


def test_an_error_inside_is_told_to_the_log_and_not_to_whoever_asked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(studio.service.reading), "documents", breaks)
    error = sent(studio.api, "resources/list").json()["error"]
    assert (error["code"], error["message"]) == (-32603, "Something broke: the service log says where.")
    logged = capsys.readouterr().out
    assert "RuntimeError at" in logged
    assert "secret" not in logged


def test_answers_are_for_nobody_to_keep_and_have_the_closed_headers(shared_studio: Studio) -> None:
    headers = sent(shared_studio.api, "tools/list").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_without_the_setting_there_is_no_such_door(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), mcp=False) as studio:
        assert sent(studio.api, "ping").status_code == 404
        assert studio.api.get(METADATA_PATH).status_code == 404


def test_people_without_a_role_may_list_what_is_for_their_group_and_not_ask(office: Office) -> None:
    client = office.api(person(in_group=True))
    told = called(client, "ask", question=VENDOR_QUESTION)
    assert told["content"][0]["text"] == "Not allowed: expected somebody with the role staff."
    assert [one["name"] for one in result(client, "resources/list")["resources"]] != []


def test_two_identities_in_one_request_are_none(shared_studio: Studio) -> None:
    twice = [*HEADERS.items(), *BEARER.items(), *BEARER.items()]
    client = shared_studio.stranger()
    assert client.post("/mcp", json=message("ping"), headers=twice).status_code == 401

"""The routes about API keys: for operators, each change on record, and a key opens what its scopes say."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.audit_parts import wait_until
from tests.support.service_parts import TRAVEL, TRAVEL_QUESTION, Studio, sealed_texts

EXPIRES = "2027-11-20"


def make(studio: Studio, *scopes: str, name: str = "slack", groups: tuple[str, ...] = ()) -> dict[str, Any]:
    wish = {"name": name, "scopes": list(scopes), "expires": EXPIRES, "groups": list(groups)}
    response = studio.api.post("/v1/keys", json=wish)
    assert response.status_code == 201, response.text
    value: dict[str, Any] = response.json()
    return value


def with_key(studio: Studio, made: dict[str, Any], **headers: str) -> TestClient:
    client = studio.stranger()
    client.headers.update({"Authorization": f"Bearer {made['secret']}"} | headers)
    return client


def test_a_key_is_made_shown_once_listed_and_revoked(studio: Studio) -> None:
    made = make(studio, "ask", groups=("staff",))
    secret = made.pop("secret")
    assert studio.api.get("/v1/keys").json() == {"keys": [made]}
    assert secret not in studio.api.get("/v1/keys").text
    assert (made["made_by"], made["state"], made["expires"]) == ("local", "live", EXPIRES)
    revoked = studio.api.post(f"/v1/keys/{made['id']}/revoke")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert studio.api.post(f"/v1/keys/{made['id']}/revoke").status_code == 404
    assert with_key(studio, {"secret": secret}).get("/v1/me").status_code == 401


def test_a_program_asks_with_it_and_the_record_names_the_key(studio: Studio) -> None:
    made = make(studio, "ask", groups=("staff",))
    answer = with_key(studio, made).post("/v1/ask", json={"question": TRAVEL_QUESTION})
    assert answer.json()["citations"][0]["document"] == TRAVEL
    received = studio.leaves()[0]
    assert (received["auth"], received["key_id"]) == ("api-key", made["id"])
    listed = studio.api.get("/v1/audit/records", params={"type": "query.received"}).json()["records"]
    assert [record["key_id"] for record in listed] == [made["id"]]
    studio.ask(TRAVEL_QUESTION)
    assert "key_id" not in studio.leaves()[2]


def test_making_and_revoking_are_on_record_before_they_are_answered(studio: Studio) -> None:
    made = make(studio, "ask", "act-for")
    studio.api.post(f"/v1/keys/{made['id']}/revoke")
    created, revoked = (leaf for leaf in studio.all_leaves() if leaf["type"].startswith("api_key."))
    assert (created["key_id"], created["scopes"], created["expires"]) == (made["id"], ["act-for", "ask"], EXPIRES)
    assert (revoked["type"], revoked["key_id"]) == ("api_key.revoked", made["id"])
    assert "slack" not in json.dumps([created, revoked])
    assert sealed_texts(studio.state, "name") == ["slack", "slack"]
    assert sealed_texts(studio.state, "who") == ["local", "local"]


def test_what_cannot_be_recorded_is_not_made(studio: Studio) -> None:
    studio.store.refused = {"api_key.created"}
    wish = {"name": "slack", "scopes": ["ask"], "expires": EXPIRES}
    refused = studio.api.post("/v1/keys", json=wish)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:greenlit:problem:log")
    studio.store.refused = set()
    wait_until(lambda: not studio.opened.log.healthy())  # the writer reopens the store after a moment
    assert studio.api.get("/v1/keys").json() == {"keys": []}
    assert studio.api.post("/v1/keys", json=wish).status_code == 201


@pytest.mark.parametrize("scope", ["audit", "operate"])
def test_a_key_that_may_not_ask_sees_no_document(studio: Studio, scope: str) -> None:
    client = with_key(studio, make(studio, scope))
    assert client.post("/v1/ask", json={"question": TRAVEL_QUESTION}).status_code == 403
    assert client.get("/v1/documents").json() == {"documents": []}
    assert client.get(f"/v1/documents/{TRAVEL}").status_code == 404


def test_a_key_reads_nothing_that_whoever_makes_it_may_not(studio: Studio) -> None:
    wish = {"name": "board", "scopes": ["ask"], "expires": EXPIRES, "groups": ["staff", "board"]}
    refused = studio.api.post("/v1/keys", json=wish)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:greenlit:problem:not-allowed")
    assert studio.api.get("/v1/keys").json() == {"keys": []}


def test_each_scope_opens_its_own_routes(studio: Studio) -> None:
    opened = {}
    for scope in ("ask", "audit", "operate", "scim"):
        client = with_key(studio, make(studio, scope, name=scope))
        opened[scope] = [client.get(path).status_code for path in ("/v1/audit/records", "/v1/keys")]
    assert opened == {"ask": [403, 403], "audit": [200, 403], "operate": [403, 200], "scim": [403, 403]}


def test_an_operator_who_may_not_read_the_log_makes_no_key_that_may(studio: Studio) -> None:
    operator = with_key(studio, make(studio, "operate"))
    wish = {"name": "reader", "scopes": ["audit"], "expires": EXPIRES}
    assert operator.post("/v1/keys", json=wish).status_code == 403
    assert operator.post("/v1/keys", json=wish | {"scopes": ["scim"]}).status_code == 201


def test_whom_a_key_acts_for_has_to_be_known(studio: Studio) -> None:
    client = with_key(studio, make(studio, "ask", "act-for"))
    me = client.get("/v1/me").json()
    assert (me["auth"], me["scopes"]) == ("api-key", ["act-for", "ask"])
    for headers in ({"Greenlit-On-Behalf-Of": "nobody@northlight.example"}, {"Greenlit-On-Behalf-Of": ""}):
        unknown = client.get("/v1/me", headers=headers)
        assert unknown.status_code == 401
        assert unknown.json()["detail"] == "expected an identity that is valid here"


def test_a_token_that_is_no_key_acts_for_nobody(studio: Studio) -> None:
    assert studio.api.get("/v1/me", headers={"Greenlit-On-Behalf-Of": "local"}).status_code == 401


def test_a_key_is_no_session(studio: Studio) -> None:
    made = make(studio, "ask", groups=("staff",))
    assert with_key(studio, made).get("/documents").status_code == 401


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Not A Name"}, "name"),
        ({"scopes": ["root"]}, "scopes"),
        ({"scopes": ["act-for"]}, "expected ask beside act-for"),
        ({"scopes": ["audit", "operate"]}, "expected audit or operate"),
        ({"expires": "2026-01-01"}, "expected a last day that is not over"),
        ({"expires": "soon"}, "expires"),
        ({"secret": "glk_mine"}, "unknown field"),
    ],
)
def test_what_cannot_be_made_says_why_and_quotes_nothing(studio: Studio, change: dict[str, Any], words: str) -> None:
    wish: dict[str, Any] = {"name": "slack", "scopes": ["ask"], "expires": EXPIRES}
    refused = studio.api.post("/v1/keys", json=wish | change)
    assert refused.status_code == 422
    assert words in refused.json()["detail"]
    assert not any(str(value) in refused.text for value in change.values() if isinstance(value, str))


def test_one_key_is_operator_and_auditor_where_the_rules_say_so(studio: Studio) -> None:
    (studio.library.folder / "access.toml").write_text("operator_may_audit = true\n", encoding="utf-8")
    assert make(studio, "audit", "operate")["scopes"] == ["audit", "operate"]


def test_a_key_asks_for_a_person_within_their_groups_and_both_are_on_record(studio: Studio) -> None:
    people = "person,email,groups,active\nmira-1,mira@northlight.example,newsroom,true\njon-1,jon@x.example,,false\n"
    (studio.state / "directory.csv").write_text(people, encoding="utf-8")
    made = make(studio, "ask", "act-for")
    mira = with_key(studio, made, **{"Greenlit-On-Behalf-Of": "Mira@Northlight.example"})
    me = mira.get("/v1/me").json()
    assert (me["id"], me["groups"], me["roles"], me["auth"], me["scopes"]) == (
        "mira-1",
        ["newsroom", "staff"],
        ["staff"],
        "on-behalf",
        [],
    )
    answer = mira.post("/v1/ask", json={"question": TRAVEL_QUESTION})
    assert answer.json()["citations"][0]["document"] == TRAVEL
    received = studio.leaves()[0]
    assert (received["auth"], received["key_id"]) == ("on-behalf", made["id"])
    assert sealed_texts(studio.state, "asker") == ["mira-1"]
    assert "mira" not in json.dumps(studio.all_leaves())
    jon = with_key(studio, made, **{"Greenlit-On-Behalf-Of": "jon@x.example"})
    assert jon.post("/v1/ask", json={"question": TRAVEL_QUESTION}).status_code == 401
    (studio.state / "directory.csv").write_text(people.replace("newsroom,true", "newsroom,false"), encoding="utf-8")
    assert mira.get("/v1/me").status_code == 401
    assert len(studio.leaves()) == 2

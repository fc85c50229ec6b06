"""SCIM: what providers push, as they push it, and that nobody else gets in."""

from typing import Any

import pytest

from tests.support.scim_parts import Provider, provider_of
from tests.support.service_parts import TRAVEL_QUESTION, Studio

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture
def provider(studio: Studio) -> Provider:
    return provider_of(studio)


def active(studio: Studio, person: str) -> bool | None:
    """Tell whether somebody who was pushed is active; `None` if nobody knows them."""
    studio.service.pushed.refresh()
    found = studio.service.pushed.by_id(person)
    return found.active if found else None


PATHS = ["/Users", "/Groups", "/Users/x", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas"]


@pytest.mark.parametrize("path", PATHS)
def test_only_a_key_of_this_scope_gets_in(studio: Studio, path: str) -> None:
    refused = studio.stranger().get(f"/scim/v2{path}")
    assert (refused.status_code, refused.json()["schemas"], refused.json()["status"]) == (401, [ERROR], "401")
    assert refused.headers["content-type"] == "application/scim+json"
    assert studio.api.get(f"/scim/v2{path}").status_code == 403, "the token of local mode is no such key"
    assert studio.browser().get(f"/scim/v2{path}").status_code == 401
    for scopes in (["ask"], ["operate"], ["ask", "act-for"]):
        wish = {"name": scopes[-1], "scopes": scopes, "expires": "2027-11-20"}
        secret = studio.api.post("/v1/keys", json=wish).json()["secret"]
        other = studio.stranger().get(f"/scim/v2{path}", headers={"Authorization": f"Bearer {secret}"})
        assert other.status_code == 403


def test_the_key_opens_nothing_else(provider: Provider) -> None:
    client = provider.client
    assert client.post("/v1/ask", json={"question": TRAVEL_QUESTION}).status_code == 403
    assert client.get("/v1/keys").status_code == 403
    assert client.get("/v1/audit/records").status_code == 403
    assert client.get("/v1/documents").status_code == 403


def test_a_person_is_pushed_found_changed_and_deleted(provider: Provider) -> None:
    client = provider.client
    none = client.get("/scim/v2/Users", params={"filter": 'userName eq "mira@northlight.example"'}).json()
    assert (none["totalResults"], none["Resources"]) == (0, [])
    mira = provider.user(externalId="mira-1", displayName="Mira", phoneNumbers=[{"value": "1"}])
    assert "phoneNumbers" not in mira
    path = f"/scim/v2/Users/{mira['id']}"
    assert client.get(path).json() == mira
    for wanted in ('userName eq "MIRA@Northlight.example"', 'externalId eq "mira-1"', 'displayName eq "Mira"'):
        assert client.get("/scim/v2/Users", params={"filter": wanted}).json()["Resources"] == [mira]
    changed = client.put(path, json={"userName": "mira@northlight.example", "externalId": "mira-1", "active": False})
    assert changed.json() == {key: value for key, value in mira.items() if key != "displayName"} | {"active": False}
    assert active(provider.studio, "mira-1") is False
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.delete(path).status_code == 404
    assert active(provider.studio, "mira-1") is False


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "value": {"active": False}},  # Okta
        {"op": "Replace", "path": "active", "value": "False"},  # Entra
        {"op": "Replace", "value": {"active": "false"}},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": False},
    ],
)
def test_whoever_is_switched_off_is_inactive_at_once(provider: Provider, operation: dict[str, Any]) -> None:
    mira = provider.user(externalId="mira-1")
    assert active(provider.studio, "mira-1") is True
    assert provider.patch(f"/scim/v2/Users/{mira['id']}", operation)["active"] is False
    assert active(provider.studio, "mira-1") is False


def test_groups_are_pushed_with_their_members_and_members_come_and_go(provider: Provider) -> None:
    mira, ada = provider.user("mira"), provider.user("ada")
    group = provider.group("newsroom", mira["id"])
    path = f"/scim/v2/Groups/{group['id']}"
    both = provider.patch(path, {"op": "add", "path": "members", "value": [{"value": ada["id"]}]})
    assert [member["value"] for member in both["members"]] == [mira["id"], ada["id"]]
    one = provider.patch(path, {"op": "remove", "path": f'members[value eq "{mira["id"]}"]'})
    assert one["members"] == [{"value": ada["id"]}]
    none = provider.patch(path, {"op": "Remove", "path": "members", "value": [{"value": ada["id"]}]})
    assert none["members"] == []
    named = provider.patch(path, {"op": "replace", "value": {"id": group["id"], "displayName": "news"}})
    assert named["displayName"] == "news"
    provider.patch(path, {"op": "replace", "path": "members", "value": [{"value": mira["id"]}]})
    found = provider.client.get(
        "/scim/v2/Groups", params={"filter": 'displayName eq "news"', "excludedAttributes": "members"}
    ).json()["Resources"]
    assert [(one["id"], "members" in one) for one in found] == [(group["id"], False)]
    entry = provider.studio.service.pushed.by_id("mira")
    assert entry is not None
    assert entry.groups == {"news"}


def test_a_list_comes_in_pages(provider: Provider) -> None:
    for n in range(5):
        provider.user(f"p{n}")
    names = []
    for start in (1, 3, 5, 7):
        page = provider.client.get("/scim/v2/Users", params={"startIndex": start, "count": 2}).json()
        assert (page["totalResults"], page["startIndex"]) == (5, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        names += [one["userName"] for one in page["Resources"]]
    assert names == [f"p{n}" for n in range(5)]
    assert provider.client.get("/scim/v2/Users", params={"count": 0}).json()["Resources"] == []
    assert provider.client.get("/scim/v2/Users", params={"startIndex": -3}).json()["startIndex"] == 1


def test_an_error_has_the_form_of_scim_and_names_nothing(provider: Provider) -> None:
    mira = provider.user("zebra-canary")
    path = f"/scim/v2/Users/{mira['id']}"
    patch = {"Operations": [{"op": "replace", "path": "active", "value": "zebra-canary"}]}
    call = provider.client.request
    told = [
        call("POST", "/scim/v2/Users", json={"userName": "ZEBRA-canary"}),
        call("POST", "/scim/v2/Users", json={}),
        call("POST", "/scim/v2/Users", json={"userName": "a\u202eb"}),
        call("POST", "/scim/v2/Users", json={"userName": ["zebra-canary"]}),
        call("POST", "/scim/v2/Users", content=b"zebra-canary"),
        call("POST", "/scim/v2/Users", content=b"[" * 60_000),
        call("GET", "/scim/v2/Users", params={"filter": 'userName sw "zebra-canary"'}),
        call("GET", "/scim/v2/Users", params={"filter": 'userName eq "zebra-canary" or id pr'}),
        call("GET", "/scim/v2/Users", params={"count": "zebra-canary"}),
        call("GET", "/scim/v2/Users/zebra-canary"),
        call("PATCH", path, json=patch),
        call("PATCH", path, json={"Operations": []}),
        call("PATCH", path, json={"Operations": [{"op": "test", "path": "active"}]}),
        call("PATCH", path, json={"Operations": [{"op": "remove"}]}),
        call("PATCH", path, json={"Operations": [{"op": "remove", "path": "userName"}]}),
        call("PATCH", path, json={"Operations": [{"op": "replace", "path": "[[", "value": 1}]}),
        call("POST", "/scim/v2/Groups", json={"displayName": "g", "members": [{"value": "zebra-canary"}]}),
        call("POST", "/scim/v2/Groups", json={"displayName": "g", "members": "zebra-canary"}),
    ]
    statuses = [409, 400, 400, 400, 400, 400, 400, 400, 400, 404] + [400] * 8
    assert [one.status_code for one in told] == statuses
    for one in told:
        assert one.json()["schemas"] == [ERROR]
        assert one.json()["status"] == str(one.status_code)
        assert "canary" not in one.text.lower()
    assert told[0].json()["scimType"] == "uniqueness"
    assert told[6].json()["scimType"] == "invalidFilter"
    assert provider.client.get(path).json() == mira, "nothing of it was done"


def test_one_wrong_operation_undoes_those_before_it(provider: Provider) -> None:
    mira = provider.user(externalId="mira-1")
    path = f"/scim/v2/Users/{mira['id']}"
    operations = [{"op": "replace", "path": "active", "value": False}, {"op": "replace", "path": "active", "value": 7}]
    assert provider.client.patch(path, json={"Operations": operations}).status_code == 400
    assert active(provider.studio, "mira-1") is True


def test_the_door_says_what_it_knows(provider: Provider) -> None:
    config = provider.client.get("/scim/v2/ServiceProviderConfig").json()
    assert (config["patch"], config["bulk"]["supported"]) == ({"supported": True}, False)
    types = provider.client.get("/scim/v2/ResourceTypes").json()["Resources"]
    assert [one["endpoint"] for one in types] == ["/Users", "/Groups"]
    known = provider.client.get("/scim/v2/Schemas").json()["Resources"]
    assert [one["name"] for one in known] == ["User", "Group"]


def test_a_program_may_act_for_whom_was_pushed_until_they_are_deleted(provider: Provider) -> None:
    studio = provider.studio
    mira = provider.user(externalId="mira-1")
    provider.group("newsroom", mira["id"])
    wish = {"name": "slack", "scopes": ["ask", "act-for"], "expires": "2027-11-20"}
    slack = studio.stranger()
    secret = studio.api.post("/v1/keys", json=wish).json()["secret"]
    slack.headers.update({"Authorization": f"Bearer {secret}", "Greenlit-On-Behalf-Of": "mira@northlight.example"})
    me = slack.get("/v1/me").json()
    assert (me["id"], me["groups"]) == ("mira-1", ["newsroom", "staff"])
    provider.client.delete(f"/scim/v2/Users/{mira['id']}")
    assert slack.get("/v1/me").status_code == 401

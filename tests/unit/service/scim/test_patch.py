"""PATCH: what operations make of a person or a group, as providers write them."""

from typing import Any

import pytest

from service.access.pushed_store import Kind
from service.scim.messages import ScimError
from service.scim.patch import patched

MIRA: dict[str, Any] = {
    "userName": "mira",
    "name": {"givenName": "Mira"},
    "emails": [{"value": "m@x.example", "type": "work", "primary": True}, {"value": "h@x.example", "type": "home"}],
    "active": True,
}
GROUP: dict[str, Any] = {"displayName": "g", "members": [{"value": "a"}, {"value": "b"}]}


def made(kind: Kind, before: dict[str, Any], *operations: Any) -> dict[str, Any]:
    return patched(kind, before, {"Operations": list(operations)})


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "Replace", "path": "userName", "value": "ada"}, {"userName": "ada"}),
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "add", "value": {"externalId": "m-1", "displayName": "M"}}, {"externalId": "m-1", "displayName": "M"}),
        ({"op": "Add", "path": "name.familyName", "value": "K"}, {"name": {"givenName": "Mira", "familyName": "K"}}),
        ({"op": "replace", "value": {"name.givenName": "M"}}, {"name": {"givenName": "M"}}),
        ({"op": "remove", "path": "name.givenName"}, {"name": {}}),
        (
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "n@x.example"},
            {"emails": [{"value": "n@x.example", "type": "work", "primary": True}, MIRA["emails"][1]]},
        ),
        (
            {"op": "add", "path": 'emails[type eq "other"].value', "value": "o@x.example"},
            {"emails": [*MIRA["emails"], {"type": "other", "value": "o@x.example"}]},
        ),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": [MIRA["emails"][1]]}),
        (
            {"op": "replace", "path": "emails", "value": [{"value": "n@x.example"}]},
            {"emails": [{"value": "n@x.example"}]},
        ),
        ({"op": "remove", "path": "emails"}, {"emails": []}),
        ({"op": "replace", "path": "title", "value": "Editor"}, {}),
        (
            {
                "op": "add",
                "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "value": "N",
            },
            {},
        ),
        (
            {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:active", "value": False},
            {},
        ),
    ],
)
def test_a_person_is_changed_as_providers_write_it(operation: dict[str, Any], expected: dict[str, Any]) -> None:
    before = {**MIRA, "emails": list(MIRA["emails"])}
    assert made("user", before, operation) == MIRA | expected
    assert before == MIRA


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ({"op": "add", "path": "members", "value": [{"value": "c"}, {"value": "a"}]}, ["a", "b", "c"]),
        ({"op": "add", "path": "members", "value": {"value": "c"}}, ["a", "b", "c"]),
        ({"op": "add", "value": {"members": [{"value": "c"}]}}, ["a", "b", "c"]),
        ({"op": "replace", "path": "members", "value": [{"value": "c"}]}, ["c"]),
        ({"op": "remove", "path": 'members[value eq "a"]'}, ["b"]),
        ({"op": "remove", "path": "members", "value": [{"value": "b"}]}, ["a"]),
        ({"op": "remove", "path": "members"}, []),
        ({"op": "remove", "path": 'members[value eq "nobody"]'}, ["a", "b"]),
    ],
)
def test_members_come_and_go(operation: dict[str, Any], members: list[str]) -> None:
    assert [one["value"] for one in made("group", GROUP, operation)["members"]] == members


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (7, "invalidSyntax"),
        ({"op": "move", "path": "a"}, "invalidSyntax"),
        ({"op": "replace", "value": 7}, "noTarget"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": 7, "value": 7}, "invalidPath"),
        ({"op": "replace", "path": "emails[", "value": 7}, "invalidPath"),
        ({"op": "replace", "path": "emails", "value": 7}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": 1}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "name.givenName", "value": 7}, "invalidValue"),
    ],
)
def test_what_is_no_operation_is_refused_in_the_words_of_scim(operation: Any, kind: str) -> None:
    with pytest.raises(ScimError) as caught:
        made("user", MIRA, operation)
    assert (caught.value.status, caught.value.kind) == (400, kind)

"""PATCH: operations on a person or a group, one after the other, all or none.

Knows what Okta and Entra send: `replace` with a path or with an object, names of operations in any case, `active` as a
text, `emails[type eq "work"].value`, `members` added and removed by value or by `members[value eq "id"]`. Attributes
that are not kept here are passed over.
"""

import re
from collections.abc import Mapping
from typing import Any

from service.access.pushed_store import Kind
from service.scim.messages import ScimError
from service.scim.resources import members, taken

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_MAX_OPERATIONS = 1000
_PATH = re.compile(
    r"""(?:urn:[\w:.-]+:)?([A-Za-z]\w*)(?:\[\s*(\w+)\s+eq\s+"([^"\\]*)"\s*\])?(?:\.(\w+))?""", re.IGNORECASE
)
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension"
_KEPT: Mapping[Kind, Mapping[str, str]] = {
    "user": {name.casefold(): name for name in ("userName", "externalId", "displayName", "name", "emails", "active")},
    "group": {name.casefold(): name for name in ("displayName", "externalId", "members")},
}


def patched(kind: Kind, resource: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the operations of a body make of a resource.

    Raises:
        ScimError: the body has none, one is not of its form, or what comes out is no person or group.
    """
    operations = next((value for key, value in body.items() if str(key).casefold() == "operations"), None)
    if not isinstance(operations, list) or not 0 < len(operations) <= _MAX_OPERATIONS:
        raise _wrong(f"1 to {_MAX_OPERATIONS} Operations")
    made = dict(resource)
    for operation in operations:
        if not isinstance(operation, dict):
            raise _wrong("each operation as an object")
        op = str(operation.get("op", "")).casefold()
        if op not in ("add", "replace", "remove"):
            raise _wrong("op to be add, replace or remove")
        path = operation.get("path")
        if path:
            _apply(kind, made, op, path, operation.get("value"))
        elif op != "remove" and isinstance(operation.get("value"), dict):
            for name, value in operation["value"].items():
                _apply(kind, made, op, name, value)
        else:
            raise ScimError(400, "expected a path, or an object of values, got neither", "noTarget")
    return taken(kind, made)


def _apply(kind: Kind, made: dict[str, Any], op: str, path: Any, value: Any) -> None:
    found = _PATH.fullmatch(path) if isinstance(path, str) else None
    if found is None:
        raise ScimError(400, "expected the path of an attribute, got another form", "invalidPath")
    name = _KEPT[kind].get(found[1].casefold())
    if name is None or path.casefold().startswith(_ENTERPRISE):
        return
    if name == "members":
        _members(made, op, found[3], value)
    elif name == "emails":
        _emails(made, op, (found[2], found[3], found[4]), value)
    elif name == "name" and found[4]:
        named = dict(made.get("name", {}))
        named.pop(next((one for one in named if one.casefold() == found[4].casefold()), ""), None)
        made["name"] = named if op == "remove" else {**named, found[4]: value}
    elif op == "remove":
        made.pop(name, None)
    else:
        made[name] = value


def _members(made: dict[str, Any], op: str, one: str | None, value: Any) -> None:
    now = {member["value"]: member for member in made.get("members", ())}
    if op == "remove":
        gone = {one} if one is not None else set(now) if value is None else {m["value"] for m in members(value)}
        now = {id_: member for id_, member in now.items() if id_ not in gone}
    else:
        given = {member["value"]: member for member in members(value)}
        now = now | given if op == "add" else given
    made["members"] = list(now.values())


def _emails(made: dict[str, Any], op: str, where: tuple[str | None, str | None, str | None], value: Any) -> None:
    """Change addresses: all of them, or those in which an attribute has a value, or one attribute of those."""
    attribute, wanted, part = where
    now = [dict(mail) for mail in made.get("emails", ())]
    if attribute is None:
        given = value if isinstance(value, list) else [value]
        made["emails"] = [] if op == "remove" else [*now, *given] if op == "add" else given
        return
    meant = [mail for mail in now if str(mail.get(attribute, "")).casefold() == str(wanted).casefold()]
    if op == "remove":
        made["emails"] = [mail for mail in now if mail not in meant]
        return
    if not meant:
        meant = [{attribute: wanted}]
        now += meant
    for mail in meant:
        mail.update({part: value} if part else value if isinstance(value, dict) else {"value": value})
    made["emails"] = now


def _wrong(expected: str) -> ScimError:
    return ScimError(400, f"expected {expected}, got something else", "invalidSyntax")

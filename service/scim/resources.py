"""People and groups as SCIM writes them: what is taken of a body, and what is given back.

Of a person only what says who they are is kept: no telephone, no manager. What else a provider sends is left out
without a word, because providers send much.
"""

from collections.abc import Mapping
from typing import Any

from indexes.names import misleading_in
from service.access.pushed import Pushed
from service.access.pushed_store import Kind
from service.scim.messages import ScimError

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SCHEMAS: Mapping[Kind, str] = {"user": USER, "group": GROUP}
PATHS: Mapping[Kind, str] = {"user": "Users", "group": "Groups"}
_MAX_CHARS = 320
_MAX_MEMBERS = 100_000
_YES_NO = {"true": True, "false": False}
_NAMES = ("formatted", "givenName", "familyName")


def taken(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a body.

    Raises:
        ScimError: something that is needed is missing, or not of its form.
    """
    by_name = {str(key).casefold(): value for key, value in body.items()}  # names of attributes have no case
    return _user(by_name) if kind == "user" else _group(by_name)


def shown(kind: Kind, pushed: Pushed, *, base: str, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a person or group as it is given back.

    Args:
        kind: which of both.
        pushed: what is kept.
        base: the address of this door, without a slash at the end.
        without: names of attributes that are left out.
    """
    kept = {name: value for name, value in pushed.resource.items() if name not in without}
    meta = {"resourceType": kind.capitalize(), "location": f"{base}/{PATHS[kind]}/{pushed.id}"}
    return {"schemas": [SCHEMAS[kind]], "id": pushed.id, **kept, "meta": meta}


def yes_or_no(value: Any) -> bool:
    """Return what `active` says; some providers write it as a text.

    Raises:
        ScimError: it is neither.
    """
    said = _YES_NO.get(value.casefold()) if isinstance(value, str) else value
    if not isinstance(said, bool):
        raise _wrong("active", "true or false")
    return said


def _user(body: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"userName": _text(body, "userName", needed=True)}
    for name in ("externalId", "displayName"):
        if value := _text(body, name):
            kept[name] = value
    if body.get("name") is not None:
        kept["name"] = _name(body["name"])
    if body.get("emails") is not None:
        kept["emails"] = [_email(mail) for mail in _list(body, "emails", 20)]
    kept["active"] = True if body.get("active") is None else yes_or_no(body["active"])
    return kept


def _group(body: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"displayName": _text(body, "displayName", needed=True)}
    if value := _text(body, "externalId"):
        kept["externalId"] = value
    kept["members"] = members(body["members"]) if body.get("members") is not None else []
    return kept


def members(value: Any) -> list[dict[str, str]]:
    """Return the members that a body names, each once.

    Raises:
        ScimError: it is no list of members.
    """
    listed = value if isinstance(value, list) else [value]
    if len(listed) > _MAX_MEMBERS or not all(isinstance(one, dict) and _is_text(one.get("value")) for one in listed):
        raise _wrong("members", 'a list of {"value": id}')
    return [{"value": id_} for id_ in dict.fromkeys(one["value"] for one in listed)]


def _name(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _wrong("name", "an object")
    lower = {str(key).casefold(): one for key, one in value.items()}
    return {name: text for name in _NAMES if (text := _text(lower, name))}


def _email(mail: Any) -> dict[str, Any]:
    if not isinstance(mail, dict) or not _is_text(mail.get("value")):
        raise _wrong("emails", 'a list of {"value": address}')
    kept: dict[str, Any] = {"value": mail["value"]}
    if _is_text(mail.get("type")):
        kept["type"] = mail["type"]
    if mail.get("primary") is not None:
        kept["primary"] = yes_or_no(mail["primary"])
    return kept


def _list(body: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = body[name]
    if not isinstance(value, list) or len(value) > most:
        raise _wrong(name, f"a list of at most {most}")
    return value


def _text(body: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = body.get(name.casefold())
    if value is None or value == "":
        if needed:
            raise _wrong(name, "a text")
        return ""
    if not _is_text(value):
        raise _wrong(name, f"a plain text of at most {_MAX_CHARS} characters")
    return str(value).strip()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _MAX_CHARS and misleading_in(value) is None


def _wrong(name: str, expected: str) -> ScimError:
    return ScimError(400, f"expected {name} = {expected}, got something else", "invalidValue")

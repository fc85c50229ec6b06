"""What this door says of itself: which parts of SCIM it knows, and the attributes that it keeps."""

from typing import Any

from service.scim.resources import GROUP, USER

_CORE = "urn:ietf:params:scim:schemas:core:2.0"


def provider() -> dict[str, Any]:
    """Return which parts of SCIM there are."""
    no: dict[str, Any] = {"supported": False}
    return {
        "schemas": [f"{_CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 200},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "API key",
                "description": "an API key with the scope scim, as Authorization: Bearer",
                "primary": True,
            }
        ],
    }


def resource_types() -> list[dict[str, Any]]:
    """Return what can be pushed."""
    return [
        {
            "schemas": [f"{_CORE}:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": schema,
        }
        for name, schema in (("User", USER), ("Group", GROUP))
    ]


def schemas() -> list[dict[str, Any]]:
    """Return the attributes that are kept."""
    text = _attribute("value", required=True)
    name = _attribute("name", kind="complex", parts=[_attribute(n) for n in ("formatted", "givenName", "familyName")])
    mail_parts = [text, _attribute("type"), _attribute("primary", kind="boolean")]
    user = [
        _attribute("userName", required=True, uniqueness="server"),
        _attribute("externalId"),
        _attribute("displayName"),
        name,
        _attribute("emails", kind="complex", many=True, parts=mail_parts),
        _attribute("active", kind="boolean"),
    ]
    group = [
        _attribute("displayName", required=True, uniqueness="server"),
        _attribute("externalId"),
        _attribute("members", kind="complex", many=True, parts=[text]),
    ]
    return [
        {"schemas": [f"{_CORE}:Schema"], "id": schema, "name": called, "attributes": attributes}
        for schema, called, attributes in ((USER, "User", user), (GROUP, "Group", group))
    ]


def _attribute(
    name: str,
    *,
    kind: str = "string",
    many: bool = False,
    required: bool = False,
    uniqueness: str = "none",
    parts: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "multiValued": many,
        "required": required,
        "caseExact": name in ("externalId", "value"),
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": uniqueness,
        **({"subAttributes": parts} if parts else {}),
    }

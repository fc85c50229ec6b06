"""An identity provider that pushes people: a client of `/scim/v2` with a key of that scope."""

from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from tests.support.service_parts import Studio

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Provider:
    """Pushes to a studio."""

    studio: Studio
    client: TestClient

    def user(self, name: str = "mira@northlight.example", **more: Any) -> dict[str, Any]:
        """Push a new person."""
        return self._made("/scim/v2/Users", {"userName": name, "active": True, **more})

    def group(self, name: str, *members: str) -> dict[str, Any]:
        """Push a new group."""
        listed = [{"value": member} for member in members]
        return self._made("/scim/v2/Groups", {"displayName": name, "members": listed})

    def patch(self, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
        """Change something."""
        response = self.client.patch(path, json={"schemas": [PATCH_OP], "Operations": list(operations)})
        assert response.status_code == 200, response.text
        value: dict[str, Any] = response.json()
        return value

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self.client.post(path, json=body)
        assert response.status_code == 201, response.text
        value: dict[str, Any] = response.json()
        assert response.headers["location"] == value["meta"]["location"]
        return value


def provider_of(studio: Studio) -> Provider:
    """Return a provider with a key of its own."""
    wish = {"name": "okta", "scopes": ["scim"], "expires": "2027-11-20"}
    secret = studio.api.post("/v1/keys", json=wish).json()["secret"]
    client = studio.stranger()
    client.headers["Authorization"] = f"Bearer {secret}"
    return Provider(studio, client)

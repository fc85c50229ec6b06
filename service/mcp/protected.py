"""This door as OAuth sees it: a protected resource (RFC 9728), at an address that is never taken from somebody else.

Without a public address the service is for this machine only, and the address is the name of it that was called, which
was checked to be one.
"""

from dataclasses import dataclass

from starlette.requests import Request

from service.http.origin import Origin

PATH = "/mcp"
METADATA_PATH = f"/.well-known/oauth-protected-resource{PATH}"


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """Where this door is, and who gives tokens for it: an `issuer`, or nobody (""), with what to ask them for."""

    origin: Origin
    issuer: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def audience(self) -> str | None:
        """What a token has to be for, besides the API's own audience; `None` without a public address."""
        return f"{self.origin.url}{PATH}" if self.origin.url else None

    def address(self, request: Request) -> str:
        """Return where the service is for whoever sent a request."""
        return self.origin.url or f"{request.url.scheme}://{request.headers['host'].lower()}"

    def challenge(self, request: Request) -> str:
        """Return what somebody unknown is told, as `WWW-Authenticate`."""
        return f'Bearer resource_metadata="{self.address(request)}{METADATA_PATH}"'

    def metadata(self, request: Request) -> dict[str, object]:
        """Return what anybody may read of it, before they sign in."""
        of_provider = {"authorization_servers": [self.issuer], "scopes_supported": list(self.scopes)}
        return {
            "resource": f"{self.address(request)}{PATH}",
            "resource_name": "Greenlit",
            "bearer_methods_supported": ["header"],
            **(of_provider if self.issuer else {}),
        }

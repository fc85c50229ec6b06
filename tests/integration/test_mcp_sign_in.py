"""A client of MCP signs somebody in, all the way: told where, at a real OpenID provider, with a token for this door.

The official client follows what the 401 says: the metadata of the resource, that of the provider, the code with PKCE,
a token for the resource. The person's part, the provider's forms, is done as a browser does it.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import httpx
import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import CallToolResult
from pydantic import AnyUrl

from tests.support.fakes import TinyLibrary
from tests.support.openid import CLIENT_ID, PUBLIC_CLIENT_ID, PUBLIC_URL, OpenIdProvider, browser
from tests.support.ports import free_port
from tests.support.service_parts import POLICY, VENDOR_QUESTION, open_studio, serving, with_rules

BACK = AnyUrl(f"{PUBLIC_URL}/sign-in/callback")


class Kept:
    """What a client keeps: it is known at the provider already, and gets a token."""

    def __init__(self) -> None:
        self.token: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.token

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.token = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return OAuthClientInformationFull(
            client_id=PUBLIC_CLIENT_ID, redirect_uris=[BACK], token_endpoint_auth_method="none"
        )

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError(f"expected the client that there is, got {client_info.client_id}")


async def asked_by(provider: OpenIdProvider, account: str, url: str, kept: Kept) -> CallToolResult:
    """Ask as an account of the provider, whose browser the client sends there."""
    arrived: list[str] = []

    def sign_in(address: str) -> None:
        with browser() as theirs:
            arrived.append(provider.login(theirs, address, account))

    async def departs(address: str) -> None:
        await anyio.to_thread.run_sync(sign_in, address)

    async def comes_back() -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(arrived[-1]).query)
        return AuthorizationCodeResult(code=query["code"][0], state=query["state"][0], iss=query["iss"][0])

    signs_in = OAuthClientProvider(
        server_url=f"{url}/mcp",
        client_metadata=OAuthClientMetadata(redirect_uris=[BACK], token_endpoint_auth_method="none"),
        storage=kept,
        redirect_handler=departs,
        callback_handler=comes_back,
    )
    async with (
        httpx2.AsyncClient(auth=signs_in, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        return await client.call_tool("ask", {"question": VENDOR_QUESTION})


def test_a_client_signs_somebody_in_and_its_token_opens_this_door_alone(
    openid_provider: OpenIdProvider, library: TinyLibrary
) -> None:
    port, kept = free_port(), Kept()
    settings: dict[str, Any] = {"oidc_issuer": openid_provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_audience": ""}
    with (
        open_studio(with_rules(library), auth="oidc", public_url=f"http://127.0.0.1:{port}", **settings) as studio,
        serving(studio.app, port=port) as url,
    ):
        answered = asyncio.run(asked_by(openid_provider, "mira-1", url, kept))
        assert answered.structured_content["citations"][0]["document"] == POLICY
        assert answered.structured_content["citations"][0]["url"].startswith(f"{url}/documents/")
        assert kept.token is not None
        bearer = {"Authorization": f"Bearer {kept.token.access_token}"}
        assert httpx.get(f"{url}/v1/me", headers=bearer, trust_env=False).status_code == 401
        assert {leaf["channel"] for leaf in studio.leaves() if "channel" in leaf} == {"mcp"}

"""Calls the running service of this installation with its token, and nobody else: for commands that ask beside it."""

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from service.access.errors import AccessError
from service.access.local import local_token
from service.operating.running import NotRunningError, running_url
from service.settings import Settings

_TIMEOUT_S = 60.0  # for a question through the running service


def client_here(url: str, *, headers: Mapping[str, str], timeout_s: float) -> httpx.Client:
    """Return what calls a service on this machine; it speaks plain HTTP, so no certificates are read (45 ms)."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
    return httpx.Client(base_url=url, headers=headers, timeout=timeout_s, trust_env=False, verify=nobody)


class CallError(Exception):
    """The running service was not reached, or gave no JSON; the message says which."""


def called(settings: Settings, method: str, path: str, *, body: Any = None) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON object that the running service answers with.

    Args:
        settings: of this installation.
        method: of HTTP.
        path: of the route.
        body: sent as JSON; nothing unless given.

    Raises:
        CallError: no service is known to run, it does not answer, or not with a JSON object.
    """
    try:
        url = running_url(settings.state)
        token = local_token(settings.state, settings.given_token())
    except (NotRunningError, AccessError) as error:
        raise CallError(str(error)) from error
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with client_here(url, headers=headers, timeout_s=_TIMEOUT_S) as client:
            response = client.request(method, path, json=body)
            value = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise CallError(f"the running service at {url} does not answer ({type(error).__name__})") from error
    if not isinstance(value, dict):
        raise CallError(f"expected a JSON object from the running service at {url}, got something else")
    return response.status_code, value

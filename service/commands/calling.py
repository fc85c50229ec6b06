"""Calls the running service of this installation, and nobody else: for commands that ask beside it.

In local mode they show its token. Where people sign in, the token is nobody's: they show an API key.
"""

import ssl
from typing import Any

import httpx

from service.access.errors import AccessError, TokenError
from service.access.local import local_token
from service.operating.running import NotRunningError, running_url
from service.settings import Settings

_QUOTED_S = 60.0  # for a question through the running service
_WRITTEN_S = 2_460.0  # where a model rewrites, judges, writes and writes once more: models.toml allows each 600 s


def patience_s(settings: Settings) -> float:
    """Return how long a question may take, in seconds."""
    return _WRITTEN_S if settings.wants_a_model else _QUOTED_S


def client_here(settings: Settings, url: str, *, bearer: str, timeout_s: float) -> httpx.Client:
    """Return what calls the service on this machine."""
    headers = {"Authorization": f"Bearer {bearer}", "Greenlit-Channel": "cli"}
    return httpx.Client(
        base_url=url, headers=headers, timeout=timeout_s, trust_env=False, verify=trusted_here(settings)
    )


def trusted_here(settings: Settings) -> ssl.SSLContext:
    """Return whom calls here trust. No certificates are read (45 ms) but the service's own, if it has one."""
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
    if settings.tls_certificate is not None:
        trusted.load_verify_locations(settings.tls_certificate)
        trusted.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # this certificate, whoever signed it
        trusted.check_hostname = False  # its name is the public one, and we call this machine
    return trusted


def bearer_here(settings: Settings) -> str:
    """Return what commands on this machine show to the running service.

    Raises:
        AccessError: there is none.
    """
    if settings.auth == "local":
        return local_token(settings.state, settings.given_token())
    if settings.api_key is None:
        raise TokenError("expected an API key in GREENLIT_API_KEY, made with greenlit keys create: people sign in here")
    return settings.api_key.get_secret_value()


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
        bearer = bearer_here(settings)
    except (NotRunningError, AccessError) as error:
        raise CallError(str(error)) from error
    try:
        with client_here(settings, url, bearer=bearer, timeout_s=patience_s(settings)) as client:
            response = client.request(method, path, json=body)
            value = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise CallError(f"the running service at {url} does not answer ({type(error).__name__})") from error
    if not isinstance(value, dict):
        raise CallError(f"expected a JSON object from the running service at {url}, got something else")
    return response.status_code, value

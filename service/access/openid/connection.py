"""The one place of the service that opens a connection, and to the identity provider only.

In order: (1) an address has to be on an allowed origin, the issuer's or a host that the operator named, (2) it has to
be https, but for an issuer on this machine, (3) one request goes out, no redirect is followed, no proxy is asked, (4)
the answer is read up to a size and a time, (5) it has to be a JSON object. Knows nothing of what the answers mean.
"""

import functools
import json
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from service.access.errors import ProviderError
from service.access.local import is_loopback

MAX_BYTES = 1 << 20
_TIMEOUT_S = 5.0  # each for connecting, sending, and the next bytes; and for all bytes of an answer together
_PORTS = {"https": 443, "http": 80}

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider answered: the status, and the JSON object in it."""

    status: int
    values: Mapping[str, Any] = field(repr=False)


class Connection:
    """Reaches the provider. Any thread may use it."""

    def __init__(self, *, issuer: str, hosts: Iterable[str] = ()) -> None:
        """Take who may be reached.

        Args:
            issuer: the provider's issuer; https, or on this machine.
            hosts: others, like `keys.idp.example` or `idp.example:8443`; https only.

        Raises:
            ProviderError: one of them is no address that may be reached.
        """
        own = _origin(issuer)
        if own[0] != "https" and not is_loopback(own[1]):
            raise ProviderError("expected an issuer that begins with https://, got one that others could listen to")
        self._origins = {own, *(_origin(f"https://{host}") for host in hosts)}
        self._client = httpx.Client(  # the environment names no proxy
            verify=_certificates(), trust_env=False, follow_redirects=False, timeout=_TIMEOUT_S
        )

    def check(self, address: str, *, what: str) -> str:
        """Return an address that may be reached, or that browsers may be sent to.

        Raises:
            ProviderError: it may not; naming what it is of the provider, and its host.
        """
        origin = _origin(address)
        if origin not in self._origins:
            raise ProviderError(
                f"expected {what} of the provider to be on the issuer's host by https, got {origin[0]}://{origin[1]}: "
                "if the provider means it, name that host in GREENLIT_OIDC_HOSTS"
            )
        return address

    def get(self, address: str, *, what: str, bearer: str | None = None) -> Answer:
        """Ask for a JSON object.

        Args:
            address: of an allowed origin.
            what: it is of the provider, for messages.
            bearer: an access token.

        Raises:
            ProviderError: it may not be reached, cannot be, or answered what it must not.
        """
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self._send("GET", address, what=what, headers=headers, body=None)

    def post(self, address: str, *, what: str, headers: Mapping[str, str], body: str) -> Answer:
        """Send a form; the answer is a JSON object.

        Raises:
            ProviderError: as `get`.
        """
        return self._send("POST", address, what=what, headers=headers, body=body)

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def _send(self, method: str, address: str, *, what: str, headers: Mapping[str, str], body: str | None) -> Answer:
        self.check(address, what=what)
        # Unpacked, a small answer could be a large one.
        plain = {"Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            with self._client.stream(method, address, headers={**plain, **headers}, content=body) as response:
                read = _read(response, what)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise ProviderError(f"{what} of the provider cannot be reached ({type(error).__name__})") from error
        return Answer(response.status_code, _object(read, what, response.status_code))


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Return the system's, where an organisation keeps its own authority; read once, for they are many."""
    return ssl.create_default_context()


def _read(response: httpx.Response, what: str) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderError(f"expected {what} of the provider as it is, got it packed")
    begun_s, read = time.monotonic(), bytearray()
    for piece in response.iter_raw():
        read += piece
        if len(read) > MAX_BYTES:
            raise ProviderError(f"expected {what} of the provider to be at most {MAX_BYTES} bytes, got more")
        if time.monotonic() - begun_s > _TIMEOUT_S:
            raise ProviderError(f"expected {what} of the provider within {_TIMEOUT_S:.0f} s, got only a part")
    return bytes(read)


def _object(read: bytes, what: str, status: int) -> Mapping[str, Any]:
    try:
        values = json.loads(read)
    except (ValueError, RecursionError) as error:
        raise ProviderError(f"expected JSON as {what} of the provider, got something else ({status})") from error
    if not isinstance(values, dict):
        raise ProviderError(f"expected a JSON object as {what} of the provider, got something else ({status})")
    return values


def _origin(address: str) -> Origin:
    """Return scheme, host and port as the client would use them: what is checked is what is reached."""
    try:
        url = httpx.URL(address)
        host = url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise ProviderError("expected an address like https://idp.example/path, got something else") from error
    if url.scheme not in _PORTS or not host or url.userinfo or url.fragment:
        raise ProviderError("expected an address like https://idp.example/path, got another form")
    return url.scheme, host, url.port or _PORTS[url.scheme]

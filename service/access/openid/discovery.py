"""Where the provider's endpoints are, as its discovery document says.

Asked when it is first needed, so that the service starts without the provider, and again after an hour; while the
provider is down, what it said last goes on, but for sending browsers there. A failure is remembered for some seconds:
whoever comes meanwhile is told at once, instead of waiting for the same.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service.access.errors import ProviderError
from service.access.openid.connection import Answer, Connection

_WHAT = "the discovery document"
_PATH = "/.well-known/openid-configuration"
_OK = 200
_KEPT_S = 3600.0
_NOW_S = 1.0  # many who sign in at once ask once
_FAILED_S = 5.0
_FAILED_LATER_S = 60.0  # where something is known from before


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the provider says of itself: addresses, each on an allowed origin, and what it does at a sign-in."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    end_session: str | None
    names_itself: bool  # in the callback (RFC 9207)
    takes_basic: bool  # the client's secret as HTTP Basic


class Discovery:
    """The endpoints of one issuer. Any thread may call."""

    def __init__(self, *, connection: Connection, issuer: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Take how the provider is reached, and its issuer, to the letter."""
        self._connection = connection
        self._issuer = issuer
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._known: Endpoints | None = None
        self._asked_s = float("-inf")
        self._failure = ""

    def endpoints(self) -> Endpoints:
        """Return them; may ask the provider.

        Raises:
            ProviderError: it cannot be reached, or says what it must not, and nothing is known from before.
        """
        with self._lock:
            now_s = self._clock_s()
            if now_s - self._asked_s >= self._waits_s():
                self._ask()
            if self._known is None:
                raise ProviderError(self._failure)
            return self._known

    def endpoints_now(self) -> Endpoints:
        """Return them if the provider answers now; for whoever sends a browser there, where nobody would say more.

        Raises:
            ProviderError: it does not answer, whatever is known from before.
        """
        with self._lock:
            if self._clock_s() - self._asked_s >= _NOW_S:
                self._ask()
            if self._known is None or self._failure:
                raise ProviderError(self._failure)
            return self._known

    def _waits_s(self) -> float:
        if self._known is None:
            return _FAILED_S
        return _FAILED_LATER_S if self._failure else _KEPT_S

    def _ask(self) -> None:
        try:
            self._known = self._checked(self._connection.get(self._issuer.rstrip("/") + _PATH, what=_WHAT))
            self._failure = ""
        except ProviderError as error:
            self._failure = str(error)
        finally:
            self._asked_s = self._clock_s()

    def _checked(self, answer: Answer) -> Endpoints:
        values = answer.values
        if answer.status != _OK:
            raise ProviderError(f"expected {_WHAT} of the provider, got status {answer.status}")
        if values.get("issuer") != self._issuer:
            raise ProviderError(
                f"expected {_WHAT} to be of the issuer that GREENLIT_OIDC_ISSUER names, to the letter, got another"
            )
        methods = values.get("code_challenge_methods_supported")
        if methods is not None and "S256" not in _list(methods):
            raise ProviderError("expected a provider that knows S256 (PKCE), got one that says it does not")
        ways = values.get("token_endpoint_auth_methods_supported")
        return Endpoints(
            authorization=self._needed(values, "authorization_endpoint"),
            token=self._needed(values, "token_endpoint"),
            keys=self._needed(values, "jwks_uri"),
            userinfo=self._address(values, "userinfo_endpoint"),
            end_session=self._address(values, "end_session_endpoint"),
            names_itself=values.get("authorization_response_iss_parameter_supported") is True,
            takes_basic=ways is None or "client_secret_basic" in _list(ways),
        )

    def _needed(self, values: Mapping[str, Any], name: str) -> str:
        address = self._address(values, name)
        if address is None:
            raise ProviderError(f"expected {_WHAT} to name {name}, got none")
        return address

    def _address(self, values: Mapping[str, Any], name: str) -> str | None:
        address = values.get(name)
        if address is None:
            return None
        if not isinstance(address, str):
            raise ProviderError(f"expected {_WHAT} to name {name} as an address, got something else")
        return self._connection.check(address, what=name)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""Signing in at the provider: a browser is sent there, and taken back (authorization code with PKCE).

Sent: state, nonce and the challenge of a verifier, each new. Taken back, in order: (1) the login that this browser
began, used up by that, (2) its state, and the provider's name where it gives one, (3) an error is a sign-in that did
not happen, (4) the code is exchanged, with the verifier, (5) the ID token is checked, with the nonce, (6) what it lacks
is asked of userinfo, (7) it becomes a person. Authlib writes what is sent; `connection` sends it.
"""

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from service.access.errors import NotSignedInError, ProviderError
from service.access.openid.claims import person_of
from service.access.openid.connection import Answer, Connection
from service.access.openid.discovery import Discovery, Endpoints
from service.access.openid.logins import LOGIN_LASTS_S, Login, Logins
from service.access.openid.provider_settings import ProviderSettings
from service.access.openid.tokens import MAX_CHARS, Tokens
from service.access.people import Person
from service.access.port import Brought, Departure

_OK = 200
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_VERIFIED = "email_verified"


class ProviderLogin:
    """The way to the provider and back. Its methods may wait; any thread may call."""

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        connection: Connection,
        discovery: Discovery,
        tokens: Tokens,
        logins: Logins,
    ) -> None:
        """Take the parts: how the provider is reached, what it says of itself, what its tokens are checked with."""
        self._settings = settings
        self._connection = connection
        self._discovery = discovery
        self._tokens = tokens
        self._logins = logins

    def depart(self) -> Departure:
        """Begin a login; see `SignIn`."""
        endpoints = self._discovery.endpoints_now()
        login_id, login = self._logins.begin()
        address = prepare_grant_uri(
            endpoints.authorization,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=self._settings.callback,
            scope=self._settings.scopes,
            state=login.state,
            nonce=login.nonce,
            code_challenge=create_s256_code_challenge(login.verifier),
            code_challenge_method="S256",
        )
        return Departure(address, login_id, LOGIN_LASTS_S)

    def arrive(self, brought: Brought) -> tuple[Person, str]:
        """Return who came back, and their ID token as it came; see `SignIn`."""
        login = self._taken(brought)
        endpoints = self._discovery.endpoints()
        if brought.issuer != self._settings.issuer and (brought.issuer is not None or endpoints.names_itself):
            raise NotSignedInError("expected the provider to name itself in what a browser brings back")
        if brought.error is not None:
            raise NotSignedInError("expected a sign-in, got an error of the provider")
        if not brought.code:
            raise NotSignedInError("expected a code of the provider, got none")
        given = self._exchanged(endpoints, brought.code, login.verifier)
        raw = given.get("id_token")
        if not isinstance(raw, str):
            raise NotSignedInError("expected an ID token of the provider, got none")
        claims = self._tokens.of_identity(raw, nonce=login.nonce)
        return person_of(self._completed(endpoints, claims, given.get("access_token")), self._settings), raw

    def sign_out_address(self, id_token: str) -> str | None:
        """Return where somebody signs out at the provider; `None` if it has no such place, or does not answer."""
        try:
            there = self._discovery.endpoints().end_session
        except ProviderError:
            return None
        if there is None:
            return None
        query = {
            "id_token_hint": id_token,
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": f"{self._settings.public_url}/",
        }
        return f"{there}{'&' if '?' in there else '?'}{urlencode(query)}"

    def _taken(self, brought: Brought) -> Login:
        """Return the login that this browser began. A wrong state uses it up too."""
        login = self._logins.take(brought.login_id) if brought.login_id else None
        if login is None:
            raise NotSignedInError("expected a login that this browser began, not long ago, and did not use yet")
        if not hmac.compare_digest(login.state.encode(), brought.state.encode(errors="replace")):
            raise NotSignedInError("expected the state of the login that this browser began")
        return login

    def _exchanged(self, endpoints: Endpoints, code: str, verifier: str) -> Mapping[str, Any]:
        what = "token_endpoint"
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self._settings.callback, code_verifier=verifier
        )
        address, headers, body = self._client(endpoints).prepare("POST", endpoints.token, dict(_FORM), body)
        answer = self._connection.post(address, what=what, headers=headers, body=body)
        if answer.status == _OK:
            return answer.values
        if answer.values.get("error") == "invalid_grant":
            raise NotSignedInError("expected a code that the provider takes, got one that was used or came too late")
        raise _unexpected(answer, what)

    def _client(self, endpoints: Endpoints) -> ClientAuth:
        """Return what says who we are. For HTTP Basic both are encoded first (RFC 6749, 2.3.1); Authlib does not."""
        client_id, secret = self._settings.client_id, self._settings.client_secret
        if secret is None:
            return ClientAuth(client_id, None, "none")
        if not endpoints.takes_basic:
            return ClientAuth(client_id, secret, "client_secret_post")
        return ClientAuth(quote(client_id, safe=""), quote(secret, safe=""), "client_secret_basic")

    def _completed(self, endpoints: Endpoints, claims: Mapping[str, Any], access_token: Any) -> Mapping[str, Any]:
        """Return the claims, with groups, address and name of userinfo where the ID token has none."""
        settings = self._settings
        lacking = {name for name in (settings.groups_claim, settings.email_claim) if name not in claims}
        if not lacking or endpoints.userinfo is None:
            return claims
        if not isinstance(access_token, str) or len(access_token) > MAX_CHARS:
            return claims
        answer = self._connection.get(endpoints.userinfo, what="userinfo_endpoint", bearer=access_token)
        if answer.status != _OK:
            raise _unexpected(answer, "userinfo_endpoint")
        if answer.values.get("sub") != claims["sub"]:
            raise NotSignedInError("expected userinfo of the person whom the ID token names, got another's")
        completed = dict(claims)
        taken = (lacking - {settings.person_claim}) | {"name"} - claims.keys()
        if settings.email_claim in taken:  # an address and whether it is verified come from one place
            completed.pop(_VERIFIED, None)
            taken.add(_VERIFIED)
        return completed | {name: answer.values[name] for name in taken if name in answer.values}


def _unexpected(answer: Answer, what: str) -> ProviderError:
    return ProviderError(f"expected {what} of the provider to do what it is for, got status {answer.status}")

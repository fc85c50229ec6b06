"""Checking a token of the provider: who made it, for whom, and until when. What it says of a person is in `claims`.

In order: (1) length and form, before anything is parsed, (2) the header: one of the algorithms that keys of a provider
have, nothing that says where a key is, nothing critical that is not understood, (3) the key, by its name and algorithm,
(4) the signature, issuer, audience and times, (5) what tells an access token from an ID token.

A message says which step failed, in words of ours, and holds nothing of the token.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from service.access.errors import NotSignedInError
from service.access.openid.signing_keys import ALGORITHMS, SigningKeys

MAX_CHARS = 16 * 1024
LEEWAY_S = 60
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KID = re.compile(r"[\x21-\x7e]{1,256}")
# Where a key is, or another form of token: none of these is for the token to say.
_REFUSED = frozenset({"b64", "crit", "cty", "enc", "jku", "jwk", "x5u", "zip"})
_ACCESS_TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})
_ID_TYPES = frozenset({"jwt"})
# Of an ID token, a logout token, and a token for whoever holds a key: none is for a program to bring.
_NOT_OF_ACCESS = frozenset({"nonce", "at_hash", "c_hash", "events", "cnf"})
_TIMES = ("exp", "iat", "nbf")
_LAST_S = 253_402_300_799  # the end of the year 9999

Claims = Mapping[str, Any]
_Find = Callable[[str | None, str], Any]


class Tokens:
    """Checks the tokens of one provider."""

    def __init__(self, *, issuer: str, client_id: str, audience: str, keys: SigningKeys) -> None:
        """Take whose tokens are good, and for whom.

        Args:
            issuer: to the letter.
            client_id: the audience of ID tokens.
            audience: of access tokens; where it is empty, only those are good that were made for a door's own address.
            keys: of the provider.
        """
        self._issuer = issuer
        self._client_id = client_id
        self._audience = audience
        self._keys = keys

    def of_access(self, raw: str, *, resource: str | None = None) -> Claims:
        """Return what an access token says, which a program brought.

        Args:
            raw: the token.
            resource: the address of the door that it was brought to, where tokens may be made for that one.

        Raises:
            NotFreshError: its key may be a new one.
            NotSignedInError: it is not good.
        """
        audiences = [audience for audience in (self._audience, resource) if audience]
        if not audiences:
            raise _refused("no token of the provider: none is taken here")
        claims = self._checked(raw, audiences, _ACCESS_TYPES, self._keys.find)
        if _NOT_OF_ACCESS & claims.keys() or claims.get("typ", "Bearer") not in ("Bearer", "bearer", "JWT"):
            raise _refused("an access token")
        return claims

    def of_identity(self, raw: str, *, nonce: str) -> Claims:
        """Return what an ID token says, which the provider gave to us for a login of ours. May wait; in a thread.

        Raises:
            NotSignedInError: it is not good, or of another login.
            ProviderError: its key is a new one, and the provider does not give it.
        """
        claims = self._checked(raw, [self._client_id], _ID_TYPES, self._keys.find_now)
        if claims.get("nonce") != nonce:
            raise _refused("an ID token of this login")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise _refused("an ID token that was made for this service")
        return claims

    def _checked(self, raw: str, audiences: list[str], types: frozenset[str], find: _Find) -> Claims:
        if len(raw) > MAX_CHARS:
            raise _refused(f"a token of at most {MAX_CHARS} characters")
        if not _FORM.fullmatch(raw):
            raise _refused("a signed token")
        kid, algorithm = _named(_object(raw.split(".", maxsplit=1)[0]), types)
        key = find(kid, algorithm)
        try:
            claims = jwt.decode(
                raw,
                key,
                algorithms=[algorithm],  # which `find` gave a key for
                issuer=self._issuer,
                audience=audiences,  # one of them
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "sub"], "verify_jti": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(_wrong(error)) from None
        if claims != _object(raw.split(".")[1]) or not all(_is_time(claims[name]) for name in _TIMES if name in claims):
            raise _refused("a token with plain claims")
        return claims


def _named(header: Mapping[str, Any], types: frozenset[str]) -> tuple[str | None, str]:
    """Return the key's name and the algorithm that a header names."""
    kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise _refused("a token signed in a way that keys of the provider can check")
    if _REFUSED & header.keys():
        raise _refused("a token with a plain header")
    if not isinstance(kind, str) or kind.lower() not in types:
        raise _refused("a token of the right type")
    if kid is not None and not (isinstance(kid, str) and _KID.fullmatch(kid)):
        raise _refused("a token that names its key in up to 256 visible characters")
    return kid, algorithm


def _object(part: str) -> dict[str, Any]:
    """Return the JSON object in a part of a token, in which no name stands twice."""
    try:
        values = json.loads(
            base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)),
            object_pairs_hook=_once,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError, binascii.Error):
        values = None
    if not isinstance(values, dict):
        raise _refused("a token made of JSON objects with no name twice")
    return values


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice")
    return values


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LAST_S


def _wrong(error: Exception) -> str:
    """Return what a token is expected to be which this one is not."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (jwt.ExpiredSignatureError, "a token that has not ended"),
        (jwt.ImmatureSignatureError, "a token that has begun"),
        (jwt.InvalidAudienceError, "a token for this service"),
        (jwt.InvalidIssuerError, "a token of this provider"),
        (jwt.MissingRequiredClaimError, "a token that says who, for whom, since and until when"),
        (jwt.InvalidSignatureError, "a token with a signature of the provider"),
    )
    return next((said for kind, said in kinds if isinstance(error, kind)), "a whole token")


def _refused(expected: str) -> NotSignedInError:
    return NotSignedInError(f"expected {expected}")

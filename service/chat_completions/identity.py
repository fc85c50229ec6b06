"""Who asks through this door: whoever the bearer says, or the person for whom an `act-for` key does.

That person comes as `Greenlit-On-Behalf-Of`, or as Open WebUI names them. Its signed `X-OpenWebUI-User-Jwt` counts
where the secret of both is set; its plain `X-OpenWebUI-User-Email`, which whoever holds the key may write as they like,
only where a setting says so and no secret is set. A person who is named in a way that does not count is nobody: a key
that may act for people never answers by its own groups instead. A bearer that is no key says itself who asks.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import unquote

import jwt
from fastapi import Depends, Request
from starlette.datastructures import Headers

from service.access.errors import NotAllowedError, NotSignedInError
from service.access.key_ring import ACT_FOR, SCIM
from service.access.port import Access, Carried
from service.access.principals import Principal, Role
from service.access.recognition import KEY_PREFIX
from service.http.given import given
from service.http.identity import ON_BEHALF_OF
from service.http.limits_per_caller import CallerLimits
from service.http.recognised import recognised

USER_JWT, USER_EMAIL = "X-OpenWebUI-User-Jwt", "X-OpenWebUI-User-Email"
_ISSUER, _ALGORITHM = "open-webui", "HS256"
_MAX_CHARS = 4096
_LASTS_S = 300  # at most: what Open WebUI gives
_LEEWAY_S = 30  # between the clocks of two machines
_NOBODY = "expected an identity that is valid here"


class _NotBelievedError(NotSignedInError):
    """Somebody is named, in a way that does not count here."""


@dataclass(frozen=True, slots=True)
class OpenWebUi:
    """How Open WebUI may name people: signed with a secret that it shares with us, or by plain headers."""

    secret: str | None = field(default=None, repr=False)
    plain_headers: bool = False
    clock_s: Callable[[], float] = time.time

    def person(self, headers: Headers) -> str | None:
        """Return the e-mail address of the person whom Open WebUI names; `None` if it names nobody.

        Raises:
            NotSignedInError: the name is not signed as it has to be, or does not count.
        """
        signed, plain = _once(headers, USER_JWT), _once(headers, USER_EMAIL)
        if signed is not None and self.secret is not None:
            return self._verified(signed, self.secret)
        if plain is not None and signed is None and self.plain_headers and self.secret is None:
            return unquote(plain)
        if signed is not None or plain is not None:
            raise _NotBelievedError(_NOBODY)
        return None

    def _verified(self, raw: str, secret: str) -> str:
        """Return whom a signed name means."""
        if len(raw) > _MAX_CHARS:
            raise NotSignedInError(_NOBODY)
        unchecked = dict.fromkeys(("verify_exp", "verify_iat", "verify_nbf", "verify_aud"), False)
        options: Any = {"require": ["exp", "iss", "email"], **unchecked}  # times are held against our own clock
        try:
            said = jwt.decode(raw, secret, algorithms=[_ALGORITHM], issuer=_ISSUER, options=options)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise NotSignedInError(_NOBODY) from error
        now_s, email = self.clock_s(), said["email"]
        latest_s = now_s + _LASTS_S + _LEEWAY_S
        if not now_s - _LEEWAY_S <= _seconds(said["exp"]) <= latest_s or not isinstance(email, str):
            raise NotSignedInError(_NOBODY)
        if not _seconds(said.get("iat", now_s)) <= now_s + _LEEWAY_S:
            raise NotSignedInError(_NOBODY)
        return email


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _once(headers: Headers, name: str) -> str | None:
    came = headers.getlist(name)
    if len(came) > 1:  # what stands in front may have looked at the other
        raise NotSignedInError(_NOBODY)
    return came[0] if came else None


def _bearer(headers: Headers) -> str | None:
    scheme, _, bearer = (_once(headers, "Authorization") or "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else None


_Access = Annotated[Access, Depends(given(Access))]
_Limits = Annotated[CallerLimits, Depends(given(CallerLimits))]
_OpenWebUi = Annotated[OpenWebUi, Depends(given(OpenWebUi))]


async def signed_in(request: Request, access: _Access, open_webui: _OpenWebUi) -> Principal:
    """Return who asks; a dependency.

    Raises:
        NotSignedInError: nobody who is known, or somebody who is named twice.
    """
    bearer, address = _bearer(request.headers), _once(request.headers, ON_BEHALF_OF)
    if bearer is None or not bearer.startswith(KEY_PREFIX):
        return await recognised(access, Carried(bearer=bearer, on_behalf_of=address))
    try:
        named = open_webui.person(request.headers)
    except _NotBelievedError:
        caller = await recognised(access, Carried(bearer=bearer, on_behalf_of=address))
        if address is None and ACT_FOR in caller.scopes:
            raise
        return caller
    if named is not None and address is not None:
        raise NotSignedInError(_NOBODY)
    return await recognised(access, Carried(bearer=bearer, on_behalf_of=address if named is None else named))


async def chat_asker(caller: Annotated[Principal, Depends(signed_in)], limits: _Limits) -> Principal:
    """Return who asks, if they may and do not call too often; a dependency. A question is counted when it is one.

    Raises:
        TooManyError: they call too often.
        NotAllowedError: they have not the role of staff.
    """
    return await _admitted(caller, limits)


async def chat_program(request: Request, access: _Access, limits: _Limits) -> Principal:
    """Return whose bearer came, whomever it may act for; a dependency of what is the same for everybody.

    A client looks for models in the name of whoever happens to open it first, and keeps what it found for all.

    Raises:
        NotSignedInError, TooManyError, NotAllowedError: as `chat_asker`.
    """
    return await _admitted(await recognised(access, Carried(bearer=_bearer(request.headers))), limits)


async def _admitted(caller: Principal, limits: CallerLimits) -> Principal:
    await limits.request(caller)
    if SCIM in caller.scopes or Role.STAFF not in caller.roles:
        raise NotAllowedError(f"expected somebody with the role {Role.STAFF}")
    return caller


ChatAsker = Annotated[Principal, Depends(chat_asker)]
ChatProgram = Annotated[Principal, Depends(chat_program)]

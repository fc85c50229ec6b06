"""Going to a scripted provider and coming back: `There` is both sides, `header` reads what the provider was sent."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service.access.errors import NotSignedInError
from service.access.people import Person
from service.access.port import Brought, Departure
from tests.support.openid import CLIENT_ID, CLIENT_SECRET
from tests.support.openid_parts import (
    Asked,
    Opened,
    Says,
    ScriptedProvider,
    Signer,
    claims,
)

CODE = "a-code-of-the-provider"


@dataclass
class There:
    """The provider and the service, with what the ID token is going to say."""

    provider: ScriptedProvider
    opened: Opened
    says: dict[str, Any] = field(default_factory=dict)
    signer: Signer = field(default_factory=Signer)
    gives: dict[str, Any] = field(default_factory=dict)

    def depart(self) -> tuple[Departure, Brought]:
        """Begin a login; return also what the browser brings back if all goes well."""
        departure = self.opened.access.depart()
        asked = parse_qs(urlsplit(departure.address).query)

        def token(_: Asked) -> Says:
            said = {"aud": CLIENT_ID, "nonce": asked["nonce"][0], "email": "Mira@Northlight.example", **self.says}
            raw = self.signer.sign(claims(self.provider.issuer, **said))
            return Says({"id_token": raw, "access_token": "an-access-token", "token_type": "Bearer", **self.gives})

        self.provider.says["/token"] = token
        return departure, Brought(departure.login_id, CODE, asked["state"][0], self.provider.issuer)

    def person(self, brought: Brought) -> Person | None:
        begun = self.opened.access.arrive(brought, before=None)
        return self.opened.sessions.person(begun.session_id)

    def refused(self, brought: Brought) -> str:
        """Bring something that must not sign anybody in; return why not."""
        with pytest.raises(NotSignedInError, match=r"^expected ") as caught:
            self.opened.access.arrive(brought, before=None)
        for secret in (CODE, CLIENT_SECRET, brought.state or "-" * 9):
            assert secret not in str(caught.value)
        return str(caught.value)


def header(asked: Asked, name: str) -> str:
    return next((value for given, value in asked.headers.items() if given.lower() == name), "")

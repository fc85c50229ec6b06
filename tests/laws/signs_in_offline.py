"""Run by a test of law 8 as a program of its own: who signs in at a provider that cannot be reached, and who is in.

Prints which network calls were tried when; see `tests/support/fork_server.py` for who watches.
"""

import json
from pathlib import Path

from service.access.errors import AccessError
from service.access.people import Person
from service.access.port import Brought, Carried
from tests.support.network_watch import ATTEMPTS
from tests.support.openid_parts import Signer, claims, opened_access, settings_of

ISSUER = "https://idp.northlight.example/realms/staff"


def main(state: Path) -> None:
    """Recognise a session, then try everything that asks the provider."""
    tried: dict[str, list[str]] = {}
    with opened_access(state, settings_of(ISSUER, hosts=("keys.northlight.example",))) as opened:
        mira = Person("mira-1", None, "Mira", frozenset())
        session_id = opened.sessions.begin(mira, before=None, id_token="an.id.token").session_id
        assert opened.access.principal(Carried(session=session_id)).principal_id == "mira-1"
        tried["of a session"] = list(ATTEMPTS)
        token = Signer().sign(claims(ISSUER), jku="https://evil.example/jwks")
        brought = Brought("x", "code", "state", "https://evil.example")
        for use in (
            opened.access.depart,
            lambda: opened.access.arrive(brought, before=None),
            lambda: opened.access.principal(Carried(bearer=token)),
            lambda: opened.access.principal(Carried(bearer=Signer().sign(claims(ISSUER)))),
            opened.access.refresh,
            lambda: opened.access.sign_out(session_id),
        ):
            try:
                use()
            except AccessError:
                continue
    tried["in all"] = ATTEMPTS
    print(json.dumps(tried))  # noqa: T201

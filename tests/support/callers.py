"""Callers of every kind at one service, over the real adapters, and what each of them holds.

People are known by tokens and sessions of a provider, by script; their roles come from `access.toml`, by their groups.
Programs come with API keys of the service's own ring, by themselves or for people of its directory.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from indexes.clock import utc_now
from service.access.key_ring import KeyWish
from service.access.openid.access import OidcAccess
from service.access.people import Person
from tests.support.audit_doors import CONVERSATION, Asked, on_record
from tests.support.fakes import TinyLibrary
from tests.support.openid import AUDIENCE, CLIENT_ID, PUBLIC_URL
from tests.support.openid_parts import ScriptedProvider, Signer, claims, scripted_provider
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules, with_session

GROUP = "board"  # sees BOARD_PLAN
BOARD_PLAN = "board/plan.md"
BOARD_TEXT = "# The plan of the board\n\nThe board sells the old studio building in the spring.\n"
RULES = """
[roles]
staff = ["newsroom"]
auditor = ["audit"]
operator = ["it"]
[approvers]
board = ["counsel"]
legal = ["counsel"]
"""
GROUP_OF = {"staff": "newsroom", "approver": "counsel", "auditor": "audit", "operator": "it"}
ROLES = tuple(GROUP_OF)
DIRECTORY = f"""person,email,groups,active
theo-1,theo@northlight.example,newsroom;counsel;audit;{GROUP},true
uma-1,uma@northlight.example,newsroom,true
jon-1,jon@northlight.example,newsroom;{GROUP},false
"""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, and what they hold: roles, whether they came themselves, whether they are in the document's group.

    `groups` are what a provider says of a person; `scopes` make it a key, which may act for an `address`.
    """

    name: str
    roles: frozenset[str] = frozenset()
    in_group: bool = False
    groups: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    address: str = ""

    @property
    def is_person(self) -> bool:
        return not self.scopes


def person(*roles: str, in_group: bool = False) -> Who:
    """Return somebody with some roles, whose groups give them these."""
    name = "-".join((*(roles or ("visitor",)), "in" if in_group else "out"))
    groups = [GROUP_OF[role] for role in roles] + ([GROUP] if in_group else ["visitors"])
    return Who(name, frozenset(roles), in_group, tuple(groups))


_STAFF = frozenset({"staff"})
PEOPLE = tuple(person(*roles, in_group=given) for roles in ((), *((one,) for one in ROLES)) for given in (False, True))
KEYS = (
    Who("key-ask-out", _STAFF, scopes=("ask",)),
    Who("key-ask-in", _STAFF, in_group=True, groups=(GROUP,), scopes=("ask",)),
    Who("key-for-uma", _STAFF, scopes=("ask", "act-for"), groups=(GROUP,), address="uma@northlight.example"),
    Who("key-for-theo", _STAFF, in_group=True, scopes=("ask", "act-for"), address="Theo@Northlight.example"),
    Who("key-audit", frozenset({"auditor"}), scopes=("audit",)),
    Who("key-operate", frozenset({"operator"}), scopes=("operate",)),
    Who("key-scim", scopes=("scim",)),
    Who("key-metrics", scopes=("metrics",)),
)


@dataclass
class Office:
    """A studio, and a client for each caller."""

    studio: Studio
    provider: ScriptedProvider
    _headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)

    def headers(self, who: Who) -> Mapping[str, str]:
        """Return what somebody's programs send: always the same."""
        if who.name not in self._headers:
            bearer = self._token(who) if who.is_person else self._key(who)
            for_them = {"Greenlit-On-Behalf-Of": who.address} if who.address else {}
            self._headers[who.name] = {"Authorization": f"Bearer {bearer}", **for_them}
        return self._headers[who.name]

    def api(self, who: Who) -> TestClient:
        """Return somebody who calls the API."""
        client = self.studio.stranger()
        client.headers.update(self.headers(who))
        return client

    def session(self, who: Who) -> str:
        """Return the id of the session of a person who signed in at the provider: always the same."""
        if who.name not in self._sessions:
            sign_in = self.studio.service.sign_in
            assert isinstance(sign_in, OidcAccess)
            signed_in = Person(who.name, None, who.name, frozenset(who.groups))
            self._sessions[who.name] = sign_in._sessions.begin(signed_in, before=None, id_token=None).session_id
        return self._sessions[who.name]

    def browser(self, who: Who) -> TestClient:
        """Return somebody who looks at the pages."""
        return with_session(self.studio.stranger(), self.session(who))

    def ask(self, who: Who) -> Asked:
        """Ask a question in somebody's name."""
        response = self.api(who).post("/v1/ask", json={"question": VENDOR_QUESTION, "conversation_id": CONVERSATION})
        return on_record(self.studio, response.json()["request_id"])

    def _token(self, who: Who) -> str:
        said = claims(self.provider.issuer, sub=who.name, groups=list(who.groups))
        return Signer().sign(said | {"exp": said["exp"] + _DAY_S})

    def _key(self, who: Who) -> str:
        wish = KeyWish(who.name, who.scopes, utc_now().date() + timedelta(days=1), who.groups)
        return self.studio.service.key_ring.make(wish, by="cli").secret


@contextlib.contextmanager
def open_office(library: TinyLibrary, **more: Any) -> Iterator[Office]:
    """Lend a service with rules on AI and travel for all staff, and a plan for the group `GROUP`; `more` sets more."""
    library.allow("board", groups=(GROUP,))
    library.add(BOARD_PLAN, BOARD_TEXT)
    (library.folder / "access.toml").write_text(RULES)
    with_rules(library)
    state = library.root / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    (state / "directory.csv").write_text(DIRECTORY)
    with (
        scripted_provider() as provider,
        open_studio(
            library,
            auth="oidc",
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT_ID,
            oidc_audience=AUDIENCE,
            public_url=PUBLIC_URL,
            questions_per_minute=1_000_000,
            requests_per_minute=1_000_000,
            **more,
        ) as studio,
    ):
        yield Office(studio, provider)

"""Every door to the audit log, for tests that go through all of them, and people with and without the right to.

`CALLS` has one good request for each audit route and for the page `/record`; `COMMANDS` has one for each audit command.
Both are about a question that was `asked`; what takes two people, about what somebody else `opened` before (`ready`).
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

import greenlit
import indexes.encoder
import service.audit.log
import service.operating.doctor
import service.parts
from service.access.errors import NotSignedInError
from service.access.port import Brought, Carried, NewSession
from service.access.principals import Principal, Role
from service.app import create_app
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ADDRESS,
    HALF_THE_WORDS,
    POLICY,
    TOKEN,
    VENDOR_QUESTION,
    Studio,
    beside,
    microseconds,
    with_session,
)

ORIGIN = "greenlit.test/audit/2026-11"
BUILD = "20200101T000000Z-gone"
PURPOSE = "complaint 2026-17"
CONVERSATION = "c-of-a-question"
_FAR_US = 2_000_000_000_000_000  # in 2033: all that a test has recorded is older


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on record: its id, and the numbers of its two records.

    Then what others opened and nobody confirmed yet: a reveal of who asked it, an erasing by age. Routes that are not
    about a question take a document, or a key by its id.
    """

    request_id: str
    received: int
    finished: int
    reveal: int = 0
    erasure: int = 0
    document: str = POLICY
    key_id: str = ""
    pushed_id: str = ""
    wished: int = 0  # a document that somebody asked for


def asked(studio: Studio, question: str = VENDOR_QUESTION) -> Asked:
    """Ask a question, and have a checkpoint cover it."""
    return on_record(studio, studio.ask(question)["request_id"])


def on_record(studio: Studio, request_id: str) -> Asked:
    """Return a question that was asked, once a checkpoint covers it."""
    studio.opened.log.publish()
    received, finished = studio.store.of_request(request_id)
    return Asked(request_id, received.seq, finished.seq)


def opened(studio: Studio, question: Asked) -> Asked:
    """Let the auditor `ben` open a reveal of a question, and the operator `olga` an erasing by age."""
    parts = studio.service.auditing
    reveal = parts.reveal.open("ben", seq=question.received, case="HR-1", reason=PURPOSE)
    erasure = parts.erasure_by_age.open("olga", before_us=_FAR_US, ground="court_order", purpose=PURPOSE)
    return dataclasses.replace(question, reveal=reveal["id"], erasure=erasure["id"])


@dataclass(frozen=True, slots=True)
class Call:
    """A good request: which route, and, for a question, its address and what is sent; and who may send it."""

    route: str
    address: Callable[[Asked], str]
    body: Callable[[Asked], Mapping[str, Any]] | None = None
    roles: tuple[Role, ...] = (Role.AUDITOR,)
    is_second: bool = False  # of two people: somebody else has to have opened it
    files: Callable[[Asked], Mapping[str, Any]] | None = None  # of a form with one

    def ready(self, studio: Studio, question: Asked) -> Asked:
        """Return a question with which the request is good."""
        return opened(studio, question) if self.is_second else question

    @property
    def is_page(self) -> bool:
        return not self.route.split()[1].startswith(("/v1", "/scim", "/mcp", "/metrics"))

    def send(self, client: Any, question: Asked, **more: Any) -> Any:
        """Send it through a client of HTTP."""
        if self.body is not None:
            more["data" if self.is_page else "json"] = dict(self.body(question))
        if self.files is not None:
            more["files"] = self.files(question)
        return client.request(self.route.split()[0], self.address(question), **more)


_AUDIT = "/v1/audit"
# The type of the leaf that has to be durable before anything is shown or done, and the request.
RECORDED: Sequence[tuple[str, Call]] = (
    ("audit.read", Call(f"GET {_AUDIT}/records", lambda _: f"{_AUDIT}/records?limit=1000")),
    ("audit.read", Call(f"GET {_AUDIT}/records/{{seq}}", lambda q: f"{_AUDIT}/records/{q.received}")),
    (
        "audit.read",
        Call(
            f"POST {_AUDIT}/records/{{seq}}/payload",
            lambda q: f"{_AUDIT}/records/{q.received}/payload",
            lambda _: {"purpose": PURPOSE},
        ),
    ),
    ("audit.read", Call(f"POST {_AUDIT}/replay", lambda _: f"{_AUDIT}/replay", lambda q: {"seq": q.finished})),
    (
        "reveal.opened",
        Call(
            f"POST {_AUDIT}/reveals",
            lambda _: f"{_AUDIT}/reveals",
            lambda q: {"seq": q.received, "case": "HR-1", "reason": PURPOSE},
        ),
    ),
    ("audit.read", Call(f"GET {_AUDIT}/reveals", lambda _: f"{_AUDIT}/reveals", is_second=True)),
    (
        "identity.revealed",
        Call(
            f"POST {_AUDIT}/reveals/{{id}}/confirm",
            lambda q: f"{_AUDIT}/reveals/{q.reveal}/confirm",
            lambda _: {},
            is_second=True,
        ),
    ),
    (
        "erasure.opened",
        Call(
            f"POST {_AUDIT}/erasures",
            lambda _: f"{_AUDIT}/erasures",
            lambda _: {"before": "2026-11-20", "ground": "court_order", "purpose": PURPOSE},
            roles=(Role.OPERATOR,),
        ),
    ),
    (
        "payload.erased",
        Call(
            f"POST {_AUDIT}/erasures/{{id}}/confirm",
            lambda q: f"{_AUDIT}/erasures/{q.erasure}/confirm",
            lambda _: {},
            roles=(Role.OPERATOR, Role.AUDITOR),
            is_second=True,
        ),
    ),
    (
        "audit.exported",
        Call(
            f"POST {_AUDIT}/export",
            lambda _: f"{_AUDIT}/export",
            lambda q: {"from": q.received, "to": q.finished, "payloads": True, "purpose": PURPOSE},
        ),
    ),
    ("audit.read", Call(f"GET {_AUDIT}/own", lambda _: f"{_AUDIT}/own")),
    ("audit.read", Call("GET /record", lambda _: "/record")),
    (
        "payload.erased",
        Call(f"POST {_AUDIT}/own/erase", lambda _: f"{_AUDIT}/own/erase", lambda q: {"request_id": q.request_id}),
    ),
    ("payload.erased", Call("POST /record/erase", lambda _: "/record/erase", lambda q: {"request_id": q.request_id})),
    (
        "payload.erased",
        Call(f"POST {_AUDIT}/erase", lambda _: f"{_AUDIT}/erase", lambda q: {"request_id": q.request_id}),
    ),
    (
        "key.created",
        Call(
            f"POST {_AUDIT}/rotate",
            lambda _: f"{_AUDIT}/rotate",
            lambda _: {"purpose": "payload"},
            roles=(Role.OPERATOR,),
        ),
    ),
    (
        "build.removed",
        Call(
            f"POST {_AUDIT}/builds/{{build}}/removal",
            lambda _: f"{_AUDIT}/builds/{BUILD}/removal",
            lambda _: {},
            roles=(Role.OPERATOR,),
        ),
    ),
)
# The pages of the console, each with the type of the leaf likewise.
_CONSOLE: Sequence[tuple[str, Call]] = (
    ("audit.read", Call("GET /audit", lambda _: "/audit?show=all")),
    ("audit.read", Call("GET /audit/records/{seq}", lambda q: f"/audit/records/{q.received}")),
    (
        "audit.read",
        Call(
            "POST /audit/records/{seq}/texts",
            lambda q: f"/audit/records/{q.received}/texts",
            lambda _: {"purpose": PURPOSE},
        ),
    ),
    (
        "audit.read",
        Call("POST /audit/records/{seq}/again", lambda q: f"/audit/records/{q.finished}/again", lambda _: {}),
    ),
    (
        "payload.erased",
        Call(
            "POST /audit/records/{seq}/erase",
            lambda q: f"/audit/records/{q.finished}/erase",
            lambda _: {"ground": "court_order", "purpose": PURPOSE},
        ),
    ),
    ("audit.read", Call("GET /audit/charts", lambda _: "/audit/charts")),
    ("audit.read", Call("GET /audit/looks", lambda _: "/audit/looks")),
    ("audit.read", Call("GET /audit/reveals", lambda _: "/audit/reveals", is_second=True)),
    (
        "reveal.opened",
        Call(
            "POST /audit/reveals",
            lambda _: "/audit/reveals",
            lambda q: {"seq": q.received, "case": "HR-1", "reason": PURPOSE},
        ),
    ),
    (
        "identity.revealed",
        Call(
            "POST /audit/reveals/confirm",
            lambda _: "/audit/reveals/confirm",
            lambda q: {"id": q.reveal},
            is_second=True,
        ),
    ),
    (
        "audit.exported",
        Call("POST /audit/export", lambda _: "/audit/export", lambda _: {"payloads": "1", "purpose": PURPOSE}),
    ),
    ("audit.read", Call("POST /audit/verify", lambda _: "/audit/verify", lambda _: {})),
)
RECORDED = (*RECORDED, *_CONSOLE)
# These give hashes, signatures, keys and counts, and no record.
UNRECORDED: Sequence[Call] = (
    Call("GET /audit/export", lambda _: "/audit/export"),
    Call("GET /audit/verify", lambda _: "/audit/verify"),
    Call("GET /audit/records/{seq}/proof", lambda q: f"/audit/records/{q.finished}/proof"),
    Call(f"GET {_AUDIT}/proof", lambda q: f"{_AUDIT}/proof?seq={q.finished}"),
    Call(f"GET {_AUDIT}/consistency", lambda _: f"{_AUDIT}/consistency?origin={ORIGIN}&old=1&new=2"),
    Call(f"GET {_AUDIT}/checkpoint", lambda _: f"{_AUDIT}/checkpoint?origin={ORIGIN}"),
    Call(f"GET {_AUDIT}/shards", lambda _: f"{_AUDIT}/shards"),
    Call(f"GET {_AUDIT}/builds/{{build}}", lambda _: f"{_AUDIT}/builds/{BUILD}", roles=(Role.OPERATOR,)),
    Call(f"GET {_AUDIT}/key", lambda _: f"{_AUDIT}/key"),
)
CALLS: Mapping[str, Call] = {call.route: call for call in (*(call for _, call in RECORDED), *UNRECORDED)}
OWN = {f"GET {_AUDIT}/own", "GET /record", f"POST {_AUDIT}/own/erase", "POST /record/erase"}

# The same for commands, about a question of which somebody else `opened` a reveal.
COMMANDS: Sequence[tuple[str, Callable[[Asked, Path], Sequence[str]]]] = (
    ("audit.read", lambda _, __: ["list"]),
    ("audit.read", lambda q, _: ["show", str(q.received)]),
    ("audit.read", lambda q, _: ["show", str(q.received), "--payload", "--purpose", PURPOSE]),
    ("audit.read", lambda q, _: ["replay", str(q.finished)]),
    ("reveal.opened", lambda q, _: ["reveal", "open", str(q.received), "--case", "HR-1", "--reason", PURPOSE]),
    ("audit.read", lambda _, __: ["reveal", "list"]),
    ("identity.revealed", lambda q, _: ["reveal", "confirm", str(q.reveal)]),
    ("audit.exported", lambda _, folder: ["export", str(folder / "export"), "--payloads", "--purpose", PURPOSE]),
    ("audit.read", lambda _, __: ["own"]),
    ("payload.erased", lambda q, _: ["erase", "--request-id", q.request_id]),
    ("erasure.opened", lambda _, __: ["erase", "--before", "2026-11-20", "--ground", "court_order"]),
    ("payload.erased", lambda q, _: ["erase", "--confirm", str(q.erasure)]),
    ("key.created", lambda _, __: ["rotate", "payload"]),
)


def got(studio: Studio, path: str, status: int = 200, params: Mapping[str, Any] | None = None) -> Any:
    """Return what an audit route gives: JSON, or text where it is none."""
    response = studio.api.get(f"/v1/audit{path}", params=params)
    assert response.status_code == status, response.text
    return response.json() if "json" in response.headers["content-type"] else response.text


def posted(studio: Studio, path: str, body: Mapping[str, Any], status: int = 200) -> Any:
    """Post to an audit route and return what it gives."""
    response = studio.api.post(f"/v1/audit{path}", json=dict(body))
    assert response.status_code == status, response.text
    return response.json()


class People:
    """Recognises several people, each by a token or a session that is their name; an `Access`.

    `roles` by name, or a whole principal (`approver`); for those named in `by_key` an API key acts.
    """

    def __init__(self, *, by_key: frozenset[str] = frozenset(), **people: frozenset[Role] | Principal) -> None:
        self._people = {
            name: who
            if isinstance(who, Principal)
            else Principal(
                name, frozenset({"staff"}), who, "token", key_id=f"key-of-{name}" if name in by_key else None
            )
            for name, who in people.items()
        }

    def join(self, name: str, *groups: str) -> None:
        """Let somebody be in more groups."""
        known = self._people[name]
        self._people[name] = dataclasses.replace(known, groups=known.groups | set(groups))

    waits = False

    def principal(self, carried: Carried) -> Principal:
        name = carried.bearer or carried.session
        if name not in self._people:
            raise NotSignedInError("expected the token of somebody known")
        return self._people[name]

    def refresh(self) -> None:
        pass

    def depart(self) -> None:
        return None

    def arrive(self, brought: Brought, *, before: str | None) -> NewSession:
        del brought, before
        raise NotSignedInError("expected a link")

    def sign_in(self, code: str) -> NewSession:
        return NewSession(code, 60)

    def sign_out(self, session_id: str) -> None:
        del self._people[session_id]

    def sign_out_everywhere(self, person: str) -> int:
        return int(self._people.pop(person, None) is not None)


def approver(person_id: str, *sources: str, name: str = "", key_id: str | None = None) -> Principal:
    """Return somebody who decides on documents of some sources, signed in by a token of the provider."""
    roles = frozenset({Role.STAFF, Role.APPROVER})
    return Principal(person_id, frozenset({"staff"}), roles, "oidc-token", name, frozenset(sources), key_id)


AUDITOR = frozenset({Role.STAFF, Role.AUDITOR})
OPERATOR = frozenset({Role.STAFF, Role.OPERATOR})
STAFF = frozenset(Role) - {Role.AUDITOR, Role.OPERATOR}


@dataclass(frozen=True, slots=True)
class Company:
    """A studio that several people use."""

    studio: Studio
    app: FastAPI  # with an access of its own

    def api(self, name: str) -> TestClient:
        """Return somebody who is signed in to the API."""
        headers = {"Authorization": f"Bearer {name}"}
        client = TestClient(self.app, base_url=ADDRESS, headers=headers, raise_server_exceptions=False)
        return beside(self.studio.api, client)

    def browser(self, name: str) -> TestClient:
        """Return somebody who is signed in to the pages."""
        client = self.api(name)
        client.headers.pop("authorization")
        return with_session(client, name)

    def ask(self, name: str, question: str = VENDOR_QUESTION) -> Asked:
        """Ask in somebody's name."""
        result = self.api(name).post("/v1/ask", json={"question": question}).json()
        return on_record(self.studio, result["request_id"])


def company(studio: Studio, **more: frozenset[Role] | Principal) -> Company:
    """Return a studio that several people use.

    `mira` and `tom` are of staff and nothing else, `ann`, `ben` and `cleo` are auditors, `olga` and `otto` operators.
    By an API key acts `kim`, who has every role. `more` come beside them.
    """
    people: dict[str, frozenset[Role] | Principal] = {
        **dict.fromkeys(("mira", "tom"), STAFF),
        **dict.fromkeys(("ann", "ben", "cleo"), AUDITOR),
        **dict.fromkeys(("olga", "otto"), OPERATOR),
        "kim": frozenset(Role),
        **more,
    }
    access = People(by_key=frozenset({"kim"}), **people)
    return Company(studio, create_app(dataclasses.replace(studio.service, access=access, sign_in=access)))


def environment(library: TinyLibrary) -> dict[str, str]:
    """Return the settings of a command line over the installation that `open_studio` opens."""
    places = {"LIBRARY": library.folder, "BUILDS": library.builds, "STATE": library.root / "state"}
    paths = {f"GREENLIT_{name}": str(path) for name, path in places.items()}
    return {"GREENLIT_TOKEN": TOKEN, "GREENLIT_LOG_NAME": "greenlit.test", **paths, **library.places.environment()}


def command(library: TinyLibrary, *arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(greenlit.app, arguments, env=environment(library))


def use_fakes(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that open the log themselves use the fakes that stand for the encoder and the clock."""
    for module in (indexes.encoder, service.operating.doctor):  # which may have been imported before, or by a command
        monkeypatch.setattr(module, "load_encoder", lambda _name, **_more: library.encoder)
    monkeypatch.setattr(service.answering_made, "read_calibration", lambda: HALF_THE_WORDS)
    monkeypatch.setattr(service.parts, "utc_now", library.clock)
    monkeypatch.setattr(service.audit.log, "system_clock_us", microseconds(library.clock))

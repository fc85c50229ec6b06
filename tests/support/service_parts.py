"""A whole service over a tiny library: the real wiring of `service.app`, with a fake encoder and a clock.

`open_studio` makes it; a `Studio` asks through the API, reads the record, and knows every door to a document. `Drafts`
is an answerer that drafts what a test tells it; its audit store is `breakable`. What the service rests on beside its
folders, the library's `places` say.
"""

import contextlib
import functools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient
from starlette.types import ASGIApp

import service.answering_made
import service.parts
from indexes.builds import Build
from service.access_made import local_access
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.course import NO_WATCHERS
from service.answering.drafts import Answerer, DraftSentence, Quote
from service.answering.evidence import Calibration
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import Hit, Retrieved
from service.app import create_app, model_does
from service.audit.checking.verifying import InAChild
from service.audit.errors import AuditUnavailableError
from service.audit.keys.keyring import Keyring
from service.audit.opening import OpenLog, Pace, assemble
from service.audit.sealed_text import payload_context
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import LeafReader, StoredLeaf
from service.commands.doors import more_doors
from service.http.limits import limits_for
from service.http.protocol import limited_protocol
from service.http.request_ids import HEADER
from service.mcp.addresses import of_document
from service.models.endpoints import Connect
from service.parts import Service, open_service
from service.settings import Settings
from service.web.form_tokens import FORM_TOKEN_HEADER, form_token
from service.web.pages import NOTICE_COOKIE, SESSION_COOKIE, notice_hash
from tests.support.answering_parts import RANKING
from tests.support.breakable import BreakableStore, BreakableTables, open_breakable
from tests.support.certificates import Certified
from tests.support.event_streams import AS_EVENTS
from tests.support.fakes import Clock, TinyLibrary
from tests.support.made_once import grown
from tests.support.mcp_messages import sent

TOKEN = "the-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ADDRESS = "http://127.0.0.1"

POLICY = "legal/ai-policy.md"
POLICY_TEXT = """# AI use policy

Staff may use approved AI tools to draft emails. Never upload unreleased scripts to any chatbot.

The security team reviews every new AI vendor within ten working days.
"""
TRAVEL = "legal/travel.md"
TRAVEL_TEXT = """# Travel rules

The daily travel allowance is fifty euros. Flights are booked in economy class.
"""
VENDOR_QUESTION = "Who reviews a new AI vendor?"
TRAVEL_QUESTION = "What is the daily travel allowance?"
OFF_TOPIC_QUESTION = "Which orbit do geostationary satellites follow?"

_USUAL_ANSWERER = ExtractiveAnswerer
HALF_THE_WORDS = Calibration(intercept=-5.0, coefficients={"coverage": 10.0}, threshold=0.5)
ALWAYS_ENOUGH = Calibration(intercept=0.0, coefficients={}, threshold=0.0)
NEVER_ENOUGH = Calibration(intercept=0.0, coefficients={}, threshold=0.99)

Make = Callable[[Retrieved, Build], Sequence[DraftSentence]]


@dataclass
class Drafts:
    """An answerer that drafts what a function of the hits and the build says."""

    make: Make
    kind: Literal["extractive", "llm"] = "llm"
    name: str = "stub-1"
    asked: list[str] = field(default_factory=list)

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        self.asked.append(text)
        return self.make(retrieved, build)


def whole(hit: Hit) -> DraftSentence:
    """Return a sentence that quotes a whole passage."""
    passage = hit.passage
    return DraftSentence(
        " ".join(passage.text.split()), (Quote(passage.passage_id, passage.start, passage.end, passage.text),)
    )


@dataclass
class Studio:
    """A running service, and who asks it."""

    library: TinyLibrary
    service: Service
    app: FastAPI
    api: TestClient  # signed in by the token
    opened: OpenLog
    store: BreakableStore | BreakableTables

    @property
    def state(self) -> Path:
        return self.service.settings.state

    def ask(self, question: str, **more: Any) -> dict[str, Any]:
        """Ask through the API; the answer as JSON."""
        response = self.api.post("/v1/ask", json={"question": question, **more})
        assert response.status_code == 200, response.text
        value: dict[str, Any] = response.json()
        return value

    def search(self, question: str, limit: int = 10) -> dict[str, Any]:
        """Search through the API; the result as JSON."""
        response = self.api.post("/v1/search", json={"question": question, "limit": limit})
        assert response.status_code == 200, response.text
        value: dict[str, Any] = response.json()
        return value

    def browser(self) -> TestClient:
        """Return a browser that opened the link of the service, and in which the notice was confirmed."""
        client = with_session(self.stranger(), self.session())
        client.cookies.set(NOTICE_COOKIE, self.notice())
        return client

    def notice(self) -> str:
        """Return what somebody's browser holds who has confirmed the notice as it is."""
        settings = self.service.settings
        asked = settings.model if settings.wants_a_model else ""
        return notice_hash(settings.retention_months, settings.retention_reason, asked, model_does(settings))

    def code(self) -> str:
        """Return the code of a new sign-in link, as the command line puts it there."""
        with contextlib.closing(local_access(self.service.settings)) as access:
            return access.new_code()

    def session(self) -> str:
        """Return the id of a new session."""
        return self.service.sign_in.sign_in(self.code()).session_id

    def stranger(self) -> TestClient:
        """Return somebody who is not signed in."""
        return beside(self.api, TestClient(self.app, base_url=ADDRESS, raise_server_exceptions=False))

    def leaves(self) -> list[dict[str, Any]]:
        """Return the leaves of all questions, in order."""
        return [json.loads(stored.leaf) for stored in self._stored() if stored.type.startswith("query.")]

    def all_leaves(self, *, since: int = 0) -> list[dict[str, Any]]:
        """Return all leaves of the record, in order, but for as many as there were at a moment."""
        return [json.loads(stored.leaf) for stored in self._stored(since)]

    def number_of_leaves(self) -> int:
        """Return how many leaves the record has; reading them takes longer than most requests."""
        return self.store.size()

    def _stored(self, since: int = 0) -> list[StoredLeaf]:
        return self.store.leaves(since - 1, 100_000)

    def doors_showing(self, document: str, question: str, *needles: str) -> list[str]:
        """Return the doors through which a document, or any of some texts of it, can be seen now."""
        assert all(set(needle) - set("0123456789abcdef-") for needle in needles), "ids and hashes hold any by chance"
        name, address = quote(document), of_document(document)
        browser = self.browser()
        pages = {
            "ask": self.api.post("/v1/ask", json={"question": question}).text,
            "stream": self.api.post("/v1/ask", json={"question": question}, headers=AS_EVENTS).text,
            "chat": self.api.post("/v1/chat/completions", json=_chat(question)).text,
            "stream of a chat": self.api.post("/v1/chat/completions", json=_chat(question, stream=True)).text,
            "search": self.api.post("/v1/search", json={"question": question, "limit": 50}).text,
            "documents": self.api.get("/v1/documents").text,
            "document": self.api.get(f"/v1/documents/{name}").text,
            "original": self.api.get(f"/v1/originals/{name}").text,
            "page of the answer": browser.post("/", data={"question": question}).text,
            "stream of the page": browser.post("/", data={"question": question}, headers=AS_EVENTS).text,
            "page of the documents": browser.get("/documents").text,
            "page of the document": browser.get(f"/documents/{name}").text,
            "page of the original": browser.get(f"/originals/{name}").text,
            "MCP answer": sent(self.api, "tools/call", name="ask", arguments={"question": question}).text,
            "MCP passages": sent(self.api, "tools/call", name="search_passages", arguments={"question": question}).text,
            "MCP documents": sent(self.api, "resources/list").text,
            "MCP document": str(sent(self.api, "resources/read", uri=address).json().get("result")),
        }
        return [door for door, seen in pages.items() if any(each in seen for each in (document, *needles))]


def _chat(question: str, **more: Any) -> dict[str, Any]:
    return {"model": "greenlit", "messages": [{"role": "user", "content": question}], **more}


def all_told(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return all that a response tells, but for the id that each has of its own."""
    return response.status_code, response.content, {**response.headers, HEADER.lower(): ""}


class Unhurried:
    """Checks a log in the place of a process of its own, which most tests can do without: it is done at the end."""

    def __init__(self, **_where: object) -> None:
        self._stopped = threading.Event()

    def run(self, tell: Callable[[int, int], None]) -> dict[str, Any]:
        tell(0, 1)
        self._stopped.wait()
        raise AuditUnavailableError("it was stopped")

    def stop(self) -> None:
        self._stopped.set()


def with_session(client: TestClient, session_id: str) -> TestClient:
    """Let a browser have a session, bring with every form what the pages gave it, and have confirmed the notice."""
    client.cookies.set(SESSION_COOKIE, session_id)
    client.cookies.set(NOTICE_COOKIE, notice_hash(12, ""))
    client.headers[FORM_TOKEN_HEADER] = form_token(session_id)
    return client


def beside(running: TestClient, client: TestClient) -> TestClient:
    """Let a client use the event loop of one that runs already, instead of starting one for each request."""
    client.portal = running.portal
    return client


EVERY_DOOR = [
    "ask",
    "stream",
    "chat",
    "stream of a chat",
    "search",
    "documents",
    "document",
    "original",
    "page of the answer",
    "stream of the page",
    "page of the documents",
    "page of the document",
    "page of the original",
    "MCP answer",
    "MCP passages",
    "MCP documents",
    "MCP document",
]


def with_rules(library: TinyLibrary) -> TinyLibrary:
    """Put the two rules into a library and make a build."""
    grown(library, _add_rules)
    return library


def _add_rules(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT)
    library.add(TRAVEL, TRAVEL_TEXT)
    library.ingest()


@contextlib.contextmanager
def open_studio(
    library: TinyLibrary,
    *,
    calibration: Calibration = HALF_THE_WORDS,
    answerer: Answerer | Literal["llm"] | None = None,
    groups: str = "",
    verifies: bool = False,
    connect: Connect | None = None,
    **more: Any,
) -> Iterator[Studio]:
    """Open a service over a library, as `greenlit serve` does; the clock is the library's.

    Args:
        library: its newest build is asked.
        calibration: what weighs the evidence.
        answerer: drafts instead of the extractive one; or the setting, where a language model is to write.
        groups: of the person who asks, besides "staff", separated by commas.
        verifies: whether the log is really verified when an auditor asks for it, by a process of its own.
        connect: makes clients of language models, if the settings ask for one (`judge`, `model`).
        more: other settings; and `watchers`, which are told what happens.
    """
    watchers = more.pop("watchers", NO_WATCHERS)
    if answerer == "llm":
        answerer, more = None, more | {"answerer": "llm"}
    settings = settings_for(library, local_groups=groups, **more)
    store = open_breakable(settings.state, database=settings.database())
    opened_log = assemble(
        store,
        keys=settings.keys_folder(),
        name="greenlit.test",
        clock=microseconds(library.clock),
        notice=structlog.get_logger("greenlit").warning,
        pace=Pace(retry_wait_s=0.01),
    )
    with contextlib.closing(opened_log), pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.parts, "utc_now", library.clock)
        patch.setattr(service.answering_made, "read_calibration", lambda: calibration)
        patch.setattr(service.answering_made, "read_ranking", lambda: RANKING)
        patch.setattr(service.parts, "InAChild", InAChild if verifies else Unhurried)
        # Named even where it is the usual one: another studio that is still open may have put its own there.
        drafting = (lambda *, ranking: _instead(answerer, ranking)) if answerer is not None else _USUAL_ANSWERER
        patch.setattr(service.answering_made, "ExtractiveAnswerer", drafting)
        notice = structlog.get_logger("greenlit").warning
        with open_service(
            settings,
            opened=opened_log,
            encoder=library.encoder,
            notice=notice,
            connect=connect,
            watchers=watchers,
        ) as opened:
            app = create_app(opened, more=more_doors(settings), drawer=library.drawer)
            with (
                _following(library, opened),
                TestClient(app, base_url=ADDRESS, headers=BEARER, raise_server_exceptions=False) as api,
            ):
                yield Studio(library, opened, app, api, opened_log, store)


@contextlib.contextmanager
def _following(library: TinyLibrary, opened: Service) -> Iterator[None]:
    """Let a service have the live build of an object store from its first question on, and each new one at once."""
    if (followed := opened.followed) is None or not library.places.builds:
        yield
        return
    followed.wait()
    with library.places.followed_by(followed.mirror):
        yield


def settings_for(library: TinyLibrary, **more: Any) -> Settings:
    """Return the settings of a service over a library; what is given is of the right type."""
    places = {"library": library.folder, "builds": library.builds, "state": library.root / "state"}
    more = library.places.settings() | more
    address = more.pop("builds_address", "")
    settings = _defaults().model_copy(update={**places, "token": SecretStr(TOKEN), **more})
    settings._address = address
    return settings


@functools.cache
def _defaults() -> Settings:
    """Read once what is set where nothing is said: looking for each variable takes 20 ms. Every door is there."""
    return Settings(_env_file=None, mcp=True)


def _instead(answerer: Answerer, ranking: Ranking) -> Answerer:
    del ranking
    return answerer


def microseconds(clock: Clock) -> Callable[[], int]:
    """Return a clock of the audit log that shows what a test's clock shows."""
    return lambda: round(clock().timestamp() * 1_000_000)


def without_receipt(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without what differs between any two questions."""
    return {key: value for key, value in result.items() if key not in ("request_id", "receipt")}


def files_holding(needle: str, *folders: Path) -> list[Path]:
    """Return every file under some folders that holds a text: the audit store too, where texts are sealed."""
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in files if needle.encode() in path.read_bytes()]


def sealed_texts(state: Path, field: str, *, database: str = "") -> list[str]:
    """Return every text of a field in the log of a state folder, or a database, in order, opened with its keys."""
    keyring = Keyring(folder=state / "keys")
    texts = []
    with reading_log(state, database=database) as store:
        for stored in store.leaves(-1, 100_000):
            leaf = json.loads(stored.leaf)
            for payload in store.payloads(stored.seq):
                if payload.field == field:
                    context = payload_context(leaf["origin"], leaf["type"], stored.request_id, field)
                    texts.append(keyring.open(payload.key_id, payload.sealed, context=context)[1].decode())
    return texts


def texts_on_record(library: TinyLibrary, field: str) -> list[str]:
    """Return every text of a field in the log of a library's service, as `sealed_texts`."""
    return sealed_texts(library.root / "state", field, database=library.places.database)


@contextlib.contextmanager
def reading_log(state: Path, *, database: str = "") -> Iterator[LeafReader]:
    """Lend another reader of a log than the service's own; it knows what is durable and nothing else."""
    if not database:
        yield SqliteLeafStore(folder=state)
        return
    with contextlib.closing(PostgresBesideStore.reading(database, folder=state)) as store:
        yield store


def leaves_on_record(library: TinyLibrary) -> list[StoredLeaf]:
    """Return the leaves of the log of a library's service, as another reader finds them."""
    with reading_log(library.root / "state", database=library.places.database) as store:
        return store.leaves(-1, 100_000)


@contextlib.contextmanager
def serving(app: ASGIApp, *, certified: Certified | None = None, port: int = 0) -> Iterator[str]:
    """Serve an application on a port of this machine, a free one unless named; lends its address."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        app,
        http=limited_protocol(limits_for(100)),
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=75,  # as `greenlit serve` does
        ssl_certfile=certified.certificate if certified else None,
        ssl_keyfile=certified.key if certified else None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"{'https' if certified else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()

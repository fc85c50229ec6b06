"""What comes over HTTP: refused in the right order and in words, acknowledged only once it is kept."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.testclient import TestClient

from service.slack_bot.arriving import taking as taking_module
from service.slack_bot.arriving.deliveries import Deliveries
from service.slack_bot.arriving.receiving import MAX_BODY_BYTES, Receiving
from service.slack_bot.arriving.signatures import Signatures
from service.slack_bot.arriving.taking import Reply, Taking
from service.slack_bot.arriving.work import Item, Work
from service.slack_bot.errors import DeliveriesError
from service.slack_bot.health import Health
from service.slack_bot.people import People
from service.slack_bot.workspace import Known, Workspace
from tests.support.audit_parts import wait_until
from tests.support.slack_server.deliveries import signature, signed
from tests.support.slack_server.forging import forgeries, malformed
from tests.support.slack_server.state import SIGNING_SECRET

_MESSAGE = {"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "ts": "17.5", "text": "how much?"}
_EVENT = {"type": "event_callback", "event_id": "Ev1", "team_id": "T0NORTH", "event": _MESSAGE}
_COMMAND = {
    "command": "/ask",
    "team_id": "T0NORTH",
    "channel_id": "C1",
    "user_id": "U1",
    "trigger_id": "1.2.3",
    "text": "how much?",
    "response_url": "https://hooks.slack.com/commands/1",
}
_PRESSED = {"type": "block_actions", "team": {"id": "T0NORTH"}, "user": {"id": "U1"}, "actions": []}


@dataclass
class Bench:
    """The application over real parts; nothing works off what is taken, and Bolt says what it is told to say."""

    taking: Taking
    client: TestClient
    health: Health
    known: Known
    dispatched: list[Mapping[str, Any]] = field(default_factory=list)
    says: Reply = field(default_factory=Reply)

    def post(self, content: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        response = self.client.post("/slack/events", content=content, headers=dict(headers))
        return response.status_code, response.text

    def event(self, payload: object = _EVENT, **headers: str) -> tuple[int, str]:
        body = json.dumps(payload).encode()
        return self.post(body, signed(body) | headers)

    def form(self, fields: Mapping[str, Any], *, at: float | None = None) -> tuple[int, str]:
        body = urlencode(fields).encode()
        return self.post(body, signed(body, at=at, kind="command"))

    def waiting(self) -> list[Item]:
        return [item for items in self.taking.work._lanes.values() for item in items]


def _lasting(app: Receiving) -> Any:
    """Return the application with the beginning and the end that the test client asks for."""

    async def lasting(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})

    return lasting


@pytest.fixture
def bench(tmp_path: Path, north: Workspace) -> Iterator[Bench]:
    async def never(_: Item) -> float | None:
        raise AssertionError("expected nothing to be worked off")

    async def dispatch(payload: Mapping[str, Any]) -> Reply:
        made.dispatched.append(payload)
        return made.says

    said: list[object] = []
    known, health = Known(north), Health(lambda event, /, **values: said.append((event, values)))
    deliveries = Deliveries(tmp_path / "deliveries.sqlite")
    people = People(cast("AsyncWebClient", None), known)
    taking = Taking(deliveries, Work(never), people, known, health, dispatch)
    with TestClient(_lasting(Receiving(taking, Signatures(SIGNING_SECRET), health))) as client:
        made = Bench(taking, client, health, known)
        yield made
        assert client.portal is not None
        client.portal.call(deliveries.close)


def test_a_message_is_kept_and_acknowledged_and_a_duplicate_is_acknowledged_alone(bench: Bench) -> None:
    assert bench.event() == (200, "")
    assert bench.event(**{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}) == (200, "")

    assert [(item.delivery.name, item.text) for item in bench.waiting()] == [("Ev1", "how much?")]
    assert [one.name for one in bench.taking.deliveries.unfinished()] == ["Ev1"]


def test_a_retry_of_what_was_never_kept_is_no_reason_to_drop_it(bench: Bench) -> None:
    assert bench.event(**{"X-Slack-Retry-Num": "3", "X-Slack-Retry-Reason": "http_error"}) == (200, "")
    assert len(bench.waiting()) == 1


def test_what_cannot_be_kept_is_not_acknowledged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> bool:
        raise DeliveriesError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Deliveries, "take", full)
        patched.setattr(Deliveries, "is_first", full)
        statuses = [bench.event()[0], bench.form(_COMMAND)[0], bench.form({"payload": json.dumps(_PRESSED)})[0]]
        unwell = bench.client.get("/healthz")

    assert statuses == [503, 503, 503]
    assert (unwell.status_code, unwell.json()["problems"]) == (503, ["the disk is full"])
    assert bench.waiting() == []
    assert bench.event()[0] == 200
    assert bench.client.get("/healthz").json() == {"status": "ok", "problems": []}


@contextlib.contextmanager
def _torn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    commit = Deliveries._commit

    def torn(self: Deliveries, batch: list[Any]) -> list[int]:
        commit(self, batch)  # and then the connection broke
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Deliveries, "_commit", torn)
        yield


def test_a_press_that_was_kept_though_that_seemed_to_fail_is_done_when_it_comes_again_and_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, fields = time.time(), {"payload": json.dumps(_PRESSED)}
    with _torn(monkeypatch):
        assert bench.form(fields, at=at)[0] == 503
    assert bench.dispatched == []
    assert [bench.form(fields, at=at)[0] for _ in range(2)] == [200, 200]
    assert bench.dispatched == [_PRESSED]


def test_what_was_kept_though_that_seemed_to_fail_is_put_to_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with _torn(monkeypatch):
        assert bench.event()[0] == 503
    assert bench.event()[0] == 200, "Slack delivers it again, and it is there already"
    assert bench.waiting() == []
    monkeypatch.setattr(taking_module, "_LOOK_S", 0.01)
    assert bench.client.portal is not None
    with bench.client.portal.wrap_async_context_manager(going_on(bench.taking)):
        wait_until(lambda: len(bench.waiting()) == 1)


@contextlib.asynccontextmanager
async def going_on(taking: Taking) -> AsyncIterator[None]:
    task = asyncio.ensure_future(taking.go_on())
    yield
    task.cancel()


def test_what_slack_did_not_sign_is_401(bench: Bench) -> None:
    all_of_them = list(forgeries(_EVENT))
    for forged in all_of_them:
        headers = {name.encode(): value.encode() for name, value in forged.headers.items()}
        response = bench.client.post("/slack/events", content=forged.body, headers=headers)
        assert response.status_code == 401, forged.name
        assert response.headers["content-type"] == "application/problem+json"

    assert len(all_of_them) > 15
    assert bench.waiting() == []


@pytest.mark.parametrize("name", ["x-slack-signature", "x-slack-request-timestamp"])
def test_a_header_that_is_not_ascii_is_401(bench: Bench, name: str) -> None:
    body = json.dumps(_EVENT).encode()
    headers = {key.lower().encode(): value.encode() for key, value in signed(body).items()}
    headers[name.encode()] = "v0=é١".encode()

    assert bench.client.post("/slack/events", content=body, headers=headers).status_code == 401


def test_what_is_signed_and_of_another_form_is_a_clear_4xx(bench: Bench) -> None:
    for sent in malformed():
        status, text = bench.post(sent.body, sent.headers)
        assert status in {400, 403}, sent.name
        assert json.loads(text)["status"] == status

    assert bench.waiting() == []


def test_another_content_type_is_415_and_an_empty_form_400(bench: Bench) -> None:
    body = json.dumps(_EVENT).encode()
    for content_type in ("text/plain", "multipart/form-data; boundary=x", ""):
        assert bench.post(body, signed(body) | {"Content-Type": content_type})[0] == 415
    assert bench.form({"a": "b"})[0] == 400
    assert bench.form({"payload": "[1]"})[0] == 400
    assert bench.form({f"field{number}": "x" for number in range(100)})[0] == 400
    assert bench.form({"command": "/ask"})[0] == 400


def test_a_body_beyond_the_limit_is_413_before_anything_is_computed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> bool:
        raise AssertionError("expected no signature to be computed")

    monkeypatch.setattr(Signatures, "is_good", never)
    body = b"x" * (MAX_BODY_BYTES + 1)

    def pieces() -> Iterator[bytes]:
        yield from (body[start : start + 65_536] for start in range(0, len(body), 65_536))

    assert bench.post(body, signed(body))[0] == 413
    chunked = bench.client.post("/slack/events", content=pieces(), headers=signed(body))
    assert chunked.status_code == 413
    for length in ("9" * 5000, str(MAX_BODY_BYTES + 1)):
        assert bench.post(b"{}", signed(b"{}") | {"Content-Length": length})[0] == 413


def test_a_stranger_gets_no_body_read(bench: Bench) -> None:
    receive_was_asked = False

    async def call() -> int:
        nonlocal receive_was_asked
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            nonlocal receive_was_asked
            receive_was_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {
            "type": "http", "method": "POST", "path": "/slack/events", "raw_path": b"/slack/events", "headers": [],
            "query_string": b"", "scheme": "http", "http_version": "1.1", "root_path": "", "server": ("h", 1),
        }  # fmt: skip
        await bench.client.app(scope, receive, send)
        return statuses[0]

    assert asyncio.run(call()) == 401
    assert not receive_was_asked


def test_the_address_is_verified_only_for_slack(bench: Bench) -> None:
    challenge = {"type": "url_verification", "token": "unused", "challenge": "3eZbrw1a"}

    assert bench.event(challenge) == (200, '{"challenge": "3eZbrw1a"}')
    body = json.dumps(challenge).encode()
    forged = signed(body) | {"X-Slack-Signature": signature(body, str(int(time.time())), "another secret")}
    status, text = bench.post(body, forged)
    assert status == 401
    assert "3eZbrw1a" not in text


def test_a_command_is_taken_once_however_often_its_request_comes(bench: Bench) -> None:
    at = time.time()

    assert [bench.form(_COMMAND, at=at) for _ in range(2)] == [(200, ""), (200, "")]
    assert [item.text for item in bench.waiting()] == ["how much?"]


def test_what_somebody_pressed_goes_to_bolt_once_and_its_answer_back(bench: Bench) -> None:
    bench.says = Reply(200, '{"response_action": "clear"}', is_json=True)
    at, fields = time.time(), {"payload": json.dumps(_PRESSED)}

    assert bench.form(fields, at=at) == (200, '{"response_action": "clear"}')
    assert bench.form(fields, at=at) == (200, "")
    assert bench.dispatched == [_PRESSED]


@pytest.mark.parametrize("more", [{"team": {"id": "T0OTHER"}}, {"team": None}, {"team": "T0NORTH"}])
def test_what_is_pressed_elsewhere_does_not(bench: Bench, more: dict[str, Any]) -> None:
    assert bench.form({"payload": json.dumps(_PRESSED | more)})[0] == 403
    assert bench.dispatched == []


def test_another_event_goes_to_bolt_once_and_none_that_listens_is_fine(bench: Bench) -> None:
    opened = _EVENT | {"event_id": "Ev9", "event": {"type": "app_home_opened", "user": "U1", "tab": "home"}}
    bench.says = Reply(404)

    assert [bench.event(opened)[0] for _ in range(2)] == [200, 200]
    assert bench.dispatched == [opened]


def test_messages_that_do_not_ask_never_reach_bolt(bench: Bench) -> None:
    for inner in ({"bot_id": "B1"}, {"subtype": "message_changed"}, {"channel_type": "channel"}):
        assert bench.event(_EVENT | {"event": _MESSAGE | inner}) == (200, "")

    assert (bench.waiting(), bench.dispatched) == ([], [])


def test_before_it_is_known_whose_bot_this_is_questions_are_kept_and_the_rest_comes_again(
    bench: Bench, north: Workspace
) -> None:
    bench.known._workspace = None

    assert bench.event()[0] == 200
    assert bench.form({"payload": json.dumps(_PRESSED)})[0] == 503
    bench.known.learn(north)
    assert bench.form({"payload": json.dumps(_PRESSED)})[0] == 200


def test_a_change_of_somebody_is_taken_in(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(People, "forget", lambda _, user: forgotten.append(user))

    bench.event(_EVENT | {"event_id": "Ev8", "event": {"type": "user_change", "user": {"id": "U7"}}})

    assert forgotten == ["U7"]


def test_there_is_nothing_else_to_find(bench: Bench) -> None:
    for method, path, status in (
        ("GET", "/", 404),
        ("GET", "/slack/events", 405),
        ("POST", "/healthz", 405),
        ("POST", "/slack/events/", 404),
    ):
        response = bench.client.request(method, path, follow_redirects=False)
        assert response.status_code == status, path
        assert response.json()["status"] == status


def test_without_a_signing_secret_nothing_is_taken_over_http(bench: Bench) -> None:
    with TestClient(_lasting(Receiving(bench.taking, None, bench.health))) as client:
        assert client.post("/slack/events").status_code == 404
        assert client.get("/healthz").status_code == 200

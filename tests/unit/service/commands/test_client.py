"""How the audit commands reach the log: through the running service, or by opening it."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import service.audit.log
from indexes.errors import EncoderError
from service.audit.desk import Replaying
from service.audit.errors import ExportError, FilterError
from service.audit.opening import OpenLog
from service.audit.storage import writer_lock
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.commands.client import AuditCallError, AuditClient, audit_client
from service.operating.running import announced
from service.settings import Settings
from tests.support.audit_doors import asked
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TOKEN, microseconds, open_studio, settings_for, with_rules

SECRET = "quokka4711"
URL = "http://127.0.0.1:1"


class Replays:
    """Stands for what replays: `ran` lists what it was asked, `error` is what it raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.ran: list[tuple[str, int]] = []
        self.error = error
        self.made = self.closed = 0

    @contextlib.contextmanager
    def __call__(self, _opened: OpenLog) -> Iterator[Replaying]:
        self.made += 1
        if isinstance(self.error, EncoderError):
            raise self.error
        yield self
        self.closed += 1

    def run(self, who: str, seq: int) -> dict[str, Any]:
        self.ran.append((who, seq))
        if self.error:
            raise self.error
        found = {"verdict": "identical", "differences": [], "notes": [], "build": "b", "passages": 2}
        return {"seq": seq, "received_seq": seq - 1, "request_id": "r", "score_difference_u": 0, **found}


@pytest.fixture
def settings(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(service.audit.log, "system_clock_us", microseconds(library.clock))
    return settings_for(library, log_name="greenlit.test")


@pytest.fixture
def told() -> list[str]:
    return []


# --- a log that is opened here ---


@pytest.fixture
def here(library: TinyLibrary, settings: Settings, told: list[str]) -> Iterator[AuditClient]:
    """Lend a client of a log with one question, which nobody else holds."""
    with open_studio(with_rules(library)) as studio:
        asked(studio)
    with audit_client(settings, replayer=Replays(), notice=told.append) as client:
        yield client


def _kinds(library: TinyLibrary) -> list[str]:
    return [leaf.type for leaf in SqliteLeafStore(folder=library.root / "state").leaves(-1, 1000)]


def test_with_no_service_running_the_log_is_opened_and_let_go(library: TinyLibrary, settings: Settings) -> None:
    with open_studio(with_rules(library)) as studio:
        question = asked(studio)
    for _ in range(2):
        with audit_client(settings, replayer=Replays(), notice=_fail) as client:
            (record,) = client.get("/records", {"type": "query.finished"})["records"]
            assert record["seq"] == question.finished
            assert client.get("/key").startswith("greenlit.test/audit+")
            with (
                pytest.raises(AuditCallError, match="nothing was sent anywhere"),
                _another(settings),
            ):
                pass


@contextlib.contextmanager
def _another(settings: Settings) -> Iterator[None]:
    with audit_client(settings, replayer=Replays(), notice=_fail):
        yield


def _fail(words: str) -> None:
    raise AssertionError(words)


def test_a_problem_is_raised_with_its_words(here: AuditClient) -> None:
    with pytest.raises(AuditCallError, match=r"^No such record: there is no record 999: the log holds ") as error:
        here.get("/records/999")
    assert not error.value.used_wrongly
    with pytest.raises(AuditCallError, match=r"^The request cannot be taken: expected a day like ") as error:
        here.get("/records", {"since": "soon"})
    assert error.value.used_wrongly


def test_an_export_is_streamed_and_not_even_recorded_before_a_line_is_taken(
    library: TinyLibrary, here: AuditClient
) -> None:
    lines = here.export({"since": "2026-11-20", "payloads": False})
    assert "audit.exported" not in _kinds(library)
    assert next(lines)["file"] == "records.csv"
    assert "audit.exported" in _kinds(library)
    assert list(lines)[-1]["file"] == "manifest.json"


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ({"from": "x"}, AuditCallError, "expected another form of export"),
        ({"purpose": "half \ud800"}, AuditCallError, "expected another form of export"),
        ({"since": "x"}, FilterError, "expected a day like"),
        ({"payloads": True}, FilterError, "expected a purpose in words"),
        ({"to": 99_999}, ExportError, "expected a range within the log"),
    ],
)
def test_an_export_that_cannot_be_made_is_refused_as_by_the_service(
    library: TinyLibrary, here: AuditClient, body: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        next(here.export(body))
    assert "audit.exported" not in _kinds(library)


def test_what_replays_is_made_for_the_first_answer_that_is_replayed(settings: Settings, library: TinyLibrary) -> None:
    replays = Replays()
    with audit_client(settings, replayer=replays, notice=_fail) as client:
        client.get("/records")
        assert replays.made == 0
        assert [client.post("/replay", {"seq": seq})["seq"] for seq in (1, 3)] == [1, 3]
        assert (replays.made, replays.closed) == (1, 0)
    assert (replays.ran, replays.closed) == ([("local", 1), ("local", 3)], 1)
    assert "audit.read" in _kinds(library)


def test_an_encoder_that_cannot_be_loaded_says_so_itself(settings: Settings) -> None:
    replays = Replays(EncoderError("the weights are not those that were published"))
    with (
        audit_client(settings, replayer=replays, notice=_fail) as client,
        pytest.raises(EncoderError, match="the weights are not those"),
    ):
        client.post("/replay", {"seq": 1})


def test_what_breaks_unforeseen_is_told_by_its_type_only(settings: Settings, told: list[str]) -> None:
    with (
        audit_client(settings, replayer=Replays(KeyError(SECRET)), notice=told.append) as client,
        pytest.raises(AuditCallError, match=r"^Something broke: "),
    ):
        client.post("/replay", {"seq": 1})
    assert told == ["something broke (KeyError)"]


def test_a_log_that_cannot_be_written_says_why(library: TinyLibrary, settings: Settings, told: list[str]) -> None:
    with open_studio(with_rules(library)) as studio:
        asked(studio)
    (library.root / "state" / "keys" / "payload-2026-11-1.key").unlink()
    with (
        audit_client(settings, replayer=Replays(), notice=told.append) as client,
        pytest.raises(AuditCallError, match=r"^No record, nothing shown: "),
    ):
        client.get("/records")
    assert len(told) == 1
    assert "payload" in told[0]
    assert "put it back (greenlit restore COPIES)" in told[0]


def test_no_encoder_is_loaded_to_look_into_the_log() -> None:
    """Loading takes seconds; a list of records should not."""
    heavy = ["torch", "sentence_transformers", "faiss", "llama_index.core"]
    code = (
        "import sys, service.commands.client, service.commands.audit; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# --- through the running service ---

Reply = Callable[[httpx.Request], httpx.Response]
Lent = contextlib.AbstractContextManager[AuditClient]
Running = Callable[[Reply], Lent]


@pytest.fixture
def running(library: TinyLibrary, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Hold the log, say that a service runs, and let a test reply in its place."""
    make = httpx.Client

    def client(reply: Reply) -> Lent:
        monkeypatch.setattr(httpx, "Client", lambda **more: make(transport=httpx.MockTransport(reply), **more))
        return audit_client(settings, replayer=Replays(), notice=_fail)

    with open_studio(with_rules(library)) as studio, announced(studio.state, url=URL):
        yield client


def test_a_running_service_is_called_with_the_token(running: Running) -> None:
    requests: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"records": [], "next": None})

    with running(reply) as client:
        assert client.get("/records", {"after": 7}) == {"records": [], "next": None}
        client.post("/replay", {"seq": 7})
    assert [str(request.url) for request in requests] == [f"{URL}/v1/audit/records?after=7", f"{URL}/v1/audit/replay"]
    assert {request.headers["authorization"] for request in requests} == {f"Bearer {TOKEN}"}
    assert json.loads(requests[1].content) == {"seq": 7}


def _problem(kind: str, status: int) -> httpx.Response:
    problem = {"type": f"urn:greenlit:problem:{kind}", "title": "Not so", "status": status, "detail": "expected this"}
    return httpx.Response(status, json=problem, headers={"content-type": "application/problem+json"})


@pytest.mark.parametrize(
    ("response", "words", "used_wrongly"),
    [
        (_problem("request", 422), "^Not so: expected this$", True),
        (_problem("log", 503), "^Not so: expected this$", False),
        (_problem("not-allowed", 403), "^Not so: expected this$", False),
        (httpx.Response(502, text="bad gateway"), "^refused: 502$", False),
        (httpx.Response(200, content=b"{", headers={"content-type": "application/json"}), "^expected JSON from", False),
        (httpx.Response(500, json=["no problem"]), "^refused: 500$", False),
    ],
)
def test_whatever_is_no_result_is_an_error(
    running: Running,
    response: httpx.Response,
    words: str,
    used_wrongly: bool,  # noqa: FBT001
) -> None:
    with running(lambda _: response) as client:
        calls: list[Callable[[], Any]] = [lambda: client.get("/records"), lambda: client.post("/erase", {})]
        calls += [lambda: next(client.export({}))] if response.is_error else []
        for call in calls:
            with pytest.raises(AuditCallError, match=words) as error:
                call()
            assert error.value.used_wrongly == used_wrongly


def test_a_service_that_does_not_answer_is_said(running: Running) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(SECRET, request=request)

    with running(away) as client:
        for call in (lambda: client.get("/records"), lambda: next(client.export({}))):
            with pytest.raises(
                AuditCallError, match=r"service at http://127\.0\.0\.1:1 does not answer \(ConnectError\)"
            ):
                call()


def test_an_export_that_breaks_off_is_said(running: Running) -> None:
    def lines() -> Iterator[bytes]:
        yield b'{"file": "leaves.jsonl", "line": "{}"}\n'
        raise httpx.RemoteProtocolError(SECRET)

    with running(lambda _: httpx.Response(200, content=lines())) as client:
        export = client.export({})
        assert next(export) == {"file": "leaves.jsonl", "line": "{}"}
        with pytest.raises(
            AuditCallError, match=r"^the running service broke off \(RemoteProtocolError\): see its log$"
        ):
            next(export)


def test_a_log_that_is_held_with_no_service_to_ask_is_busy(library: TinyLibrary, settings: Settings) -> None:
    with (
        open_studio(with_rules(library)),
        pytest.raises(AuditCallError, match="holds the audit log and has not said where it listens"),
        audit_client(settings, replayer=Replays(), notice=_fail),
    ):
        pass


def test_whoever_listens_where_a_killed_service_did_is_sent_nothing(
    library: TinyLibrary, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with open_studio(with_rules(library)) as studio, announced(studio.state, url=url):
            left = (studio.state / "service.json").read_bytes()
        (studio.state / "service.json").write_bytes(left)
        monkeypatch.setattr(writer_lock, "_PROCESS", "another")
        with (
            open_studio(library),  # the log is held again, by a process that has not said where it listens
            pytest.raises(AuditCallError, match="nothing was sent anywhere"),
            audit_client(settings, replayer=Replays(), notice=_fail),
        ):
            pass
        listening.settimeout(0)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_state_folder_of_its_own_is_made(tmp_path: Path, settings: Settings) -> None:
    fresh = settings.model_copy(update={"state": tmp_path / "fresh"})
    with audit_client(fresh, replayer=Replays(), notice=_fail) as client:
        assert client.get("/records") == {"records": [], "next": None}

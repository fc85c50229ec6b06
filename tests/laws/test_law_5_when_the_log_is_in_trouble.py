"""Law 5 when the disk, the file, its keys or the clock fail: 503 at every door, the reason for the operator, no answer.

Each trouble is real: SQLite or PostgreSQL itself says that the disk is full or the log locked. None is of a kind that
goes away by trying again, and all is well again when it is mended.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from service.audit.errors import AuditUnavailableError
from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.audit_doors import CALLS, RECORDED, asked, opened
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules

NEEDLE = "ten working days"
QUESTION = f"{VENDOR_QUESTION} quokka4711 {'Please say. ' * 150}"  # long, so that it needs more room in the file
DOORS = ["/v1/ask", "/v1/search", "/"]


def _put(studio: Studio, door: str) -> Any:
    if door == "/":
        return studio.browser().post("/", data={"question": QUESTION})
    return studio.api.post(door, json={"question": QUESTION})


@contextmanager
def _under(studio: Studio, pragma: str) -> Iterator[None]:
    """Put every connection of the store that is, or will be, opened under a pragma."""
    connects = SqliteFile.connect

    def connecting(file: SqliteFile) -> sqlite3.Connection:
        return _told(connects(file), pragma)

    assert isinstance(studio.store._writer, sqlite3.Connection)
    _told(studio.store._writer, pragma)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteFile, "connect", connecting)
        yield


def _told(connection: sqlite3.Connection, pragma: str) -> sqlite3.Connection:
    connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def full_disk(studio: Studio) -> Iterator[str]:
    """Let the file not grow by a page, and use up what room is left in it."""
    if studio.library.places.database:
        with _refusing(studio, "53100"):
            yield "the server's disk is full (53100)"
        return
    with _under(studio, "max_page_count = 1"):
        while _put(studio, "/v1/ask").status_code == 200:
            pass
        yield "the disk is full (SQLITE_FULL)"


@contextmanager
def read_only(studio: Studio) -> Iterator[str]:
    if studio.library.places.database:
        with _refusing(studio, "25006"):
            yield "it is read-only: a standby, or set so (25006)"
        return
    with _under(studio, "query_only = ON"):
        yield "it is read-only (SQLITE_READONLY"


@contextmanager
def locked(studio: Studio) -> Iterator[str]:
    """Let another program hold the file, as somebody does who opened it in a tool."""
    if studio.library.places.database:
        with _refusing(studio, "55P03"):
            yield "another session has locked it (55P03)"
        return
    with (
        _under(studio, "busy_timeout = 10"),
        closing(sqlite3.connect(studio.state / STORE_FILE, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        yield "another program has locked it (SQLITE_BUSY)"


@contextmanager
def _refusing(studio: Studio, code: str) -> Iterator[None]:
    """Let the server end each statement that adds a leaf with this code, as it does when that is the matter."""
    body = f"BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END"
    with studio.library.places.connected() as owner:
        owner.execute(f"CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $${body}$$".encode())
        when = "BEFORE INSERT ON greenlit_audit.leaves FOR EACH STATEMENT"
        owner.execute(f"CREATE TRIGGER a_refusal {when} EXECUTE FUNCTION public.refuse()".encode())
        yield
        owner.execute("DROP FUNCTION public.refuse() CASCADE")


@contextmanager
def removed(studio: Studio) -> Iterator[str]:
    if studio.library.places.database:
        with studio.library.places.connected() as owner:
            owner.execute("ALTER SCHEMA greenlit_audit RENAME TO aside")
            yield "it does not hold the tables of a log"
            owner.execute("ALTER SCHEMA aside RENAME TO greenlit_audit")
        return
    with _without(studio.state / STORE_FILE):
        yield "put it back"


@contextmanager
def _without(path: Path) -> Iterator[None]:
    path.rename(path.with_suffix(".aside"))
    yield
    path.with_suffix(".aside").rename(path)


@contextmanager
def no_signing_key(studio: Studio) -> Iterator[str]:
    with _without(studio.state / "keys" / "signing.key"):
        with suppress(AuditUnavailableError):  # it is missed when the next checkpoint is due: at once, or here
            _put(studio, "/v1/search")
            studio.opened.log.publish()
        yield "signing.key"


@contextmanager
def no_payload_key(studio: Studio) -> Iterator[str]:
    with _without(studio.state / "keys" / "payload-2026-11-1.key"):
        yield "the key payload-2026-11-1 is missing: put it back (greenlit restore COPIES)"


@contextmanager
def clock_that_went_back(studio: Studio) -> Iterator[str]:
    studio.library.clock.pass_days(-1)
    yield "the clock went back"
    studio.library.clock.pass_days(1)


# With its log in a database a process without the key goes on and says that it does not sign, for another may:
# tests/unit/service/audit/checkpoints/test_shared_publisher.py.
OTHERS_SIGN = pytest.mark.not_over("database", why="without the signing key a process answers, and others sign")
# Each lends what the operator is told of it.
TROUBLES: dict[str, Callable[[Studio], AbstractContextManager[str]]] = {
    "full disk": full_disk,
    "read-only store": read_only,
    "locked store": locked,
    "store removed": removed,
    "no signing key": no_signing_key,
    "no payload key": no_payload_key,
    "clock that went back": clock_that_went_back,
}


def _each(troubles: dict[str, Callable[[Studio], AbstractContextManager[str]]]) -> pytest.MarkDecorator:
    marks = {"no signing key": [OTHERS_SIGN]}
    return pytest.mark.parametrize(
        "trouble", [pytest.param(way, id=name, marks=marks.get(name, [])) for name, way in troubles.items()]
    )


EACH_TROUBLE = _each(TROUBLES)


def _until_well(studio: Studio) -> None:
    # The writer reopens the store after a moment, or after the next question.
    wait_until(lambda: not studio.opened.log.healthy() and _put(studio, "/v1/ask").status_code == 200)


@EACH_TROUBLE
def test_there_is_no_answer_at_any_door_until_it_is_mended(
    studio: Studio, trouble: Callable[[Studio], AbstractContextManager[str]]
) -> None:
    asked(studio)
    before = studio.leaves()
    with structlog.testing.capture_logs() as told:
        with trouble(studio) as reason:
            for door in DOORS:
                response = _put(studio, door)
                assert response.status_code == 503
                assert NEEDLE not in response.text
                assert reason not in response.text  # it names files: that is for the operator
        _until_well(studio)
        assert all(_put(studio, door).status_code == 200 for door in DOORS)
    assert [leaf["type"] for leaf in studio.leaves()[len(before) :]].count("query.finished") >= len(DOORS)
    assert any(reason in str(line.get("reason", line["event"])) for line in told)
    assert "quokka4711" not in str(told)


LASTING = {name: trouble for name, trouble in TROUBLES.items() if name != "full disk"}  # there, something small may fit
EACH_LASTING = _each(LASTING)


@EACH_LASTING
def test_the_operator_is_told_for_as_long_as_it_lasts(
    studio: Studio, trouble: Callable[[Studio], AbstractContextManager[str]]
) -> None:
    asked(studio)
    with trouble(studio) as reason:
        _put(studio, "/v1/ask")
        ready = studio.api.get("/readyz")
        assert (ready.status_code, ready.json()["failing"]) == (503, ["log"])
        assert reason in " ".join(ready.json()["problems"])
        assert studio.stranger().get("/readyz").json()["problems"] == []
    _until_well(studio)
    assert studio.api.get("/readyz").json()["status"] == "ready"


@EACH_LASTING
def test_nothing_on_record_is_shown_or_changed_until_it_is_mended(
    studio: Studio, trouble: Callable[[Studio], AbstractContextManager[str]]
) -> None:
    question = opened(studio, asked(studio))
    size = studio.store.size()
    with structlog.testing.capture_logs() as told:
        with trouble(studio) as reason:
            for _, call in RECORDED:
                response = call.send(studio.browser() if call.is_page else studio.api, question)
                assert response.status_code in (500, 503), call.route  # 500: the key would be needed to show a text
                assert VENDOR_QUESTION not in response.text
                assert "actor-" not in response.text
        _until_well(studio)
        assert studio.store.payloads(question.received)
        assert CALLS["GET /v1/audit/records"].send(studio.api, question).status_code == 200
    assert any(reason in str(line.get("reason", line["event"])) for line in told)
    assert studio.store.size() >= size


@OTHERS_SIGN
def test_a_log_that_never_was_well_gives_no_answer_until_it_is_mended(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        asked(studio)
    key = library.root / "state" / "keys" / "signing.key"
    with _without(key), structlog.testing.capture_logs() as told, open_studio(library) as studio:
        assert [_put(studio, door).status_code for door in DOORS] == [503, 503, 503]
        key.with_suffix(".aside").rename(key)
        _until_well(studio)
        assert [_put(studio, door).status_code for door in DOORS] == [200, 200, 200]
        key.rename(key.with_suffix(".aside"))
    assert "signing.key" in str(told)

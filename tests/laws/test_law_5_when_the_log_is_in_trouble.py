"""Law 5 when the disk, the file, its keys or the clock fail: 503 at every door, the reason for the operator, no answer.

Each trouble is real: SQLite itself says that the disk is full or the file locked. None is of a kind that goes away by
trying again, and all is well again when it is mended.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
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

    assert studio.store._writer is not None
    _told(studio.store._writer, pragma)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteFile, "connect", connecting)
        yield


def _told(connection: sqlite3.Connection, pragma: str) -> sqlite3.Connection:
    connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def full_disk(studio: Studio) -> Iterator[None]:
    """Let the file not grow by a page, and use up what room is left in it."""
    with _under(studio, "max_page_count = 1"):
        while _put(studio, "/v1/ask").status_code == 200:
            pass
        yield


@contextmanager
def read_only(studio: Studio) -> Iterator[None]:
    with _under(studio, "query_only = ON"):
        yield


@contextmanager
def locked(studio: Studio) -> Iterator[None]:
    """Let another program hold the file, as somebody does who opened it in a tool."""
    with (
        _under(studio, "busy_timeout = 10"),
        closing(sqlite3.connect(studio.state / STORE_FILE, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def removed(studio: Studio) -> Iterator[None]:
    with _without(studio.state / STORE_FILE):
        yield


@contextmanager
def _without(path: Path) -> Iterator[None]:
    path.rename(path.with_suffix(".aside"))
    yield
    path.with_suffix(".aside").rename(path)


@contextmanager
def no_signing_key(studio: Studio) -> Iterator[None]:
    with _without(studio.state / "keys" / "signing.key"):
        with suppress(AuditUnavailableError):  # it is missed when the next checkpoint is due: at once, or here
            _put(studio, "/v1/search")
            studio.opened.log.publish()
        yield


@contextmanager
def no_payload_key(studio: Studio) -> Iterator[None]:
    with _without(studio.state / "keys" / "payload-2026-11-1.key"):
        yield


@contextmanager
def clock_that_went_back(studio: Studio) -> Iterator[None]:
    studio.library.clock.pass_days(-1)
    yield
    studio.library.clock.pass_days(1)


TROUBLES: dict[str, tuple[Callable[[Studio], Any], str]] = {
    "full disk": (full_disk, "the disk is full (SQLITE_FULL)"),
    "read-only store": (read_only, "it is read-only (SQLITE_READONLY"),
    "locked store": (locked, "another program has locked it (SQLITE_BUSY)"),
    "store removed": (removed, "put it back"),
    "no signing key": (no_signing_key, "signing.key"),
    "no payload key": (no_payload_key, "the key payload-2026-11-1 is missing: put it back (greenlit restore COPIES)"),
    "clock that went back": (clock_that_went_back, "the clock went back"),
}
EACH_TROUBLE = pytest.mark.parametrize(("trouble", "reason"), TROUBLES.values(), ids=TROUBLES.keys())


def _until_well(studio: Studio) -> None:
    # The writer reopens the store after a moment, or after the next question.
    wait_until(lambda: not studio.opened.log.healthy() and _put(studio, "/v1/ask").status_code == 200)


@EACH_TROUBLE
def test_there_is_no_answer_at_any_door_until_it_is_mended(
    studio: Studio, trouble: Callable[[Studio], Any], reason: str
) -> None:
    asked(studio)
    before = studio.leaves()
    with structlog.testing.capture_logs() as told:
        with trouble(studio):
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
EACH_LASTING = pytest.mark.parametrize(("trouble", "reason"), LASTING.values(), ids=LASTING.keys())


@EACH_LASTING
def test_the_operator_is_told_for_as_long_as_it_lasts(
    studio: Studio, trouble: Callable[[Studio], Any], reason: str
) -> None:
    asked(studio)
    with trouble(studio):
        _put(studio, "/v1/ask")
        ready = studio.api.get("/readyz")
        assert (ready.status_code, ready.json()["failing"]) == (503, ["log"])
        assert reason in " ".join(ready.json()["problems"])
        assert studio.stranger().get("/readyz").json()["problems"] == []
    _until_well(studio)
    assert studio.api.get("/readyz").json()["status"] == "ready"


@EACH_LASTING
def test_nothing_on_record_is_shown_or_changed_until_it_is_mended(
    studio: Studio, trouble: Callable[[Studio], Any], reason: str
) -> None:
    question = opened(studio, asked(studio))
    size = studio.store.size()
    with structlog.testing.capture_logs() as told:
        with trouble(studio):
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

"""Law 7: every read of audit records, every reveal of an identity, is itself an audit record, made before it shows."""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.events import Event
from service.audit.log import AuditLog
from service.audit.reading.auditor import Auditor, Filter
from service.audit.reading.erasure import Erasure
from service.audit.reading.export import Exports
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.reveal import Reveal
from service.audit.storage.store import Receipt
from tests.support.small_log import Asked, SmallLog, open_small_log

ASKER, WATCHER, OPENER = "mira@x.example", "ann@x.example", "dora@x.example"
SECRETS = ("zebra canary", "ten years after", ASKER)


@dataclass(frozen=True, slots=True)
class Watching:
    """One way to see what the log holds: what it is, what it must leave on record, and how it is done."""

    method: Callable[..., Any]
    kind: str
    what: str | None
    do: Callable[[SmallLog, Asked], Any]


def _exports(log: SmallLog) -> Exports:
    opened = log.opened
    return Exports(log=opened.log, store=log.store, keyring=opened.keyring, signer=opened.signer)


WAYS = {
    "a list": Watching(
        Auditor.records,
        "audit.read",
        "list",
        lambda log, _: log.auditor.records(WATCHER, Filter(kind="query.received")),
    ),
    "a list by question": Watching(
        Auditor.records,
        "audit.read",
        "list",
        lambda log, asked: log.auditor.records(WATCHER, Filter(request_id=asked.request_id)),
    ),
    "a list of looks": Watching(
        Auditor.records, "audit.read", "list", lambda log, _: log.auditor.records(WATCHER, Filter(kind="audit.read"))
    ),
    "one record": Watching(
        Auditor.record, "audit.read", "show", lambda log, asked: log.auditor.record(WATCHER, asked.received)
    ),
    "a question's text": Watching(
        Auditor.payload,
        "audit.read",
        "payload",
        lambda log, asked: log.auditor.payload(WATCHER, asked.received, purpose="a complaint"),
    ),
    "an answer's text": Watching(
        Auditor.payload,
        "audit.read",
        "payload",
        lambda log, asked: log.auditor.payload(WATCHER, asked.finished, purpose="a complaint"),
    ),
    "one's own questions": Watching(OwnRecords.list, "audit.read", "own", lambda log, _: log.own.list(ASKER)),
    "a wish to know who asked": Watching(
        Reveal.open, "reveal.opened", None, lambda log, asked: _open(log, asked, WATCHER)
    ),
    "who asked": Watching(
        Reveal.confirm, "identity.revealed", None, lambda log, _: log.reveal.confirm(WATCHER, _waiting(log))
    ),
    "reveals that wait": Watching(Reveal.waiting, "audit.read", "reveals", lambda log, _: log.reveal.waiting(WATCHER)),
    "an export": Watching(
        Exports.lines,
        "audit.exported",
        None,
        lambda log, _: list(_exports(log).lines(WATCHER, payloads=False, purpose="the yearly check")),
    ),
    "an export with texts": Watching(
        Exports.lines,
        "audit.exported",
        None,
        lambda log, _: list(_exports(log).lines(WATCHER, payloads=True, purpose="a court asks")),
    ),
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def asked(log: SmallLog) -> Asked:
    """A question, and the wish of somebody to know who asked it."""
    asked = log.ask(ASKER, text="zebra canary: how long?")
    _open(log, asked, OPENER)
    return asked


def _open(log: SmallLog, asked: Asked, who: str) -> Any:
    return log.reveal.open(who, seq=asked.received, case="C-7", reason="a threat")


def _waiting(log: SmallLog) -> int:
    """Return the number of the first opening."""
    return log.types().index("reveal.opened")


@pytest.mark.parametrize("way", WAYS)
def test_every_look_is_one_more_record(log: SmallLog, asked: Asked, way: str) -> None:
    watching = WAYS[way]
    before = log.on_disk()
    watching.do(log, asked)
    (look,) = log.on_disk()[len(before) :]
    assert (look["type"], look.get("what")) == (watching.kind, watching.what)
    who = ASKER if watching.what == "own" else WATCHER
    assert look["actor"] == log.watcher(who, "2026-11")


@pytest.mark.parametrize("way", WAYS)
def test_a_look_that_cannot_be_recorded_shows_nothing(log: SmallLog, asked: Asked, way: str) -> None:
    watching = WAYS[way]
    before = log.on_disk()
    log.store.refused = {watching.kind}
    with pytest.raises(AuditUnavailableError, match=r"^the disk is full$") as told:
        watching.do(log, asked)
    assert not any(secret in repr(told.value).lower() for secret in SECRETS)
    assert log.on_disk() == before


@pytest.mark.parametrize("way", WAYS)
def test_while_the_log_is_closed_nobody_sees_anything(log: SmallLog, asked: Asked, way: str) -> None:
    log.opened.log.close()
    with pytest.raises(AuditUnavailableError, match="the audit log is closed"):
        WAYS[way].do(log, asked)


@pytest.mark.parametrize("way", WAYS)
def test_the_record_is_durable_before_anything_is_handed_out(
    log: SmallLog, asked: Asked, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When recording returns, the leaf is there for every other reader; a look gives what it found only after that."""
    noted: list[str] = []
    note = AuditLog.note

    def watched(self: AuditLog, event: Event) -> Receipt:
        receipt = note(self, event)
        noted.append(log.on_disk()[receipt.seq]["type"])
        return receipt

    monkeypatch.setattr(AuditLog, "note", watched)
    WAYS[way].do(log, asked)
    assert noted == [WAYS[way].kind]


def test_an_export_is_on_record_before_its_first_line_is_taken(log: SmallLog, asked: Asked) -> None:
    del asked
    _exports(log).lines(WATCHER, payloads=True, purpose="a court asks")
    assert log.newest()["type"] == "audit.exported"


def test_no_way_to_see_records_is_left_out_above() -> None:
    """Whoever adds one to these classes adds it here, and sees the tests above hold for it."""
    public = {
        (part, name)
        for part in (Auditor, OwnRecords, Reveal, Exports)
        for name, _ in inspect.getmembers(part, inspect.isfunction)
        if not name.startswith("_")
    }
    tested = {(part, watching.method.__name__) for part, watching in _methods()}
    erasing = {(OwnRecords, "erase"), (OwnRecords, "erase_request")}  # show nothing, and are on record as erasures
    assert public - tested == {*erasing, (OwnRecords, "question")}  # which finds records for `Hearing`, and shows none
    assert {name for name, _ in inspect.getmembers(Erasure, inspect.isfunction) if not name.startswith("_")} == {
        *("by_request", "by_asker", "wish_by_asker", "older_than")
    }


def _methods() -> list[tuple[type, Watching]]:
    parts = (Auditor, OwnRecords, Reveal, Exports)
    return [
        (part, watching)
        for watching in WAYS.values()
        for part in parts
        if watching.method.__qualname__.startswith(f"{part.__name__}.")
    ]


def test_the_people_whose_question_it_is_see_who_looked(log: SmallLog, asked: Asked) -> None:
    for way, watching in WAYS.items():
        if way not in ("a list of looks", "one's own questions"):
            watching.do(log, asked)
    (own,) = log.own.list(ASKER)["questions"]
    assert [look["what"] for look in own["looks"]] == [
        *("list", "list", "show", "payload", "payload", "export", "export_payloads")
    ]
    assert {look["who"] for look in own["looks"]} == {WATCHER}
    assert [reveal["who"] for reveal in own["revealed"]] == [[OPENER, WATCHER]]
    assert [opening["who"] for opening in own["openings"]] == [WATCHER]


def test_no_record_of_a_look_ties_a_person_to_questions(log: SmallLog, asked: Asked) -> None:
    """All that an auditor can open, on every record: nobody who only asked is named anywhere."""
    log.own.list(ASKER)
    log.own.erase(ASKER, log.ask(ASKER).request_id)
    log.auditor.record(WATCHER, asked.received)
    seen = ""
    for seq in range(log.store.size()):
        seen += json.dumps(log.auditor.record(WATCHER, seq))
        seen += json.dumps(log.auditor.payload(WATCHER, seq, purpose="test"))
    assert WATCHER in seen
    assert "zebra canary" in seen
    assert ASKER not in seen

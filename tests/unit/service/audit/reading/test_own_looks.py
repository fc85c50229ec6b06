"""An auditor's own looks, and nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.reading.auditor import Filter
from service.audit.reading.own_looks import OwnLooks
from tests.support.small_log import Asked, SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def looks(log: SmallLog) -> OwnLooks:
    return OwnLooks(log=log.opened.log, store=log.store, keyring=log.opened.keyring)


@pytest.fixture
def asked(log: SmallLog) -> Asked:
    return log.ask()


def test_ones_own_are_shown_over_months_with_what_they_were_for(log: SmallLog, looks: OwnLooks, asked: Asked) -> None:
    log.auditor.payload("ann", asked.finished, purpose="complaint 2026-17")
    log.auditor.record("ben", asked.finished)
    log.set_time("2026-12-02T09:00:00Z")
    log.auditor.records("ann", Filter(outcome="answered"))
    log.reveal.open("ann", seq=asked.received, case="HR-1", reason="a threat")
    found, older = looks.page("ann")
    assert [(one.kind, one.said.get("what"), one.why) for one in found] == [
        ("reveal.opened", None, "a threat"),
        ("audit.read", "list", ""),
        ("audit.read", "payload", "complaint 2026-17"),
    ]
    assert [one.time[:10] for one in found] == ["2026-12-02", "2026-12-02", "2026-11-20"]
    assert older is None
    assert [one.said["what"] for one in looks.page("ben")[0]] == ["show"]
    assert looks.page("mira")[0] == []


def test_that_they_were_looked_at_is_on_record_and_names_none_of_them(
    log: SmallLog, looks: OwnLooks, asked: Asked
) -> None:
    log.auditor.record("ann", asked.finished)
    looks.page("ann")
    look = log.newest()
    assert (look["type"], look["what"], look["seqs"]) == ("audit.read", "looks", [])
    assert [one.said["what"] for one in looks.page("ann")[0]] == ["show"]  # and is left out itself
    log.store.refused = {"audit.read"}
    with pytest.raises(AuditUnavailableError):
        looks.page("ann")


def test_there_are_pages(looks: OwnLooks, log: SmallLog, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.audit.reading.own_looks._ROWS", 2)
    for _ in range(3):
        log.auditor.record("ann", asked.finished)
    first, older = looks.page("ann")
    assert older is not None
    second, _ = looks.page("ann", before=older)
    assert (len(first), len(second)) == (2, 1)
    assert second[0].seq < first[1].seq

"""What the metrics look up of a service: its health, build, approvals, log, queues and places, as they are."""

import contextlib
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

import service.metrics_made
from service.audit.errors import AuditUnavailableError
from service.audit.reading.log_state import LogState, StateOfLog
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import StoredLeaf
from service.operating.metrics import Metrics
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, VENDOR_QUESTION, Studio, open_studio, with_rules


@pytest.fixture(autouse=True)
def _looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.metrics_made, "KEPT_S", 0.0)


def _now(metrics: Metrics) -> dict[str, float]:
    """Return the values of the gauges, by name and labels."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def _of(studio: Studio) -> dict[str, float]:
    return _now(studio.service.metrics)


def test_a_service_that_is_well_says_so(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.ask(VENDOR_QUESTION)
        studio.opened.log.publish()
        found = _of(studio)
    well = {"greenlit_ready": 1, "greenlit_log_writable": 1, "greenlit_failing log": 0, "greenlit_failing search": 0}
    assert {name: found[name] for name in well} == well
    assert (found["greenlit_build_documents"], found["greenlit_documents answerable"]) == (2, 2)
    assert (found["greenlit_log_records"], found["greenlit_log_uncovered_seconds"]) == (len(studio.all_leaves()), 0)
    assert found["greenlit_log_bytes"] > 10_000
    places = {
        f"greenlit_places {answer} {of}" for answer in ("quoted", "written") for of in ("in work", "at most", "waiting")
    }
    assert places < found.keys()
    assert {f"greenlit_disk_free_bytes {place}" for place in ("library", "builds", "state")} < found.keys()
    assert "greenlit_model_ready" not in found  # none is asked for
    assert "greenlit_worker_seen_timestamp_seconds" not in found  # none runs


def test_what_is_approved_and_not_built_waits_and_what_ends_is_counted(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        library.add("legal/new.md", "# New\n", expires=(library.clock() + timedelta(days=5)).date())
        library.revoke(POLICY)
        found = _of(studio)
    assert (found["greenlit_documents answerable"], found["greenlit_documents waiting"]) == (1, 1)
    assert (found["greenlit_approvals_ending 14"], found["greenlit_approvals_ending 30"]) == (1, 1)
    ends = (library.clock() + timedelta(days=6)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert found["greenlit_next_approval_end_timestamp_seconds"] == ends.timestamp()


def test_a_log_that_cannot_be_written_is_told_and_hides_nothing_else(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.ask(VENDOR_QUESTION)
        (studio.state / "keys" / "signing.key").rename(studio.state / "aside")
        studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
        with contextlib.suppress(AuditUnavailableError):
            studio.opened.log.publish()
        found = _of(studio)
    assert (found["greenlit_ready"], found["greenlit_failing log"], found["greenlit_log_writable"]) == (0, 1, 0)
    assert found["greenlit_problems"] >= 1
    assert found["greenlit_build_documents"] == 2


def test_questions_without_an_end_are_counted_at_each_reading_and_a_large_log_is_gone_through_once(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished, looked = SqliteLeafStore.unfinished, list[int]()

    def noting(store: SqliteLeafStore, *, after: int = -1) -> list[StoredLeaf]:
        looked.append(after)
        return unfinished(store, after=after)

    monkeypatch.setattr(SqliteLeafStore, "unfinished", noting)
    with open_studio(with_rules(library)) as studio:
        for _ in range(2):
            studio.ask(VENDOR_QUESTION)
            assert _of(studio)["greenlit_questions_open"] == 0
        studio.store.refused = {"query.finished"}
        studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
        assert _of(studio)["greenlit_questions_open"] == 0, "it may still be answered"
        studio.library.clock.pass_days(1 / 24)
        assert _of(studio)["greenlit_questions_open"] == 1
        studio.store.refused = set()
    with open_studio(library) as studio:
        studio.library.clock.pass_days(1 / 24)
        assert _of(studio)["greenlit_questions_open"] == 1, "after a restart, before the first record closes it"
        studio.ask(VENDOR_QUESTION)
        assert _of(studio)["greenlit_questions_open"] == 0
    assert looked.count(-1) == 2, "each process goes through all questions once"


def test_without_a_build_nothing_is_ready_and_all_that_is_approved_waits(library: TinyLibrary) -> None:
    library.add(POLICY, "# Policy\n")
    with open_studio(library) as studio:
        found = _of(studio)
    assert (found["greenlit_ready"], found["greenlit_failing build"]) == (0, 1)
    assert "greenlit_build_documents" not in found
    assert found["greenlit_documents waiting"] == 1


def test_every_part_that_fails_is_named(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    away = SimpleNamespace(problem=lambda: "Milvus is away")
    with open_studio(with_rules(library)) as studio:
        build = studio.service.live_build.get()
        monkeypatch.setattr(studio.service.live_build, "get", lambda: replace(build, candidates=away))
        failing = studio.service.health.report().failing
        found = _of(studio)
    assert failing == ("search",)
    assert {name for name, value in found.items() if name.startswith("greenlit_failing") and value} == {
        f"greenlit_failing {part}" for part in failing
    }


def test_what_costs_is_looked_up_at_most_every_while(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.metrics_made, "KEPT_S", 3600.0)
    with open_studio(with_rules(library)) as studio:
        before = _of(studio)["greenlit_documents answerable"]
        library.revoke(POLICY)
        assert (before, _of(studio)["greenlit_documents answerable"]) == (2, 2)


def test_a_log_that_cannot_be_read_is_asked_once_a_while_and_is_not_writable(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is gone may take seconds to say so: a reading that asks it for each value takes too long."""
    monkeypatch.setattr(service.metrics_made, "KEPT_S", 3600.0)
    asked: list[object] = []

    def gone(state: StateOfLog) -> LogState:
        asked.append(state)
        raise AuditUnavailableError("the connection to the server is lost")

    monkeypatch.setattr(StateOfLog, "now", gone)
    with open_studio(with_rules(library)) as studio:
        found = _of(studio)
        assert (_of(studio)["greenlit_log_writable"], found["greenlit_log_writable"]) == (0, 0)
    assert len(asked) == 1
    assert "greenlit_log_records" not in found
    assert found["greenlit_build_documents"] == 2


def test_a_log_that_is_in_no_file_has_no_bytes_here(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        for file in studio.state.glob("audit.sqlite*"):
            file.rename(studio.state / f"aside-{file.name}")
        assert "greenlit_log_bytes" not in _of(studio)

"""Metrics: what is counted, that every label is a code of ours, and that one part that fails hides no other."""

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.values import MultiProcessValue

from service.answering.course import Course, Stage, Timed
from service.operating.metrics import OTHER, WATCH_ROUTE, Metrics

COURSE = Course(
    request_id="01890a5d-ac96-774b-bcce-b302099a8057",
    channel="slack",
    kind="ask",
    outcome="refused",
    reason="no_evidence",
    began_ns=0,
    stages=(Timed(Stage.WAITING, 0.0, 0.02), Timed(Stage.RETRIEVAL, 0.02, 0.5)),
    model_calls=("whole", "timed_out"),
)
SECRET = "quokka4711"


def _values(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    found = text_string_to_metric_families(metrics.text().decode())
    samples = (sample for family in found for sample in family.samples if sample.name == name)
    return {tuple(sample.labels.values()): sample.value for sample in samples}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(now_s=lambda: 1000.0)


def test_a_question_is_counted_by_door_outcome_and_reason(metrics: Metrics) -> None:
    metrics.question(COURSE)
    metrics.question(replace(COURSE, outcome="answered", reason=None))
    assert _values(metrics, "greenlit_questions_total") == {
        ("slack", "refused", "no_evidence"): 1.0,
        ("slack", "answered", ""): 1.0,
    }


def test_seconds_are_counted_by_stage_and_as_a_whole(metrics: Metrics) -> None:
    metrics.question(COURSE)
    assert _values(metrics, "greenlit_stage_seconds_sum")["retrieval",] == pytest.approx(0.48)
    assert _values(metrics, "greenlit_question_seconds_sum") == {("ask",): 0.5}
    assert _values(metrics, "greenlit_model_calls_total") == {("whole",): 1.0, ("timed_out",): 1.0}


def test_what_is_no_known_code_is_counted_as_other(metrics: Metrics) -> None:
    metrics.question(replace(COURSE, channel=SECRET, reason=SECRET, model_calls=(SECRET,)))  # type: ignore[arg-type]
    assert _values(metrics, "greenlit_questions_total") == {(OTHER, "refused", OTHER): 1.0}
    assert _values(metrics, "greenlit_model_calls_total") == {(OTHER,): 1.0}
    assert SECRET not in metrics.text().decode()
    assert COURSE.request_id not in metrics.text().decode()


def test_requests_and_failures_are_counted_and_a_witness_s_round_is_noted(metrics: Metrics) -> None:
    assert _values(metrics, "greenlit_log_watched_timestamp_seconds") == {}
    metrics.request("/v1/audit/shards", 401)
    assert _values(metrics, "greenlit_log_watched_timestamp_seconds") == {}
    metrics.request("/v1/audit/shards", 200)
    metrics.failed("log")
    assert _values(metrics, "greenlit_log_watched_timestamp_seconds") == {(): 1000.0}
    assert _values(metrics, "greenlit_requests_total")["/v1/audit/shards", "401"] == 1.0
    assert _values(metrics, "greenlit_failures_total") == {("log",): 1.0}


def test_a_gauge_that_cannot_be_read_is_missing_and_hides_no_other(metrics: Metrics) -> None:
    def breaks() -> dict[tuple[str, ...], float]:
        raise OSError(SECRET)

    metrics.gauges.add("greenlit_broken", "Broken.", breaks)
    metrics.gauges.add("greenlit_whole", "Whole.", lambda: {("a",): 2.0}, labels=("of",))
    assert (_values(metrics, "greenlit_broken"), _values(metrics, "greenlit_whole")) == ({}, {("a",): 2.0})
    assert SECRET not in metrics.text().decode()


def test_two_services_in_a_process_count_apart(metrics: Metrics) -> None:
    metrics.question(COURSE)
    assert _values(Metrics(now_s=lambda: 0.0), "greenlit_questions_total") == {}


def test_of_several_processes_whichever_is_asked_gives_the_sums_and_what_it_looks_up_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    def process(number: int, now_s: float) -> Metrics:
        monkeypatch.setattr("prometheus_client.values.ValueClass", MultiProcessValue(lambda: number))  # type: ignore[no-untyped-call]
        metrics = Metrics(now_s=lambda: now_s)
        metrics.gauges.add("greenlit_mine", "Looked up.", lambda: {(): float(number)})
        metrics.request(WATCH_ROUTE, 200)
        return metrics

    one, other = process(1, 2000.0), process(2, 1000.0)
    for _ in range(3):
        one.request("/v1/ask", 200)
    other.request("/v1/ask", 200)
    for number, asked in ((1, one), (2, other)):
        assert _values(asked, "greenlit_requests_total") == {("/v1/ask", "200"): 4.0, (WATCH_ROUTE, "200"): 2.0}
        assert _values(asked, "greenlit_log_watched_timestamp_seconds") == {(): 2000.0}
        assert _values(asked, "greenlit_mine") == {(): float(number)}
        assert asked.text().count(b"# TYPE greenlit_requests_total") == 1

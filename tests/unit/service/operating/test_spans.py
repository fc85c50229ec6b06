"""The course of a question as spans, at a collector on a socket; what the environment says changes nothing."""

import contextlib
from collections.abc import Iterator

import opentelemetry.trace
import pytest

from service.answering.course import Course, Stage, Timed
from service.operating.spans import Spans
from tests.support.audit_parts import wait_until
from tests.support.otlp_collector import Collector, collecting, said
from tests.support.ports import free_port

COURSE = Course(
    request_id="01890a5d-ac96-774b-bcce-b302099a8057",
    channel="slack",
    kind="ask",
    outcome="refused",
    reason="no_evidence",
    began_ns=1_700_000_000_000_000_000,
    stages=(Timed(Stage.WAITING, 0.0, 0.5), Timed(Stage.RETRIEVAL, 0.5, 2.0)),
)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as opened:
        yield opened


@contextlib.contextmanager
def _sent(url: str, notices: list[str] | None = None) -> Iterator[Spans]:
    told = (notices if notices is not None else []).append
    with contextlib.closing(Spans(url, notice=told)) as spans:
        yield spans


def test_a_question_is_a_span_and_each_of_its_stages_one_below_it(collector: Collector) -> None:
    with _sent(collector.url) as spans:
        spans(COURSE)
    found = {span.name: span for span in collector.spans()}
    whole, waiting, retrieval = found["question"], found["waiting"], found["retrieval"]
    assert said(whole) == {
        "greenlit.door": "slack",
        "greenlit.kind": "ask",
        "greenlit.outcome": "refused",
        "greenlit.reason": "no_evidence",
        "greenlit.request_id": COURSE.request_id,
    }
    assert whole.parent_span_id == b""
    assert {waiting.parent_span_id, retrieval.parent_span_id} == {whole.span_id}
    assert {span.trace_id for span in found.values()} == {whole.trace_id}
    began = COURSE.began_ns
    assert (whole.start_time_unix_nano, whole.end_time_unix_nano) == (began, began + 2_000_000_000)
    assert (retrieval.start_time_unix_nano, retrieval.end_time_unix_nano) == (
        began + 500_000_000,
        began + 2_000_000_000,
    )
    assert said(waiting) == {}


def test_what_waits_is_sent_when_the_service_ends_and_to_the_path_of_the_protocol(collector: Collector) -> None:
    with _sent(f"{collector.url}/otel") as spans:
        for _ in range(3):
            spans(COURSE)
    assert len(collector.spans()) == 9
    assert collector.paths == ["/otel/v1/traces"]
    assert collector.headers[0]["content-type"] == "application/x-protobuf"


def test_the_resource_names_the_program_and_nothing_of_the_machine(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name=quokka4711")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "quokka4711")
    with _sent(collector.url) as spans:
        spans(COURSE)
    (request,) = collector.requests()
    told = {one.key: one.value.string_value for one in request.resource_spans[0].resource.attributes}
    assert set(told) == {"service.name", "service.version"}
    assert told["service.name"] == "greenlit"
    assert b"quokka4711" not in collector.bodies[0]


def test_the_environment_sends_nothing_elsewhere_and_adds_nothing(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as elsewhere:
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=quokka4711")
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
        with _sent(collector.url) as spans:
            spans(COURSE)
        assert elsewhere.bodies == []
    assert len(collector.spans()) == 3
    assert "x-key" not in collector.headers[0]


def test_a_redirect_is_not_followed_and_the_operator_told_once(collector: Collector) -> None:
    collector.status = 307
    notices: list[str] = []
    with _sent(collector.url, notices) as spans:
        for _ in range(3):
            spans(COURSE)
            spans._provider.force_flush()
        assert len(notices) == 1
        assert f"traces are not taken at {collector.url}/v1/traces (status 307) and are dropped" in notices[0]
        collector.status = 200
        spans(COURSE)
        spans._provider.force_flush()
    assert notices[1:] == ["traces are taken again"]


def test_a_collector_that_is_away_holds_nobody_up() -> None:
    notices: list[str] = []
    with _sent(f"http://127.0.0.1:{free_port()}", notices) as spans:
        spans(COURSE)
        wait_until(lambda: bool(notices))
    assert "(ConnectError) and are dropped" in notices[0]


def test_nothing_global_is_set_so_no_other_library_sends_this_way(collector: Collector) -> None:
    other = opentelemetry.trace.get_tracer("some.library").start_as_current_span("quokka4711")
    with _sent(collector.url) as spans, other:
        spans(COURSE)
    assert {span.name for span in collector.spans()} == {"question", "waiting", "retrieval"}
    assert all(span.parent_span_id == b"" for span in collector.spans() if span.name == "question")

"""Law 6, of what is watched: metrics, spans and the service log hold codes and times, and no text, name or pseudonym.

A canary is asked through every door, well and badly, by somebody whose name is one too; then the metrics are read, the
spans taken at a real collector, and all of it is searched. The labels of the metrics are held against the lists of
codes that there are, so what nobody thought of cannot be in them either.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from indexes.life import VERSION
from service.answering.course import Course, Stage, Watchers
from service.api.problems import _KNOWN
from service.audit.leaves import Channel, Outcome
from service.operating.metrics import OTHER, REASONS
from service.operating.spans import Spans
from tests.support.every_route import routes_of
from tests.support.fakes import TinyLibrary
from tests.support.mcp_messages import TOOLS, sent
from tests.support.otlp_collector import Collector, collecting, said
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, Studio, open_studio, with_rules
from tests.support.traces import CANARY, Traces, over_http, watch

ASKED = f"Who reviews a new AI vendor, {CANARY}?"
DOCUMENT = f"legal/{CANARY}.md"
_PSEUDONYMS = ("actor-", "watcher-", "wisher-")
_LABELS = {
    "door": {*get_args(Channel)},
    "outcome": {*get_args(Outcome)},
    "reason": {*REASONS, ""},
    "stage": {stage.value for stage in Stage},
    "kind": {"ask", "search", "internal", "page", *(known[1] for known in _KNOWN)},
    "part": {"build", "search", "library", "log"},
    "state": {"answerable", "waiting", "stays_out", "ended"},
    "days": {"14", "30"},
    "place": {"library", "builds", "state"},
    "of": {"in work", "at most", "waiting"},
    "answer": {"quoted", "written"},
    "version": {VERSION},
}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as opened:
        yield opened


@pytest.fixture
def watched_log(
    library: TinyLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Traces:
    return watch(library, tmp_path / "temporary", monkeypatch, capfd)


def _ask_everywhere(client: httpx.Client) -> None:
    for question in (ASKED, f"Is {CANARY} sleeping?"):
        client.post("/v1/ask", json={"question": question, "conversation_id": f"c-{CANARY}"})
        client.post("/v1/ask", json={"question": question}, headers={"Accept": "text/event-stream"})
        client.post("/v1/search", json={"question": question})
        client.post("/v1/chat/completions", json={"model": CANARY, "messages": [{"role": "user", "content": question}]})
        client.post("/", data={"question": question})
        for tool in TOOLS:
            sent(client, "tools/call", name=tool, arguments={"question": question})
    for bad in ({"question": CANARY * 300}, {"question": f"{CANARY}\x00"}, {CANARY: CANARY}, [CANARY]):
        client.post("/v1/ask", json=bad)
    for address in (f"/{CANARY}", f"/v1/documents/{DOCUMENT}", f"/documents/{DOCUMENT}?from={CANARY}", "/v1/documents"):
        client.get(address)
    client.request(CANARY.upper(), "/v1/ask", headers={"X-Request-Id": CANARY, "traceparent": f"00-{CANARY}-01"})
    client.post("/v1/ask", json={"question": ASKED}, headers={"Authorization": f"Bearer {CANARY}"})


def _fail_too(studio: Studio, client: httpx.Client) -> None:
    studio.store.refused = {"query.finished"}
    client.post("/v1/ask", json={"question": ASKED})
    studio.store.refused = set()


def _labels(text: str) -> Iterator[tuple[str, str]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield from sample.labels.items()


def test_no_text_no_name_and_no_pseudonym_is_in_metrics_spans_or_log(
    library: TinyLibrary, watched_log: Traces, collector: Collector
) -> None:
    library.add(DOCUMENT, f"# {CANARY}\n\nThe team {CANARY} reviews every new AI vendor.\n")
    spans = Spans(collector.url, notice=lambda _: None)
    with open_studio(with_rules(library), watchers=Watchers(course=spans), groups=CANARY) as studio:
        with over_http(studio) as client:
            _ask_everywhere(client)
            _fail_too(studio, client)
            metrics = client.get("/metrics").text
        routes = {route.split()[1] for route in routes_of(studio.app)} | {"no route"}
        person = studio.service.owner
    spans.close()

    told = {"metrics": metrics, "spans": "".join(map(repr, collector.bodies)), "log": _log(watched_log.service_log)}
    assert "greenlit_questions_total" in metrics
    assert len(collector.spans()) > 30
    assert '"event": "request"' in told["log"]
    for where, text in told.items():
        assert CANARY not in text, where
        assert person.principal_id not in text.replace(str(library.root), ""), where
        assert [form for form in _PSEUDONYMS if form in text] == [], where
    for text in (metrics, told["spans"]):
        assert POLICY not in text

    known = {**_LABELS, "route": routes}
    wrong = {(name, value) for name, value in _labels(metrics) if name in known and value not in {*known[name], OTHER}}
    assert wrong == set()
    assert {name for name, _ in _labels(metrics)} - known.keys() <= {"le", "status", "ended"}


def _log(written: io.StringIO) -> str:
    lines = written.getvalue().splitlines()
    assert all({"ts", "level", "event", "logger"} <= json.loads(line).keys() for line in lines)
    return "\n".join(lines)


def test_each_door_is_counted_under_its_own_name(library: TinyLibrary) -> None:
    courses: list[Course] = []
    with open_studio(with_rules(library), watchers=Watchers(course=courses.append)) as studio:
        with over_http(studio) as client:
            client.post("/v1/ask", json={"question": OFF_TOPIC_QUESTION})
            client.post("/", data={"question": OFF_TOPIC_QUESTION})
            sent(client, "tools/call", name="ask", arguments={"question": OFF_TOPIC_QUESTION})
            chat: dict[str, Any] = {"model": "greenlit", "messages": [{"role": "user", "content": OFF_TOPIC_QUESTION}]}
            client.post("/v1/chat/completions", json=chat)
            client.post("/v1/ask", json={"question": OFF_TOPIC_QUESTION}, headers={"Greenlit-Channel": "slack"})
        counted = {labels["door"] for labels in _questions(studio.service.metrics.text().decode())}
    assert counted == {"api", "web", "mcp", "openai", "slack"}
    assert {course.request_id for course in courses} == {leaf["request_id"] for leaf in studio.leaves()}


def _questions(text: str) -> Iterator[dict[str, str]]:
    for family in text_string_to_metric_families(text):
        yield from (dict(sample.labels) for sample in family.samples if sample.name == "greenlit_questions_total")


def test_a_span_says_how_a_question_ended_and_nothing_else(library: TinyLibrary, collector: Collector) -> None:
    spans = Spans(collector.url, notice=lambda _: None)
    with open_studio(with_rules(library), watchers=Watchers(course=spans)) as studio:
        answer = studio.ask(ASKED)
    spans.close()
    (whole,) = (span for span in collector.spans() if span.name == "question")
    assert said(whole) == {
        "greenlit.door": "api",
        "greenlit.kind": "ask",
        "greenlit.outcome": answer["outcome"],
        "greenlit.reason": "",
        "greenlit.request_id": answer["request_id"],
    }

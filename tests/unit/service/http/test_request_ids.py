"""Each request has an id of ours: in its response, in its line of the log, and in the question that it brings."""

import io
import json
import logging
import sys
import uuid

import pytest

from indexes.logs import configure_logs
from service.http.request_ids import HEADER, id_for_question, new_request
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, open_studio, with_rules


def test_a_question_takes_the_id_of_its_request_and_a_second_one_does_not() -> None:
    with new_request() as request_id:
        assert id_for_question() == request_id
        assert id_for_question() != request_id
    assert id_for_question() != request_id


def test_ids_are_uuids_in_the_order_of_time() -> None:
    with new_request() as first, new_request() as second:
        assert uuid.UUID(first).version == 7
        assert first < second


@pytest.fixture
def service_log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Log as the service does, and lend what is written."""
    written = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logs()
    return written


def _lines(service_log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in service_log.getvalue().splitlines()]


def test_answer_record_header_and_log_name_the_same_id_and_never_the_client_s(
    library: TinyLibrary, service_log: io.StringIO
) -> None:
    with open_studio(with_rules(library)) as studio:
        theirs = {HEADER: "theirs-4711"}
        response = studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}, headers=theirs)
        said = response.json()["request_id"]
        assert response.headers[HEADER] == said
        assert {leaf["request_id"] for leaf in studio.leaves()} == {said}
        requests = [line for line in _lines(service_log) if line["event"] == "request"]
        assert [line["request_id"] for line in requests] == [said]
    assert "theirs-4711" not in service_log.getvalue()


def test_a_failure_names_the_request_too(library: TinyLibrary, service_log: io.StringIO) -> None:
    with open_studio(with_rules(library)) as studio:
        studio.store.refused = {"query.received"}
        response = studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
        assert response.status_code == 503
        failed = [line for line in _lines(service_log) if line["event"] == "failed"]
    assert [line["request_id"] for line in failed] == [response.headers[HEADER]]


def test_probes_are_no_news(library: TinyLibrary, service_log: io.StringIO) -> None:
    with open_studio(with_rules(library)) as studio:
        for path in ("/healthz", "/readyz", "/v1/me"):
            studio.api.get(path)
    assert [line["route"] for line in _lines(service_log) if line["event"] == "request"] == ["/v1/me"]

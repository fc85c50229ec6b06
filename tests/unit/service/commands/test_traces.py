"""Traces are sent only where a collector is named, and what is missing for it is said."""

import sys

import pytest

from indexes.errors import SettingsError
from service.answering.course import unwatched
from service.commands.traces import sending_traces
from service.operating.spans import Spans
from service.settings import Settings


def _settings(endpoint: str) -> Settings:
    return Settings(_env_file=None, otlp_endpoint=endpoint)


def _silent(_: str) -> None:
    return


def test_without_a_collector_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318")
    with sending_traces(_settings(""), _silent) as course:
        assert course is unwatched


def test_with_one_the_course_of_each_question_is_sent() -> None:
    with sending_traces(_settings("http://127.0.0.1:9"), _silent) as course:
        assert isinstance(course, Spans)


def test_what_is_not_installed_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "service.operating.spans")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    missing = r"what GREENLIT_OTLP_ENDPOINT needs, .*: pip install -e '\.\[traces\]'$"
    with pytest.raises(SettingsError, match=missing), sending_traces(_settings("http://127.0.0.1:9"), _silent):
        raise AssertionError


@pytest.mark.parametrize("wrong", ["collector:4318", "ftp://127.0.0.1", "http://name:word@127.0.0.1", "http://x?y=1"])
def test_a_collector_is_named_by_an_address(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected an address like http://127"):
        _settings(wrong)

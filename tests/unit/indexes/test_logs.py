"""The service log: JSON lines of ours, and of libraries their names only."""

import io
import json
import logging
import sys

import pytest
import structlog

from indexes.logs import configure_logs

SECRET = "quokka4711"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Configure the logs as a service does, and lend what they write."""
    written = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logs()
    return written


def test_our_own_events_are_json_lines_with_their_time(lines: io.StringIO) -> None:
    structlog.get_logger("greenlit").info("request", route="/v1/ask", status=200)
    line = json.loads(lines.getvalue())
    assert list(line) == ["ts", "level", "event", "logger", "route", "status"]
    assert line.pop("ts").endswith("Z")
    assert line == {"level": "info", "event": "request", "logger": "greenlit", "route": "/v1/ask", "status": 200}


def test_of_a_library_only_its_name_and_the_place_are_kept(lines: io.StringIO) -> None:
    logger = logging.getLogger("some.library")
    logger.info(SECRET)
    logger.warning("it said %s", SECRET)
    try:
        int(SECRET)
    except ValueError:
        logger.exception(SECRET, stack_info=True)
    warned, failed = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (warned["event"], warned["level"]) == ("some.library", "warning")
    assert (failed["event"], failed["level"]) == ("some.library", "error")
    assert failed["where"].startswith("test_logs.py:")
    assert SECRET not in lines.getvalue()

"""The service log: JSON lines of ours, and of libraries their names only."""

import io
import json
import logging
import sys

import pytest
import structlog

from indexes.logs import configure_logs, notice_of, where_it_broke

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
    assert (warned["event"], warned["logger"], warned["level"]) == ("library", "some.library", "warning")
    assert (failed["event"], failed["logger"], failed["level"]) == ("library", "some.library", "error")
    assert list(failed)[:4] == ["ts", "level", "event", "logger"]
    assert failed["where"].startswith("test_logs.py:")
    assert SECRET not in lines.getvalue()


def test_where_several_processes_write_one_log_each_line_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logs(process=2)
    structlog.get_logger("greenlit").info("request", status=200)
    logging.getLogger("some.library").warning(SECRET)
    ours, theirs = (json.loads(line) for line in written.getvalue().splitlines())
    assert list(ours) == ["ts", "level", "event", "logger", "status", "process"]
    assert (ours["process"], theirs["process"]) == (2, 2)


def test_below_the_level_nothing_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        configure_logs("error")
    structlog.get_logger("greenlit").warning("notice", words="a")
    logging.getLogger("some.library").warning("b")
    structlog.get_logger("greenlit").error("failed", kind="log")
    assert [json.loads(line)["event"] for line in written.getvalue().splitlines()] == ["failed"]


def test_of_what_is_no_json_the_type_is_named(lines: io.StringIO) -> None:
    structlog.get_logger("greenlit").info("request", route=ValueError(SECRET))
    assert json.loads(lines.getvalue())["route"] == "ValueError"


def test_words_for_operators_are_an_event_with_the_words_beside_it(lines: io.StringIO) -> None:
    notice_of("greenlit")("50 % of line 3")
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["words"]) == ("notice", "warning", "50 % of line 3")


def test_an_error_that_is_its_own_cause_is_told_once() -> None:
    error = OSError("a question")
    error.__cause__ = error  # as `raise error from error` makes it
    assert where_it_broke(error) == ["OSError at unknown place"]

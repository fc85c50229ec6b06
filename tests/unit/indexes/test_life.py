"""The first and the last line of a program in its log."""

import signal

import pytest
import structlog

from indexes.life import VERSION, life


def test_it_says_what_started_and_why_it_stopped() -> None:
    with structlog.testing.capture_logs() as lines, life("greenlit") as its:
        its.started(listens="127.0.0.1:8000")
        its.ends(signal.SIGTERM)
    started, stopped = lines
    assert (started["event"], started["version"], started["listens"]) == ("started", VERSION, "127.0.0.1:8000")
    assert (stopped["event"], stopped["why"]) == ("stopped", "SIGTERM")
    assert stopped["after_s"] >= 0


def test_what_breaks_it_is_named_by_its_type_alone() -> None:
    def breaks() -> None:
        with life("greenlit") as its:
            its.started()
            raise ValueError("quokka4711")

    with structlog.testing.capture_logs() as lines, pytest.raises(ValueError, match="quokka"):
        breaks()
    assert lines[-1]["why"] == "it failed (ValueError)"
    assert "quokka" not in str(lines)


def test_what_never_was_ready_does_not_say_that_it_stopped() -> None:
    with structlog.testing.capture_logs() as lines, life("greenlit"):
        pass
    assert lines == []

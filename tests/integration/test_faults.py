"""The fault run: a log that was killed under load is whole, and one that lost a record would be told."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from eval.log import faults as module
from eval.log.faults import faults


def test_a_log_that_was_killed_under_load_is_whole() -> None:
    printed = io.StringIO()
    assert faults(2, 1, Console(file=printed, width=200))
    assert "2 rounds with kill -9 (seed 1): " in printed.getvalue()
    assert "none lost or out of order" in printed.getvalue()


def test_a_record_that_was_acknowledged_and_is_missing_or_another_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    load = module._load_and_kill

    def one_more_and_one_other(state: Path, load_s: float) -> dict[int, tuple[str, str, str]]:
        acknowledged = load(state, load_s)
        first = min(acknowledged)
        _, kind, request_id = acknowledged[first]
        return acknowledged | {first: ("0" * 64, kind, request_id), 10**6: ("0" * 64, kind, request_id)}

    monkeypatch.setattr(module, "_load_and_kill", one_more_and_one_other)
    printed = io.StringIO()
    assert not faults(1, 1, Console(file=printed, width=200))
    assert "is not the one that was acknowledged" in printed.getvalue()
    assert "round 0: record 1000000 was acknowledged and is missing" in printed.getvalue()

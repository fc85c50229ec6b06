"""What was acknowledged is there after the process was killed at any moment, and after the disk refused."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.audit.log import system_clock_us
from tests.support.audit_faults import faults_in
from tests.support.audit_parts import FIRST_LEAVES, LogFolder

CHILD = Path(__file__).with_name("child_that_writes.py")
ROOT = Path(__file__).parents[4]
LINES_BEFORE_THE_KILL = (40, 150, 333)  # three rounds, killed after so many receipts


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    """The log that a child writes; to be opened here after it died."""
    return LogFolder(tmp_path, tick=system_clock_us)


def _child(log: LogFolder, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(log.root), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _go_on(log: LogFolder) -> list[dict[str, Any]]:
    """Open the log after its process died, as the next one does; return its leaves."""
    log.open()
    log.parts.log.make_ready()
    log.close()
    assert faults_in(log) == [], "among them: a question without a result, or with two"
    return log.leaves()


def test_a_leaf_is_there_when_the_process_dies_the_moment_its_receipt_came(log: LogFolder) -> None:
    with _child(log, "once") as child:
        line, _ = child.communicate(timeout=300)
    assert child.returncode == -9
    request_id, seq, expected = line.split()
    leaf = log.reader().leaf(int(seq))
    assert leaf is not None
    assert (leaf.leaf_hash, leaf.request_id) == (expected, request_id)
    assert log.reader().payload_seqs(0, 99) == [int(seq)]
    leaves = _go_on(log)
    assert [one["type"] for one in leaves] == [*FIRST_LEAVES, "query.received", "query.finished"]
    assert (leaves[-1]["request_id"], leaves[-1]["outcome"]) == (request_id, "aborted")


def test_nothing_acknowledged_is_lost_when_a_busy_process_is_killed(log: LogFolder) -> None:
    acknowledged: dict[int, tuple[str, str]] = {}
    for lines in LINES_BEFORE_THE_KILL:
        with _child(log, "load", 8) as child:
            assert child.stdout is not None
            receipts = [child.stdout.readline() for _ in range(lines)]
            child.kill()
            rest = child.stdout.read()  # receipts that came between our last look and the kill
        for line in "".join([*receipts, rest]).splitlines():
            request_id, seq, leaf_hash = line.split()
            assert int(seq) not in acknowledged, "one number was given out twice"
            acknowledged[int(seq)] = (request_id, leaf_hash)
    assert len(acknowledged) >= sum(LINES_BEFORE_THE_KILL)
    leaves = _go_on(log)
    kept = {leaf.seq: (leaf.request_id, leaf.leaf_hash) for leaf in log.reader().leaves(-1, 1_000_000)}
    assert {seq: kept.get(seq) for seq in acknowledged} == acknowledged
    outcomes = [leaf["outcome"] for leaf in leaves if leaf["type"] == "query.finished"]
    assert set(outcomes) == {"refused", "aborted"}
    assert outcomes.count("aborted") <= 8 * len(LINES_BEFORE_THE_KILL), "at most one a thread and round was open"


def test_a_disk_that_refuses_gives_no_receipt_and_the_log_goes_on_afterwards(log: LogFolder) -> None:
    with _child(log, "refused") as child:
        output, _ = child.communicate(timeout=300)
    before, refusal, after = output.splitlines()
    assert (before, after) == ("kept 5", "kept 6")
    assert refusal.startswith("refused the audit store ")
    assert "cannot be written: the disk " in refusal
    assert "How long?" not in output
    _go_on(log)

"""What was acknowledged is there after the process was killed at any moment, and after the disk refused."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import leaf_hash

CHILD = Path(__file__).with_name("child_that_writes.py")
ROOT = Path(__file__).parents[4]
LINES_BEFORE_THE_KILL = (40, 150, 333)  # three rounds, killed after so many receipts


def _child(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(CHILD), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_leaf_is_there_when_the_process_dies_the_moment_its_receipt_came(tmp_path: Path) -> None:
    with _child(tmp_path / "var", "once") as child:
        line, _ = child.communicate(timeout=60)
    assert child.returncode == -9
    seq, expected = line.split()
    with closing(SqliteLeafStore.open(tmp_path / "var")) as store:
        leaf = store.leaf(int(seq))
        assert leaf is not None
        assert leaf.leaf_hash == expected
        assert store.payloads(int(seq))[0].body == b"How long do we keep contracts?"


def test_nothing_acknowledged_is_lost_when_a_busy_process_is_killed(tmp_path: Path) -> None:
    acknowledged: dict[int, str] = {}
    for lines in LINES_BEFORE_THE_KILL:
        with _child(tmp_path / "var", "load", 8) as child:
            assert child.stdout is not None
            receipts = [child.stdout.readline() for _ in range(lines)]
            child.kill()
            rest = child.stdout.read()  # receipts that came between our last look and the kill
        for line in "".join([*receipts, rest]).splitlines():
            seq, expected = line.split()
            assert int(seq) not in acknowledged, "one number was given out twice"
            acknowledged[int(seq)] = expected
    with closing(SqliteLeafStore.open(tmp_path / "var")) as store:
        leaves = store.leaves(-1, 1_000_000)
    assert [leaf.seq for leaf in leaves] == list(range(len(leaves))), "there is a gap"
    kept = {leaf.seq: leaf.leaf_hash for leaf in leaves}
    assert {seq: kept.get(seq) for seq in acknowledged} == acknowledged
    assert all(leaf.leaf_hash == leaf_hash(leaf.leaf) for leaf in leaves)
    assert len(acknowledged) >= sum(LINES_BEFORE_THE_KILL)


def test_a_disk_that_refuses_gives_no_receipt_and_the_log_goes_on_afterwards(tmp_path: Path) -> None:
    with _child(tmp_path / "var", "refused") as child:
        output, _ = child.communicate(timeout=60)
    before, refusal, after = output.splitlines()
    assert (before, after) == ("kept 0", "kept 1")
    assert refusal.startswith("refused the audit store ")
    assert "cannot be written: the disk " in refusal
    assert "How long?" not in output

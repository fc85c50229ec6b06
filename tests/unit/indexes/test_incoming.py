"""A file that is written beside its place has its name in one step, and what a crash left goes after a day."""

import os
import time
from pathlib import Path

from indexes.incoming import Incoming, remove_stale


def test_a_name_that_is_taken_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("theirs")
    with Incoming(tmp_path) as incoming:
        incoming.write(b"ours")
        assert not incoming.place("a.md")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    assert (tmp_path / "a.md").read_text() == "theirs"


def test_what_is_beside_is_hidden_until_it_is_placed(tmp_path: Path) -> None:
    with Incoming(tmp_path) as incoming:
        incoming.write(b"half")
        (beside,) = tmp_path.iterdir()
        assert beside.name.startswith(".")
        incoming.replace("a.md")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_only_what_is_a_day_old_is_taken_away(tmp_path: Path) -> None:
    left = [tmp_path / f".greenlit-incoming-{number:016x}" for number in range(2)]
    other = tmp_path / ".greenlit-incoming-notes"
    for path in (*left, other):
        path.write_text("x")
        os.utime(path, (0, 0))
    os.utime(left[1], (time.time(), time.time()))
    remove_stale(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([left[1], other])

"""Folders that are lent for a moment: empty, gone afterwards, safe from others who lend from the same place."""

import subprocess
import sys
from pathlib import Path

from indexes.scratch import remove_left, scratch_folder

_LENDS = """
import sys
from pathlib import Path
from indexes.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_empty_and_gone_afterwards_with_all_that_was_put_into_it(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert list(folder.iterdir()) == []
        (folder / "passages").write_text("text")
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_has_stays_until_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LENDS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        theirs = Path(other.stdout.readline().strip())
        remove_left(tmp_path)
        with scratch_folder(tmp_path) as ours:
            assert sorted(tmp_path.iterdir()) == sorted([ours, theirs])
        other.kill()
    assert list(tmp_path.iterdir()) == [theirs]
    remove_left(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_that_are_lent_in_one_process_leave_each_other_alone(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as one, scratch_folder(tmp_path) as other:
        assert one != other
        assert one.exists()

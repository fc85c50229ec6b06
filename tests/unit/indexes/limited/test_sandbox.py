"""What holds a child, in a word, in a line, and as it is demanded."""

from pathlib import Path

import pytest

from indexes.limited.errors import ChildStartError
from indexes.limited.frames import LENGTH_BYTES, read_ready, ready_frame
from indexes.limited.process import LimitedProcess, Limits
from indexes.limited.sandbox import Sandbox

WORKERS = Path(__file__).parent / "workers"


@pytest.mark.parametrize(
    ("sandbox", "words"),
    [
        (Sandbox(6, filtered=True), "full: Landlock 6, a filter of system calls"),
        (Sandbox(1, filtered=False, missing=("no filter",)), "partial: Landlock 1, no filter"),
        (Sandbox(0, filtered=True, missing=("no Landlock",)), "partial: a filter of system calls, no Landlock"),
        (Sandbox(0, filtered=False, missing=("no Landlock", "no filter")), "limits only: no Landlock, no filter"),
    ],
)
def test_a_level_says_what_holds_and_what_is_missing(sandbox: Sandbox, words: str) -> None:
    assert sandbox.in_words() == words
    assert read_ready(ready_frame(sandbox)[LENGTH_BYTES:]) == sandbox


@pytest.mark.parametrize("said", [b"{}", b"[]", b'{"ready": true}', b'{"ready": true, "sandbox": {"landlock": true}}'])
def test_a_child_that_does_not_say_what_holds_it_is_not_ready(said: bytes) -> None:
    with pytest.raises(ValueError, match="expected a child that says"):
        read_ready(said)


@pytest.mark.parametrize("module", ["attacking_without_filter", "attacking_without_landlock"])
def test_where_a_full_sandbox_is_required_nothing_is_read_in_less(module: str) -> None:
    limits = Limits(60, 2 << 30, sandbox="require")
    with (
        LimitedProcess(module, limits, import_paths=(WORKERS,)) as process,
        pytest.raises(ChildStartError, match=r"expected a full sandbox .*, got (partial|limits only): .*left out by a"),
    ):
        process.ask(b"[]", b"{}")
    assert process.sandbox is None

"""Progress is drawn for a person at a terminal, and for nobody else."""

import io

from rich.console import Console

from ingest.progress import TerminalProgress


def _drawn(*, terminal: bool) -> str:
    screen = io.StringIO()
    with TerminalProgress(Console(file=screen, force_terminal=terminal, width=80)) as progress:
        progress.advance()  # nothing has begun yet
        progress.step("Reading", 3)
        progress.advance()
        progress.advance(2)
        progress.step("Encoding", 0)
    return screen.getvalue()


def test_a_person_sees_each_step_and_how_far_it_is() -> None:
    drawn = _drawn(terminal=True)
    assert "Reading" in drawn
    assert "3/3" in drawn
    assert "Encoding" in drawn


def test_where_nobody_watches_nothing_is_drawn() -> None:
    assert _drawn(terminal=False).strip() == ""

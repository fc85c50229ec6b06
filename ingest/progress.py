"""The progress bar of an ingestion, for a person at a terminal; silent where nobody watches."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class TerminalProgress:
    """Draws each step as a bar; a context manager."""

    def __init__(self, console: Console) -> None:
        """Draw on a console, if it is a terminal."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, name: str, total: int) -> None:
        """Begin a step that advances `total` times."""
        self._task = self._progress.add_task(name, total=total)

    def advance(self, count: int = 1) -> None:
        """Advance the step."""
        if self._task is not None:
            self._progress.advance(self._task, count)

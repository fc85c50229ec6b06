"""Whether the bot is well: what is wrong, in plain lines, each told once when it begins and once when it is over.

A line names what is wrong and what to do, and holds no text, no person and no secret.
"""

from typing import Protocol


class Notice(Protocol):
    """What the bot tells its operators, such as a logger's `warning`."""

    def __call__(self, event: str, /, **values: object) -> object:
        """Tell it."""


class Health:
    """What is wrong now, by its name."""

    def __init__(self, notice: Notice) -> None:
        """Take what tells operators."""
        self._notice = notice
        self._problems: dict[str, str] = {}

    def ill(self, name: str, words: str) -> None:
        """Say that something is wrong.

        Args:
            name: of the problem; the same one is told once until it is over.
            words: what was expected, what came, and what to do.
        """
        if self._problems.get(name) != words:
            self._notice("slack_problem", problem=words)
        self._problems[name] = words

    def well(self, name: str) -> None:
        """Say that it is over."""
        if (words := self._problems.pop(name, None)) is not None:
            self._notice("slack_problem_over", problem=words)

    def problems(self) -> list[str]:
        """Return what is wrong now."""
        return list(self._problems.values())

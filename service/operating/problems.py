"""Tells of problems as they come and go: each once when it begins and once when it is over. An upkeep task looks.

What is looked at is `health`'s report, the same that `/readyz` gives an operator. Mends nothing.
"""

from collections.abc import Callable

from indexes.logs import LogEvent
from service.operating.health import Report

LOOK_S = 10.0  # a look costs what one of /readyz does


class Problems:
    """What was told of last. One thread at a time."""

    def __init__(self, report: Callable[[], Report], *, warn: LogEvent, say: LogEvent) -> None:
        """Take what looks, and what logs.

        Args:
            report: tells how the service is now.
            warn: logs what begins.
            say: logs what is over.
        """
        self._report = report
        self._warn = warn
        self._say = say
        self._told: tuple[str, ...] = ()
        self._failing: tuple[str, ...] = ()

    def look(self) -> None:
        """Tell what changed since the last look."""
        report = self._report()
        problems = tuple(dict.fromkeys(report.problems))
        for words in problems:
            if words not in self._told:
                self._warn("problem", words=words)
        for words in self._told:
            if words not in problems:
                self._say("problem over", words=words)
        self._told = problems
        if report.failing != self._failing:
            self._failing = report.failing
            if report.failing:
                self._warn("not ready", failing=list(report.failing))
            else:
                self._say("ready again")

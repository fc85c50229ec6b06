"""Whether the service can answer: each thing it needs, and what is wrong with it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexes.errors import BuildError
from service.answering.boundary import Boundary
from service.answering.errors import LibraryUnavailableError
from service.answering.live_build import LiveBuild
from service.audit.errors import AuditError
from service.audit.log import AuditLog

_STOCK_S = 10.0  # a file that is gone is named this soon


@dataclass(frozen=True, slots=True)
class Report:
    """`failing` are the parts without which no answer is given, by name; the others are in words, for the operator.

    `problems` are for somebody to mend, `remarks` stop nothing: which approvals and API keys end
    soon or have ended, what waits.
    """

    failing: tuple[str, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether questions can be answered."""
        return not self.failing


class Health:
    """Looks at the parts when asked."""

    def __init__(
        self,
        *,
        live_build: LiveBuild,
        boundary: Boundary,
        log: AuditLog,
        others: Sequence[Callable[[], list[str]]],
        remarks: Sequence[Callable[[], list[str]]],
        clock_s: Callable[[], float],
    ) -> None:
        """Take the parts to look at, and a steady clock in seconds.

        `others` tell in words what is wrong with parts that answers can do without: who may do what, the worker, the
        language model. They raise an AuditError where something cannot be put on record. `remarks` tell
        in words what is worth knowing and stops nothing: of the record, of API keys.
        """
        self._others = others
        self._remarks = remarks
        self._clock_s = clock_s
        self._stock: tuple[float, list[str], list[str]] = (-math.inf, [], [])  # when, what is wrong, what is due
        self._live_build = live_build
        self._boundary = boundary
        self._log = log

    def report(self) -> Report:
        """Return how things are now. A newer build that cannot be opened is a problem, but the old one answers.

        So is a worker that stands still, or a language model that cannot be asked: without it answers are quotes.
        """
        failing: list[str] = []
        problems: list[str] = []
        remarks: list[str] = []
        unrecorded: list[str] = []  # why nothing can be put on record
        build = None
        try:
            build = self._live_build.get()
        except BuildError:
            failing.append("build")
        except AuditError as error:  # a build that cannot be put on record
            unrecorded.append(str(error))
        problems += [problem] if (problem := self._live_build.problem()) else []
        if build is not None and (problem := build.candidates.problem()):
            failing.append("search")
            problems.append(problem)
        try:
            problems += self._boundary.problems(build)
            wrong, remarks = self._stock_told()
            problems += wrong
        except LibraryUnavailableError as error:
            failing.append("library")
            problems.append(str(error))
        except AuditError as error:  # approvals that cannot be put on record
            unrecorded.append(str(error))
        for tell in self._others:
            try:
                problems += tell()
            except AuditError as error:  # rules, or approvals of models, that cannot be put on record
                unrecorded.append(str(error))
        if problem := self._log.healthy():
            unrecorded.insert(0, problem)
        if unrecorded:
            failing.append("log")
            problems += dict.fromkeys(unrecorded)
        return Report(tuple(failing), tuple(problems), tuple(remarks))

    def _stock_told(self) -> tuple[list[str], list[str]]:
        """Look for the documents' files, but not with every call: anybody may ask how the service is."""
        taken_s, problems, remarks = self._stock
        if self._clock_s() - taken_s >= _STOCK_S:
            problems, remarks = self._boundary.stock()
            remarks = [*(words for tell in self._remarks for words in tell()), *remarks]
            self._stock = (self._clock_s(), problems, remarks)
        return problems, remarks

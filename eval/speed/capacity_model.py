"""What a library of some size and a number of staff would take, from figures that were measured on small ones.

A `Law` is the simplest curve that says why a quantity grows: by passages (files, memory, opening), or by the root of
their number (a question: the dense index looks into so many lists, and they grow with the root). It is fitted to all
sizes but the largest, which then shows what the law is worth. `library_rows` and `staff_rows` say what follows: for
sizes that nobody measured this is arithmetic, and rests on nothing changing its shape in between. Measures nothing.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Shape = Literal["passages", "root"]
Points = Mapping[int, float]  # what was measured, by the number of passages
MARK = " (?)"  # beside what rests on a law that is far off
Row = tuple[str, list[str]]  # what, and its value in each column

FAR_OFF = 0.5  # a law that says half as much again or half as little as was measured says nothing of larger sizes
_LEAST_POINTS = 3
_DAY_S, _HOUR_S = 86_400, 3_600
_WORKING_DAYS = 250  # a year
_BUSY = 0.2  # of a day's questions come in its busiest hour
_BUSIEST = 3.0  # times the mean of that hour, for a minute in it
_FILLED = 0.6  # of its cores a machine may use at its busiest: beyond, people wait for each other
_FOR_FILES = 0.8  # of a machine's memory: the rest is the processes'
_BUILDS_KEPT = 2


@dataclass(frozen=True, slots=True)
class Law:
    """`start + slope * x`, where x is the number of passages or its root."""

    shape: Shape
    start: float
    slope: float

    def at(self, passages: int) -> float:
        """Return what it says of a size; never less than nothing."""
        return max(0.0, self.start + self.slope * _x(self.shape, passages))


@dataclass(frozen=True, slots=True)
class Shown:
    """A law, and how it does on the largest size, which it was not fitted to."""

    law: Law
    size: int
    measured: float
    says: float

    @property
    def off(self) -> float:
        """How much more the law says than was measured, as a share of that; negative for less."""
        return (self.says - self.measured) / self.measured if self.measured else 0.0

    @property
    def is_far_off(self) -> bool:
        """Whether it is off by more than a half, either way, so that what follows from it is not to be believed."""
        return abs(self.off) > FAR_OFF


@dataclass(frozen=True, slots=True)
class Rates:
    """What does not grow with the library: measured on one machine, whose core is the unit."""

    passages_a_core_s: float  # encoded
    answer_core_s: float  # of a whole answer, or only of its search where no more was measured
    bytes_a_question: float  # of the log
    records_a_s: float  # that one writer of the log takes


@dataclass(frozen=True, slots=True)
class Machine:
    """What one machine has; `core_hour` is what an hour of a core costs, 0 if that is not to be counted."""

    cores: int
    memory_gb: float
    core_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not measured: the machine that is counted in, and what staff do and cost.

    `questions_a_day` are those of each on a working day; `answer_ms`, of a core, is a whole answer's, and `None` counts
    its search alone.
    """

    machine: Machine
    questions_a_day: float
    answer_ms: float | None


def show(points: Points, shape: Shape) -> Shown:
    """Fit a law to all sizes but the largest, and say how it does on that one.

    Raises:
        ValueError: fewer than three sizes.
    """
    sizes = sorted(points)
    if len(sizes) < _LEAST_POINTS:
        raise ValueError(f"expected at least three sizes, two to fit and one to show, got {len(sizes)}")
    law = fit({size: points[size] for size in sizes[:-1]}, shape)
    return Shown(law, sizes[-1], points[sizes[-1]], law.at(sizes[-1]))


def fit(points: Points, shape: Shape) -> Law:
    """Return the law nearest to some points, each weighed by its size, so that small ones count as much as large."""
    sizes, values = sorted(points), [points[size] for size in sorted(points)]
    weights = 1 / np.maximum(np.abs(values), 1e-9)
    rows = np.array([[1.0, _x(shape, size)] for size in sizes])
    (start, slope), *_ = np.linalg.lstsq(rows * weights[:, None], np.array(values) * weights, rcond=None)
    return Law(shape, float(start), float(slope))


def library_rows(
    laws: Mapping[str, Law], rates: Rates, machine: Machine, sizes: Sequence[int], *, far_off: Collection[str] = ()
) -> list[Row]:
    """Return what libraries of some sizes take; what rests on a law that is far off is marked.

    Args:
        laws: of "build bytes", "memory bytes", "making s", "opening s", "boundary s", "question ms".
        rates: of one core.
        machine: that is counted in.
        sizes: in passages.
        far_off: the names of laws that are.
    """
    gb = {size: laws["memory bytes"].at(size) / 1e9 for size in sizes}
    core_s = {size: size / rates.passages_a_core_s for size in sizes}
    held, one = _FOR_FILES * machine.memory_gb, f"a machine of {machine.cores} cores"
    disk = "disk of a build; of the two that are kept, GB"
    rows: list[tuple[str, str, Callable[[int], str]]] = [
        ("build bytes", disk, lambda n: _two(laws["build bytes"].at(n) / 1e9)),
        ("memory bytes", "files that a search reads, GB of memory", lambda n: _figure(gb[n])),
        ("memory bytes", f"machines of {machine.memory_gb:g} GB to hold them", lambda n: _count(gb[n] / held)),
        ("", "encoding all of it, days of a core", lambda n: _figure(core_s[n] / _DAY_S)),
        ("", f"... hours of {one}", lambda n: _figure(core_s[n] / machine.cores / _HOUR_S)),
        ("making s", "making the indexes, hours of one process", lambda n: _figure(laws["making s"].at(n) / _HOUR_S)),
        ("opening s", "opening a build, every file hashed, s", lambda n: _figure(laws["opening s"].at(n))),
        ("boundary s", "who may see what, after a change, s", lambda n: _figure(laws["boundary s"].at(n))),
        ("question ms", "finding passages for a question, ms", lambda n: _figure(laws["question ms"].at(n))),
    ]  # fmt: skip
    return [(words + MARK * (law in far_off), [value(size) for size in sizes]) for law, words, value in rows]


def staff_rows(rates: Rates, machine: Machine, staff: Sequence[int], *, questions_a_day: float) -> list[Row]:
    """Return what numbers of staff take, each of whom asks so many questions on a working day."""
    peak = {n: n * questions_a_day * _BUSY * _BUSIEST / _HOUR_S for n in staff}
    cores = {n: peak[n] * rates.answer_core_s / _FILLED for n in staff}
    a_year = {n: n * questions_a_day * _WORKING_DAYS for n in staff}
    rows = [
        ("questions a year, millions", [_figure(a_year[n] / 1e6) for n in staff]),
        ("questions a second at the busiest minute", [_figure(peak[n]) for n in staff]),
        ("cores that answer them", [_figure(cores[n]) for n in staff]),
        (f"machines of {machine.cores} cores", [_count(cores[n] / machine.cores) for n in staff]),
        ("growth of the log, GB a year", [_figure(a_year[n] * rates.bytes_a_question / 1e9) for n in staff]),
        ("records a second, as a share of one writer's", [_figure(2 * peak[n] / rates.records_a_s) for n in staff]),
    ]
    if machine.core_hour:
        idle = {n: _count(cores[n] / machine.cores) for n in staff}
        year = {n: int(idle[n]) * machine.cores * 24 * 365 * machine.core_hour for n in staff}
        rows.append(("cost of an answer, its machines on all year", [_figure(year[n] / a_year[n]) for n in staff]))
    return rows


def _x(shape: Shape, passages: int) -> float:
    return math.sqrt(passages) if shape == "root" else float(passages)


def _figure(value: float) -> str:
    """Return a value with two digits that count: more would be pretence."""
    if value == 0:
        return "0"
    digits = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return f"{rounded:,.{max(0, digits)}f}"


def _two(value: float) -> str:
    return f"{_figure(value)}; {_figure(_BUILDS_KEPT * value)}"


def _count(value: float) -> str:
    return str(max(1, math.ceil(value)))

"""Plots as plain data: what a template needs to draw lines and bars as inline SVG. No drawing library, no script."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.quality.ask import Asked
from eval.quality.intervals import Floats
from eval.quality.runs import Run

WIDTH, HEIGHT = 460, 280  # of the plotting area, in the units of the SVG
_HIT_RANKS = range(1, 11)
_BARS = 30
_SLOWEST = 0.99  # quantile; a few slower ones would squeeze all others into one bar


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its name: `points` as SVG writes them; `mark` is one point of it that is shown, or `None`."""

    name: str
    points: str
    mark: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram, from the left edge, in the units of the SVG."""

    x: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: its lines or bars, and its ticks as (position, label), from left to right and from the bottom up."""

    title: str
    x_name: str
    y_name: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()


def hit_plot(run: Run) -> Plot:
    """Return, for each set, the share of answerable questions with a hit among the first k passages."""
    lines = []
    for one in run.sets:
        ranks = [asked.rank for asked in one.asked if asked.question.answerable]
        if ranks:
            shares = [float(np.mean([rank is not None and rank <= k for rank in ranks])) for k in _HIT_RANKS]
            places = [((k - 1) / (len(_HIT_RANKS) - 1), share) for k, share in zip(_HIT_RANKS, shares, strict=True)]
            lines.append(Line(one.name, _points(places)))
    x_ticks = tuple((WIDTH * (k - 1) / (len(_HIT_RANKS) - 1), str(k)) for k in _HIT_RANKS)
    return Plot("Right passage among the first k", "k", "share of questions", x_ticks, _shares(HEIGHT), tuple(lines))


def refusal_plot(run: Run) -> Plot:
    """Return, for each set, what is refused of unanswerable questions against what is refused of answerable ones.

    Each point is a threshold of the evidence; the mark is the one that was in use.
    """
    lines = []
    for one in run.sets:
        answered, unanswered = (_evidence(one.asked, answerable=answerable) for answerable in (True, False))
        if len(answered) and len(unanswered):
            cuts = np.unique(np.concatenate([answered, unanswered, [np.inf]]))
            places = [(float((answered < cut).mean()), float((unanswered < cut).mean())) for cut in cuts]
            lines.append(Line(one.name, _points(places), _in_use(one.asked)))
    name = "Refused, at every threshold of the evidence"
    return Plot(name, "answerable refused", "unanswerable refused", _shares(WIDTH), _shares(HEIGHT), tuple(lines))


def _in_use(asked: Sequence[Asked]) -> tuple[float, float]:
    refused = {kind: [one.refused for one in asked if one.question.answerable is kind] for kind in (True, False)}
    return float(np.mean(refused[True])) * WIDTH, HEIGHT - float(np.mean(refused[False])) * HEIGHT


def _evidence(asked: Sequence[Asked], *, answerable: bool) -> Floats:
    return np.array([one.evidence for one in asked if one.question.answerable is answerable], dtype=np.float64)


def latency_plot(run: Run) -> Plot:
    """Return how long questions took in this process, of all sets together."""
    took_ms = np.array([1000 * (one.find_s + one.answer_s) for part in run.sets for one in part.asked])
    most = float(np.quantile(took_ms, _SLOWEST)) if len(took_ms) else 1.0
    counts, edges = np.histogram(np.minimum(took_ms, most), bins=_BARS, range=(0, most))
    tallest = max(1, int(counts.max()))
    width = WIDTH / _BARS
    bars = tuple(Bar(number * width, width - 1, HEIGHT * int(count) / tallest) for number, count in enumerate(counts))
    x_ticks = tuple((WIDTH * part, f"{edges[-1] * part:.0f}") for part in (0.0, 0.25, 0.5, 0.75, 1.0))
    y_ticks = tuple((HEIGHT * part, f"{tallest * part:.0f}") for part in (0.0, 0.5, 1.0))
    return Plot(
        "How long a question took", "ms, the slowest 1% in the last bar", "questions", x_ticks, y_ticks, bars=bars
    )


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{WIDTH * x:.1f},{HEIGHT - HEIGHT * y:.1f}" for x, y in places)


def _shares(length: int) -> tuple[tuple[float, str], ...]:
    return tuple((length * part / 4, f"{25 * part}%") for part in range(5))

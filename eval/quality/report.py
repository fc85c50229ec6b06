"""A run as one page: tables, three plots, and the questions that went worst with what was found instead.

The page is one file that loads nothing and runs nothing. It holds questions and quotes: treat it like the documents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.quality.ask import Asked
from eval.quality.metrics import MEANINGS, values
from eval.quality.plots import HEIGHT, WIDTH, hit_plot, latency_plot, refusal_plot
from eval.quality.runs import Run, SetRun
from eval.quality.tables import kind_rows, shown

REPORT_FILE = "report.html"
_WORST = 15  # questions of a list
_SHOWN_HITS = 3
_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Worst:
    """A list of questions that went wrong in one way."""

    title: str
    asked: tuple[Asked, ...]
    more: int


def write_report(run: Run, folder: Path) -> Path:
    """Write the page of a run into a folder; return the file."""
    path = folder / REPORT_FILE
    path.write_text(report(run), encoding="utf-8")
    return path


def report(run: Run) -> str:
    """Return the page of a run."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    parts = [(one.name, one.figures) for one in run.sets]
    return environment.get_template("report.html").render(
        run=run,
        tables=[*parts, ("mean of the sets", run.overall)] if len(parts) > 1 else parts,
        kinds=[rows for one in run.sets if (rows := kind_rows(one))],
        meanings=MEANINGS,
        shown=shown,
        plots=[hit_plot(run), refusal_plot(run), latency_plot(run)],
        width=WIDTH,
        height=HEIGHT,
        worst=[(one.name, worst(one)) for one in run.sets],
        hits=_SHOWN_HITS,
    )


def worst(one: SetRun) -> list[Worst]:
    """Return the questions of a set that went wrong, by how, the worst first."""
    lists: Sequence[tuple[str, Callable[[Asked], bool], Callable[[Asked], float]]] = (
        ("Found late or not at all", _found_late, lambda asked: -(asked.rank or len(asked.hits) + 1)),
        ("Found, but not quoted in the answer", _not_quoted, lambda asked: asked.rank or 0),
        ("Refused, though the library answers it", _refused_wrongly, lambda asked: asked.evidence),
        ("Answered, though nothing in the library does", _answered_wrongly, lambda asked: -asked.evidence),
    )
    found = []
    for title, wrong, order in lists:
        those = sorted((asked for asked in one.asked if wrong(asked)), key=order)
        if those:
            found.append(Worst(title, tuple(those[:_WORST]), max(0, len(those) - _WORST)))
    return found


def _found_late(asked: Asked) -> bool:
    return asked.question.answerable and asked.rank != 1


def _not_quoted(asked: Asked) -> bool:
    return bool(asked.rank) and not asked.refused and values(asked).get("gold_in_answer") == 0


def _refused_wrongly(asked: Asked) -> bool:
    return asked.question.answerable and asked.refused


def _answered_wrongly(asked: Asked) -> bool:
    return not asked.question.answerable and not asked.refused

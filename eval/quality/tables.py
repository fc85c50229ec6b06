"""Figures as tables of plain text, for a terminal and for a build machine's log."""

from collections.abc import Sequence

from eval.quality.intervals import Figure
from eval.quality.kinds import KIND_FIGURES, by_kind
from eval.quality.metrics import MEDIANS
from eval.quality.runs import Run, SetRun


def shown(name: str, figure: Figure) -> str:
    """Return a figure with its interval, times in ms and words without decimals."""
    if "_ms_" in name or name in MEDIANS:
        return f"{figure.value:.0f} [{figure.low:.0f}, {figure.high:.0f}]"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns, the first row as a head; every row has as many cells."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def run_table(run: Run) -> str:
    """Return all figures of a run: one row a figure, with its 95% interval, for all questions and by half."""
    rows: list[Sequence[str]] = [("set", "figure", "questions", "all", "tuned half", "held-out half")]
    parts = [(one.name, one.figures) for one in run.sets]
    for set_name, figures in parts if len(parts) == 1 else [*parts, ("(mean)", run.overall)]:
        for name, figure in figures["all"].items():
            halves = [figures[half].get(name) for half in ("tuned", "held_out")]
            cells = [shown(name, one) if one else "-" for one in (figure, *halves)]
            rows.append((set_name, name, str(figure.questions), *cells))
    return table(rows)


def kind_rows(one: SetRun) -> list[list[str]]:
    """Return what came out of a set by kind of question, the first row as a head; no rows of a set with one kind."""
    kinds = by_kind(one.asked)
    if len(kinds) < 2:  # noqa: PLR2004  (one kind is the set itself)
        return []
    rows = [["set", "kind", "questions", *KIND_FIGURES]]
    for kind, figures in kinds.items():
        cells = [_plain(name, figures[name]) if name in figures else "-" for name in KIND_FIGURES]
        rows.append([one.name, kind, f"{figures['questions']:.0f}", *cells])
    return rows


def _plain(name: str, value: float) -> str:
    return f"{value:.0f}" if name in MEDIANS else f"{value:.2f}"


def kinds_table(run: Run) -> str:
    """Return the kinds of every set that has several; empty where none has."""
    found = [rows for one in run.sets if (rows := kind_rows(one))]
    return table([found[0][0], *(row for rows in found for row in rows[1:])]) if found else ""

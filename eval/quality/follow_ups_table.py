"""Figures of follow-ups as tables of plain text."""

from collections.abc import Sequence

from eval.quality.follow_ups import FIRST, Found, Turn, understood
from eval.quality.tables import table


def understood_table(turns: Sequence[Turn]) -> str:
    """Return the figures of public conversations, for both halves of them and for all."""
    rows: list[Sequence[str]] = [
        (
            "conversations",
            "turns",
            "recall as typed",
            "recall rewritten",
            "precision",
            "standing alone",
            "left as they are",
        )
    ]
    halves = {
        "read": [turn for turn in turns if turn.was_read],
        "not read": [turn for turn in turns if not turn.was_read],
        "all": list(turns),
    }
    for name, some in halves.items():
        one = understood(some)
        shares = [f"{share:.3f}" for share in (one.as_typed, one.rewritten, one.precision)]
        rows.append((name, str(one.turns), *shares, str(one.standing), f"{one.kept:.3f}"))
    return table(rows)


def found_lines(found: Found) -> str:
    """Return how often the right passage was among the first."""
    of = f"of {found.conversations} conversations over the sample library, the right passage among the first {FIRST}"
    missed = f"; not found: {', '.join(found.missed)}" if found.missed else ""
    return f"{of}: as typed {found.as_typed}, rewritten {found.rewritten}{missed}"

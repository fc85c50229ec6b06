"""Figures of follow-ups, measured and put into plain text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.quality.ask import shipped_steps
from eval.quality.follow_ups import (
    FIRST,
    PUBLIC_CONVERSATIONS,
    SHIPPED_CONVERSATIONS,
    Found,
    Turn,
    found_first,
    read_turns,
    understood,
)
from eval.quality.measure import NORTHLIGHT, Tell, kept, prepare
from eval.quality.tables import table
from indexes.encoder import DEFAULT_ENCODER, load_encoder


def measured(data: Path | None, work: Path | None, *, tell: Tell) -> Iterator[str]:
    """Measure, and give the figures one after the other.

    Args:
        data: the folder of public sets; without, only the shipped conversations are asked.
        work: a folder that keeps the sample library and its build for the next time.
        tell: is told what is left out.

    Raises:
        QuestionSetError: conversations are missing or wrong.
    """
    if data is None:
        tell("GREENLIT_EVAL_DATA is not set, so only the shipped conversations are asked")
    else:
        yield understood_table(read_turns(data / PUBLIC_CONVERSATIONS))
    encoder = load_encoder(DEFAULT_ENCODER)
    with kept(work) as folder:
        place = prepare(NORTHLIGHT, data=data, work=folder, encoder=encoder).place
        yield found_lines(found_first(SHIPPED_CONVERSATIONS, place=place, steps=shipped_steps(encoder)))


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

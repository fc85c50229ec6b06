"""Two runs, question by question: what changed, how sure that is, and which questions were gained and lost.

Only questions that both runs hold, word for word, are compared. Differences are B minus A, each with its 95% interval
(bootstrap of the paired differences) and p (sign-flip permutation). Many figures are compared at once and p is not
corrected for that: of twenty differences that are none, one has p below 0.05.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.quality.ask import Asked
from eval.quality.intervals import Estimate, Figure, estimate_mean, figure, paired_p
from eval.quality.metrics import estimates, place_of, values
from eval.quality.runs import Run, RunError
from eval.quality.tables import table

FLIPS = ("hit@1", "hit@5", "gold_in_answer", "refused_answerable", "refused_unanswerable")
_OF_EVIDENCE = ("auroc", "refused_unanswerable_at_5")
_LISTED = 20  # questions of one flip that are shown


@dataclass(frozen=True, slots=True)
class Difference:
    """How a figure of a set differs: its values in both runs, the difference B minus A, and p (if it has one)."""

    name: str
    before: float
    after: float
    difference: Figure
    p: float | None


@dataclass(frozen=True, slots=True)
class Flip:
    """The questions where something that is yes or no came out otherwise."""

    name: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetComparison:
    """A set in both runs: questions in both, ids of those in one only, and what differs."""

    name: str
    both: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]


def compare(before: Run, after: Run) -> list[SetComparison]:
    """Compare the sets that both runs hold.

    Raises:
        RunError: they hold no set, or of a set no question, in common.
    """
    pairs = [(one, other) for one in before.sets if (other := after.named(one.name))]
    if not pairs:
        listed = [", ".join(one.name for one in run.sets) or "none" for run in (before, after)]
        raise RunError(f"expected two runs with a set in common, got sets {listed[0]} and {listed[1]}")
    return [_compare_set(one.name, one.asked, other.asked) for one, other in pairs]


def missing_sets(before: Run, after: Run) -> list[str]:
    """Return the names of sets that one run holds and the other does not."""
    return sorted({one.name for one in before.sets} ^ {one.name for one in after.sets})


def _compare_set(name: str, before: Sequence[Asked], after: Sequence[Asked]) -> SetComparison:
    first, second = ({_key(one): one for one in asked} for asked in (before, after))
    keys = [key for key in first if key in second]
    if not keys:
        raise RunError(f"expected two runs of '{name}' with questions in common, got none: the set was changed")
    pairs = [(first[key], second[key]) for key in keys]
    return SetComparison(
        name=name,
        both=len(keys),
        only_before=tuple(one.question.id for key, one in first.items() if key not in second),
        only_after=tuple(one.question.id for key, one in second.items() if key not in first),
        differences=tuple(_differences(name, pairs)),
        flips=tuple(flip for metric in FLIPS if (flip := _flip(metric, pairs))),
    )


def _key(asked: Asked) -> tuple[str, str, bool]:
    return asked.question.id, asked.question.question, asked.question.answerable


def _differences(label: str, pairs: Sequence[tuple[Asked, Asked]]) -> list[Difference]:
    counted = [(values(one), values(other)) for one, other in pairs]
    names = sorted({name for one, other in counted for name in one.keys() & other.keys()}, key=place_of)
    found = []
    for name in names:
        both = [(one[name], other[name]) for one, other in counted if name in one and name in other]
        before, after = (np.array(side, dtype=np.float64) for side in zip(*both, strict=True))
        difference = figure(estimate_mean(after - before, f"{label}/{name}"))
        p = paired_p(after - before, f"{label}/{name}")
        found.append(Difference(name, float(before.mean()), float(after.mean()), difference, p))
    return found + _of_evidence(label, pairs)


def _of_evidence(label: str, pairs: Sequence[tuple[Asked, Asked]]) -> list[Difference]:
    """Compare figures of a whole set: one label draws the same questions for both runs, so replicates are paired."""
    before, after = (estimates([pair[side] for pair in pairs], label)["all"] for side in (0, 1))
    found = []
    for name in _OF_EVIDENCE:
        if name in before and name in after:
            one, other = before[name], after[name]
            paired = Estimate(other.value - one.value, other.replicates - one.replicates, one.questions)
            found.append(Difference(name, one.value, other.value, figure(paired), None))
    return found


def _flip(metric: str, pairs: Sequence[tuple[Asked, Asked]]) -> Flip | None:
    gained: list[str] = []
    lost: list[str] = []
    for before, after in pairs:
        was, is_now = values(before).get(metric), values(after).get(metric)
        if was is not None and is_now is not None and was != is_now:
            (gained if is_now > was else lost).append(f"{after.question.id}: {after.question.question}")
    return Flip(metric, tuple(gained), tuple(lost)) if gained or lost else None


def comparison_text(comparisons: Sequence[SetComparison], missing: Sequence[str]) -> str:
    """Return comparisons in words, for a terminal."""
    parts = [f"only in one of the runs, not compared: {', '.join(missing)}"] if missing else []
    for one in comparisons:
        parts.append(f"{one.name}: {one.both} questions in both runs")
        if one.only_before or one.only_after:
            parts.append(f"  not compared: {len(one.only_before)} only in A, {len(one.only_after)} only in B")
        rows: list[Sequence[str]] = [("figure", "questions", "A", "B", "B - A", "95% interval", "p")]
        rows += [_row(difference) for difference in one.differences]
        parts.append(table(rows))
        for flip in one.flips:
            for sign, those in (("+", flip.gained), ("-", flip.lost)):
                parts += [f"{sign} {flip.name}  {question}" for question in those[:_LISTED]]
                if len(those) > _LISTED:
                    parts.append(f"{sign} {flip.name}  and {len(those) - _LISTED} more")
        parts.append("")
    return "\n".join(parts)


def _row(one: Difference) -> Sequence[str]:
    found = one.difference
    p = "-" if one.p is None else f"{one.p:.4f}"
    interval = f"[{found.low:+.3f}, {found.high:+.3f}]"
    return (one.name, str(found.questions), f"{one.before:.3f}", f"{one.after:.3f}", f"{found.value:+.3f}", interval, p)

"""The gate: holds a run against a baseline that was written down, and fails where a figure fell beyond noise.

The baseline is `eval/thresholds.toml`, made by `greenlit eval gate --write` and reviewed like code. For each set it
holds how many questions were asked and a hash of them, and for each figure its value then and how far it may fall.
Nothing passes by being absent: a set that is not in the file, a figure that the run lacks, questions that were changed
or left out are errors, not passes.
"""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eval.quality.intervals import Figure
from eval.quality.runs import Run, SetRun
from eval.quality.tables import table

THRESHOLDS = Path(__file__).parents[1] / "thresholds.toml"
# What a baseline holds. Not times, which are the machine's; not single kinds of unanswerable questions, which are few.
GATED = (
    "hit@1 hit@5 hit@10 mrr@10 ndcg@10 page_hit@1 page_hit@5 gold_in_answer gold_first token_f1 sentence_precision "
    "question_quoted clause_missed misquotes_released cited_document cited_page cited_gold refused_answerable "
    "refused_unanswerable auroc"
).split()
# No chance is in these: one misquote that gets through is a broken check, one question that a document asks is no
# answer, and one neighbour quoted for a long sentence is a wrong answer.
EXACT = frozenset({"misquotes_released", "question_quoted", "clause_missed"})
LOWER_IS_BETTER = EXACT | {"refused_answerable"}
# A run of the same code gives the same figures. What moves them by chance is a change that is neutral and still turns
# some questions. If it turns one in ten, as often up as down, the mean over n questions moves by less than
# 1.96 * sqrt(0.1 / n) in 95 of 100 cases: the half-width of the interval of such paired differences.
_TURNED = 0.10
_WITHIN = 1.96  # standard deviations
_HEAD = """\
# What a run has to hold to: `greenlit eval gate`. Written by `greenlit eval gate --write`, reviewed like code.
# baseline: the figure then. tolerance: how far it may fall (rise, where lower is better) before the gate fails.
# A tolerance that was edited here is kept by the next --write. EVALUATION.md says how it is chosen.
"""

Verdict = Literal["ok", "better", "FELL"]


class GateError(Exception):
    """Nothing can be judged: the baseline is missing or does not fit the run. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a figure was, and how far it may fall."""

    baseline: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class SetThresholds:
    """A set of the baseline: how many questions, the hash of them, and its figures by name."""

    questions: int
    sha256: str
    figures: Mapping[str, Threshold]


@dataclass(frozen=True, slots=True)
class Judged:
    """One figure of a run beside its baseline; `limit` is the worst value that passes."""

    set_name: str
    name: str
    threshold: Threshold
    limit: float
    got: float
    verdict: Verdict


def read_thresholds(path: Path) -> dict[str, SetThresholds]:
    """Read a baseline.

    Raises:
        GateError: it is missing, empty, or wrong.
    """
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {name: _read_set(one) for name, one in value.items()}
    except OSError as error:
        raise GateError(
            f"{path} cannot be read: {error.strerror}; expected a baseline: `greenlit eval gate --write` makes one"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GateError(
            f"{path}: expected what `greenlit eval gate --write` writes, got something else ({error})"
        ) from error
    if not found:
        raise GateError(f"{path}: expected at least one set, got none: an empty baseline holds nothing to anything")
    for name, one in found.items():
        if not one.figures:
            raise GateError(f"{path}: expected figures of the set '{name}', got none")
    return found


def _read_set(value: dict[str, Any]) -> SetThresholds:
    figures = {name: _read_threshold(one) for name, one in value["figures"].items()}
    return SetThresholds(int(value["questions"]), str(value["questions_sha256"]), figures)


def _read_threshold(value: dict[str, Any]) -> Threshold:
    threshold = Threshold(float(value["baseline"]), float(value["tolerance"]))
    if not (math.isfinite(threshold.baseline) and 0 <= threshold.tolerance < 1):
        raise ValueError(f"expected a number and a tolerance from 0 to 1, got {value}")
    return threshold


def judge(run: Run, thresholds: Mapping[str, SetThresholds]) -> list[Judged]:
    """Hold every figure of a baseline against a run.

    Raises:
        GateError: the two do not fit each other.
    """
    if not run.sets:
        raise GateError("expected a run with at least one set, got none")
    for one in run.sets:
        if one.name not in thresholds:
            raise GateError(
                f"expected a baseline of the set '{one.name}', got none: review a `greenlit eval gate --write`"
            )
    judged = []
    for name, wanted in thresholds.items():
        found = run.named(name)
        if found is None:
            raise GateError(f"expected a run of the set '{name}', which the baseline names; it ran: {_names(run)}")
        _check_questions(found, wanted)
        judged += [_judged(found, metric, threshold) for metric, threshold in wanted.figures.items()]
    return judged


def _names(run: Run) -> str:
    return ", ".join(one.name for one in run.sets)


def _check_questions(found: SetRun, wanted: SetThresholds) -> None:
    if not found.asked:
        raise GateError(f"expected questions of the set '{found.name}', got none")
    if (len(found.asked), questions_hash(found)) != (wanted.questions, wanted.sha256):
        raise GateError(
            f"expected the {wanted.questions} questions of '{found.name}' that the baseline was made with, got "
            f"{len(found.asked)} that are not the same: if the set was to change, review a `greenlit eval gate --write`"
        )


def questions_hash(one: SetRun) -> str:
    """Return the SHA-256 (hex) of what was asked: ids, questions, and what answers them, in the order of ids."""
    asked = sorted((found.question for found in one.asked), key=lambda question: question.id)
    lines = [
        [question.id, question.question, question.answerable, [[gold.document, gold.text] for gold in question.gold]]
        for question in asked
    ]
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()


def _judged(found: SetRun, name: str, threshold: Threshold) -> Judged:
    figure = found.figures["all"].get(name)
    if figure is None:
        raise GateError(
            f"expected the figure {name} of the set '{found.name}', which the baseline names; the run lacks it"
        )
    sign = -1 if name in LOWER_IS_BETTER else 1
    limit = threshold.baseline - sign * threshold.tolerance
    gained = sign * (figure.value - threshold.baseline)
    verdict: Verdict = "ok" if abs(gained) <= threshold.tolerance + 1e-9 else "better" if gained > 0 else "FELL"
    return Judged(found.name, name, threshold, limit, figure.value, verdict)


def gate_table(judged: list[Judged]) -> str:
    """Return every figure with its baseline, the worst value that passes, what the run got, and the verdict."""
    rows = [["set", "figure", "baseline", "limit", "got", "verdict"]]
    for one in judged:
        sides = "at most " if one.name in LOWER_IS_BETTER else "at least "
        numbers = (f"{one.threshold.baseline:.3f}", f"{sides}{one.limit:.3f}", f"{one.got:.3f}")
        rows.append([one.set_name, one.name, *numbers, one.verdict])
    return table(rows)


def thresholds_of(run: Run, old: Mapping[str, SetThresholds]) -> dict[str, SetThresholds]:
    """Return a run's figures as a baseline; tolerances that stand in the old one are kept."""
    return {
        one.name: SetThresholds(len(one.asked), questions_hash(one), _figures_of(one, old.get(one.name)))
        for one in run.sets
    }


def _figures_of(one: SetRun, old: SetThresholds | None) -> dict[str, Threshold]:
    kept = old.figures if old else {}
    found = {name: one.figures["all"][name] for name in GATED if name in one.figures["all"]}
    return {
        name: Threshold(figure.value, kept[name].tolerance if name in kept else tolerance(figure, exact=name in EXACT))
        for name, figure in found.items()
    }


def tolerance(figure: Figure, *, exact: bool = False) -> float:
    """Return how far a figure may fall before it is no noise, rounded up to a thousandth; 0 for an exact one."""
    if exact:
        return 0.0
    return math.ceil(1000 * _WITHIN * math.sqrt(_TURNED / figure.questions)) / 1000


def write_thresholds(path: Path, thresholds: Mapping[str, SetThresholds], run: Run) -> None:
    """Write a baseline, with the run that it was made from."""
    lines = [_HEAD, f"# From a run of {run.made_at}, code {run.revision}, encoder {run.encoder}."]
    for name, one in thresholds.items():
        lines += ["", f"[{name}]", f"questions = {one.questions}", f'questions_sha256 = "{one.sha256}"', ""]
        lines.append(f"[{name}.figures]")
        lines += [
            f'"{metric}" = {{ baseline = {threshold.baseline:.4f}, tolerance = {threshold.tolerance:.3f} }}'
            for metric, threshold in one.figures.items()
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

"""What came out by kind of question: how far each kind is from its ceiling.

Of few questions each, so without intervals and over both halves; what a kind means is in EVALUATION.md.
"""

from collections.abc import Sequence

import numpy as np

from eval.quality.ask import Asked
from eval.quality.metrics import MEDIANS, values

KIND_FIGURES = (
    "hit@5",
    "ceiling",
    "gold_in_answer",
    "gold_first",
    "sentence_precision",
    "words_to_gold",
    "refused_answerable",
)


def by_kind(asked: Sequence[Asked]) -> dict[str, dict[str, float]]:
    """Return figures of the answerable questions by kind, in the order of names.

    Args:
        asked: the questions of a set.

    Returns:
        By kind: `questions`, and of KIND_FIGURES those that a question of the kind has. Empty where no question has a
        gold in words, as of sets whose gold is a page.
    """
    found: dict[str, dict[str, float]] = {}
    for kind in sorted({one.question.kind for one in asked if one.question.answerable}):
        counted = [values(one) for one in asked if one.question.answerable and one.question.kind == kind]
        if any("ceiling" in one for one in counted):
            figures = {name: [one[name] for one in counted if name in one] for name in KIND_FIGURES}
            found[kind] = {"questions": float(len(counted))} | {
                name: round(float(np.median(several) if name in MEDIANS else np.mean(several)), 4)
                for name, several in figures.items()
                if several
            }
    return found

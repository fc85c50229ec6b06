"""A second opinion on a sentence that our own checks passed: is it entailed by what it rests on, by a model for that?

It only ever takes away: it is asked last, about what holds up already, and nothing that it says makes a sentence hold.
What a sentence rests on is read to it twice, by itself and under what stands over it (title, headings, label), for
"25 days." says little alone; the reading that entails more counts. A port: `entailment_model` is the adapter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from service.answering.supported.statements import Statement

NOT_ENTAILED = "not_entailed"


@dataclass(frozen=True, slots=True)
class Shares:
    """How likely it is that a premise entails a sentence, says nothing of it, or contradicts it; together 1."""

    entailment: float
    neutral: float
    contradiction: float


class Entails(Protocol):
    """Judges whether premises entail sentences. Any thread may call."""

    @property
    def digest(self) -> str:
        """One SHA-256 (hex) over all files that shape what it says."""
        ...

    @property
    def least(self) -> float:
        """The least share of entailment, in [0, 1], of a sentence that is released."""
        ...

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Shares]:
        """Return what it says of each pair of a premise and a sentence."""
        ...


def entailment(text: str, base: Statement, entails: Entails) -> tuple[float, bool]:
    """Return the share of entailment of a sentence, and whether it suffices.

    Args:
        text: the sentence, or a clause of one.
        base: what it rests on.
        entails: the model.
    """
    premises = [base.raw, *([f"{base.over}: {base.raw}"] if base.over else [])]
    best = max(entails.judge([(premise, text) for premise in premises]), key=lambda one: one.entailment)
    contradicts = best.contradiction > max(best.entailment, best.neutral)
    return best.entailment, best.entailment >= entails.least and not contradicts

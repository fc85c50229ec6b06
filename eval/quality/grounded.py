"""Counts how well sentences are held against what they cite: what is released of the false, withheld of the true.

Of public sentences: balanced accuracy, recall and precision of the unsupported, on the half that nothing was chosen on.
*Generic* sentences claim nothing and are counted apart: none of the three figures holds them. Of shipped ones: the
share of each kind that is released. Intervals are bootstrapped over sentences; what the judging of one costs is the
mean over all, each set once, passages read anew. Nothing is asked of a model: the same code gives the same figures.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.quality.grounded_sets import GENERIC, MISPLACED, TRUE, Claim
from eval.quality.intervals import Estimate, Figure, estimate_mean, figure, generator, macro, resampled
from eval.quality.tables import table
from service.answering.supported.entailment import NOT_ENTAILED, Entails
from service.answering.supported.statements import forget
from service.answering.supported.support import Support, support
from service.answering.supported.weights import WEIGHTS

_CURVE = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # thresholds that are shown beside the one that ships


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence with what became of it, and the seconds that took."""

    claim: Claim
    support: Support
    took_s: float


def judge(claims: Sequence[Claim], entails: Entails | None = None) -> list[Judged]:
    """Hold sentences against what they cite, one after the other; nothing is remembered from before.

    Args:
        claims: the sentences.
        entails: an entailment model that what holds up is held to besides.
    """
    forget()
    return [_judged(claim, entails) for claim in claims]


def grounded_text(public: Sequence[Judged], shipped: Mapping[str, Sequence[Judged]]) -> str:
    """Return the figures as plain text; shipped sentences by the name of their set."""
    parts = []
    if public:
        parts += [_public_table(public), _curve_table([one for one in public if not one.claim.tuned_on])]
    parts += [_shipped_table(name, judged) for name, judged in shipped.items()]
    parts.append(_cost_line([*public, *(one for judged in shipped.values() for one in judged)]))
    return "\n\n".join(parts)


def _judged(claim: Claim, entails: Entails | None) -> Judged:
    began = time.perf_counter()
    found = support(claim.text, claim.cited, build=claim.build, entails=entails)
    return Judged(claim, found, time.perf_counter() - began)


def _public_table(public: Sequence[Judged]) -> str:
    rows: list[Sequence[str]] = [
        (
            "groundedness",
            "sentences",
            "balanced accuracy",
            "recall of unsupported",
            "precision of unsupported",
            "generic",
        )
    ]
    for half, tuned in (("held out", False), ("tuned on", True)):
        judged = [one for one in public if one.claim.tuned_on is tuned]
        counted = [one for one in judged if one.claim.kind != GENERIC]
        generic = [one for one in judged if one.claim.kind == GENERIC]
        figures = unsupported_figures(counted, half)
        released = sum(one.support.holds for one in generic)
        rows.append((half, str(len(counted)), *map(_shown, figures), f"{released} of {len(generic)} released"))
    return table(rows)


def unsupported_figures(judged: Sequence[Judged], label: str) -> tuple[Figure, Figure, Figure]:
    """Return balanced accuracy, recall and precision of the unsupported, of sentences of both labels."""
    holds = np.array([one.claim.holds for one in judged])
    withheld = np.array([not one.support.holds for one in judged])
    recall = estimate_mean(withheld[~holds].astype(float), f"unsupported {label}")
    released = estimate_mean((~withheld)[holds].astype(float), f"supported {label}")
    return figure(macro([recall, released])), figure(recall), figure(_precision(holds, withheld, label))


def _precision(holds: NDArray[np.bool_], withheld: NDArray[np.bool_], label: str) -> Estimate:
    drawn = resampled(len(holds), generator(f"precision {label}"))
    right = (withheld & ~holds)[drawn].sum(axis=1)
    replicates = right / np.maximum(withheld[drawn].sum(axis=1), 1)
    return Estimate(float((withheld & ~holds).sum() / max(withheld.sum(), 1)), replicates, len(holds))


def _curve_table(judged: Sequence[Judged]) -> str:
    """Return what other thresholds would give: how much of the unsupported is withheld, of the supported released."""
    counted = [one for one in judged if one.claim.kind != GENERIC]
    rows: list[Sequence[str]] = [("threshold, held out", "unsupported withheld", "supported released", "balanced")]
    for threshold in sorted({*_CURVE, WEIGHTS.threshold}):
        released = [_holds_at(one.support, threshold) for one in counted]
        true = _share([one for one, claim in zip(released, counted, strict=True) if claim.claim.holds])
        false = _share([not one for one, claim in zip(released, counted, strict=True) if not claim.claim.holds])
        mark = " (ships)" if threshold == WEIGHTS.threshold else ""
        rows.append((f"{threshold:.2f}{mark}", f"{false:.3f}", f"{true:.3f}", f"{(true + false) / 2:.3f}"))
    return table(rows)


def _holds_at(found: Support, threshold: float) -> bool:
    return found.score >= threshold and not set(found.failed) - {"not_said"}


def _shipped_table(name: str, altered: Sequence[Judged]) -> str:
    rows: list[Sequence[str]] = [(name, "held out", "tuned on")]
    halves = [[one for one in altered if one.claim.tuned_on is tuned] for tuned in (False, True)]
    kinds = sorted({one.claim.kind for one in altered} - {TRUE})
    rows += [(f"{kind}: released", *(_of_kind(half, {kind}) for half in halves)) for kind in kinds]
    rows.append(("all that is altered: released", *(_of_kind(half, set(kinds) - {MISPLACED}) for half in halves)))
    rows.append(("true: withheld", *(_of_kind(half, {TRUE}, held=False) for half in halves)))
    return table(rows)


def _of_kind(half: Sequence[Judged], kinds: set[str], *, held: bool = True) -> str:
    counted = [one.support.holds is held for one in half if one.claim.kind in kinds]
    if not counted:
        return "none"
    shown = figure(estimate_mean(np.array(counted, dtype=np.float64), "altered"))
    return f"{sum(counted)} of {len(counted)}: {_shown(shown)}"


def _cost_line(judged: Sequence[Judged]) -> str:
    took = np.array([one.took_s for one in judged]) * 1000
    told = f"a sentence took {took.mean():.2f} ms, the slowest twentieth {np.percentile(took, 95):.2f} ms or more"
    asked = np.array([one.support.entailed is not None for one in judged])
    if not asked.any():
        return told
    taken = sum(NOT_ENTAILED in one.support.failed for one in judged)
    others = f"; the others {took[~asked].mean():.2f} ms" if not asked.all() else ""
    return (
        f"{told}\nthe entailment model was asked about {asked.sum()} of {len(judged)} sentences, of which it withheld "
        f"{taken}; one took {took[asked].mean():.2f} ms in all, the slowest twentieth "
        f"{np.percentile(took[asked], 95):.2f} ms or more{others}"
    )


def _shown(found: Figure) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _share(counted: Sequence[bool]) -> float:
    return sum(counted) / max(len(counted), 1)

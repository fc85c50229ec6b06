"""Does a sentence that somebody wrote hold up? What it says is looked for in what it cites.

1  read what the sentence can rest on (`statements`)
2  hold it against that as a whole (`examine`), and weigh how well its words are those of its base (`weights`)
3  ask an entailment model, if there is one, about what holds up by then (`entailment`): it only ever takes away
4  where no one statement bears it, hold each of its clauses against them: all have to hold up, on one document

A sentence holds up if nothing is wrong with it and its score reaches the threshold. Whether it answers a question, and
whether what it cites is in force, is not looked at.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexes.builds import Build
from indexes.documents import Passage
from indexes.units import Span
from service.answering.supported.entailment import NOT_ENTAILED, Entails, entailment
from service.answering.supported.examine import examine
from service.answering.supported.said import say
from service.answering.supported.statements import Statement, statements
from service.answering.supported.weights import WEIGHTS, Weights

CODES = (
    "number",
    "date",
    "name",
    "unit",
    "quantifier",
    "negation",
    "roles",
    "condition",
    "joined",
    "not_said",
    NOT_ENTAILED,
)
_BETWEEN = re.compile(r";\s+|,\s+(?:and|but|while|whereas)\s+")
_ENDS = re.compile(r"(?<=[^\W\d_]{2}[.!?])\s+(?=\S)|(?<=\s[.!?])\s+(?=\S)|(?<=\d[.!?])\s+(?=\S)")
MOST_CHARS = 2_000  # of a sentence; what is longer is none
_LEAST = 2  # words with content of a clause
_SAYS = frozenset("is are was were has have had may must can cannot could should shall will would do does did".split())


@dataclass(frozen=True, slots=True)
class Offered:
    """A passage that was given to whoever wrote, with the id that it had there."""

    id: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Support:
    """How well a sentence holds up.

    Attributes:
        score: how well its words are those of what it cites, in [0, 1].
        failed: what is wrong, of `CODES`; none where it holds up. "not_said" is a score below the threshold.
        quote: `[start, end)` in the stored text of what supports it best, a whole unit; `None` where it says nothing.
        id: whose passage that is.
        entailed: the share of entailment, in [0, 1], of the clause that has least; `None` where no model was asked.
    """

    score: float
    failed: tuple[str, ...]
    quote: Span | None
    id: str | None
    entailed: float | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failed


_NOTHING = Support(0.0, ("not_said",), None, None)


def support(
    sentence: str,
    cited: Sequence[Offered],
    *,
    build: Build | None = None,
    weights: Weights = WEIGHTS,
    entails: Entails | None = None,
) -> Support:
    """Hold a sentence against the passages that it cites.

    Args:
        sentence: as it is written, without its citations.
        cited: the passages that it cites; where there is none, nothing holds up.
        build: where the units of the passages are; without it a plain rule finds sentences.
        weights: of the measures, and the threshold.
        entails: an entailment model that what holds up is held to besides.
    """
    found = bases(cited, build) if len(sentence) <= MOST_CHARS else []
    if not found:
        return _NOTHING
    whole = _held(sentence, found, weights, entails)
    parts = clauses(sentence)
    if whole.holds or len(parts) == 1:
        return whole
    held = [_held(part, found, weights, entails) for part in parts]
    if all(part.holds for part in held):
        shares = [part.entailed for part in held if part.entailed is not None]
        return replace(min(held, key=lambda part: part.score), entailed=min(shares, default=None))
    return whole


def bases(cited: Sequence[Offered], build: Build | None) -> list[Statement]:
    """Return what a sentence that cites some passages can rest on."""
    return [one for offered in cited for one in statements(offered.id, offered.passage, build)]


def clauses(sentence: str) -> list[str]:
    """Return the clauses of a sentence, if each has a subject and something said of it; else the sentence.

    Several sentences in one are taken apart if each has content.
    """
    sentences = [part for part in _ENDS.split(sentence) if part.strip()]
    if not sentences or not all(len(say(part).content) >= _LEAST for part in sentences):
        return [sentence]
    return [clause for part in sentences for clause in _clauses(part)]


def _clauses(sentence: str) -> list[str]:
    parts = [part for part in _BETWEEN.split(sentence) if part.strip()]
    said = [say(part) for part in parts]
    alone = all(
        len(one.content) >= _LEAST and one.words[0] not in _SAYS and not _SAYS.isdisjoint(one.words[1:]) for one in said
    )
    return parts if alone else [sentence]


def _held(text: str, found: Sequence[Statement], weights: Weights, entails: Entails | None) -> Support:
    examined = examine(text, found)
    if examined is None:
        return _NOTHING
    score = weights.score(examined.measured)
    faults = examined.faults | ({"not_said"} if score < weights.threshold else set())
    entailed = None
    if entails is not None and not faults:
        entailed, suffices = entailment(text, examined.base, entails)
        faults = faults if suffices else frozenset({NOT_ENTAILED})
    failed = tuple(code for code in CODES if code in faults)
    return Support(score, failed, examined.base.span, examined.base.id, entailed)

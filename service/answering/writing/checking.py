"""Holds what a model wrote against the passages it was given, claim by claim, and mends what can be mended.

1  a claim with a flaw is not checked
2  one that leans on the sentence before it ("It ...") needs that one, released, and of the same passage
3  it has to be supported by what it cites (`holding`)
4  else by another passage that was offered: a citation that is missing or wrong is mended, words never are
5  each citation has the words that support it best, at their place in the stored text
6  what holds has to suit the question besides, with what was released before it: a port, too

Who may read what is the caller's business.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from service.answering.drafts import Quote
from service.answering.supported.support import Offered, Support
from service.answering.writing.claims import ASIDE, Claim
from service.answering.writing.holding import Supports, even, hold, quoted
from service.answering.writing.offering import Given

UNCITED, LEANS = "uncited", "leans"
WITHDRAWN = "withdrawn"  # it held, and its passage may not be read any more
_POINTS = re.compile(r"(?:this|that|these|those|such|dies\w*|cet\w*|ces|est[aeo]s?)\s+[^\W\d_]+", re.IGNORECASE)
_IMPERSONAL = re.compile(  # "It is forbidden to ..." stands for nothing said before
    r"(?:it|il|es) (?:is|was|est|ist|wird) (?:not |pas |nicht )?(?:\w+ly )?(?:allowed|forbidden|prohibited|permitted"
    r"|required|necessary|possible|mandatory|recommended|important|illegal|essential|best|interdit|permis"
    r"|obligatoire|nécessaire|verboten|erlaubt|untersagt|nötig|möglich|wichtig|empfohlen)\b"
    r"(?! (?:in|by|on|at|with|only|when|if|under)\b)",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:it|its|it['’]s|they|their|them|this|that|these|those|he|she|his|her|such|both|however|otherwise|therefore"
    r"|then|thus|also|but|and|or|unless|except|instead|in (?:this|that|such|these|those) cases?|if (?:so|not)"
    r"|(?:the )?(?:former|latter|same)"
    r"|dies\w*|sie|er|es|ihr\w*|jedoch|sonst|ils?|elles?|cel\w+|ces|cet\w*|ell[oa]s?|est[aeo]s?)\b(?!:)",
    re.IGNORECASE,
)


class Done(StrEnum):
    """What was done with a claim."""

    RELEASED = "released"
    CITED_ANEW = "cited_anew"  # and released
    LEFT_OUT = "left_out"
    ASIDE = "aside"  # left out too, and nobody misses it: a heading, small talk


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim and what became of it.

    `codes` say why it was left out; `quotes` are of one passage each, best first; `entailed` is the share of entailment
    where a model for that was asked.
    """

    claim: Claim
    done: Done
    codes: tuple[str, ...] = ()
    score: float = 0.0
    quotes: tuple[Quote, ...] = ()
    entailed: float | None = None

    @property
    def is_released(self) -> bool:
        """Whether it may be read."""
        return self.done in (Done.RELEASED, Done.CITED_ANEW)


Suits = Callable[[Sequence[Checked]], str | None]


def anything(_released: Sequence[Checked]) -> str | None:
    """Let everything suit that holds."""
    return None


@dataclass(frozen=True, slots=True)
class Checks:
    """What a sentence is held to.

    Attributes:
        supports: says whether passages support it.
        suits: says by a code why the last of some sentences that hold is not to be released after the others; `None` if
            it is.
        entailment: the digest of the entailment model that support asks, `None` for none.
    """

    supports: Supports
    suits: Suits = anything
    entailment: str | None = None


class Checker:
    """Checks the claims of an answer, one after the other. Not for several threads."""

    def __init__(self, given: Given, checks: Supports | Checks) -> None:
        """Begin.

        Args:
            given: the passages.
            checks: what each sentence is held to; support alone, if that is given.
        """
        checks = checks if isinstance(checks, Checks) else Checks(checks)
        self._given = given
        self._supports = checks.supports
        self._suits = checks.suits
        self._released: list[Checked] = []
        self._of = {one.id: one for one in given.offered}
        self._before: Checked | None = None

    def check(self, claim: Claim) -> Checked:
        """Return a claim with what may become of it."""
        if claim.flaw:
            checked = Checked(claim, Done.ASIDE if claim.flaw in ASIDE else Done.LEFT_OUT, (claim.flaw.value,))
        else:
            checked = self._suiting(self._leaning(self._held(claim)))
        self.settle(checked)
        return checked

    def settle(self, checked: Checked) -> None:
        """Take note of what became of a claim in the end, for those after it; a later word on it counts."""
        if self._released and self._released[-1].claim is checked.claim:
            self._released.pop()
        if checked.is_released:
            self._released.append(checked)
        if checked.done is not Done.ASIDE:
            self._before = checked

    def _held(self, claim: Claim) -> Checked:
        cited = [self._of[one] for one in claim.ids]
        held = hold(claim.text, cited, self._supports) if cited else Support(0.0, (UNCITED,), None, None)
        if held.holds:
            return Checked(claim, Done.RELEASED, (), held.score, self._quotes(claim, held, cited), held.entailed)
        others = [one for one in self._given.offered if one.id not in claim.ids]
        tried = [hold(claim.text, [one], self._supports) for one in others]
        best = max(tried, key=lambda one: (one.holds, one.score), default=held)
        if best.holds:
            return Checked(claim, Done.CITED_ANEW, (), best.score, self._quotes(claim, best, ()), best.entailed)
        why = held if cited else best
        codes = dict.fromkeys([*held.failed, *why.failed])
        return Checked(claim, Done.LEFT_OUT, tuple(codes), why.score, entailed=why.entailed)

    def _quotes(self, claim: Claim, best: Support, cited: Sequence[Offered]) -> tuple[Quote, ...]:
        """Return the best quote, then those of the other passages that are cited and support it by themselves."""
        others = [one for one in cited if one.id != best.id] if len(cited) > 1 else []
        held = [best, *(also for one in others if (also := hold(claim.text, [one], self._supports)).holds)]
        return tuple(quote for one in held if (quote := quoted(one, self._of)))

    def _leaning(self, checked: Checked) -> Checked:
        """Leave out a claim that leans on a sentence that was not released, or that is of another passage."""
        if not checked.is_released or not _leans(checked.claim.text):
            return checked
        points = _POINTS.match(checked.claim.text)
        if points and even(points[0]) in even(checked.quotes[0].text):
            return checked  # "This policy ..." are the document's own words, and it says them of itself
        before = self._before
        if before and before.is_released and {one.passage_id for one in before.quotes} & _passages(checked):
            return checked
        return replace(checked, done=Done.LEFT_OUT, codes=(LEANS,), quotes=())

    def _suiting(self, checked: Checked) -> Checked:
        why = self._suits([*self._released, checked]) if checked.is_released else None
        return replace(checked, done=Done.LEFT_OUT, codes=(why,), quotes=()) if why else checked


def _leans(text: str) -> bool:
    """Tell whether a sentence begins with a word that stands for something said before."""
    return bool(_LEANS.match(text)) and not _IMPERSONAL.match(text)


def _passages(checked: Checked) -> set[str]:
    return {one.passage_id for one in checked.quotes}

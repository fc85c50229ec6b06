"""What a model wrote, sentence by sentence, before anything is checked: the record, and what disqualifies a sentence.

A claim is no answer. One with a flaw is never checked, let alone released; it stands in the record as it was read.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Flaw(StrEnum):
    """Why a claim is not even checked; as a code, for the record."""

    HEADING = "heading"  # or a lead-in under which nothing stands
    TALK = "talk"  # about the answer or the asker: "I hope this helps."
    DECLINES = "declines"  # the word that the passages do not answer, or as much in other words
    QUESTION = "question"
    CODE = "code"
    FRAGMENT = "fragment"  # hardly a word
    LEAK = "leak"  # of the prompt
    REPEATS = "repeats"
    CUT_OFF = "cut_off"  # the text ends within it
    TOO_LONG = "too_long"


ASIDE = frozenset({Flaw.HEADING, Flaw.TALK, Flaw.DECLINES, Flaw.REPEATS})  # an answer without them misses nothing


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a model's text, without marks and citations.

    An item of a list says what it stands under too ("You must not: upload scripts"). `ids` are the passages it cites,
    of those that were offered, in order; `not_offered` counts the other things that it cites.
    """

    text: str = field(repr=False)
    ids: tuple[str, ...] = ()
    not_offered: int = 0
    flaw: Flaw | None = None

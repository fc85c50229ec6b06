"""The ceiling of an answer: whether one unit of the first passages, quoted by itself, would hold the gold.

What lies between the ceiling and what the answer holds was lost in choosing, not in finding. It looks at the units that
the answerer may quote, of the passages that it looks at, and chooses with the gold in hand; it does not say that an
answer of several units could not hold more, such as a list of which each item is a unit.
"""

from collections.abc import Sequence

from eval.quality.holding import SeenQuote, holds
from eval.quality.question_sets import Gold
from indexes.builds import Build
from service.answering.choosing.gather import gather
from service.answering.finding.retrieve import Retrieved


def a_unit_holds(golds: Sequence[Gold], found: Retrieved, build: Build) -> bool:
    """Return whether a unit of the first passages holds one of the golds; a gold that is a page is held by none."""
    spans = [gold for gold in golds if not gold.whole_page]
    if not spans or found.matches is None:
        return False
    units = [
        SeenQuote(0, one.document, "", None, *one.span, one.text) for one in gather(found, build) if one.is_quotable
    ]
    return any(holds([unit], gold) for unit in units for gold in spans)

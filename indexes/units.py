"""Units: what of a document can be quoted as it stands, or names what can. Found at ingest (`ingest/units/finding.py`).

Units do not overlap and stand in reading order; each lies in one section and on no more than a few lines. Holds shapes
only: what a question wants of them is the reader's business.
"""

from dataclasses import dataclass
from enum import IntEnum

Span = tuple[int, int]  # `[start, end)`, in characters of a document's stored text
NO_SPAN: Span = (-1, -1)  # where a span has to be written down and there is none
MOST_CHARS = 700  # of what is quoted: longer stretches are lists or tables that were not understood as such


class UnitKind(IntEnum):
    """What a unit is. The numbers are stored: give a new kind a new one."""

    SENTENCE = 0
    ITEM = 1  # of a list
    STEP = 2  # of a procedure: the order counts
    ROW = 3  # of a table, with the names of its columns
    FACT = 4  # a short fact that bears its own label: "Invoices: ten years"
    CLAUSE = 5  # a part of a sentence that is too long to be quoted
    QUESTION = 6
    LABEL = 7  # a lead-in, a line of column names, a bare title, or what is too long

    @property
    def quotable(self) -> bool:
        """Tell whether such a unit may be quoted by itself."""
        return self not in (UnitKind.QUESTION, UnitKind.LABEL)


@dataclass(frozen=True, slots=True)
class Unit:
    """What can be quoted, or names what can: `start` and `end` are of the stored text, without a bullet or number.

    `label` is the question, lead-in or term that it stands under, in the same document; `None` where a heading alone
    stands over it. `series` is the number of its series in the document, -1 for none.
    """

    start: int
    end: int
    kind: UnitKind = UnitKind.SENTENCE
    label: Span | None = None
    series: int = -1

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Series:
    """A list, a procedure or a table: from the first item's mark to the end of the last item.

    `kind` is ITEM, STEP or ROW; `label` the lead-in or caption, if there is one; `items` counts those of the top level.
    """

    start: int
    end: int
    kind: UnitKind
    label: Span | None
    items: int

"""What was found of a document so far, and what stands over the next unit.

`Found` collects; `Above` remembers a lead-in for the block that follows, a question for its answer, a bare title until
the next one. Decides nothing of what a line is.
"""

from dataclasses import dataclass

from indexes.units import MOST_CHARS, Series, Span, Unit, UnitKind
from ingest.units.clauses import clauses
from ingest.units.lines import Line

_ANSWER_CHARS = 2000  # of what follows a question and may answer it
_ANSWER_BLOCKS = 6
_TITLED_CHARS = 3000


@dataclass(slots=True)
class _Open:
    """A series that is being read."""

    kind: UnitKind
    start: int
    end: int
    label: Span | None
    items: int = 0


class Found:
    """Units and series, in the order they are read."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.open: list[_Open] = []

    def add(self, start: int, end: int, kind: UnitKind, label: Span | None, series: int = -1) -> None:
        """Add a unit; what is too long to be quoted is a LABEL."""
        too_long = kind.quotable and end - start > MOST_CHARS
        self.units.append(Unit(start, end, UnitKind.LABEL if too_long else kind, label, series))

    def begin(self, kind: UnitKind, start: int, label: Span | None) -> int:
        """Begin a series; return its number."""
        self.open.append(_Open(kind, start, start, label))
        return len(self.open) - 1

    def series(self) -> tuple[Series, ...]:
        """Return the series by number."""
        return tuple(Series(one.start, one.end, one.kind, one.label, one.items) for one in self.open)


@dataclass(slots=True)
class _Asked:
    """A question that stands over what follows, as far as there is room for its answer."""

    span: Span
    blocks: int
    fresh: bool  # nothing followed yet


class Above:
    """What stands over the next unit, beside the headings."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Other headings stand over what follows."""
        self.asked: _Asked | None = None
        self.lead: Span | None = None  # for the next block
        self.announced: Span | None = None  # by a sentence of the line before
        self.title: Span | None = None
        self.title_is_next = False  # it stands right before the next block
        self.names: Line | None = None  # of the last table's columns
        self.heading_asks = False  # and nothing stands between it and the next block

    @property
    def asked_just_now(self) -> bool:
        """Tell whether nothing stands between a question and the next block."""
        return self.heading_asks or (self.asked is not None and self.asked.fresh)

    def asks(self, span: Span, *, blocks: int = _ANSWER_BLOCKS, fresh: bool = True) -> None:
        """Remember a question, for so many blocks that may answer it."""
        self.asked = _Asked(span, blocks, fresh)

    def let_go(self, line: Line) -> None:
        """Forget a question or a title that stands too far above a line."""
        asked = self.asked
        if asked and (not asked.blocks or line.start - asked.span[1] > _ANSWER_CHARS):
            self.asked = None
        elif asked:
            asked.blocks -= 1
        if self.title and line.start - self.title[1] > _TITLED_CHARS:
            self.title = None

    def label(self) -> Span | None:
        """Return what a sentence stands under."""
        return self.lead or (self.asked.span if self.asked else None) or self.title

    def lead_in(self) -> Span | None:
        """Return what a list or table right below stands under."""
        fresh = self.asked.span if self.asked and self.asked.fresh else None
        return self.lead or fresh or self.announced or (self.title if self.title_is_next else None)

    def block_ends(self) -> None:
        """Forget what stood over one block only."""
        self.lead = self.announced = None
        self.heading_asks = False
        self.title_is_next = False
        if self.asked:
            self.asked.fresh = False


def bounded(line: Line, start: int, end: int) -> list[Span]:
    """Return a stretch of a line in pieces that can be quoted."""
    if end - start <= MOST_CHARS:
        return [(start, end)]
    return clauses(text_of(line, (start, end)), offset=start)


def text_of(line: Line, span: Span) -> str:
    """Return the text of a stretch of a line."""
    return line.text[span[0] - line.start : span[1] - line.start]

"""Find the units and the series of a document: what can be quoted, and what it stands under.

1  lines, list marks off (`lines`)
2  tables (`rows`) and lists (`lists`): one unit an item or row, a series for all of them
3  every other line: its sentences (`sentences`), each of a kind (`text`); too long ones as clauses
4  what a unit stands under, by what was read before it: a lead-in, for the block that follows; a question, for its
   answer; a bare title, until the next one. Headings are no labels: every unit has its heading path anyway

All of a document is covered but marks ("-", "Q:"). In a series each item begins with a unit of the series's kind;
further sentences of an item are SENTENCEs of the same series. Reads no format and ranks nothing.
"""

from collections.abc import Sequence
from itertools import zip_longest

from indexes.documents import Document
from indexes.units import MOST_CHARS, Series, Span, Unit, UnitKind
from ingest.sentences import sentence_spans
from ingest.units.found import Above, Found, bounded, text_of
from ingest.units.lines import Line, lines_of
from ingest.units.lists import Entry, list_at
from ingest.units.rows import Table, first_cell, table_at
from ingest.units.sentences import TextReader
from ingest.units.text import asks_by_wording, ends_in_colon, is_question, word_count

_ROW_CHARS = 400  # a longer row is cut at its sentences
_LEAST_WORDS = 4  # of an item that says something by itself


def find_units(document: Document) -> tuple[tuple[Unit, ...], tuple[Series, ...]]:
    """Return the units of a document in reading order, and its series by number."""
    found = Found()
    _Finder(lines_of(document), found).read()
    return tuple(found.units), found.series()


class _Finder:
    """Goes through the lines once; what stands over the next one is in `Above`."""

    def __init__(self, lines: Sequence[Line], found: Found) -> None:
        self._lines = lines
        self._found = found
        self._above = Above()
        self._text = TextReader(found, self._above)
        self._place: tuple[str, ...] | None = None

    def read(self) -> None:
        """Read all lines."""
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            if line.place != self._place:
                self._place = line.place
                self._above.forget()
                self._above.heading_asks = bool(line.place) and asks_by_wording(line.place[-1])
            self._above.let_go(line)
            if not line.style:
                table = table_at(self._lines, at, last_names=self._above.names.text if self._above.names else "")
                if table:
                    self._table(table)
                    at += len(table.rows) + (table.names is not None)
                    continue
                self._text.read(line, below=self._lines[at + 1] if at + 1 < len(self._lines) else None)
                at += 1
            else:
                entries = list_at(self._lines, at)
                self._list(entries)
                at += len(entries)

    # Tables

    def _table(self, table: Table) -> None:
        label = self._above.lead_in()
        if table.names:
            self._above.names = table.names
            self._found.add(table.names.start, table.names.end, UnitKind.LABEL, label)
        names = None if table.bears_names or not self._above.names else (self._above.names.start, self._above.names.end)
        if table.rows:
            series = self._found.begin(UnitKind.ROW, table.rows[0].begin, label or names)
            above = names or label or self._above.label()
            for row in table.rows:
                self._row(row, above, series)
        self._above.block_ends()

    def _row(self, row: Line, label: Span | None, series: int) -> None:
        self._found.open[series].items += 1
        self._found.open[series].end = row.end
        if len(row.text) <= _ROW_CHARS:
            self._found.add(row.start, row.end, UnitKind.ROW, label, series)
            return
        cell = (row.start, row.start + first_cell(row.text))
        kind, above = UnitKind.ROW, label
        for start, end in sentence_spans(row.text, offset=row.start):
            for piece in bounded(row, start, end):
                self._found.add(*piece, kind, above, series)
                kind, above = UnitKind.CLAUSE, cell if cell[1] <= piece[1] else label

    # Lists

    def _list(self, entries: Sequence[Entry]) -> None:
        label = self._above.lead_in()
        asking = [is_question(entry.line.text) for entry in entries if entry.is_item]
        is_checklist = all(asking) and label is not None and label == self._above.lead and len(asking) == len(entries)
        if any(asking) and not is_checklist:
            self._questions(entries)
        elif len(asking) == 1 and label is None:
            for entry in entries:
                self._text.read(entry.line)
        else:
            self._series(entries, label)

    def _questions(self, entries: Sequence[Entry]) -> None:
        """Read a list of which some items ask, and what follows each of them answers it."""
        answers: list[Entry] = []
        for entry in entries:
            if not (entry.is_item and is_question(entry.line.text)):
                answers.append(entry)
                continue
            self._answers(answers)
            answers = []
            self._text.read(entry.line)
        self._answers(answers)

    def _answers(self, entries: list[Entry]) -> None:
        if sum(entry.is_item for entry in entries) > 1 and entries[0].is_item:
            top = entries[0].depth
            below = [Entry(one.line, max(one.depth - top, 0), one.is_item) for one in entries]
            self._series(below, self._above.lead_in())
            return
        for entry in entries:
            self._text.read(entry.line)

    def _series(self, entries: Sequence[Entry], label: Span | None) -> None:
        open_series: list[int] = []
        led: Span | None = None  # by an item that only leads in those below it: "- Acceptable:"
        links = label is None and all(map(_may_be_a_link, entries))
        items: list[Span] = []  # what the last item of each depth begins with
        for entry, below in zip_longest(entries, entries[1:]):
            line = entry.line
            depth = min(entry.depth, len(items))
            if entry.is_item:
                del open_series[depth + 1 :], items[depth:]
                if depth == len(open_series):
                    kind = UnitKind.STEP if "1" in line.style else UnitKind.ITEM
                    open_series.append(self._found.begin(kind, line.begin, items[-1] if items else label))
                    led = None
                number = open_series[-1]
                above = self._found.open[number].label or self._above.label()
                if ends_in_colon(line.text) and below and below.is_item and below.depth == entry.depth:
                    self._found.add(line.start, line.end, UnitKind.LABEL, above, number)
                    led = (line.start, line.end)
                    items.append(led)
                else:
                    self._found.open[number].items += 1
                    items.append(self._item(line, led or above, number, UnitKind.LABEL if links else None))
            else:
                self._text.sentences(line, items[-1] if items else label, open_series[-1])
            for number in open_series:
                self._found.open[number].end = line.end
        self._above.block_ends()

    def _item(self, line: Line, label: Span | None, series: int, kind: UnitKind | None) -> Span:
        """Read the line of an item, of its series's kind if none is given; return its first unit."""
        kind, spans = kind or self._found.open[series].kind, sentence_spans(line.text, offset=line.start)
        first = len(self._found.units)
        if not is_question(line.text) and any(is_question(text_of(line, span)) for span in spans):
            self._text.sentences(line, label, series)
            return self._found.units[first].span
        is_short = len(spans) > 1 and word_count(text_of(line, spans[0])) < _LEAST_WORDS
        if is_short and spans[1][1] - line.start <= MOST_CHARS:
            spans[:2] = [(spans[0][0], spans[1][1])]  # "Hotel. 140 euros a night."
        for start, end in spans:
            for piece in bounded(line, start, end):
                is_first = len(self._found.units) == first
                self._found.add(*piece, kind if is_first else UnitKind.SENTENCE, label, series)
        return self._found.units[first].span if len(self._found.units) > first else (line.start, line.end)


def _may_be_a_link(entry: Entry) -> bool:
    """Tell whether an item says nothing by itself, as those of a list of links do, nor stands under a heading."""
    text = entry.line.text
    return word_count(text) < _LEAST_WORDS and not entry.line.place and not any(map(str.isdigit, text))

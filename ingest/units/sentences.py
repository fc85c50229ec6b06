"""Read a line that is neither item nor row into units: its sentences, a question, a title, a short fact.

What the line says of those below it is written into `Above`.
"""

from indexes.units import MOST_CHARS, Span, UnitKind
from ingest.sentences import sentence_spans
from ingest.units.found import Above, Found, bounded, text_of
from ingest.units.lines import Line
from ingest.units.text import (
    announces,
    answer_mark_end,
    asks_by_wording,
    ends_in_colon,
    is_fact,
    is_question,
    is_title,
    kind_of,
    own_label_end,
    question_mark_end,
    word_count,
)

_LEAST_SAID = 2  # words of what stands alone under a heading
_LABEL_WORDS = 4  # fewer in a sentence, with others behind it on its line, name them: "Parking. The yard is ..."


class TextReader:
    """Reads lines, one after the other."""

    def __init__(self, found: Found, above: Above) -> None:
        self._found = found
        self._above = above

    def read(self, line: Line, *, below: Line | None = None) -> None:
        """Read a line that is neither item nor row; `below` is the next one."""
        spans, asks = self._without_marks(line)
        if not spans:
            return  # an answer's mark with nothing behind it
        if asks or is_question(line.text):
            self._question_line(line, spans, marked=asks)
            return
        if self._is_bare_title(line, spans):
            if not line.paged and self._is_said_under_a_heading(line, below):
                self._found.add(*spans[0], UnitKind.SENTENCE, self._above.label())
                self._above.block_ends()
                return
            self._above.asked = None
            self._found.add(*spans[0], UnitKind.LABEL, self._above.lead)
            self._above.block_ends()
            self._above.title, self._above.title_is_next = spans[0], True
            return
        first = len(self._found.units)
        label = self._above.label()
        in_row = line.paged and self._above.names is not None and self._above.title_is_next
        fresh = self._above.asked_just_now or in_row
        self.sentences(line, label, -1, spans=spans, is_answer=fresh)
        last = self._found.units[-1] if len(self._found.units) > first else None
        self._above.block_ends()
        if last and last.kind is UnitKind.LABEL and ends_in_colon(text_of(line, last.span)):
            self._above.lead = last.span
        said = [unit.span for unit in self._found.units[first:] if announces(text_of(line, unit.span))]
        self._above.announced = said[-1] if said else None

    def _without_marks(self, line: Line) -> tuple[list[Span], bool]:
        """Return the sentences of a line without "Q:" or "A:", and whether it bore the mark of a question."""
        start = question_mark_end(line.text)
        marked = start > 0
        if not marked and self._above.asked:
            start = answer_mark_end(line.text)
        return sentence_spans(line.text[start:], offset=line.start + start), marked

    def _question_line(self, line: Line, spans: list[Span], *, marked: bool) -> None:
        """Read a line that ends with a question, or begins with the mark of one."""
        asks = [at for at, span in enumerate(spans) if is_question(text_of(line, span))]
        is_whole = len(asks) == len(spans) or (marked and not asks)
        last = (asks or [0])[-1]
        self._above.lead = None
        if is_whole:
            for span in spans:
                self._found.add(*span, UnitKind.QUESTION, None)
            self._above.block_ends()
            self._above.title = None if marked else self._above.title
            self._above.asks((spans[0][0], spans[-1][1]))
            return
        self.sentences(line, self._above.title, -1, spans=spans)
        self._above.block_ends()
        if last == len(spans) - 1:
            self._above.asks(spans[last], blocks=1)  # the next paragraph may answer it
        elif marked:
            self._above.asks(spans[last], fresh=False)

    def _is_bare_title(self, line: Line, spans: list[Span]) -> bool:
        if len(spans) != 1 or line.joined or self._above.asked_just_now or not is_title(line.text):
            return False
        in_table = self._above.names is not None and not self._above.title_is_next
        if line.paged and not in_table and not asks_by_wording(line.text):
            return False  # what is left of a running head or a drawing; within a table it is what a row begins with
        is_label = kind_of(line.text, paged=line.paged) is UnitKind.LABEL
        return is_label and not ends_in_colon(line.text) and not is_fact(line.text)

    @staticmethod
    def _is_said_under_a_heading(line: Line, below: Line | None) -> bool:
        """Tell whether what looks like a title is all that its heading is followed by: "Extension 4410"."""
        words = word_count(line.text)
        if not line.place or line.text in line.place or words < _LEAST_SAID:
            return False
        if below is None or below.place != line.place:
            return True
        return line.first and words >= _LABEL_WORDS and not below.style

    def sentences(
        self,
        line: Line,
        label: Span | None,
        series: int,
        *,
        spans: list[Span] | None = None,
        is_answer: bool = False,
    ) -> None:
        """Add the sentences of a line; one that asks, or a short one that names, stands over those behind it."""
        given = sentence_spans(line.text, offset=line.start) if spans is None else spans
        inner: Span | None = None
        for at, (first, end) in enumerate(given):
            start = first
            if inner and is_question(text_of(line, inner)):
                start += answer_mark_end(text_of(line, (first, end)))
            text = text_of(line, (start, end))
            kind = kind_of(text, paged=line.paged)
            if kind is UnitKind.LABEL and len(text) <= MOST_CHARS and (is_answer or inner):
                kind = UnitKind.SENTENCE
            if (len(given) == 1 or kind is UnitKind.LABEL) and is_fact(text):
                kind = UnitKind.FACT
            if at == len(given) - 1 and kind is not UnitKind.QUESTION and ends_in_colon(text):
                kind = UnitKind.LABEL
            for piece in bounded(line, start, end):
                as_kind = kind if piece == (start, end) else UnitKind.CLAUSE
                self._found.add(*piece, as_kind, inner or label, series)
            if kind is UnitKind.QUESTION:
                inner = (start, end)
            elif at == 0 and not any(own_label_end(text_of(line, span)) for span in given[1:]):
                inner = _names_the_rest(text, start, kind)


def _names_the_rest(text: str, start: int, kind: UnitKind) -> Span | None:
    """Return what the first sentence of a line names the others by: itself, if it is a bare label, or its own label."""
    if kind is UnitKind.LABEL and word_count(text) <= _LABEL_WORDS:
        return start, start + len(text)
    end = own_label_end(text)
    return (start, start + end) if end else None

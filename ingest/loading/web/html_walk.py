"""Walks a web page in reading order and tells a `TextBuilder` of headings, paragraphs, items, rows and code.

One loop over all elements, without recursion, however deep they are nested; only what is written on one line (headings,
cells, terms, notes) is walked by a walk of its own, into `Lines`. For each element: is it seen (`seen`), is it content
(`page_parts`), and what is it? Text of an element that is left out is counted, with the place and the reason
(`html_report`). What belongs together stays so: a note follows the paragraph that refers to it, a definition its term,
the panel of a tab stands under the tab's name, and an answer under its question.
"""

from collections.abc import Callable

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading.tables import names_line, table_lines
from ingest.loading.web import html_inline as inline
from ingest.loading.web.html_flow import Blocks, Flow, Lines, Path
from ingest.loading.web.html_lists import ListNumbers, Terms
from ingest.loading.web.html_notes import link_of
from ingest.loading.web.html_report import Reading
from ingest.loading.web.html_tables import Grid, is_for_looks, is_table, rows_of
from ingest.loading.web.html_things import thing_in_text
from ingest.loading.web.style_cascade import Look

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_PARTS_WITH_HEADINGS = frozenset(["aside", "blockquote", "details", "figure"])
_MAX_TABLES = 30  # within each other: deeper ones are read as what is in their cells
_MAX_LEVEL = 9


class Walk:
    """Reads elements of one page into blocks."""

    def __init__(self, reading: Reading, blocks: Blocks, *, depth: int = 0) -> None:
        self._reading = reading
        self._page = reading.page
        self._blocks = blocks
        self._flow = Flow(blocks)
        self._inline = self._flow.inline
        self._depth = depth  # of tables within each other
        self._notes: list[HtmlElement] = []  # that the paragraph refers to
        self._lists: list[ListNumbers] = []
        self._terms: list[Terms] = []
        self._closing: dict[HtmlElement, list[Callable[[], None]]] = {}

    def read(self, element: HtmlElement) -> None:
        """Read an element that is shown, with all that is in it."""
        pending: list[tuple[str, HtmlElement]] = []
        self._begin(element, pending)
        while pending:
            what, one = pending.pop()
            if what == "open":
                if isinstance(one.tag, str) and self._opens(one):
                    self._begin(one, pending)
            elif what == "tail":
                self._text(one.tail, one.getparent())
            else:
                self._close(one)
        self._flush()

    def leave(self, element: HtmlElement) -> bool:
        """Tell whether an element is left out, and take note of it if it is."""
        why = self._page.look(element).left
        if not why and not self._reading.reads_navigation:
            why = self._reading.parts.why_left(element)
        if why:
            self._reading.leaves(element, why)
        return bool(why) or self._reading.was_moved(element)

    def text_of(self, element: HtmlElement) -> str:
        """Return the shown text of an element; blocks within it are lines. Its notes follow what is being read."""
        lines = Lines()
        inner = Walk(self._reading, lines, depth=self._depth + 1)
        inner.read(element)
        self._notes += inner._notes
        return "\n".join(lines.lines)

    def _begin(self, element: HtmlElement, pending: list[tuple[str, HtmlElement]]) -> None:
        look = self._page.look(element)
        self._reading.depth += 1
        if look.resets or look.counts or look.sets:
            self._reading.counters.enter(self._reading.depth, resets=look.resets, sets=look.sets, counts=look.counts)
        self._generated(self._page.before.get(element), element, look)
        self._text(element.text, element)
        pending.append(("close", element))
        for child in reversed(element):
            if child.tail:
                pending.append(("tail", child))
            pending.append(("open", child))

    def _close(self, element: HtmlElement) -> None:
        look = self._page.look(element)
        self._generated(self._page.after.get(element), element, look)
        for do in self._closing.pop(element, []):
            do()
        self._reading.counters.close(self._reading.depth)
        self._reading.depth -= 1

    def _generated(self, content: str | None, element: HtmlElement, look: Look) -> None:
        """Write what a style sheet puts before or after an element."""
        if content is None or look.unseen:
            return
        text = self._reading.counters.text(content)
        self._flow.writes(text, as_marker=element.tag == "li")

    def _text(self, text: str | None, element: HtmlElement) -> None:
        if not text:
            return
        look = self._page.look(element)
        if why := look.unseen:
            self._reading.leaves_text(text, why)
            return
        shown = text if look.keeps_lines else text.replace("\n", " ")
        if not shown.isascii():
            shown, marks = inline.without_marks(shown, self._reading.notes_of_page.marks)
            self._reading.passes_over(marks, text, shown)
        self._reading.stores(shown)
        self._inline.add(shown)

    def _opens(self, element: HtmlElement) -> bool:
        """Read an element, or begin to; tell whether what is in it is still to be read."""
        tag = element.tag
        if tag in inline.THINGS and not self._page.look(element).left:
            self._thing(element, tag)
            return False
        if self.leave(element):
            return False
        look = self._page.look(element)
        if look.raised and tag in inline.INLINE:
            self._raised(element, look.raised)
            return False
        if tag in inline.INLINE:
            if (around := inline.AROUND.get(tag)) is not None:
                self._inline.add(around[0])
                self._on_close(element, lambda: self._inline.add(around[1]))
            return True
        self._flush()
        self._on_close(element, self._flush)
        return self._block(element, tag)

    def _on_close(self, element: HtmlElement, do: Callable[[], None]) -> None:
        self._closing.setdefault(element, []).append(do)

    def _block(self, element: HtmlElement, tag: str) -> bool:
        level = HEADINGS.get(tag, 0) or inline.heading_level(element)
        if level:
            self._heading(element, level)
            return False
        if is_table(element) and self._depth <= _MAX_TABLES:
            self._table(element)
            return False
        if tag in {"ul", "ol", "menu"}:
            self._lists.append(ListNumbers(element, self._page))
            self._on_close(element, lambda: self._lists.__delitem__(-1))
        elif tag == "li":
            self._item(element)
        elif tag == "dl":
            self._terms.append(Terms())
            self._on_close(element, self._end_terms)
        elif tag in {"dt", "dd"} and self._terms:
            return self._definition(element, tag)
        elif tag in {"pre", "listing", "xmp"}:
            self._blocks.code(self.text_of(element))
            return False
        elif tag == "summary" and element.getparent().tag == "details":
            return self._summary(element)
        else:
            self._part(element, tag)
        return True

    def _part(self, element: HtmlElement, tag: str) -> None:
        """Begin a part whose headings hold within it only."""
        if self._flow.items:
            return
        name = self._reading.tabs.label_of(element)
        if name or tag in _PARTS_WITH_HEADINGS:
            path = self._blocks.path()
            self._on_close(element, lambda: self._blocks.back_to(path))
            if name:
                self._blocks.heading(_below(path), name)

    def _summary(self, element: HtmlElement) -> bool:
        """Read the line of `details`: a heading of what it opens, unless it is one already, or within a list."""
        if self._flow.items or any(child.tag in HEADINGS for child in element.iter() if isinstance(child.tag, str)):
            return True
        self._blocks.heading(_below(self._blocks.path()), " ".join(self.text_of(element).split("\n")))
        return False

    def _heading(self, element: HtmlElement, level: int) -> None:
        text = self._flow.heading(level, clean(self.text_of(element)))
        if level == 1 and text and self._reading.first_h1 is None:
            self._reading.first_h1 = text

    def _item(self, element: HtmlElement) -> None:
        marker = self._lists[-1].marker(element) if self._lists else "-"
        self._flow.begin_item(marker)
        self._on_close(element, self._flow.end_item)

    def _definition(self, element: HtmlElement, tag: str) -> bool:
        terms = self._terms[-1]
        if tag == "dt":
            terms.add(", ".join(filter(None, map(clean, self.text_of(element).split("\n")))))
            return False
        self._flow.lead = terms.lead()
        self._on_close(element, self._flow.end_lead)
        return True

    def _end_terms(self) -> None:
        if left := self._terms.pop().left():
            self._blocks.paragraph(left)

    def _table(self, element: HtmlElement) -> None:
        rows = rows_of(element, self.leave)
        for caption in element.iterchildren("caption"):
            if not self.leave(caption):
                self._blocks.paragraph(self.text_of(caption))
        if is_for_looks(element, rows):
            self._looks(rows)
            return
        for segment in Grid(self._page, self.text_of).segments(rows, self.leave):
            if segment.title:
                self._blocks.paragraph(segment.title)
            named = segment.rows, segment.header_rows
            for line in (names_line(*named), *table_lines(*named, spans=segment.spans)):
                self._blocks.row(line)

    def _looks(self, rows: list[tuple[HtmlElement, str]]) -> None:
        """Read the cells of a table for looks, each as a part of its own."""
        for row, _ in rows:
            for cell in row:
                if isinstance(cell.tag, str) and not self.leave(cell):
                    inner = Walk(self._reading, self._blocks, depth=self._depth + 1)
                    inner._flow.items = self._flow.items
                    inner.read(cell)
                    self._notes += inner._notes

    def _raised(self, element: HtmlElement, how: str) -> None:
        """Write raised or lowered text so that it does not join what stands before it."""
        text = clean(self.text_of(element).replace("\n", " "))
        link = link_of(element)
        target = self._reading.notes_of_page.target(link.get("href", "")) if link is not None else None
        if target is not None and not self._reading.was_moved(target):
            self._notes.append(target)
        if how == "sub":
            self._inline.lower(text)
        else:
            self._inline.raise_(text, linked=link is not None, notes=self._reading.notes_of_page.marks)
        if not self._inline.holds_last:
            self._reading.unstores(text)

    def _thing(self, element: HtmlElement, tag: str) -> None:
        """Read what is no text: breaks, pictures, formulas, fields, embedded pages."""
        if tag == "hr":
            self._flush()
        elif tag == "svg":
            written = inline.labels(element) if self._reading.parts.words(element) else []
            if written:
                self._flush()
            for text in written:
                self._blocks.row(text)
            self._reading.draws(element, written)
        else:
            self._inline.add(thing_in_text(element, self._reading))

    def _flush(self) -> None:
        self._flow.flush()
        if self._depth == 0 and self._notes:
            self._write_notes()

    def _write_notes(self) -> None:
        """Write the notes that were referred to, each on a line of its own."""
        while self._notes:
            note = self._notes.pop(0)
            text = " ".join(clean(line) for line in self.text_of(note).split("\n"))
            if clean(text):
                self._flow.line(text)


def _below(path: Path) -> int:
    return min(path[-1][0] + 1, _MAX_LEVEL) if path else 2

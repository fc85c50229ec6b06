"""Walks a web page in reading order and tells a `TextBuilder` of headings, paragraphs, items, rows and code.

One loop over all elements, without recursion, however deep they are nested; only what is written on one line (headings,
cells, terms, notes) is walked by a walk of its own, into `Lines`. For each element: is it seen (`seen`), is it content
(`page_parts`), and what is it? Text of an element that is left out is counted, with the place and the reason
(`html_report`). What belongs together stays so: a note follows the paragraph that refers to it, a definition its term,
the panel of a tab stands under the tab's name, and an answer under its question.
"""

from collections.abc import Callable
from typing import Protocol

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading import html_inline as inline
from ingest.loading.html_lists import ListNumbers, Terms, marker_style
from ingest.loading.html_math import linear
from ingest.loading.html_notes import link_of
from ingest.loading.html_report import Reading
from ingest.loading.html_tables import Grid, is_for_looks, is_table, rows_of
from ingest.loading.seen import Look
from ingest.loading.tables import table_lines

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
Path = tuple[tuple[int, str], ...]
_PARTS_WITH_HEADINGS = frozenset(["aside", "blockquote", "details", "figure"])
_MAX_TABLES = 30  # within each other: deeper ones are read as what is in their cells
_MAX_LEVEL = 9


class Blocks(Protocol):
    """What a walk writes to: a `TextBuilder`, or `Lines`."""

    def heading(self, level: int, text: str) -> None: ...
    def paragraph(self, text: str) -> None: ...
    def item(self, text: str, *, marker: str = "-") -> None: ...
    def item_paragraph(self, text: str) -> None: ...
    def row(self, text: str) -> None: ...
    def code(self, text: str) -> None: ...
    def path(self) -> Path: ...
    def back_to(self, path: Path) -> None: ...


class Lines:
    """Takes blocks as lines of one text, for what is written on one line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def heading(self, level: int, text: str) -> None:
        """Add a heading as a line."""
        del level
        self.lines.append(text)

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""
        self.lines.append(text)

    def item(self, text: str, *, marker: str = "-") -> None:
        """Add a list item; only a number is worth writing."""
        self.lines.append(text if marker == "-" else f"{marker} {text.lstrip()}")

    item_paragraph = row = code = paragraph

    def path(self) -> Path:
        """Return no headings: there are none within a line."""
        return ()

    def back_to(self, path: Path) -> None:
        """Do nothing: as `path`."""


class Walk:
    """Reads elements of one page into blocks."""

    def __init__(self, reading: Reading, blocks: Blocks, *, depth: int = 0) -> None:
        self._reading = reading
        self._page = reading.page
        self._blocks = blocks
        self._depth = depth  # of tables within each other
        self._inline = inline.Inline()  # of the paragraph that is being read
        self._lead = ""  # a term, before its definition
        self._notes: list[HtmlElement] = []  # that the paragraph refers to
        self._marker: str | None = None  # of the list item whose first paragraph is being read
        self._items = 0
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
        if not why and element in self._reading.moved:
            return True
        if why:
            self._reading.leaves(element, why)
        return bool(why)

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
        for do in reversed(self._closing.pop(element, [])):
            do()
        self._reading.counters.close(self._reading.depth)
        self._reading.depth -= 1

    def _generated(self, content: str | None, element: HtmlElement, look: Look) -> None:
        """Write what a style sheet puts before or after an element."""
        if content is None or look.why_unseen():
            return
        text = self._reading.counters.text(content)
        if element.tag == "li" and self._marker == "-" and text.strip(" .)(").isalnum():
            self._marker = text.strip()
        elif text:
            self._inline.add(text)

    def _text(self, text: str | None, element: HtmlElement) -> None:
        if not text:
            return
        look = self._page.look(element)
        if why := look.why_unseen():
            self._reading.leaves_text(text, why)
            return
        self._reading.stores(text)
        self._inline.add(text if look.keeps_lines else text.replace("\n", " "))

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
            return self._table(element)
        if tag in {"ul", "ol", "menu"}:
            self._lists.append(ListNumbers(element, self._page))
            self._on_close(element, lambda: self._drop(self._lists))
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

    @staticmethod
    def _drop(stack: list[ListNumbers]) -> None:
        stack.pop()

    def _part(self, element: HtmlElement, tag: str) -> None:
        """Begin a part whose headings hold within it only."""
        if self._items:
            return
        name = self._reading.tabs.label_of(element)
        if name or tag in _PARTS_WITH_HEADINGS:
            path = self._blocks.path()
            self._on_close(element, lambda: self._blocks.back_to(path))
            if name:
                self._blocks.heading(_below(path), name)

    def _summary(self, element: HtmlElement) -> bool:
        """Read the line of `details`: a heading of what it opens, unless it is one already, or within a list."""
        if self._items or any(child.tag in HEADINGS for child in element.iter() if isinstance(child.tag, str)):
            return True
        self._blocks.heading(_below(self._blocks.path()), " ".join(self.text_of(element).split("\n")))
        return False

    def _heading(self, element: HtmlElement, level: int) -> None:
        text = clean(self.text_of(element))
        if self._marker not in {None, "-"} and text:
            text = f"{self._marker} {text}"  # the number of the item is the heading's
        if text:
            self._marker = None
        if level == 1 and text and self._reading.first_h1 is None:
            self._reading.first_h1 = text
        self._blocks.heading(level, text)

    def _item(self, element: HtmlElement) -> None:
        marker = self._lists[-1].marker(element) if self._lists else "-"
        self._marker = marker_style(marker)
        self._items += 1

        def end() -> None:
            self._flush()
            self._marker = None
            self._items -= 1

        self._on_close(element, end)

    def _definition(self, element: HtmlElement, tag: str) -> bool:
        terms = self._terms[-1]
        if tag == "dt":
            terms.add(clean(self.text_of(element)))
            return False
        self._lead = terms.lead()

        def end() -> None:
            self._flush()
            self._lead = ""

        self._on_close(element, end)
        return True

    def _end_terms(self) -> None:
        if left := self._terms.pop().left():
            self._blocks.paragraph(left)

    def _table(self, element: HtmlElement) -> bool:
        """Read a table; tell whether it is one for looks, whose cells are still to be read."""
        rows = rows_of(element, self.leave)
        if is_for_looks(element, rows):
            return self._looks(element, rows)
        for caption in element.iterchildren("caption"):
            if not self.leave(caption):
                self._blocks.paragraph(self.text_of(caption))
        for segment in Grid(self._page, self.text_of).segments(rows, self.leave):
            if segment.title:
                self._blocks.paragraph(segment.title)
            for line in table_lines(segment.rows, header_rows=segment.header_rows, spans=segment.spans):
                self._blocks.row(line)
        return False

    def _looks(self, element: HtmlElement, rows: list[tuple[HtmlElement, str]]) -> bool:
        for caption in element.iterchildren("caption"):
            if not self.leave(caption):
                self._blocks.paragraph(self.text_of(caption))
        for row, _ in rows:
            for cell in row:
                if isinstance(cell.tag, str) and not self.leave(cell):
                    inner = Walk(self._reading, self._blocks, depth=self._depth + 1)
                    inner._items = self._items
                    inner.read(cell)
                    self._notes += inner._notes
        return False

    def _raised(self, element: HtmlElement, how: str) -> None:
        """Write raised or lowered text so that it does not join what stands before it."""
        text = clean(self.text_of(element).replace("\n", " "))
        link = link_of(element)
        target = self._reading.notes_of_page.target(link.get("href", "")) if link is not None else None
        if target is not None and target not in self._reading.moved:
            self._reading.moved.add(target)
            self._notes.append(target)
        if how == "sub":
            self._inline.lower(text)
        else:
            self._inline.raise_(text, linked=link is not None, notes=self._reading.notes_of_page.marks)
        if not self._inline.holds_last:
            self._reading.unstores(text)

    def _thing(self, element: HtmlElement, tag: str) -> None:
        """Read what is no text: breaks, pictures, formulas, fields, embedded pages."""
        if tag == "br":
            self._inline.add("\n")
        elif tag == "img":
            self._inline.add(inline.alternative(element))
            if inline.is_silent_picture(element):
                self._reading.tells("pictures")
        elif tag == "math":
            written = linear(element)
            self._reading.draws(element, [written])
            self._inline.add(written)
        elif tag == "svg":
            self._drawing(element)
        elif tag == "hr":
            self._flush()
        elif kind := inline.unread(element):
            self._reading.tells(kind)

    def _drawing(self, element: HtmlElement) -> None:
        """Read the labels of a drawing (SVG), each as a row."""
        written = inline.labels(element) if self._reading.parts.words(element) else []
        if written:
            self._flush()
        for text in written:
            self._blocks.row(text)
        self._reading.draws(element, written)

    def _flush(self) -> None:
        text = self._inline.take()
        if clean(text):
            if self._lead:
                if self._marker is not None:
                    self._blocks.paragraph(self._lead)
                else:
                    text = f"{self._lead} {text.lstrip()}"
                self._lead = ""
            if self._marker is not None:
                self._blocks.item(text, marker=self._marker)
                self._marker = None
            elif self._items:
                self._blocks.item_paragraph(text)
            else:
                self._blocks.paragraph(text)
        if self._depth == 0 and self._notes:
            self._write_notes()

    def _write_notes(self) -> None:
        """Write the notes that were referred to, each on a line of its own."""
        while self._notes:
            note = self._notes.pop(0)
            text = " ".join(clean(line) for line in self.text_of(note).split("\n"))
            if clean(text):
                (self._blocks.item_paragraph if self._items else self._blocks.paragraph)(text)


def _below(path: Path) -> int:
    return min(path[-1][0] + 1, _MAX_LEVEL) if path else 2

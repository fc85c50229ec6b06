"""What a loader returns, `Parsed`, and `TextBuilder`, which is the only way to make one.

A loader calls `heading`, `paragraph`, `item`, `row`, `code` and `page` in reading order; `TextBuilder` cleans each
piece to plain characters (`clean`), keeps the heading path, and draws the sections. In the text a newline ends a block,
so no sentence holds one; a blank line stands between paragraphs; heading lines stand outside every section, but for
those that state something (`statements`): they begin the section that they name. Where a document has no text but
headings, all of them are its text, as long as they ask nothing.
Knows no file format.
"""

from dataclasses import dataclass, replace

from indexes.documents import Locator, Section
from indexes.readings import ReadingNote
from ingest.characters import clean, split_at_breaks
from ingest.errors import LoadError
from ingest.statements import asks, is_statement

TEXT_VERSION = "2"  # raise it when this module or `characters` writes a text differently: stored texts are made anew
MAX_TEXT_CHARS = 20_000_000  # some 7,000 pages; more is a mistake or an attack, and would not fit the parser's memory
MAX_HEADING_CHARS = 300  # a longer "heading" is a paragraph in a heading's clothes: it stays quotable
_MAX_INDENT = 40  # spaces


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document as text: `title` is None when the document names none; sections are in order and do not overlap.

    `notes` say what of the document is not in the text.
    """

    title: str | None
    text: str
    sections: tuple[Section, ...]
    notes: tuple[ReadingNote, ...] = ()


class TextBuilder:
    """Collects blocks in reading order and returns them as a `Parsed`."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []
        self._place = Locator("heading")  # of the blocks that follow, but for the heading path
        self._open: Section | None = None
        self._sections: list[Section] = []
        self._headings: list[Section] = []  # those that do not ask
        self._only_headings = True
        self._previous = ""  # the kind of the last block

    def heading(self, level: int, text: str) -> None:
        """Add a heading; `level` 0 is the document's title, 1 to 6 are as in HTML. Blank text adds nothing.

        One that states something can be quoted as well: it is in the path and begins its section.
        """
        line = clean(text)
        if len(line) > MAX_HEADING_CHARS:
            self.paragraph(text)
        elif line:
            self._close_section()
            self._path = [(above, name) for above, name in self._path if above < level] + [(level, line)]
            start = self._add(line, "heading")
            section = Section(start=start, end=self._length, locator=self._locator())
            if not asks(line):
                self._headings.append(section)
            if is_statement(line):
                self._open = section

    def leave(self, level: int) -> None:
        """Say that what headings of this level and below stand over has ended, though no heading follows."""
        if any(above >= level for above, _ in self._path):
            self._close_section()
            self._path = [(above, name) for above, name in self._path if above < level]

    def page(self, number: int, *, printed: str = "") -> None:
        """Say that the blocks that follow stand on this page (1-based); `printed` is what the page calls itself."""
        self._close_section()
        label = clean(printed)
        self._place = Locator("page", page=number, printed="" if label == str(number) else label)

    def time(self, at: str) -> None:
        """Say that the blocks that follow were said at this time of a recording, as in "00:12:31"."""
        self._close_section()
        self._place = Locator("time", at=at)

    def path(self) -> tuple[tuple[int, str], ...]:
        """Return the headings that hold here, each with its level, for `back_to`."""
        return tuple(self._path)

    def back_to(self, path: tuple[tuple[int, str], ...]) -> None:
        """Say that a part with headings of its own has ended: what follows stands under the headings of before."""
        if path != tuple(self._path):
            self._close_section()
            self._path = list(path)

    def place(self) -> str:
        """Return where the blocks that follow stand, as reading notes name it."""
        return self._locator().place()

    def paragraph(self, text: str) -> None:
        """Add a paragraph; a newline in it is a line break that its author set."""
        for number, line in enumerate(split_at_breaks(text)):
            self._add_block(line, "paragraph" if number == 0 else "line")

    def item(self, text: str, *, marker: str = "-") -> None:
        """Add a list item; `marker` is "-" or a number as in "1."."""
        for number, line in enumerate(split_at_breaks(text)):
            self._add_block(f"{marker} {line}" if number == 0 else line, "item")

    def item_paragraph(self, text: str) -> None:
        """Add a further paragraph of the list item before."""
        for line in split_at_breaks(text):
            self._add_block(line, "item")

    def row(self, text: str) -> None:
        """Add one row of a table, as `loading.tables` writes it."""
        self._add_block(clean(text), "row")

    def code(self, text: str) -> None:
        """Add a block of code: every line is kept, with its indentation."""
        lines = [line for line in text.expandtabs(4).split("\n") if clean(line)]
        for number, line in enumerate(lines):
            indent = len(line) - len(line.lstrip(" ")) if number else 0
            self._add_block(" " * min(indent, _MAX_INDENT) + clean(line), "code" if number else "paragraph")

    def finish(self, title: str | None, *, notes: tuple[ReadingNote, ...] = ()) -> Parsed:
        """Return the document.

        Args:
            title: the document's title as found, cleaned here; blank is the same as None.
            notes: what of the document is not in the text.
        """
        self._close_section()
        sections = tuple(self._sections)
        if self._only_headings and len(self._headings) > 1:  # one alone is the title of an empty document
            sections = tuple(self._headings)
        return Parsed(clean(title or "") or None, "".join(self._pieces), sections, notes)

    def _add_block(self, line: str, kind: str) -> None:
        if not line.strip():
            return
        start = self._add(line, kind)
        self._only_headings = False
        if self._open is None:
            self._open = Section(start=start, end=start, locator=self._locator())
        self._open = replace(self._open, end=self._length)

    def _add(self, line: str, kind: str) -> int:
        """Append one line and return where it starts."""
        if self._pieces:
            together = kind == "line" or (kind == self._previous and kind in {"item", "row", "code"})
            together = together or (kind == "code" and self._previous == "paragraph")
            self._append("\n" if together else "\n\n")
        start = self._length
        self._append(line)
        self._previous = kind
        return start

    def _append(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > MAX_TEXT_CHARS:
            raise LoadError(
                f"expected at most {MAX_TEXT_CHARS / 1e6:.0f} million characters of text, got more: split the document"
            )
        self._pieces.append(piece)

    def _close_section(self) -> None:
        if self._open is not None:
            self._sections.append(self._open)
        self._open = None

    def _locator(self) -> Locator:
        path = tuple(name for _, name in self._path)
        if self._place.kind == "heading" and not path:
            return Locator("document")
        return replace(self._place, headings=path)

"""What a walk over a web page writes, block by block: the paragraph that is being read, and where it goes.

`Blocks` is a `TextBuilder`, or `Lines`: those of what is one text, as a cell or a heading is.
"""

import re
from typing import Protocol

from ingest.characters import clean
from ingest.loading.web.html_inline import Inline

Path = tuple[tuple[int, str], ...]
_NUMBER = re.compile(r"[(\[§]?\s?\w{1,6}(?:\.\w{1,6})*[.)\]:]?")


class Blocks(Protocol):
    """What a walk writes to: a `TextBuilder`, or `Lines`."""

    def heading(self, level: int, text: str) -> None:
        """Add a heading."""

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""

    def item(self, text: str, *, marker: str = "-") -> None:
        """Add a list item."""

    def item_paragraph(self, text: str) -> None:
        """Add a further paragraph of the item before."""

    def row(self, text: str) -> None:
        """Add a row of a table."""

    def code(self, text: str) -> None:
        """Add code."""

    def path(self) -> Path:
        """Return the headings that hold here."""

    def back_to(self, path: Path) -> None:
        """Say that these headings hold again."""


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


class Flow:
    """The paragraph that is being read: in a list or not, with its marker, and a term that it defines."""

    def __init__(self, blocks: Blocks) -> None:
        self.inline = Inline()
        self.items = 0  # list items that are open
        self.lead = ""  # a term, before its definition
        self._blocks = blocks
        self._marker: str | None = None  # of the list item whose first paragraph is being read

    def flush(self) -> None:
        """Write the paragraph, if it holds text."""
        text = self.inline.take()
        if not clean(text):
            return
        if self.lead:
            if self._marker is not None:
                self.line(self.lead)
            else:
                text = f"{self.lead} {text.lstrip()}"
            self.lead = ""
        if self._marker is not None:
            self._blocks.item(text, marker=self._marker)
            self._marker = None
        else:
            self.line(text)

    def line(self, text: str) -> None:
        """Write a paragraph, of its own or of the list item that is open."""
        if self.items:
            self._blocks.item_paragraph(text)
        else:
            self._blocks.paragraph(text)

    def heading(self, level: int, text: str) -> str:
        """Write a heading, with the number of the item that it begins; return it."""
        if text:
            if self._marker not in {None, "-"}:
                text = f"{self._marker} {text}"
            self._marker = None
        self._blocks.heading(level, text)
        return text

    def writes(self, text: str, *, as_marker: bool) -> None:
        """Add what a style sheet writes; before an item without a number it may be the number."""
        if as_marker and self._marker == "-" and _NUMBER.fullmatch(text.strip()):
            self._marker = text.strip()
        else:
            self.inline.add(text)

    def begin_item(self, marker: str) -> None:
        """Begin a list item."""
        self._marker = clean(marker) or "-"
        self.items += 1

    def end_item(self) -> None:
        """End it."""
        self.flush()
        self._marker = None
        self.items -= 1

    def end_lead(self) -> None:
        """End a definition."""
        self.flush()
        self.lead = ""

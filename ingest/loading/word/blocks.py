"""What the stories of a Word document are made of: blocks, and the ground that they stand on."""

from dataclasses import dataclass
from typing import Any

from ingest.characters import clean
from ingest.loading.word.colours import WHITE, Colour
from ingest.loading.word.notes import PlacedNote, with_notes

HEADING, PARAGRAPH, ITEM, ROW = "heading", "paragraph", "item", "row"
ENTER, LEAVE = "enter", "leave"  # what stands beside the text: headings between the two hold there only


@dataclass(frozen=True, slots=True)
class Block:
    """One block: a heading, a paragraph, an item, or a row of a table; its notes have their places in its text."""

    kind: str
    text: str
    level: int = 0
    marker: str = ""
    notes: tuple[PlacedNote, ...] = ()
    bold: bool = False

    def written(self) -> str:
        """Return the text with its notes, each on a line of its own after the sentence that it belongs to."""
        return with_notes(self.text, self.notes) if self.notes else self.text

    def headline(self) -> str:
        """Return the text of a heading, with its number."""
        return clean(f"{self.marker} {self.text}")

    def in_cell(self) -> str:
        """Return the text as a line of a cell: bullets go, because cells are joined by commas; numbers stay."""
        return f"{self.marker} {self.text}".strip() if self.marker not in ("", "-") else self.text


@dataclass(frozen=True, slots=True)
class Ground:
    """Where blocks stand: the colour behind them, what a table's style says of runs, whether they are cut off.

    `kind` is the kind of note as which all of them are left out, None if they are shown.
    """

    colour: Colour = WHITE
    table: tuple[tuple[str, Any], ...] = ()
    flat: bool = False
    kind: str | None = None

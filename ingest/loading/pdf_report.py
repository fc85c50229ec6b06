"""The second opinion on a PDF: what a reader sees of each page, what of its text nobody sees, and what was not read.

For each page, `SecondLook.at` draws it (`pdf_ink`), reads the marks on it (`pdf_marks`, `pdf_fields`), and says which
characters are no text of the page and what stands on it besides. What is left out is noted as it is found; `compare`
notes, at the end, which pages show ink and gave no text, and words that are seen and are not in the stored text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdf import PdfReader

from indexes.readings import Notes
from ingest.loading.pdf_glyphs import Glyphs


@dataclass(frozen=True, slots=True)
class Placed:
    """Text that stands on a page without being one of its characters: a filled field, a note typed onto the page.

    `box` is left, bottom, right, top, in the points of `Glyphs.boxes`: of the field with its label on the page, whose
    characters `PageLook.out` leaves out because `text` ("label: value") says them.
    """

    text: str
    box: tuple[float, float, float, float]
    size: float  # of its type, in points


@dataclass(frozen=True, slots=True)
class PageLook:
    """What the second look says of one page: `out[i]` if character `i` of its `Glyphs` is no text of the page."""

    out: NDArray[np.bool_]
    placed: tuple[Placed, ...] = ()


@dataclass(slots=True)
class SecondLook:
    """Looks at a document page by page, in order, and notes what it does not read.

    Args:
        document: PDFium's document (`pypdfium2.PdfDocument`).
        reader: pypdf's reader of the same bytes.
        notes: receives what is left out.
    """

    document: Any
    reader: PdfReader
    notes: Notes
    _seen: dict[int, list[str]] = field(default_factory=dict)

    def at(self, number: int, page: Any, textpage: Any, glyphs: Glyphs) -> PageLook:
        """Look at one page; to be called before its lines are made.

        Args:
            number: the page's, from 1.
            page: PDFium's page (`pypdfium2.PdfPage`).
            textpage: PDFium's text page (`pypdfium2.PdfTextPage`), which `glyphs` come from.
            glyphs: the page's characters.
        """
        return PageLook(np.zeros(len(glyphs), dtype=np.bool_))

    def compare(self, stored: Mapping[int, str], dropped: Iterable[str] = ()) -> None:
        """Note pages with ink that gave no text, and words that are seen and are not in the stored text.

        Args:
            stored: the text that each page gave (before a sentence is carried over to another page, or after).
            dropped: lines that were left out because they say nothing of their own: running and contents lines.
        """


def page_texts(pages: Sequence[str]) -> Mapping[int, str]:
    """Return texts of pages by number."""
    return dict(enumerate(pages, start=1))

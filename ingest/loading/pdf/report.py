"""The second opinion on a PDF: what a reader sees of each page, what of its text nobody sees, and what was not read.

The steps for a page (`SecondLook.at`):
1. read the marks on it (`marks`), and draw it (`ink`), within bounds of time;
2. leave out what nobody sees (`hiding` says by what it is hidden), unless it was recognised in a scan that shows it
   (`pictures`); letters that are drawn twice (`overlaid`);
3. leave out what is struck out (`marks`, `strikes`);
4. place beside the page's characters what stands there without being one: filled fields (`fields`), text that was
   typed onto the page.
At the end `compare` notes pages that show ink and gave no text, and words that are seen and are not stored
(`unlike`). All that is left out is noted by kind, count and page.
"""

import time
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from indexes.readings import Notes
from ingest.loading.pdf.cells import Bools
from ingest.loading.pdf.drawing import OutOfTimeError, Sheet, sheet_of
from ingest.loading.pdf.fields import MAX_FIELDS, Field, fields_of, said_by, typed_by
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.hiding import hidden_words
from ingest.loading.pdf.ink import Ink, by_words, look
from ingest.loading.pdf.labels import Printed
from ingest.loading.pdf.marks import DAMAGE, Marks, marks_of, untold, within
from ingest.loading.pdf.overlaid import overlaid
from ingest.loading.pdf.pictures import Pictures, edges_of, pictures_of
from ingest.loading.pdf.strikes import struck_by_lines
from ingest.loading.pdf.structure import attached_files
from ingest.loading.pdf.unlike import lacking

PAGE_S = 5.0  # of this process's own time: drawing a page takes some 0.01 s
DOCUMENT_S = 60.0
_STRANGE = frozenset(["Co", "Cc", "Cn"])  # categories of Unicode: private use, controls, not assigned
_NO_CHARACTER = "\ufffd"
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Placed:
    """Text that stands on a page without being one of its characters: a filled field, a note typed onto the page.

    `box` is left, bottom, right, top, in the points of `Glyphs.boxes`: of a field's label on the page, if there is one,
    whose characters `PageLook.out` leaves out because `text` ("label: value") says them.
    """

    text: str
    box: tuple[float, float, float, float]
    size: float  # of its type, in points


@dataclass(frozen=True, slots=True)
class PageLook:
    """What the second look says of one page: `out[i]` if character `i` of its `Glyphs` is no text of the page."""

    out: NDArray[np.bool_]
    placed: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page shows, beside what its text says."""

    text: str
    inked: bool
    scanned: bool


class SecondLook:
    """Looks at a document page by page, in order, and notes what it does not read."""

    def __init__(self, document: Any, reader: PdfReader, notes: Notes) -> None:
        """Begin.

        Args:
            document: PDFium's document (`pypdfium2.PdfDocument`).
            reader: pypdf's reader of the same bytes.
            notes: receives what is left out.
        """
        self._reader = reader
        self._notes = notes
        self._spent_s = 0.0
        self._shown: dict[int, _Shown] = {}
        self._fields = 0
        self._in_use: bool | None = None
        notes.add("attachments", count=attached_files(document))

    def at(self, number: int, page: Any, textpage: Any, glyphs: Glyphs) -> PageLook:
        """Look at one page; to be called before its lines are made.

        Args:
            number: the page's, from 1.
            page: PDFium's page (`pypdfium2.PdfPage`).
            textpage: PDFium's text page (`pypdfium2.PdfTextPage`), which `glyphs` come from.
            glyphs: the page's characters.
        """
        structure = self._structure(number)
        marks = Marks() if structure is None else marks_of(structure)  # 1
        sheet = self._sheet(page, marks)
        ink, doubled = self._look(number, sheet, textpage, glyphs)
        if ink is None:
            out: Bools = np.zeros(len(glyphs), dtype=np.bool_)
            pictures = None
        else:
            hidden = by_words(ink, textpage, glyphs)  # 2
            pictures = pictures_of(ink, glyphs, hidden)
            hidden &= ~pictures.recognised
            covers = marks.covers
            forms = structure is not None and _has_layered_forms(structure)
            for kind, count in hidden_words(ink, hidden, textpage, glyphs, covers, layered_forms=forms).items():
                self._notes.add(kind, str(number), count=count)
            out = hidden | doubled
            self._notes.add("pictures", str(number), count=pictures.with_text)
        out |= self._struck(number, marks, ink, glyphs, out)  # 3
        placed = self._placed(number, marks, ink, glyphs, out)  # 4
        self._count(number, marks, glyphs)
        self._shown[number] = _shown(glyphs, out, ink, pictures, placed)
        return PageLook(out | _labels(placed, len(glyphs)), tuple(one for one, _ in placed))

    def compare(self, stored: Mapping[int, str], dropped: Iterable[str] = ()) -> frozenset[int]:
        """Note pages with ink that gave no text, and words that are seen and are not in the stored text.

        Returns the pages that gave no text, blank ones included.

        Args:
            stored: the text that each page gave, by number from 1; a page that gave none may be missing.
            dropped: lines that were left out because they say nothing of their own: running and contents lines.
        """
        without: set[int] = set()
        for number, shown in self._shown.items():
            blank = not stored.get(number, "").strip()
            if blank or shown.scanned:
                without.add(number)
            if shown.scanned or (blank and shown.inked and not shown.text.strip()):
                self._notes.add("pages_without_text", str(number))
        seen = {number: shown.text for number, shown in self._shown.items()}
        for number, count in lacking(seen, stored, dropped).items():
            self._notes.add("unlike_second_look", str(number), count=count)
        return frozenset(without)

    def _structure(self, number: int) -> PageObject | None:
        try:
            return self._reader.pages[number - 1]
        except DAMAGE:
            return None

    def _sheet(self, page: Any, marks: Marks) -> Sheet:
        """Return what a page is drawn on: with its marks if they may cover text, which signs for notes do not."""
        until = time.process_time() + min(PAGE_S, DOCUMENT_S - self._spent_s)
        return sheet_of(page, until, marks=bool(marks.covers or marks.widgets))

    def _look(self, number: int, sheet: Sheet, textpage: Any, glyphs: Glyphs) -> tuple[Ink | None, Bools]:
        """Draw a page; without an `Ink` where that would take too long."""
        began = time.process_time()
        try:
            ink = look(sheet, textpage, glyphs)
            return ink, overlaid(ink, textpage, glyphs)
        except OutOfTimeError:
            self._notes.add("pages_not_looked_at", str(number))
            return None, np.zeros(len(glyphs), dtype=np.bool_)
        finally:
            self._spent_s += time.process_time() - began

    def _struck(self, number: int, marks: Marks, ink: Ink | None, glyphs: Glyphs, out: Bools) -> Bools:
        """Return the characters that are struck out or marked to go; note how many words they are."""
        struck = within(marks.struck, glyphs)
        if ink is not None:
            struck |= struck_by_lines(ink, glyphs, marks.strokes)
        gone = within(marks.redacted, glyphs)
        self._notes.add("struck_text", str(number), count=_words_in(struck & ~out, glyphs))
        self._notes.add("covered_text", str(number), count=_words_in(gone & ~out & ~struck, glyphs))
        return struck | gone

    def _placed(
        self, number: int, marks: Marks, ink: Ink | None, glyphs: Glyphs, out: Bools
    ) -> list[tuple[Placed, NDArray[np.intp]]]:
        """Return what stands on the page beside its characters, each with the characters that it stands in for."""
        placed: list[tuple[Placed, NDArray[np.intp]]] = []
        fields = fields_of(marks.widgets[: max(MAX_FIELDS - self._fields, 0)])
        self._fields += len(marks.widgets)
        said = said_by(fields, glyphs, out, in_use=bool(fields) and self._is_in_use())
        left = max(self._fields - MAX_FIELDS, 0) if len(fields) < len(marks.widgets) else 0
        self._notes.add("form_fields", str(number), count=said.unread + min(left, len(marks.widgets)))
        for one in said.filled:
            size = float(np.median(glyphs.sizes[one.label])) if len(one.label) else 10.0
            placed.append((Placed(one.text, one.box, size), one.label))
        typed = [one for one in marks.typed if not one.drawn or ink is None or _has_ink(ink, one.box)]
        taken = out | _labels(placed, len(glyphs))
        printed = Printed(glyphs, taken, [one.box for one in typed])
        for note in typed:
            line = typed_by(note.text, note.box, printed)
            placed.append((Placed(line.text, line.box, note.size), line.label))
        return placed

    def _is_in_use(self) -> bool:
        """Tell whether somebody filled any field of the form."""
        if self._in_use is None:
            self._in_use = any(_says(one) for page in self._pages() for one in fields_of(marks_of(page).widgets))
        return self._in_use

    def _pages(self) -> Iterable[PageObject]:
        pages = (self._structure(number) for number in range(1, len(self._reader.pages) + 1))
        return (page for page in pages if page is not None)

    def _count(self, number: int, marks: Marks, glyphs: Glyphs) -> None:
        notes = untold(marks.notes, "".join(glyphs.chars)) if marks.notes else 0
        self._notes.add("annotations", str(number), count=notes + marks.stamps)
        self._notes.add("attachments", str(number), count=marks.attached)
        self._notes.add("embedded", str(number), count=marks.embedded)


def _says(one: Field) -> bool:
    return bool(one.value)


def _labels(placed: list[tuple[Placed, NDArray[np.intp]]], count: int) -> Bools:
    labels: Bools = np.zeros(count, dtype=np.bool_)
    for _, at in placed:
        labels[at] = True
    return labels


def _words_in(chosen: Bools, glyphs: Glyphs) -> int:
    if not chosen.any():
        return 0
    return len("".join(char if taken else " " for char, taken in zip(glyphs.chars, chosen, strict=True)).split())


def _shown(
    glyphs: Glyphs,
    out: Bools,
    ink: Ink | None,
    pictures: Pictures | None,
    placed: list[tuple[Placed, NDArray[np.intp]]],
) -> _Shown:
    """Return what a page shows; of one that was not looked at, as if it did."""
    text = "".join(
        "" if hyphen else char for char, gone, hyphen in zip(glyphs.chars, out, glyphs.hyphens, strict=True) if not gone
    )
    if _is_unreadable(text):
        return _Shown("", inked=True, scanned=True)
    text = "\n".join([text, *(one.text for one, _ in placed)])
    if ink is None or pictures is None:
        return _Shown(text, inked=True, scanned=False)
    return _Shown(text, pictures.inked, pictures.scanned)


def _is_unreadable(text: str) -> bool:
    """Tell whether a page's codes mean no characters: its font does not say which they are."""
    shown = [char for char in text if not char.isspace()]
    strange = sum(char in _NO_CHARACTER or unicodedata.category(char) in _STRANGE for char in shown)
    return strange > _MOSTLY * len(shown)


def _has_ink(ink: Ink, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = ink.sheet.dots_of(np.array([box]))[0].astype(int)
    part = ink.whole[max(top, 0) : max(bottom, 0) + 1, max(left, 0) : max(right, 0) + 1]
    return part.size > 0 and bool(edges_of(np.ascontiguousarray(part)).any())


def _has_layered_forms(page: PageObject) -> bool:
    """Tell whether a page draws forms that belong to a layer."""
    try:
        resources: Any = page["/Resources"].get_object()
        drawn = resources.get("/XObject", DictionaryObject()).get_object()
        return any("/OC" in one.get_object() for one in list(drawn.values())[:1_000])
    except DAMAGE:
        return False

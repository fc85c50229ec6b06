"""What a PDF says about itself beside its pages: its outline, what pages call themselves, attached files, XFA forms.

All of it is bounded, and none of it may keep a document out, but a form that only Adobe's own programs show.
"""

from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from ingest.characters import clean
from ingest.errors import LoadError

MAX_ENTRIES = 5_000  # of an outline
_MAX_DEPTH = 12
_SHORT_PAGE_CHARS = 3_000  # "Please wait. If this message is not replaced ..." in several languages
_HEIGHT_AT = {pdfium.PDFDEST_VIEW_XYZ: 1, pdfium.PDFDEST_VIEW_FITH: 0, pdfium.PDFDEST_VIEW_FITBH: 0}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an outline: `level` from 1, `page` from 1, `y` in points from the page's bottom if it is said."""

    level: int
    title: str
    page: int
    y: float | None


def outline(document: Any) -> tuple[Entry, ...]:
    """Return a document's outline in its order; entries without a title or a page of this document are left out.

    Args:
        document: PDFium's document (`pypdfium2.PdfDocument`).
    """
    entries: list[Entry] = []
    for number, bookmark in enumerate(document.get_toc(max_depth=_MAX_DEPTH)):
        if number >= MAX_ENTRIES:
            break
        target = bookmark.get_dest()
        index = target.get_index() if target else None
        title = clean(bookmark.get_title() or "")
        if title and index is not None and 0 <= index < len(document):
            entries.append(Entry(bookmark.level + 1, title, index + 1, _height(target)))
    return tuple(entries)


def _height(target: Any) -> float | None:
    """Return where on its page a destination points to, if it says so."""
    mode, numbers = target.get_view()
    at = _HEIGHT_AT.get(mode)
    return float(numbers[at]) if at is not None and len(numbers) > at else None


def page_label(document: Any, index: int) -> str:
    """Return what a page calls itself ("iv", "A-3"), or nothing; `index` counts from 0."""
    return str(document.get_page_label(index) or "")


def attached_files(document: Any) -> int:
    """Return how many files are attached to a document."""
    return max(int(pdfium.FPDFDoc_GetAttachmentCount(document)), 0)


def check_xfa(document: Any) -> None:
    """Refuse a form whose pages only Adobe's own programs show: the file itself holds a page that says so.

    Args:
        document: PDFium's document.

    Raises:
        LoadError: it is one.
    """
    kind = pdfium.FPDF_GetFormType(document)
    if kind == pdfium.FORMTYPE_XFA_FULL or (kind == pdfium.FORMTYPE_XFA_FOREGROUND and _only_says_so(document)):
        raise LoadError("expected a PDF whose pages any program shows, got an XFA form: print it to PDF")


def _only_says_so(document: Any) -> bool:
    """Tell whether a form has one short page, without a field."""
    if len(document) != 1:
        return False
    page = document[0]
    try:
        textpage = page.get_textpage()
        short = textpage.count_chars() <= _SHORT_PAGE_CHARS
        textpage.close()
        return short and not any(_is_field(page, at) for at in range(min(pdfium.FPDFPage_GetAnnotCount(page), 500)))
    finally:
        page.close()


def _is_field(page: Any, at: int) -> bool:
    annotation = pdfium.FPDFPage_GetAnnot(page, at)
    try:
        return bool(pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET)
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)

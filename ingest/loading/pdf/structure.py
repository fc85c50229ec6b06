"""What a PDF is beside its pages: files attached to it, and forms of a kind that only Adobe's own programs show."""

from typing import Any

import pypdfium2.raw as pdfium

from ingest.errors import LoadError

_SHORT_PAGE_CHARS = 3_000  # "Please wait. If this message is not replaced ..." in several languages
_MAX_ANNOTATIONS = 500


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
        return short and not any(
            _is_field(page, at) for at in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS))
        )
    finally:
        page.close()


def _is_field(page: Any, at: int) -> bool:
    annotation = pdfium.FPDFPage_GetAnnot(page, at)
    try:
        return bool(pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET)
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)

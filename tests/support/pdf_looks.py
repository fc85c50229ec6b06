"""Pages of PDFs made by code, and what the second look says of them."""

import io
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from indexes.readings import Notes
from ingest.loading.pdf.glyphs import glyphs_of
from ingest.loading.pdf.report import SecondLook

SIZE = (420, 595)
Draw = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a document says: the text of each page that is seen, what is placed on it, and the notes by kind."""

    pages: tuple[str, ...]
    placed: tuple[str, ...]
    notes: dict[str, tuple[int, tuple[str, ...]]]

    @property
    def text(self) -> str:
        return " ".join(self.pages)


def pdf(*draws: Draw) -> bytes:
    """Make a PDF of one drawing function a page, in eleven points of Helvetica."""
    made = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rl_config, "useA85", 0)  # else a picture takes longer to write than to read
        canvas = Canvas(made, pagesize=SIZE, invariant=True)
        for draw in draws:
            canvas.setFont("Helvetica", 11)
            draw(canvas)
            canvas.showPage()
        canvas.save()
    return made.getvalue()


def annotated(content: bytes, *annotations: dict[Any, Any], page: int = 0) -> bytes:
    """Return a PDF with annotations on one page."""
    writer = PdfWriter(io.BytesIO(content))
    for annotation in annotations:
        writer.add_annotation(page, DictionaryObject(annotation))
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    """Return a PDF's bytes."""
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def picture_of(draw: Draw, *, scale: float = 2) -> ImageReader:
    """Return what a page looks like, as a scanner would see it."""
    document = pypdfium2.PdfDocument(pdf(draw))
    return ImageReader(document[0].render(scale=scale).to_pil())


@contextmanager
def opened(content: bytes) -> Any:
    """Open a PDF as PDFium reads it."""
    document = pypdfium2.PdfDocument(content)
    try:
        yield document
    finally:
        document.close()


def looked_at(content: bytes) -> Looked:
    """Look at all pages of a PDF."""
    notes = Notes()
    pages: dict[int, str] = {}
    placed: list[str] = []
    with opened(content) as document:
        look = SecondLook(document, PdfReader(io.BytesIO(content)), notes)
        for index in range(len(document)):
            page = document[index]
            textpage = page.get_textpage()
            glyphs = glyphs_of(textpage)
            seen = look.at(index + 1, page, textpage, glyphs)
            kept = [char for char, gone in zip(glyphs.chars, seen.out, strict=True) if not gone]
            pages[index + 1] = " ".join("".join(kept).split())
            placed += [one.text for one in seen.placed]
            textpage.close()
            page.close()
    look.compare({number: " ".join([text, *placed]) for number, text in pages.items()})
    told = {note.kind: (note.count, note.where) for note in notes.finish()}
    return Looked(tuple(pages.values()), tuple(placed), told)

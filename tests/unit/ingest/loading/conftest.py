"""Documents made by code, and the rules that every loader keeps."""

import io
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingest.parsed import Parsed
from ingest.statements import is_statement


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    """Make a PDF of one drawing function a page."""

    def make(*pages: Callable[[Canvas], None], title: str | None = None) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4, invariant=True)
        if title is not None:
            canvas.setTitle(title)
        for draw in pages:
            draw(canvas)
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    return make


@pytest.fixture
def write_lines() -> Callable[..., Callable[[Canvas], None]]:
    """Return a drawing function that writes lines below each other, 14 points apart in 11 points Helvetica."""

    def write(*lines: str, x: float = 72, y: float = 760) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            canvas.setFont("Helvetica", 11)
            for number, line in enumerate(lines):
                canvas.drawString(x, y - 14 * number, line)

        return draw

    return write


@pytest.fixture
def make_docx() -> Callable[[Callable[[Document], None]], bytes]:
    """Make a Word document by a function that fills it."""

    def make(fill: Callable[[Document], None]) -> bytes:
        document = docx.Document()
        document.core_properties.title = ""
        fill(document)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()

    return make


@pytest.fixture
def texts() -> Callable[[Parsed], list[str]]:
    """Return the texts of a document's sections, having checked what holds for every document."""

    def check(document: Parsed) -> list[str]:
        position = 0
        found: list[str] = []
        for part in document.sections:
            assert position <= part.start < part.end <= len(document.text)
            text = document.text[part.start : part.end]
            assert text == text.strip()
            for heading in part.locator.headings:
                stated = heading == part.locator.headings[-1] and is_statement(heading)
                assert heading in document.text[: part.start] or (stated and text.startswith(heading))
                assert heading not in text.split("\n")[stated:]
            found.append(text)
            position = part.end
        return found

    return check

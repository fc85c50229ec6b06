"""Law 11: what is stored is what a reader of the document sees; what was not read is said, at the answer too.

One document of each kind that is read, each with a sentence that a reader sees, one that nobody sees and one that was
taken back; in the bytes all of them stand. How the kinds are told apart is tested where they are read.
"""

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.support.fakes import TinyLibrary
from tests.support.pdf_looks import pdf
from tests.support.service_parts import open_studio, with_rules
from tests.support.word_files import p, r, word_file

SEEN = "The museum lends its paintings for six months."
HIDDEN, STRUCK = "The loan costs nine thousand euros.", "The loan may be prolonged twice."
QUESTION = "For how many months does the museum lend its paintings?"


def _page(canvas: Canvas) -> None:
    canvas.drawString(50, 500, SEEN)
    canvas.drawString(50, 450, HIDDEN)
    canvas.rect(45, 445, 300, 18, fill=1)
    canvas.drawString(50, 400, STRUCK)
    canvas.setLineWidth(0.8)
    canvas.line(48, 403.5, 55 + canvas.stringWidth(STRUCK, "Helvetica", 11), 403.5)


def _as_pdf() -> bytes:
    return pdf(_page)


def _as_word() -> bytes:
    hidden, struck = r(HIDDEN, "<w:vanish/>"), r(STRUCK, "<w:strike/>")
    return word_file(p(SEEN) + p(runs=hidden) + p(runs=struck))


def _as_web_page() -> bytes:
    style = "<style>.old { text-decoration: line-through } .not { visibility: hidden }</style>"
    body = f"<p>{SEEN}</p><p class='not'>{HIDDEN}</p><p class='old'>{STRUCK}</p>"
    return f"<!doctype html><meta charset=utf-8>{style}{body}".encode()


def _as_markdown() -> bytes:
    return f"{SEEN}\n\n<span hidden>{HIDDEN}</span>\n\n~~{STRUCK}~~\n".encode()


@pytest.mark.parametrize(
    ("name", "made", "kinds"),
    [
        ("loans.pdf", _as_pdf, {"covered_text", "struck_text"}),
        ("loans.docx", _as_word, {"hidden_text", "struck_text"}),
        ("loans.html", _as_web_page, {"hidden_text", "struck_text"}),
        ("loans.md", _as_markdown, {"hidden_text", "struck_text"}),
    ],
)
def test_what_nobody_sees_is_in_no_build_and_it_is_said_that_it_was_left_out(
    library: TinyLibrary, name: str, made: Callable[[], bytes], kinds: set[str]
) -> None:
    library.add(f"legal/{name}", made())
    (outcome,) = library.ingest().documents
    assert (outcome.outcome, {note.kind for note in outcome.warnings} - {"very_short"}) == ("ingested", kinds)
    builds = [path.parent for path in library.builds.glob("*/manifest.json")]
    stored = [file for build in builds for file in build.rglob("passages*") if file.is_file()]
    assert any(SEEN.encode() in file.read_bytes() for file in stored)
    for words in (HIDDEN, STRUCK):
        assert not any(words.encode() in file.read_bytes() for file in stored), words
        assert not any(words in text for text in library.encoder.encoded), words


def test_an_answer_beside_a_page_that_was_not_read_says_so(library: TinyLibrary) -> None:
    def scan(canvas: Canvas) -> None:
        for number in range(400):
            canvas.line(60 + number % 20 * 14, 100 + number // 20 * 20, 68 + number % 20 * 14, 108 + number // 20 * 20)

    def more(canvas: Canvas) -> None:
        canvas.drawString(50, 500, "The courier is chosen by the lender.")

    library.add("legal/loans.pdf", pdf(_page, scan, more))
    with open_studio(with_rules(library)) as studio:
        answered = studio.ask(QUESTION)
        assert SEEN in answered["answer"]
        assert answered["citations"][0]["note"] == "page 2 of this document could not be read"

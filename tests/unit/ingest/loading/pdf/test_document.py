"""PDFs: whole sentences, a section a page, nothing invisible; and what is refused."""

import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from reportlab.pdfgen.canvas import Canvas

from indexes.readings import ReadingNote
from ingest.errors import LoadError
from ingest.loading.pdf import document as pdf
from ingest.parsed import Parsed

Draw = Callable[[Canvas], None]
MakePdf = Callable[..., bytes]
WriteLines = Callable[..., Draw]
Texts = Callable[[Parsed], list[str]]


def _encrypted(content: bytes, *, user: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=user, owner_password="owner", algorithm=algorithm)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_each_page_is_a_section_and_wrapped_lines_are_one_sentence(
    make_pdf: MakePdf, write_lines: WriteLines, texts: Texts
) -> None:
    document = pdf.load(
        make_pdf(
            write_lines("All camera originals are kept for ten years on two media, in two places,", "and are checked."),
            write_lines("Proxies are kept for one year."),
        )
    )
    assert texts(document) == [
        "All camera originals are kept for ten years on two media, in two places, and are checked.",
        "Proxies are kept for one year.",
    ]
    assert [part.locator.page for part in document.sections] == [1, 2]


def test_a_gap_parts_paragraphs_and_bullets_are_items(make_pdf: MakePdf, texts: Texts) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for y, x, line in [
            (760, 72, "The first paragraph goes on to the end of this line and then over to"),
            (746, 72, "the next one."),
            (718, 72, "Bring:"),
            (704, 90, "• a camera with all of its lenses, its batteries and a charger that fits to the"),
            (690, 104, "country it goes to"),
            (676, 90, "• a lamp"),
        ]:
            canvas.drawString(x, y, line)

    (text,) = texts(pdf.load(make_pdf(draw)))
    assert text.split("\n\n") == [
        "The first paragraph goes on to the end of this line and then over to the next one.",
        "Bring:",
        "- a camera with all of its lenses, its batteries and a charger that fits to the country it goes to\n- a lamp",
    ]


def test_a_parted_word_is_put_together_by_the_words_of_the_document(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    text = pdf.load(
        make_pdf(
            write_lines(
                "The organisation keeps a third-party archive and a list of what the organi-",
                "sation lends to others. It is told to each third-",
                "party that asks.",
            )
        )
    ).text
    assert "what the organisation lends" in text
    assert "each third-party that asks." in text


def test_what_runs_along_the_pages_is_kept_once_and_page_numbers_are_not(
    make_pdf: MakePdf, write_lines: WriteLines, texts: Texts
) -> None:
    def page(number: int, line: str) -> Draw:
        def draw(canvas: Canvas) -> None:
            write_lines("Northlight – internal use only", y=810)(canvas)
            write_lines(f"Page {number} of 4", y=30)(canvas)
            write_lines(line)(canvas)

        return draw

    lines = ["Alpha is first.", "Beta is second.", "Gamma is third.", "Delta is fourth."]
    document = pdf.load(make_pdf(*(page(n, line) for n, line in enumerate(lines, start=1))))
    assert texts(document) == [f"Northlight – internal use only\n\n{lines[0]}", *lines[1:]]
    assert document.notes == (ReadingNote("running_lines", 7, ("1", "2", "3", "4")),)


def test_a_sentence_over_a_pages_end_stands_whole_on_the_page_where_it_begins(
    make_pdf: MakePdf, write_lines: WriteLines, texts: Texts
) -> None:
    document = pdf.load(
        make_pdf(
            write_lines("Masters are kept for ten years in two places and are"),
            write_lines("checked once a year. Proxies are not."),
        )
    )
    assert texts(document) == [
        "Masters are kept for ten years in two places and are checked once a year.",
        "Proxies are not.",
    ]


def test_cells_side_by_side_are_a_row_and_columns_are_not_mixed(make_pdf: MakePdf) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for y, x, line in [
            (760, 72, "Codec"),
            (760, 300, "Use"),
            (720, 72, "ProRes is what"),
            (706, 72, "the edit wants"),
            (720, 300, "Mastering and"),
            (706, 300, "grading"),
        ]:
            canvas.drawString(x, y, line)

    assert pdf.load(make_pdf(draw)).text == "Codec; Use\n\nProRes is what the edit wants\n\nMastering and grading"


def test_words_that_are_placed_one_by_one_are_lines_again(make_pdf: MakePdf) -> None:
    def draw(canvas: Canvas) -> None:
        x = 72.0
        for word in ["Each", "word", "is", "its", "own", "text,", "placed", "by", "hand."]:
            canvas.saveState()
            canvas.translate(x, 760)
            canvas.setFont("Helvetica", 11)
            canvas.drawString(0, 0, word)
            canvas.restoreState()
            x += canvas.stringWidth(word + " ", "Helvetica", 11)

    assert pdf.load(make_pdf(draw)).text == "Each word is its own text, placed by hand."


def _with_secret(draw_secret: Draw, write_lines: WriteLines) -> Draw:
    def draw(canvas: Canvas) -> None:
        write_lines("What everybody sees.")(canvas)
        draw_secret(canvas)

    return draw


def _invisible(canvas: Canvas) -> None:
    text = canvas.beginText(72, 700)
    text.setTextRenderMode(3)
    text.textLine("secret instruction")
    canvas.drawText(text)


def _white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(72, 700, "secret instruction")


def _white_on_white_field(canvas: Canvas) -> None:
    canvas.setFillGray(0.2)
    canvas.rect(60, 690, 300, 30, stroke=0, fill=1)
    canvas.setFillColorCMYK(0, 0, 0, 0)
    canvas.rect(60, 690, 300, 30, stroke=0, fill=1)
    canvas.drawString(72, 700, "secret instruction")


def _tiny(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 0.5)
    canvas.drawString(72, 700, "secret instruction")


def _off_page(canvas: Canvas) -> None:
    canvas.drawString(-500, 700, "secret instruction")


def _slanted(canvas: Canvas) -> None:
    canvas.rotate(45)
    canvas.drawString(300, 300, "secret watermark")


@pytest.mark.parametrize("secret", [_invisible, _white, _white_on_white_field, _tiny, _off_page, _slanted])
def test_what_nobody_sees_is_not_read(secret: Draw, make_pdf: MakePdf, write_lines: WriteLines) -> None:
    assert pdf.load(make_pdf(_with_secret(secret, write_lines))).text == "What everybody sees."


def test_white_text_on_a_dark_field_is_seen(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    def heading(canvas: Canvas) -> None:
        canvas.setFillGray(0.2)
        canvas.rect(60, 690, 300, 30, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(72, 700, "Seen")

    assert pdf.load(make_pdf(_with_secret(heading, write_lines))).text == "What everybody sees.\n\nSeen"


def test_invisible_text_over_nothing_is_no_text(make_pdf: MakePdf) -> None:
    with pytest.raises(LoadError, match="expected text, got none"):
        pdf.load(make_pdf(_invisible))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Camera policy 2026", "Camera policy 2026"),
        ("Microsoft Word - policy.doc", None),
        ("policy final.docx", None),
        ("camera_policy_v2", None),
        ("untitled", None),
        ("TA", None),
        ("  ", None),
    ],
)
def test_a_title_that_a_program_put_there_is_none(
    title: str, expected: str | None, make_pdf: MakePdf, write_lines: WriteLines
) -> None:
    assert pdf.load(make_pdf(write_lines("Text."), title=title)).title == expected


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_password_keeps_a_pdf_out_and_an_empty_one_does_not(
    algorithm: str, make_pdf: MakePdf, write_lines: WriteLines
) -> None:
    plain = make_pdf(write_lines("Readable by all."))
    assert pdf.load(_encrypted(plain, user="", algorithm=algorithm)).text == "Readable by all."
    with pytest.raises(LoadError, match="expected a PDF that opens without a password, got an encrypted one"):
        pdf.load(_encrypted(plain, user="secret", algorithm=algorithm))


def test_a_scan_is_refused_with_its_number_of_pages(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    def scan(canvas: Canvas) -> None:
        for number in range(400):
            x, y = 60 + number % 20 * 14, 100 + number // 20 * 20
            canvas.line(x, y, x + 8, y + 8)

    with pytest.raises(LoadError, match=r"got none: 3 of 3 pages have no text\. It is a scan, which needs OCR"):
        pdf.load(make_pdf(scan, scan, scan))
    assert pdf.load(make_pdf(scan, write_lines("Some text."))).sections[0].locator.page == 2


def test_pages_that_show_nothing_or_only_what_is_hidden_are_no_scan(make_pdf: MakePdf) -> None:
    def white(canvas: Canvas) -> None:
        canvas.setFillGray(1)
        canvas.drawString(72, 600, "Nobody sees these words.")

    with pytest.raises(LoadError, match="What stands there is hidden, covered or struck out: nobody sees it"):
        pdf.load(make_pdf(white))
    with pytest.raises(LoadError, match="What they show, if anything, is no text"):
        pdf.load(make_pdf(lambda _canvas: None))


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_pdf_cut_short_is_refused(share: float, make_pdf: MakePdf, write_lines: WriteLines) -> None:
    whole = make_pdf(*[write_lines(f"Page {number} of many.") for number in range(20)])
    with pytest.raises(LoadError, match="cut short: copy the file again"):
        pdf.load(whole[: int(len(whole) * share)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04", r"expected a PDF \(%PDF-\), got a ZIP archive"),
        (b"# Policy", r"expected a PDF \(%PDF-\), got text"),
        (b"%PDF-1.7\nnothing\n%%EOF", "expected a PDF that can be read, got a damaged one"),
    ],
)
def test_what_is_no_pdf_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        pdf.load(content)


def test_pages_without_text_are_named(
    make_pdf: Callable[..., bytes], write_lines: Callable[..., Callable[[Canvas], None]]
) -> None:
    def blank(_: Canvas) -> None:
        """Draw nothing."""

    def outlines(page: Canvas) -> None:  # letters that are drawn as shapes, say
        for number in range(40):
            page.circle(30 + 8 * number, 300, 3)

    text = write_lines("Doors are locked at seven.")
    assert pdf.load(make_pdf(text, blank, text)).notes == ()
    assert pdf.load(make_pdf(text, outlines, text, outlines)).notes == (
        ReadingNote("pages_without_text", 2, ("2", "4")),
    )


def _labelled(content: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.set_page_label(0, 0, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(1, 2, style=PageLabelStyle.DECIMAL, start=1, prefix="B-")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_a_page_has_both_its_numbers(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    pages = [write_lines(f"The {name} is read.") for name in ("preface", "first page", "second page")]
    document = pdf.load(_labelled(make_pdf(*pages)))
    assert [(part.locator.page, part.locator.printed) for part in document.sections] == [
        (1, "i"),
        (2, "B-1"),
        (3, "B-2"),
    ]


@pytest.mark.parametrize(("soft", "whole"), [("yes", "longterm"), ("", "long-term")])
def test_a_hyphen_that_the_file_calls_soft_goes(soft: str, whole: str, make_pdf: MakePdf) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 700, "The loan is for a long")
        if soft:
            canvas._code.append("/Span <</ActualText <FEFF00AD>>> BDC")
        canvas.drawString(72 + canvas.stringWidth("The loan is for a long", "Helvetica", 11), 700, "-")
        if soft:
            canvas._code.append("EMC")
        canvas.drawString(72, 686, "term of years.")

    assert pdf.load(make_pdf(draw)).text == f"The loan is for a {whole} of years."


def test_a_word_parted_over_a_pages_end_is_whole(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    document = pdf.load(
        make_pdf(write_lines("The museum pays an indem-"), write_lines("nification for what it borrows.", "And more."))
    )
    assert document.text.startswith("The museum pays an indemnification for what it borrows.")


def test_lines_of_a_table_of_contents_are_counted(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    contents = write_lines("1 Scope ................. 2", "2 Terms ................. 3", "3 Fees ................. 3")
    pages = [contents, write_lines("The scope is wide."), write_lines("Terms are long, and fees are due.")]
    assert pdf.load(make_pdf(*pages)).notes == (ReadingNote("contents_lines", 3, ("1",)),)


def test_many_small_pages_and_a_huge_one_are_read(make_pdf: MakePdf, write_lines: WriteLines) -> None:
    def huge(canvas: Canvas) -> None:
        canvas.setPageSize((14_400, 14_400))
        canvas.drawString(72, 7_000, "A page of 200 inches.")

    assert pdf.load(make_pdf(huge)).text == "A page of 200 inches."
    small = make_pdf(*[write_lines(f"Sheet {chr(97 + number % 26)}.") for number in range(40)])
    assert len(pdf.load(small).sections) == 40

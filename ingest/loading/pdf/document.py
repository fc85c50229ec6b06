"""PDFs to text, a section a page, with the path of headings above it.

The steps:
1. check that the bytes are a whole PDF that opens without a password;
2. read each page's characters as they stand on the paper (`glyphs`), without those that nobody sees, to lines
   (`lines`), and raised numbers to what they are (`raised`);
3. drop what runs along the pages, but for the first time: headers, footers, page numbers (`running`);
4. put columns one after another (`columns`), join lines to blocks (`blocks`), and sentences that go on over a
   page's end (`carried`);
5. find the headings (`headings`), and take the title from the file's properties if it reads like one.

PDFium reads the pages; pypdf says how the file is built: its encryption, properties, and what pages call themselves.
One page at a time is open. A page that cannot be read keeps the whole document out: half a document must not answer in
its name. Does no OCR: a PDF without any text is refused. Pictures, form fields and notes are not read.
"""

import io
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError
from pypdfium2 import PdfDocument, PdfiumError

from indexes.counting import counted
from indexes.kinds import PDF
from indexes.readings import Notes, ReadingNote
from ingest.characters import clean
from ingest.errors import LoadError
from ingest.loading.pdf.blocks import Block, blocks_of, without_contents
from ingest.loading.pdf.carried import carry_sentences
from ingest.loading.pdf.columns import in_columns
from ingest.loading.pdf.glyphs import glyphs_of
from ingest.loading.pdf.habits import habits_of
from ingest.loading.pdf.headings import outline_of, with_headings
from ingest.loading.pdf.lines import Line, read_lines
from ingest.loading.pdf.placed import with_placed
from ingest.loading.pdf.raised import with_raised
from ingest.loading.pdf.report import Placed, SecondLook
from ingest.loading.pdf.running import Pages, without_running
from ingest.loading.pdf.structure import check_xfa
from ingest.loading.sniff import check_kind
from ingest.parsed import Parsed, TextBuilder

_END_WITHIN = 4096  # bytes: the end mark belongs into the last 1,024; some tools append more after it
_MAX_PAGE_CHARS = 500_000  # a page has some 3,000; a poster some 50,000

_NO_TITLE = re.compile(
    r"microsoft word|powerpoint|untitled|slide \d|document\d*$|.*\.(?:docx?|pdf|indd|pptx?|xlsx?|odt|rtf|qxd|tex)$"
    r"|[^\s]*[_\d][^\s]*$|.{1,3}$",
    re.IGNORECASE,
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings are about repairs, and would quote the document
logging.getLogger("pypdfium2").setLevel(logging.CRITICAL)


def load(content: bytes) -> Parsed:
    """Read a PDF.

    Raises:
        LoadError: no PDF, cut short, encrypted, damaged, or without any text.
    """
    check_kind(content, PDF, named="a PDF (%PDF-)")  # 1
    if b"%%EOF" not in content[-_END_WITHIN:]:
        raise LoadError("expected a PDF with its end mark (%%EOF), got one that is cut short: copy the file again")
    reader = _open(content)
    notes = Notes()
    with _drawn(content) as document:
        check_xfa(document)
        look = SecondLook(document, reader, notes)
        pages, placed = _read_pages(document, look)  # 2
        outline = outline_of(document)
    raised = with_raised(pages)  # 3
    running = without_running(raised)
    lines_of = [in_columns(lines) for lines in running.lines]  # 4
    habits = habits_of(lines_of)
    blocks: list[list[Block]] = []
    dropped: list[str] = []
    for number, lines in enumerate(lines_of, start=1):
        whole = blocks_of(lines, habits)
        kept = without_contents(whole, habits)
        blocks.append(with_placed(kept, placed[number - 1]))
        dropped += _texts_without(whole, kept) + _texts_without(raised[number - 1], running.lines[number - 1])
        notes.add("contents_lines", str(number), count=len(whole) - len(kept))
        notes.add("running_lines", str(number), count=running.dropped[number - 1])
    if len(look.compare(_stored(blocks, running), dropped)) == len(pages):
        why = _why_empty({note.kind for note in notes.finish()})
        raise LoadError(
            f"expected text, got none: {len(pages)} of {counted(len(pages), 'page has', 'pages have')} no text. {why}"
        )
    carry_sentences(blocks, habits.words)
    blocks = with_headings(blocks, habits, outline)  # 5
    return _written(blocks, running, _labels(reader, len(blocks)), _title(reader), notes.finish())


def _why_empty(kinds: set[str]) -> str:
    """Say what to do about a document without text, by what was noted of it."""
    if "pages_without_text" in kinds:
        return "It is a scan, which needs OCR"
    if kinds & {"hidden_layer", "covered_text", "unseen_text", "struck_text"}:
        return "What stands there is hidden, covered or struck out: nobody sees it"
    return "What they show, if anything, is no text: see how it looks in a viewer; a scan needs OCR"


def _open(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise LoadError("expected a PDF that opens without a password, got an encrypted one: save it without")
        if len(reader.pages) == 0:
            raise LoadError("expected a PDF with pages, got one without any")
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise _damaged(type(error).__name__) from error
    return reader


@contextmanager
def _drawn(content: bytes) -> Iterator[PdfDocument]:
    """Open a PDF as PDFium reads it."""
    try:
        document = PdfDocument(content)
    except PdfiumError as error:
        raise _damaged(type(error).__name__) from error
    try:
        if len(document) == 0:
            raise LoadError("expected a PDF with pages, got one without any")
        yield document
    finally:
        document.close()


def _read_pages(document: PdfDocument, look: SecondLook) -> tuple[list[list[Line]], list[tuple[Placed, ...]]]:
    """Return each page's lines, and what is placed on it beside them."""
    pages: list[list[Line]] = []
    placed: list[tuple[Placed, ...]] = []
    for number in range(len(document)):
        try:
            lines, beside = _read_page(document, number, look)
        except (LoadError, MemoryError, RecursionError):
            raise
        except Exception as error:
            raise _damaged(f"page {number + 1}: {type(error).__name__}") from error
        pages.append(lines)
        placed.append(beside)
    return pages, placed


def _read_page(document: PdfDocument, number: int, look: SecondLook) -> tuple[list[Line], tuple[Placed, ...]]:
    page = document[number]
    try:
        textpage = page.get_textpage()
        try:
            count = textpage.count_chars()
            if count > _MAX_PAGE_CHARS:
                raise LoadError(
                    f"expected at most {_MAX_PAGE_CHARS:,} characters on a page, got {count:,} on page {number + 1}: "
                    "split it"
                )
            glyphs = glyphs_of(textpage)
            seen = look.at(number + 1, page, textpage, glyphs)
            return read_lines(glyphs, leave_out=seen.out, box=page.get_bbox()), seen.placed
        finally:
            textpage.close()
    finally:
        page.close()


def _texts_without(before: Iterable[Block] | Iterable[Line], after: Iterable[Block] | Iterable[Line]) -> list[str]:
    """Return the texts of what was left out."""
    kept = {one.text for one in after}
    return [one.text for one in before if one.text not in kept]


def _stored(blocks: list[list[Block]], running: Pages) -> dict[int, str]:
    """Return the text that each page gave, by its number."""
    pages = zip(running.above, blocks, running.below, strict=True)
    return {
        number: "\n".join(one.text for part in parts for one in part) for number, parts in enumerate(pages, start=1)
    }


def _damaged(where: str) -> LoadError:
    return LoadError(f"expected a PDF that can be read, got a damaged one ({where}): save it again")


def _written(
    blocks: list[list[Block]], running: Pages, labels: list[str], title: str | None, notes: tuple[ReadingNote, ...]
) -> Parsed:
    """Write the text: of each page what runs along it, if it is said for the first time, around its blocks."""
    builder = TextBuilder()
    for number, page in enumerate(blocks, start=1):
        builder.page(number, printed=labels[number - 1])
        for line in running.above[number - 1]:
            builder.paragraph(line.text)
        for block in page:
            _write(block, builder)
        for line in running.below[number - 1]:
            builder.paragraph(line.text)
    return builder.finish(title, notes=notes)


def _write(block: Block, builder: TextBuilder) -> None:
    if block.ends:
        builder.leave(block.ends)
    if block.level:
        builder.heading(block.level, f"{block.marker} {block.text}".strip())
    elif block.kind == "item":
        builder.item(block.text, marker=block.marker or "-")
    elif block.kind == "row":
        builder.row(block.text)
    else:
        builder.paragraph(block.text)


def _labels(reader: PdfReader, pages: int) -> list[str]:
    """Return what each page calls itself; nothing where the file does not say."""
    try:
        labels = [clean(label) for label in reader.page_labels] if "/PageLabels" in reader.root_object else []
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        labels = []
    return [*labels, *[""] * pages][:pages]


def _title(reader: PdfReader) -> str | None:
    """Return the title in the file's properties, unless it is a file name or what a program put there by itself."""
    try:
        title = clean(str(reader.metadata.get("/Title", ""))) if reader.metadata else ""
    except (PyPdfError, ValueError, TypeError, AttributeError):
        return None
    return None if not title or _NO_TITLE.match(title) else title

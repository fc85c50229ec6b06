"""PDFs to text, a section a page.

The steps:
1. check that the bytes are a whole PDF that opens without a password;
2. read each page's lines (`pdf_lines`);
3. drop what runs along the pages: headers, footers, page numbers;
4. join lines to blocks (`pdf_blocks`), and sentences that go on over a page's end;
5. take the title from the file's properties if it reads like one.

A page that cannot be read keeps the whole document out: half a document must not answer in its name. Does no OCR: a
PDF without any text is refused. Pictures, form fields and notes are not read.
"""

import io
import logging
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError

from indexes.kinds import PDF
from indexes.readings import Notes
from ingest.characters import clean
from ingest.errors import LoadError
from ingest.loading.pdf_blocks import Block, blocks_of, habits_of, joined
from ingest.loading.pdf_lines import Line, read_lines
from ingest.loading.sniff import check_kind
from ingest.parsed import Parsed, TextBuilder

_END_WITHIN = 4096  # bytes: the end mark belongs into the last 1,024; some tools append more after it
_EDGE_LINES = 4  # lines from the top or the bottom of a page that may be a running header or footer
_RUNNING_SHARE = 0.4  # of the pages: headers may alternate between left and right, and are missing on first pages
_RUNNING_PAGES = 3
_SAME_PLACE = 3.0  # points
_MIN_RUNNING_LETTERS = 8  # with fewer, numbers count as part of the line
_MAX_CARRIED_CHARS = 1500  # a sentence that goes on over a page's end is not longer; a table might be
_FOOTNOTE_BLOCKS = 6  # at most so many stand between a page's last sentence and its end

_PAGE_NUMBER = re.compile(r"(?:page |p\. ?|[-–—] ?)?#(?: ?(?:of|/|\|) ?#)?(?: ?[-–—])?", re.IGNORECASE)
_ROMAN = re.compile(r"[ivxlc]{1,6}", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_SENTENCE_STOP = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"“(]?[A-Z0-9])")
_OPEN_END = re.compile(r"(?:,|\b(?:the|a|an|of|and|or|to|in|for|by|with|on|at|from|as|that|which|under|is|are))$")
_NO_TITLE = re.compile(
    r"microsoft word|powerpoint|untitled|slide \d|document\d*$|.*\.(?:docx?|pdf|indd|pptx?|xlsx?|odt|rtf|qxd|tex)$"
    r"|[^\s]*[_\d][^\s]*$|.{1,3}$",
    re.IGNORECASE,
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings are about repairs, and would quote the document


def load(content: bytes) -> Parsed:
    """Read a PDF.

    Raises:
        LoadError: no PDF, cut short, encrypted, damaged, or without any text.
    """
    check_kind(content, PDF, named="a PDF (%PDF-)")  # 1
    if b"%%EOF" not in content[-_END_WITHIN:]:
        raise LoadError("expected a PDF with its end mark (%%EOF), got one that is cut short: copy the file again")
    reader = _open(content)
    pages = _read_pages(reader)  # 2
    if not any(pages):
        raise LoadError(
            f"expected text, got none: {len(pages)} of {len(pages)} pages have no text. It is a scan, which needs OCR"
        )
    notes = Notes()
    for number, lines in enumerate(pages, start=1):
        if not lines:
            notes.add("pages_without_text", str(number))
    pages = _without_running(pages)  # 3
    habits = habits_of(pages)
    blocks = [blocks_of(lines, habits) for lines in pages]  # 4
    _carry_sentences(blocks, habits.words)
    builder = TextBuilder()
    for number, page in enumerate(blocks, start=1):
        builder.page(number)
        for block in page:
            _write(block, builder)
    return builder.finish(_title(reader), notes=notes.finish())  # 5


def _open(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise LoadError("expected a PDF that opens without a password, got an encrypted one: save it without")
        if len(reader.pages) == 0:
            raise LoadError("expected a PDF with pages, got one without any")
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise LoadError(
            f"expected a PDF that can be read, got a damaged one ({type(error).__name__}): save it again"
        ) from error
    return reader


def _read_pages(reader: PdfReader) -> list[list[Line]]:
    pages: list[list[Line]] = []
    for number, page in enumerate(reader.pages, start=1):
        try:
            pages.append(read_lines(page))
        except (MemoryError, RecursionError):
            raise
        except Exception as error:
            raise LoadError(_damaged(f"page {number}: {type(error).__name__}")) from error
    return pages


def _damaged(where: str) -> str:
    return f"expected a PDF that can be read, got a damaged one ({where}): save it again"


def _without_running(pages: list[list[Line]]) -> list[list[Line]]:
    """Return the pages without the lines that stand at one place at the edge of many of them, whatever the number."""
    places: dict[str, list[float]] = defaultdict(list)
    for lines in pages:
        for line in _edge_lines(lines):
            places[_without_numbers(line.text)].append(line.y)
    running: dict[str, float] = {}
    for text, heights in places.items():
        middle = sorted(heights)[len(heights) // 2]
        count = sum(abs(height - middle) <= _SAME_PLACE for height in heights)
        needed = 2 if _PAGE_NUMBER.fullmatch(text) else _RUNNING_PAGES
        if count >= max(needed, _RUNNING_SHARE * len(pages)):
            running[text] = middle
    return [_kept(lines, running) for lines in pages]


def _kept(lines: list[Line], running: Mapping[str, float]) -> list[Line]:
    """Return a page's lines without the running ones, and without a page number beside one of them."""
    dropped: set[int] = set()
    places: list[float] = []
    for line in _edge_lines(lines):
        if abs(running.get(_without_numbers(line.text), float("inf")) - line.y) <= _SAME_PLACE:
            dropped.add(id(line))
            places.append(line.y)
    for line in lines:
        number = _PAGE_NUMBER.fullmatch(_without_numbers(line.text))
        if number and any(abs(place - line.y) <= _SAME_PLACE for place in places):
            dropped.add(id(line))
    return [line for line in lines if id(line) not in dropped]


def _edge_lines(lines: list[Line]) -> list[Line]:
    heights = sorted({round(line.y) for line in lines})
    edges = {*heights[:_EDGE_LINES], *heights[-_EDGE_LINES:]}
    return [line for line in lines if round(line.y) in edges]


def _without_numbers(text: str) -> str:
    """Return what stays the same of a running line; "#" is a bare number, roman ones included."""
    if _ROMAN.fullmatch(text):
        return "#"
    rest = re.sub(r"[\d\s]+", "", text)  # spaces go too: spaced-out letters come with and without
    return re.sub(r"\d+", "#", text) if len(rest) < _MIN_RUNNING_LETTERS else rest


def _carry_sentences(pages: list[list[Block]], words: frozenset[str]) -> None:
    """Move the rest of a sentence that goes on over a page's end to the page on which it begins."""
    for number in range(len(pages) - 1):
        here, there = pages[number], pages[number + 1]
        if not there or there[0].kind != "paragraph":
            continue
        index = _unfinished(here, there[0])
        if index is None:
            continue
        text = there[0].text
        stop = _SENTENCE_STOP.search(text)
        cut = stop.end() if stop else len(text)
        if cut > _MAX_CARRIED_CHARS:
            continue
        here[index] = replace(here[index], text=joined(here[index].text, text[:cut].rstrip(), words))
        if text[cut:]:
            there[0] = replace(there[0], text=text[cut:])
        else:
            del there[0]


def _unfinished(blocks: list[Block], rest: Block) -> int | None:
    """Return which block `rest` goes on with: the last of its size, under which only smaller footnotes stand."""
    for index in range(len(blocks) - 1, max(len(blocks) - 1 - _FOOTNOTE_BLOCKS, -1), -1):
        block = blocks[index]
        if block.size < 0.92 * rest.size:
            continue
        aligned = abs(block.size - rest.size) < 0.08 * rest.size and abs(block.x - rest.first_x) < rest.size
        open_end = rest.text[0].islower() or _OPEN_END.search(block.text)
        if block.kind != "row" and aligned and open_end and not _SENTENCE_END.search(block.text):
            return index
        return None
    return None


def _write(block: Block, builder: TextBuilder) -> None:
    if block.kind == "item":
        builder.item(block.text)
    elif block.kind == "row":
        builder.row(block.text)
    else:
        builder.paragraph(block.text)


def _title(reader: PdfReader) -> str | None:
    """Return the title in the file's properties, unless it is a file name or what a program put there by itself."""
    try:
        title = clean(str(reader.metadata.get("/Title", ""))) if reader.metadata else ""
    except (PyPdfError, ValueError, TypeError, AttributeError):
        return None
    return None if not title or _NO_TITLE.match(title) else title

"""What reads documents: Greenlit's own loaders, and libraries beside them that happen to be installed.

A library is called in the plainest way that its documents show, without options, and nothing is mended afterwards.
None of them is a dependency of the product: what is not installed is left out, and named by `missing`. Only libraries
that are kept, and free to use in any program, are here (PyMuPDF, under the AGPL, is not).
"""

import importlib.metadata
import importlib.util
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from eval.reading.words import words_of, words_of_markdown
from ingest.errors import LoadError
from ingest.loading.registry import load_document

WORD, HTML, MARKDOWN, PDF = "docx", "html", "md", "pdf"
_HTML_ENCODING = "utf-8"

Read = Callable[[Path], str]


class UnreadError(Exception):
    """A reader gave up on a document, or keeps it out; the message says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Something that reads documents of some formats; `packages` are the distributions that it needs.

    `writes_markdown` says that what it gives holds marks, which are no words of the page.
    """

    name: str
    reads: Mapping[str, Read]
    packages: tuple[str, ...] = ()
    writes_markdown: bool = False

    def words(self, path: Path, kind: str) -> list[str]:
        """Return the words of a document as this reader gives them.

        Raises:
            UnreadError: it gives none.
        """
        try:
            text = self.reads[kind](path)
        except MemoryError:
            raise
        except Exception as error:  # a library may raise anything
            why = str(error) if isinstance(error, LoadError) else type(error).__name__
            raise UnreadError(why) from error
        return words_of_markdown(text) if self.writes_markdown else words_of(text)

    def version(self) -> str:
        """Return the name with the versions of what it needs, for a table."""
        versions = " ".join(importlib.metadata.version(package) for package in self.packages)
        return f"{self.name} {versions}".strip()


def _ours(path: Path) -> str:
    return load_document(path.name, path.read_bytes()).text


OURS = Reader("Greenlit", dict.fromkeys((WORD, HTML, MARKDOWN, PDF), _ours))


def installed() -> list[Reader]:
    """Return the libraries that are installed here, in the order in which tables name them."""
    return [reader for reader in _libraries() if not _lacks(reader)]


def missing() -> list[str]:
    """Return the names of the libraries that are not installed."""
    return [reader.name for reader in _libraries() if _lacks(reader)]


def _lacks(reader: Reader) -> list[str]:
    lacks = []
    for package in reader.packages:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            lacks.append(package)
    return lacks


def _libraries() -> Iterator[Reader]:
    markitdown = dict.fromkeys((WORD, HTML, MARKDOWN, PDF), _markitdown)
    yield Reader("docx2python", {WORD: _docx2python}, ("docx2python",))
    yield Reader("docx2txt", {WORD: lambda path: str(import_module("docx2txt").process(str(path)))}, ("docx2txt",))
    yield Reader("mammoth", {WORD: _mammoth}, ("mammoth",))
    yield Reader("python-docx, plain", {WORD: _python_docx}, ("python-docx",))
    yield Reader("html2text", {HTML: _html2text}, ("html2text",), writes_markdown=True)
    yield Reader("inscriptis", {HTML: _inscriptis}, ("inscriptis",))
    yield Reader("trafilatura", {HTML: _trafilatura}, ("trafilatura",))
    yield Reader("selectolax", {HTML: _selectolax}, ("selectolax",))
    yield Reader("mistune, then inscriptis", {MARKDOWN: _mistune}, ("mistune", "inscriptis"))
    yield Reader("Markdown, then inscriptis", {MARKDOWN: _markdown}, ("Markdown", "inscriptis"))
    yield Reader("pypdfium2", {PDF: _pypdfium2}, ("pypdfium2",))
    yield Reader("pdfplumber", {PDF: _pdfplumber}, ("pdfplumber",))
    yield Reader("pdfminer.six", {PDF: _pdfminer}, ("pdfminer.six",))
    yield Reader("pypdf, plain", {PDF: _pypdf}, ("pypdf",))
    yield Reader("markitdown", markitdown, ("markitdown",), writes_markdown=True)


def _docx2python(path: Path) -> str:
    with import_module("docx2python").docx2python(path) as document:
        return str(document.text)


def _mammoth(path: Path) -> str:
    return str(import_module("mammoth").extract_raw_text(io.BytesIO(path.read_bytes())).value)


def _python_docx(path: Path) -> str:
    """Return the paragraphs and the tables of the body, as its documents show it."""
    document = import_module("docx").Document(str(path))
    lines = []
    for block in document.iter_inner_content():
        cells = [cell.text for row in block.rows for cell in row.cells] if hasattr(block, "rows") else [block.text]
        lines += cells
    return "\n".join(lines)


def _page(path: Path) -> str:
    return path.read_text(encoding=_HTML_ENCODING)


def _html2text(path: Path) -> str:
    return str(import_module("html2text").html2text(_page(path)))


def _inscriptis(path: Path) -> str:
    return str(import_module("inscriptis").get_text(_page(path)))


def _trafilatura(path: Path) -> str:
    return str(import_module("trafilatura").extract(_page(path)) or "")


def _selectolax(path: Path) -> str:
    tree = import_module("selectolax.lexbor").LexborHTMLParser(_page(path))
    tree.strip_tags(["script", "style", "title"])
    return str(tree.root.text(separator="\n")) if tree.root else ""


def _mistune(path: Path) -> str:
    made = import_module("mistune").create_markdown(plugins=["table", "strikethrough", "footnotes", "def_list"])
    return str(import_module("inscriptis").get_text(f"<html><body>{made(_page(path))}</body></html>"))


def _markdown(path: Path) -> str:
    made = import_module("markdown").markdown(_page(path), extensions=["extra", "sane_lists"])
    return str(import_module("inscriptis").get_text(f"<html><body>{made}</body></html>"))


def _pypdfium2(path: Path) -> str:
    document = import_module("pypdfium2").PdfDocument(path)
    try:
        return "\n".join(str(page.get_textpage().get_text_bounded()) for page in document)
    finally:
        document.close()


def _pdfplumber(path: Path) -> str:
    texts = []
    with import_module("pdfplumber").open(path) as document:
        for page in document.pages:
            texts.append(page.extract_text() or "")
            page.close()  # else each page stays in memory
    return "\n".join(texts)


def _pdfminer(path: Path) -> str:
    return str(import_module("pdfminer.high_level").extract_text(str(path)))


def _pypdf(path: Path) -> str:
    return "\n".join(page.extract_text() for page in import_module("pypdf").PdfReader(path).pages)


def _markitdown(path: Path) -> str:
    return str(import_module("markitdown").MarkItDown(enable_plugins=False).convert(str(path)).text_content)

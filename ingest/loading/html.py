"""Web pages to text. The steps: decode, parse with lxml, keep `<main>` if there is exactly one, walk the elements.

`TreeReader` walks a parsed page in reading order and tells a `TextBuilder` of headings, paragraphs, list items, tables,
definition lists and preformatted text; what `Visibility` does not show is passed over. The title is that of `<title>`,
else the first `<h1>`. Runs no script, fetches nothing, resolves no entity beyond HTML's own.
"""

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.errors import LoadError
from ingest.loading.sniff import decode_text
from ingest.loading.tables import looks_like_header, table_lines
from ingest.loading.visible import Visibility
from ingest.parsed import Parsed, TextBuilder

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_INLINE = frozenset(
    (
        "a abbr acronym b bdi bdo big button cite code data dfn em font i ins kbd label mark nobr output picture q rp "
        "rt ruby samp small source span strong sub sup time tt u var wbr"
    ).split()
)
_MAX_DIGITS = 9
_SPAN_LIMIT = 100  # columns or rows: a cell may claim to span thousands


def load(content: bytes) -> Parsed:
    """Read a web page.

    Raises:
        LoadError: the bytes are no UTF-8 text, or cannot be parsed.
    """
    return load_text(decode_text(content, named="a web page (HTML)", html_allowed=True))


def load_text(text: str) -> Parsed:
    """Read a web page that is a string already; `load` with the first step done."""
    root = parse(text)
    builder = TextBuilder()
    reader = TreeReader(builder, Visibility(root))
    mains = [element for element in root.iter("main") if element.get("hidden") is None]
    reader.read(mains[0] if len(mains) == 1 else root)
    title = next((clean(found.text_content()) for found in root.iter("title")), "")
    return builder.finish(title or reader.first_h1)


def parse(text: str) -> HtmlElement:
    """Return the root element of a page.

    Raises:
        LoadError: lxml finds no element in it, or could not read it to the end.
    """
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise LoadError(f"expected a web page (HTML), got nothing that can be parsed ({error})") from error
    if len(parser.error_log.filter_from_fatals()) > 0:  # libxml2 stops there, and leaves out the rest without a word
        raise LoadError(
            "expected a page that can be read whole, got one that is nested too deeply, or too large in one piece: "
            "simplify it"
        )
    return root


class TreeReader:
    """Walks a page in reading order; `first_h1` is the first heading of level 1, once it was met."""

    def __init__(self, builder: TextBuilder, visibility: Visibility) -> None:
        self.first_h1: str | None = None
        self._builder = builder
        self._visibility = visibility
        self._inline: list[str] = []  # text of the paragraph that is being read
        self._marker: str | None = None  # of the list item whose first paragraph is being read
        self._in_item = False

    def read(self, element: HtmlElement) -> None:
        """Read an element that is shown, with all that is in it."""
        self._flow(element)
        self._flush()

    def _flow(self, element: HtmlElement) -> None:
        self._text(element.text)
        for child in element:
            if self._visibility.shows(child):
                self._element(child)
            self._text(child.tail)

    def _text(self, text: str | None) -> None:
        if text:
            self._inline.append(text.replace("\n", " "))  # only <br> breaks a line

    def _element(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._text(element.get("alt"))
        elif tag in _INLINE:
            self._flow(element)
        else:
            self._flush()
            self._block(element, tag)
            self._flush()

    def _block(self, element: HtmlElement, tag: str) -> None:
        if tag in _HEADINGS:
            self._heading(element, _HEADINGS[tag])
        elif tag in {"ul", "ol", "menu"}:
            self._list(element, ordered=tag == "ol")
        elif tag == "li":
            self._item(element, "-")
        elif tag == "table":
            self._table(element)
        elif tag == "dl":
            self._definitions(element)
        elif tag in {"pre", "listing", "xmp"}:
            self._builder.code(self.inline_text(element, keep_lines=True))
        elif tag != "hr":
            self._flow(element)

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        if not clean(text):
            return
        if self._marker is not None:
            self._builder.item(text, marker=self._marker)
            self._marker = None
        elif self._in_item:
            self._builder.item_paragraph(text)
        else:
            self._builder.paragraph(text)

    def _heading(self, element: HtmlElement, level: int) -> None:
        text = clean(self.inline_text(element))
        if level == 1 and text and self.first_h1 is None:
            self.first_h1 = text
        self._builder.heading(level, text)

    def _list(self, element: HtmlElement, *, ordered: bool) -> None:
        number = _whole_number(element.get("start"), 1)
        for child in element:
            if not self._visibility.shows(child):
                continue
            if child.tag == "li":
                number = _whole_number(child.get("value"), number)
                self._item(child, f"{number}." if ordered else "-")
                number += 1
            else:
                self._element(child)
        self._flush()

    def _item(self, element: HtmlElement, marker: str) -> None:
        outer = self._in_item
        self._marker, self._in_item = marker, True
        self._flow(element)
        self._flush()
        self._marker, self._in_item = None, outer

    def _definitions(self, element: HtmlElement) -> None:
        """Write `Term: definition` for each definition, so that it says by itself what it defines."""
        terms: list[str] = []
        defined = False
        for child in element.iter("dt", "dd"):
            if not self._visibility.shows(child):
                continue
            text = self.inline_text(child)
            if child.tag == "dt":
                terms = [clean(text)] if defined else [*terms, clean(text)]
                defined = False
            else:
                self._builder.paragraph(f"{', '.join(terms)}: {text}" if terms else text)
                defined = True
        if terms and not defined:
            self._builder.paragraph(", ".join(terms))

    def _table(self, element: HtmlElement) -> None:
        caption = next(element.iter("caption"), None)
        if caption is not None and self._visibility.shows(caption):
            self._builder.paragraph(self.inline_text(caption))
        rows = [row for row in element.iter("tr") if self._visibility.shows(row) and _table_of(row) is element]
        if len(rows) == 1 or all(len(_cells(row)) <= 1 for row in rows):
            for row in rows:  # a table for looks: its cells are ordinary content
                for cell in _cells(row):
                    if self._visibility.shows(cell):
                        self._flow(cell)
                        self._flush()
            return
        grid = self._grid(rows)
        for line in table_lines(grid, header_rows=int(_is_header(rows[0]) or looks_like_header(grid[0]))):
            self._builder.row(line)

    def _grid(self, rows: list[HtmlElement]) -> list[list[str]]:
        """Return the cells' texts; a cell that spans several columns or rows stands in each of the rows once."""
        grid: list[list[str]] = []
        below: dict[int, tuple[str, int]] = {}  # column: text of a cell that reaches down, rows left
        for row in rows:
            texts: list[str] = []
            for cell in _cells(row):
                _take_from_above(texts, below)
                text = self.inline_text(cell) if self._visibility.shows(cell) else ""
                rowspan = min(_whole_number(cell.get("rowspan"), 1), _SPAN_LIMIT)
                colspan = min(_whole_number(cell.get("colspan"), 1), _SPAN_LIMIT)
                for number in range(max(colspan, 1)):
                    if rowspan > 1:
                        below[len(texts)] = (text if number == 0 else "", rowspan - 1)
                    texts.append(text if number == 0 else "")
            _take_from_above(texts, below)
            grid.append(texts)
        return grid

    def inline_text(self, element: HtmlElement, *, keep_lines: bool = False) -> str:
        """Return an element's shown text; blocks within it, and `<br>`, become line ends."""
        pieces: list[str] = []
        self._gather(element, pieces, keep_lines=keep_lines)
        return "".join(pieces)

    def _gather(self, element: HtmlElement, pieces: list[str], *, keep_lines: bool) -> None:
        pieces.append(_kept(element.text, keep_lines=keep_lines))
        for child in element:
            if self._visibility.shows(child):
                ends = "" if child.tag in _INLINE or child.tag == "img" else "\n"
                pieces.append(ends)
                pieces.append(child.get("alt", "") if child.tag == "img" else "")
                if child.tag != "br":
                    self._gather(child, pieces, keep_lines=keep_lines)
                    pieces.append(ends)
            pieces.append(_kept(child.tail, keep_lines=keep_lines))


def _kept(text: str | None, *, keep_lines: bool) -> str:
    return (text or "") if keep_lines else (text or "").replace("\n", " ")


def _cells(row: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in row if cell.tag in {"td", "th"}]


def _is_header(row: HtmlElement) -> bool:
    """Tell whether a row is marked as a header: by its elements, or because all of it is bold."""
    if any(above.tag == "thead" for above in row.iterancestors()):
        return True
    return all(cell.tag == "th" or _is_bold(cell) for cell in _cells(row))


def _is_bold(cell: HtmlElement) -> bool:
    bold = "".join(part.text_content() for part in cell.iter("b", "strong"))
    return bool(bold.strip()) and clean(bold) == clean(cell.text_content())


def _table_of(row: HtmlElement) -> HtmlElement | None:
    return next(row.iterancestors("table"), None)


def _take_from_above(texts: list[str], below: dict[int, tuple[str, int]]) -> None:
    while len(texts) in below:
        column = len(texts)
        text, left = below.pop(column)
        texts.append(text)
        if left > 1:
            below[column] = (text, left - 1)


def _whole_number(text: str | None, otherwise: int) -> int:
    return (
        int(text)
        if text and text.strip().isascii() and text.strip().isdigit() and len(text) <= _MAX_DIGITS
        else otherwise
    )

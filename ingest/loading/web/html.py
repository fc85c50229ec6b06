"""Web pages to text. The steps: decode, parse with lxml, judge what is seen, walk the page, account for its texts.

What a reader sees is read (`seen`, `opened`), in the order of the page (`html_walk`), but for what only leads elsewhere
(`page_parts`); a page of nothing else is read whole. Each text is stored, or left out with a reason: the notes say how
many words, where. The title is that of `<title>`, or the first `<h1>` where the title is that with the site's name
behind it. Runs no script, fetches nothing, resolves no entity beyond HTML's own, judges no style sheet of elsewhere.
"""

import re

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.errors import LoadError
from ingest.loading.web.html_encoding import decode_page
from ingest.loading.web.html_report import Reading
from ingest.loading.web.html_walk import Walk
from ingest.loading.web.seen import Page
from ingest.parsed import Parsed, TextBuilder

_SITE_NAME = re.compile(r"\s*[-–—|·:»›•]\s*\S")


def load(content: bytes) -> Parsed:
    """Read a web page.

    Raises:
        LoadError: the bytes are not text in the encoding that they declare, or cannot be parsed.
    """
    root = parse(decode_page(content))
    title = next((clean(str(found.text_content())) for found in root.iter("title") if _is_of_page(found)), "")
    return read_page(root, title)


def parse(text: str) -> HtmlElement:
    """Return the root element of a page.

    Raises:
        LoadError: lxml finds no element in it, or could not read it to the end.
    """
    parser = lxml_html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
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


def read_page(root: HtmlElement, title: str | None) -> Parsed:
    """Read a parsed page.

    Args:
        root: its root element.
        title: as it is named elsewhere; the first heading of level 1 is taken where that says the same, or there is
            none.
    """
    page = Page(root)
    reading, parsed = _read(page, title, navigation=False)
    if not parsed.sections and reading.left_words:
        _, parsed = _read(page, title, navigation=True)
    return parsed


def _read(page: Page, title: str | None, *, navigation: bool) -> tuple[Reading, Parsed]:
    builder = TextBuilder()
    reading = Reading(page, builder.place)
    reading.reads_navigation = navigation
    Walk(reading, builder).read(page.root)
    parsed = builder.finish(_title(title, reading.first_h1))
    lacks = max(reading.missed(), 0) + reading.lost(parsed.text)
    reading.notes.add("unlike_second_look", count=lacks)
    return reading, Parsed(parsed.title, parsed.text, parsed.sections, reading.notes.finish())


def _title(title: str | None, first_h1: str | None) -> str | None:
    """Return the title without the name of the site, where the first heading shows which part that is."""
    if title and first_h1 and title.startswith(first_h1) and _SITE_NAME.match(title, len(first_h1)):
        return first_h1
    return title or first_h1


def _is_of_page(title: HtmlElement) -> bool:
    return all(above.tag != "svg" for above in title.iterancestors())

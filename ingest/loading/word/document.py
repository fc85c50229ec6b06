"""Word documents (.docx) to text.

The steps:

1. Open the package and find its main part (`parts`), styles, colours, lists, notes and settings.
2. Settle alternatives, prompts and fields that never end (`prepared`).
3. Walk the body in order (`flow`): paragraphs, headings and list items with their numbers as printed, tables,
   footnotes and endnotes after their sentences, text boxes, content controls, form fields, equations as linear text.
4. Put what headers and footers say at the end, once; a page number says nothing.
5. Say what was left out, and where: deleted, hidden, struck out and unseen text, comments, contents, pictures, charts,
   embedded objects. A second look (`second_look`) says what nobody thought of.

The title is that of the style Title, else of the document's properties, else the first heading of level 1. Fetches
nothing.
"""

import re
from dataclasses import replace
from typing import Any

from indexes.readings import Notes as ReadingNotes
from ingest.characters import clean
from ingest.loading.word.blocks import ENTER, HEADING, ITEM, LEAVE, ROW, Block, Ground
from ingest.loading.word.colours import Theme, page_ground
from ingest.loading.word.flow import BODY, HEADERS, STORIES, Flow, Shared
from ingest.loading.word.left import Left, take_all
from ingest.loading.word.looks import Looks
from ingest.loading.word.notes import ENDNOTE, FOOTNOTE, Notes
from ingest.loading.word.numbering import Counting, Numbering
from ingest.loading.word.parts import Package, Part
from ingest.loading.word.prepared import prepare, raised_marks
from ingest.loading.word.runs import RunReader
from ingest.loading.word.second_look import look_again
from ingest.loading.word.styles import Styles
from ingest.loading.word.table_looks import TableLooks
from ingest.loading.word.xml import is_on, local_name, qn
from ingest.parsed import Parsed, TextBuilder

_PAGE_NUMBER = re.compile(r"[\W\d_]*(?:(?:page|seite|p|s|of|von)\b[\W\d_]*){0,2}", re.IGNORECASE)
_UNTITLED = frozenset(["", "word document", "untitled", "document1", "document", "untitled document"])


def load(content: bytes) -> Parsed:
    """Read a Word document.

    Raises:
        LoadError: no Word document, an archive that unpacks to too much, or one that is damaged.
    """
    return _Reading(Package(content)).read()


class _Reading:
    """Reads one document; lxml's elements have no useful types."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._builder = TextBuilder()
        self._notes = ReadingNotes()
        self._left = Left(self._notes, self._builder.place)
        self._settings = self._root("settings")
        self._title = ""
        self._first_h1 = ""
        self._paths: list[tuple[tuple[int, str], ...]] = []  # of what the boxes that are open stand beside
        self._stories = {kind: self._root(f"{kind}s") for kind in (FOOTNOTE, ENDNOTE)}
        self._shared = self._share()

    def read(self) -> Parsed:
        """Return the document."""
        body = self._package.main.root.find(qn("w:body"))
        ground = Ground(page_ground(self._package.main.root, self._settings))
        for block in Flow(self._shared, BODY).blocks(body if body is not None else (), ground):
            self._write(block)
        self._write_headers(ground)
        named = clean(self._package.title())
        named = "" if named.lower() in _UNTITLED else named
        parsed = self._builder.finish(self._title or named or self._first_h1)
        look_again(self._package, self._left, parsed.text)
        return replace(parsed, notes=self._notes.finish())

    def _write(self, block: Block) -> None:
        if block.kind == HEADING:
            text = block.headline()
            self._builder.heading(block.level, text)
            if block.level == 0:
                self._title = self._title or text
            elif block.level == 1:
                self._first_h1 = self._first_h1 or text
            for note in block.notes:
                self._builder.paragraph(note.line)
        elif block.kind == ENTER:
            self._paths.append(self._builder.path())
        elif block.kind == LEAVE:
            self._builder.back_to(self._paths.pop())
        elif block.kind == ROW:
            self._builder.row(block.text)
        elif block.kind == ITEM:
            self._builder.item(block.written(), marker=block.marker)
        else:
            self._builder.paragraph(block.written())

    def _share(self) -> Shared:
        styles = Styles(self._root("styles"))
        roots = [self._package.main.root, *(root for root in self._stories.values() if root is not None)]
        for root in roots:
            prepare(root, styles)
        theme = Theme(self._root("theme"), self._settings)
        looks = Looks(styles, theme)
        english = _is_english(styles)
        numbering = Numbering(self._root("numbering"), styles, english=english)
        comments = {one.get(qn("w:id"), ""): one for one in self._elements("comments")}
        raised = frozenset[str]().union(*map(raised_marks, roots))

        def comment(comment_id: str) -> str:
            found = comments.pop(comment_id, None)
            return "" if found is None else take_all(found)

        readers = {
            story: RunReader(looks, self._left, comment=comment, raised_notes=raised, pages=story != HEADERS)
            for story in STORIES
        }
        notes = Notes(self._stories, self._settings, self._sections(), english=english)
        counting = {story: Counting(numbering) for story in STORIES}
        return Shared(styles, looks, TableLooks(styles, theme), notes, self._left, counting, readers)

    def _write_headers(self, ground: Ground) -> None:
        """Add the lines of headers and footers that are on pages under no heading, each that says the same once."""
        said: dict[str, None] = {}
        for part in self._headers():
            prepare(part.root, self._shared.styles)
            blocks = Flow(self._shared, HEADERS).blocks(part.root, ground)
            said |= dict.fromkeys(clean(block.headline()) for block in blocks)
        self._builder.back_to(())
        for line in said:
            if not _PAGE_NUMBER.fullmatch(line):
                self._builder.paragraph(line)

    def _headers(self) -> list[Part]:
        """Return the headers and footers that pages show; first and even pages have their own if a section says so."""
        main = self._package.main
        even = self._settings is not None and is_on(self._settings.find(qn("w:evenAndOddHeaders")))
        first = {}
        found: dict[str, Part] = {}
        title = False
        for section in self._sections():
            title = is_on(section.find(qn("w:titlePg")))
            for reference in section.iterchildren(qn("w:headerReference"), qn("w:footerReference")):
                kind = reference.get(qn("w:type"), "default")
                relation = main.relations.get(reference.get(qn("r:id"), ""))
                part = self._package.part(relation.target) if relation is not None and relation.target else None
                if part is None:
                    continue
                if kind == "first":
                    first[reference.tag] = part
                elif kind != "even" or even:
                    found[part.name] = part
            found |= {part.name: part for part in first.values()} if title else {}
        return list(found.values())

    def _sections(self) -> list[Any]:
        """Return the properties of the sections, in order, without those that tracked changes keep of the past."""
        found = self._package.main.root.iter(qn("w:sectPr"))
        return [section for section in found if local_name(section.getparent()) != "sectPrChange"]

    def _root(self, kind: str) -> Any:
        part = next(self._package.related(self._package.main, kind), None)
        return None if part is None else part.root

    def _elements(self, kind: str) -> Any:
        root = self._root(kind)
        return root if root is not None else ()


def _is_english(styles: Styles) -> bool:
    """Tell whether numbers in words are English: the documents' language is, or none is named."""
    language = styles.run_defaults.find(qn("w:lang")) if styles.run_defaults is not None else None
    named = language.get(qn("w:val"), "en") if language is not None else "en"
    return bool(named.lower().startswith("en"))

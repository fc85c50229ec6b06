"""A paragraph of a Word document to the text that it shows, with the marks of notes and the boxes that hang on it.

One walk over the paragraph's elements; what is not known is walked into, so that text within it is read. Of each run it
is asked whether it is seen (`looks`); deleted and moved-away text, codes of fields, lines of contents and prompts
are left out, and all of it but codes and prompts is said (`left`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ingest.characters import clean
from ingest.loading.raised import lowered, raised
from ingest.loading.word.drawings import Box, drawn
from ingest.loading.word.equations import equation
from ingest.loading.word.fields import Fields
from ingest.loading.word.left import CONTENTS, SILENT, Left, take, take_all
from ingest.loading.word.looks import HIDDEN, Look, Looks, Setting
from ingest.loading.word.notes import ENDNOTE, FOOTNOTE
from ingest.loading.word.symbols import in_symbols, symbol
from ingest.loading.word.xml import local_name, qn

DELETED = "deletions"
_SHOWN = None
_DELETING = frozenset(["del", "moveFrom"])
_SILENT = frozenset(["pPr", "rPr", "sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr", "tblPr", "trPr", "tcPr", "rubyPr"])
_BREAKS = {"br": "\n", "cr": "\n", "tab": " ", "ptab": " ", "noBreakHyphen": "-"}
_REFERENCES = {"footnoteReference": FOOTNOTE, "endnoteReference": ENDNOTE}
_PIECES = 8
_BEFORE_CHARS = 60
_LENGTH = re.compile(r"\d\s?(?:[kcdm]?m|ft|in|yd|mi)$")
_DRAWINGS = (qn("w:drawing"), qn("w:pict"), qn("w:object"))

_HANDLERS = {
    "r": "_run",
    "t": "_text",
    "delText": "_deleted_text",
    "del": "_deleting",
    "moveFrom": "_deleting",
    "sym": "_symbol",
    "fldChar": "_field_mark",
    "instrText": "_code",
    "delInstrText": "_code",
    "fldSimple": "_simple_field",
    "footnoteReference": "_reference",
    "endnoteReference": "_reference",
    "commentReference": "_comment_mark",
    "oMath": "_equation",
    "ruby": "_ruby",
    "drawing": "_drawing",
    "pict": "_drawing",
    "object": "_drawing",
    "subDoc": "_object",
    "altChunk": "_object",
}
_Handler = Callable[[Any, str | None, Look], None]


@dataclass(slots=True)
class Mark:
    """The mark of a note: where in the text it stands, and which note it is of.

    `own` is the mark that its author gave it; `left` is the kind as which the mark, and so its note, is left out.
    """

    at: int
    kind: str
    note_id: str
    own: str | None = None
    left: str | None = None


@dataclass(slots=True)
class Line:
    """What a paragraph shows."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    marks: list[Mark] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    drawn_lines: list[str] = field(default_factory=list)
    bold: bool = True  # all that shows is
    left: dict[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        """Return the text; a newline in it is a break that its author set."""
        return "".join(self.pieces)


class RunReader:
    """Reads the paragraphs of one story, in order: fields go over several of them."""

    def __init__(
        self, looks: Looks, left: Left, *, comment: Callable[[str], str], raised_notes: frozenset[str], pages: bool
    ) -> None:
        """Prepare to read a story.

        Args:
            looks: tell what is seen.
            left: takes what is left out.
            comment: takes a comment by its id and returns its text.
            raised_notes: the raised numbers that begin a paragraph: the marks of notes that were set by hand.
            pages: numbers of pages are read; in headers they say nothing.
        """
        self._looks = looks
        self._left = left
        self._comment = comment
        self._raised_notes = raised_notes
        self._pages = pages
        self._fields = Fields()
        self._line = Line()
        self._setting = Setting("")
        self._last_left: str | None = None
        self._own_mark: Mark | None = None
        self._alone = True
        self._handlers: dict[str, _Handler] = {name: getattr(self, method) for name, method in _HANDLERS.items()}

    def read(self, paragraph: Any, setting: Setting, kind: str | None = None) -> Line:
        """Return what a paragraph shows.

        Args:
            paragraph: the element.
            setting: its style, and where it stands.
            kind: leave all of it out as this kind.
        """
        self._line, self._setting, self._last_left, self._own_mark = Line(), setting, None, None
        drawings = paragraph.iter(*_DRAWINGS)
        self._alone = next(drawings, None) is None or next(drawings, None) is None
        self._children(paragraph, kind, Look())
        for left_kind, pieces in self._line.left.items():
            self._left.text(left_kind, "".join(pieces))
        return self._line

    def _children(self, element: Any, kind: str | None, look: Look) -> None:
        for child in element:
            name = local_name(child)
            if name in _SILENT or not name:
                continue
            handler = self._handlers.get(name)
            if handler is not None:
                handler(child, kind, look)
            elif name in _BREAKS:
                self._show(_BREAKS[name], kind, look)
            else:
                self._children(child, kind, look)

    def _show(self, text: str, kind: str | None, look: Look) -> None:
        """Take a piece of text: it is shown, or left out as a kind."""
        if not text:
            return
        if kind is _SHOWN:
            if self._fields.hides:
                kind = SILENT
            elif self._fields.in_contents:
                kind = CONTENTS
            elif self._fields.counts_pages and not self._pages:
                kind = SILENT
            else:
                kind = look.unseen or _SHOWN
        if kind is not _SHOWN:
            pieces = self._line.left.setdefault(kind, [])
            pieces += [text] if self._last_left == kind else [" ", text]
            self._last_left = kind
            return
        self._fields.showed()
        self._last_left = None
        if look.place:
            text = self._apart(text, look.place)
        self._line.pieces.append(text)
        self._line.length += len(text)
        self._line.bold = self._line.bold and (look.bold or not text.strip())

    def _apart(self, text: str, place: str) -> str:
        """Return a raised or lowered piece so that it never joins the number or word before it."""
        before = "".join(self._line.pieces[-_PIECES:])[-_BEFORE_CHARS:]
        piece = clean(text)
        is_area = piece in {"2", "3"} and bool(_LENGTH.search(before))  # whatever notes there are
        shown = (
            lowered(piece, before)
            if place == "subscript"
            else raised(piece, before, linked=False, notes=frozenset() if is_area else self._raised_notes)
        )
        return f"{text[: len(text) - len(text.lstrip())]}{shown}{text[len(text.rstrip()) :]}" if piece else text

    def _run(self, run: Any, kind: str | None, _: Look) -> None:
        self._children(run, kind, self._looks.of_run(run.find(qn("w:rPr")), self._setting))

    def _text(self, element: Any, kind: str | None, look: Look) -> None:
        text = take(element).replace("\n", " ")
        if self._is_mark(text):
            return
        shown, unknown = in_symbols(look.font, text)
        if unknown and kind is _SHOWN and not look.unseen:
            self._left.thing("symbols", unknown)
        self._show(shown, kind, look)

    def _is_mark(self, text: str) -> bool:
        """Take the mark that an author gave to a note: it follows the reference."""
        if self._own_mark is None:
            return False
        self._own_mark.own, self._own_mark = text.strip(), None
        return True

    def _deleted_text(self, element: Any, kind: str | None, look: Look) -> None:
        self._show(take(element), DELETED if kind is _SHOWN else kind, look)

    def _deleting(self, element: Any, kind: str | None, look: Look) -> None:
        self._children(element, DELETED if kind is _SHOWN else kind, look)

    def _symbol(self, element: Any, kind: str | None, look: Look) -> None:
        code = element.attrib.pop(qn("w:char"), "")
        number = int(code, 16) if len(code) <= 6 and code and all(c in "0123456789abcdefABCDEF" for c in code) else -1  # noqa: PLR2004
        sign = symbol(element.get(qn("w:font")), number) if number >= 0 else None
        if sign is not None and self._is_mark(sign):
            return
        if sign is None and kind is _SHOWN and not look.unseen:
            self._left.thing("symbols")
        self._show(sign or "", kind, look)

    def _field_mark(self, mark: Any, kind: str | None, look: Look) -> None:
        state = mark.get(qn("w:fldCharType"))
        if state == "begin":
            self._fields.begin(mark)
        elif state == "separate":
            self._fields.separate()
        elif state == "end":
            self._end_field(kind, look)

    def _end_field(self, kind: str | None, look: Look) -> None:
        text, left = self._fields.end()
        if left and kind is _SHOWN and not self._fields.hides:
            self._left.thing(left)
        self._show(text, kind, look)

    def _code(self, element: Any, _: str | None, __: Look) -> None:
        self._fields.code(take(element))

    def _simple_field(self, element: Any, kind: str | None, look: Look) -> None:
        self._fields.open_simple(element.get(qn("w:instr"), ""))
        self._children(element, kind, look)
        self._end_field(kind, look)

    def _reference(self, element: Any, kind: str | None, look: Look) -> None:
        left = SILENT if self._fields.hides else kind or look.unseen or _SHOWN
        mark = Mark(self._line.length, _REFERENCES[local_name(element)], element.get(qn("w:id"), ""), left=left)
        if element.get(qn("w:customMarkFollows"), "0") in {"1", "true", "on"}:
            self._own_mark = mark
        self._line.marks.append(mark)

    def _comment_mark(self, element: Any, _: str | None, __: Look) -> None:
        self._left.text("comments", self._comment(element.get(qn("w:id"), "")))

    def _equation(self, element: Any, kind: str | None, look: Look) -> None:
        def run_text(run: Any) -> str:
            own = self._looks.of_run(run.find(qn("w:rPr")), self._setting)
            text = "".join(take(one) for one in run if local_name(one) in {"t", "delText"}).replace("\n", " ")
            if kind is not _SHOWN or own.unseen:
                self._show(text, kind or own.unseen, own)
                return ""
            return text

        for deleted in [one for one in element.iter(qn("w:del"), qn("w:moveFrom")) if len(one)]:
            self._left.text(DELETED, take_all(deleted))
        self._show(equation(element, run_text), kind, look)

    def _ruby(self, element: Any, kind: str | None, look: Look) -> None:
        for base in element.iterchildren(qn("w:rubyBase")):
            self._children(base, kind, look)
        for reading in element.iterchildren(qn("w:rt")):
            self._show("(", kind, look)
            self._children(reading, kind, look)
            self._show(")", kind, look)

    def _drawing(self, element: Any, kind: str | None, look: Look) -> None:
        found = drawn(element, self._looks.theme, alone=self._alone)
        unseen = HIDDEN if found.hidden or look.unseen == HIDDEN else ""
        if kind is not _SHOWN or unseen or self._fields.hides:
            self._left.out(SILENT if self._fields.hides else kind or unseen, element)
            return
        for thing in found.things:
            self._left.thing(thing)
        self._line.boxes += found.boxes
        for one in found.lines:
            text = one.attrib.pop("string", "") if local_name(one) == "textpath" else take_all(one)
            self._line.drawn_lines.append(text)

    def _object(self, _: Any, kind: str | None, __: Look) -> None:
        if kind is _SHOWN:
            self._left.thing("embedded")

"""Fields of a Word document: their codes are no text, their results are.

A field begins, has a code, then mostly a result, and ends; fields stand within others, and results go over many
paragraphs. A table of contents repeats the headings: its result is left out. Form fields without a result show what was
chosen or ticked; some fields show what only Word works out (numbers of `LISTNUM`, fractions of `EQ`): that is said.
Does not work out anything.
"""

from dataclasses import dataclass, field
from typing import Any

from ingest.loading.word.symbols import symbol
from ingest.loading.word.xml import integer, is_on, local_name, qn, value

UNENDED = "unended"  # mark of a field's beginning that has no end: Word shows what follows it
_CONTENTS = frozenset(["TOC", "INDEX", "TOA"])
_PAGES = frozenset(["PAGE", "NUMPAGES", "SECTIONPAGES"])
_NUMBERS = frozenset(["AUTONUM", "AUTONUMLGL", "AUTONUMOUT", "LISTNUM", "BIDIOUTLINE"])
_EQUATION = "EQ"
_MAX_CODE_CHARS = 2000


@dataclass(slots=True)
class _Field:
    code: list[str] = field(default_factory=list)
    form: Any = None
    in_result: bool = False
    showed: bool = False
    name: str = ""


class Fields:
    """The fields that are open at one place of a story."""

    def __init__(self) -> None:
        self._open: list[_Field] = []

    def begin(self, mark: Any) -> None:
        """Open a field; `mark` is its `w:fldChar`."""
        if mark.get(UNENDED) is None:
            self._open.append(_Field(form=mark.find(qn("w:ffData"))))

    def open_simple(self, code: str) -> None:
        """Open a field whose code stands in an attribute; its result follows."""
        self._open.append(_Field(code=[code]))
        self.separate()

    def code(self, text: str) -> None:
        """Take a piece of the innermost field's code."""
        if self._open and not self._open[-1].in_result:
            self._open[-1].code.append(text)

    def separate(self) -> None:
        """Go on from the code of the innermost field to its result."""
        if self._open:
            self._open[-1].name = _name(self._open[-1])
            self._open[-1].in_result = True

    def end(self) -> tuple[str, str]:
        """Close the innermost field and return what it shows without a result, and what kind of note it leaves."""
        if not self._open:
            return "", ""
        closed = self._open.pop()
        name = closed.name or _name(closed)
        if closed.showed:
            return "", ""
        if closed.form is not None:
            return _form(closed.form), ""
        if name in _NUMBERS:
            return "", "numbers"
        if name == _EQUATION:
            return "", "equations"
        return (_symbol("".join(closed.code)) if name == "SYMBOL" else ""), ""

    def showed(self) -> None:
        """Say that text was shown here."""
        for one in self._open:
            one.showed = True

    @property
    def hides(self) -> bool:
        """Whether text here is a field's code."""
        return any(not one.in_result for one in self._open)

    @property
    def in_contents(self) -> bool:
        """Whether text here is part of a table of contents."""
        return any(one.name in _CONTENTS for one in self._open)

    @property
    def counts_pages(self) -> bool:
        """Whether text here is the number of a page."""
        return any(one.name in _PAGES for one in self._open)


def _name(one: _Field) -> str:
    words = "".join(one.code)[:_MAX_CODE_CHARS].split(None, 1)
    return words[0].upper() if words else ""


def _form(data: Any) -> str:
    """Return what a form field shows: the chosen entry, or a box with or without a mark."""
    for child in data:
        name = local_name(child)
        if name == "ddList":
            chosen = integer(value(child, "w:result") or value(child, "w:default"), 0)
            entries = [entry.get(qn("w:val"), "") for entry in child.iterchildren(qn("w:listEntry"))]
            return entries[chosen] if 0 <= chosen < len(entries) else ""
        if name == "checkBox":
            said = child.find(qn("w:checked"))
            return "☒" if is_on(child.find(qn("w:default")) if said is None else said) else "☐"
    return ""


def _symbol(code: str) -> str:
    words = code[:_MAX_CODE_CHARS].split()
    font = code.partition("\\f")[2].strip().strip('"').partition('"')[0]
    number = integer(words[1], -1) if len(words) > 1 else -1
    return symbol(font, number) or "" if number > 0 else ""


def mark_unended(story: Any) -> None:
    """Mark the fields of a story that begin and never end; otherwise they would take all that follows for a code."""
    begun: list[Any] = []
    for mark in story.iter(qn("w:fldChar")):
        kind = mark.get(qn("w:fldCharType"))
        if kind == "begin":
            begun.append(mark)
        elif kind == "end" and begun:
            begun.pop()
    for mark in begun:
        mark.set(UNENDED, "1")

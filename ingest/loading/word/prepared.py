"""What is settled in a part of a Word document before it is walked.

1. Alternatives (`mc:AlternateContent`): the first choice stays, unless only the fallback holds text; the other goes.
2. Prompts of content controls ("Click here to enter text") go: nobody wrote them. Text that merely stands in for one
   but looks like any other stays.
3. Fields that never end are marked.
Also finds the raised numbers that begin paragraphs: marks of notes that were set by hand.
"""

from typing import Any

from ingest.loading.word.fields import mark_unended
from ingest.loading.word.left import TEXT_NAMES
from ingest.loading.word.looks import names_style, properties_of
from ingest.loading.word.styles import Styles
from ingest.loading.word.xml import is_on, local_name, qn

_PROMPT = "placeholder text"
_NEIGHBOURS = 5
_MAX_MARK_CHARS = 3


def prepare(root: Any, styles: Styles) -> None:
    """Settle what can be told without walking; `root` is the root of a part."""
    for alternatives in list(root.iter(qn("mc:AlternateContent"))):
        _choose(alternatives)
    for mark in list(root.iter(qn("w:showingPlcHdr"))):
        if is_on(mark):
            _take_prompt(mark.getparent().getparent(), styles)
    mark_unended(root)


def _choose(alternatives: Any) -> None:
    choices = [child for child in alternatives if local_name(child) in {"Choice", "Fallback"}]
    chosen = next((child for child in choices if _has_text(child)), choices[0] if choices else None)
    above = alternatives.getparent()
    if above is None:
        return
    for child in reversed(chosen if chosen is not None else ()):
        alternatives.addnext(child)
    above.remove(alternatives)


def _has_text(element: Any) -> bool:
    return any(one.text and local_name(one) in TEXT_NAMES for one in element.iter())


def _take_prompt(control: Any, styles: Styles) -> None:
    for run in control.iter(qn("w:r")) if control is not None else ():
        if names_style(properties_of(run), styles, _PROMPT):
            for text in run.iter(qn("w:t")):
                text.text = None


def raised_marks(root: Any) -> frozenset[str]:
    """Return the raised numbers with which paragraphs begin."""
    found = set()
    for raised in root.iter(qn("w:vertAlign")):
        if raised.get(qn("w:val")) != "superscript":
            continue
        run = raised.getparent().getparent()
        text = "".join(one.text or "" for one in run.iterchildren(qn("w:t"))).strip()
        if text.isdigit() and len(text) <= _MAX_MARK_CHARS and _is_first(run):
            found.add(text)
    return frozenset(found)


def _is_first(run: Any) -> bool:
    before = run.getprevious()
    for _ in range(_NEIGHBOURS):
        if before is None or local_name(before) == "pPr":
            return True
        if before.tag == qn("w:r") and _has_text(before):
            return False
        before = before.getprevious()
    return False

"""The marks on a PDF page: what was struck out, what was typed onto it, and notes that are not read.

Annotations that no reader sees (hidden, or not for the screen) count for nothing, and neither do links. Struck out is
what a StrikeOut covers, and what a Line or a drawing by hand runs through; what a Redact covers is to go. What was
typed onto the page (FreeText) is read. The words of notes, of highlights and the like are not: those are counted that
say something which the page does not say itself, as some programs have highlights repeat what they mark.
A mark that is damaged is left out. Filled fields are `fields`'.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdf import PageObject
from pypdf.errors import PyPdfError

from ingest.loading.pdf.cells import Bools
from ingest.loading.pdf.drawing import Box
from ingest.loading.pdf.glyphs import Glyphs

Quad = NDArray[np.float64]  # four corners, one after the other around it
Stroke = tuple[float, float, float, float]  # from a point to a point

MAX_MARKS = 5_000  # of a page
_MAX_PARTS = 2_000  # quads, or strokes, of one mark
_MAX_CHARS = 100_000
_HIDDEN = 1 << 1 | 1 << 5  # flags: hidden; not to be viewed
_DEFAULT_SIZE = 11.0
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s+Tf")
_TAG = re.compile(r"<[^>]{0,2000}>")
_NOTED = frozenset(
    (
        "/Text /Highlight /Underline /Squiggly /StrikeOut /Caret /Line /Polygon /PolyLine /Ink /Square /Circle /Redact"
    ).split()
)
_EMBEDDED = frozenset("/Sound /Movie /Screen /RichMedia /3D".split())
_COVERS = frozenset("/Square /Circle /Polygon /Stamp /Ink /FreeText".split())
DAMAGE = (PyPdfError, ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed onto a page: `drawn` if the file says how it looks, so that it can be looked for on the page."""

    text: str
    box: Box
    size: float
    drawn: bool


@dataclass(slots=True)
class Marks:
    """What the annotations of one page say."""

    struck: list[Quad] = field(default_factory=list)
    redacted: list[Quad] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    typed: list[Typed] = field(default_factory=list)
    covers: list[Box] = field(default_factory=list)
    widgets: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what they say
    stamps: int = 0
    attached: int = 0
    embedded: int = 0


def marks_of(page: PageObject) -> Marks:
    """Return the marks on a page that a reader sees."""
    marks = Marks()
    for annotation in annotations_of(page):
        try:
            _take(annotation, marks)
        except DAMAGE:
            continue
    return marks


def annotations_of(page: PageObject) -> Iterator[Any]:
    """Give a page's annotations, but for hidden ones and damaged ones."""
    try:
        found = page.get("/Annots")
        listed = list(found.get_object() or [])[:MAX_MARKS] if found is not None else []
    except DAMAGE:
        return
    for one in listed:
        try:
            annotation = one.get_object()
            hidden = int(annotation.get("/F", 0)) & _HIDDEN
        except DAMAGE:
            continue
        if not hidden:
            yield annotation


def untold(notes: list[str], page: str) -> int:
    """Return how many notes say something that a page does not say."""
    told = _letters(page)
    return sum(bool(said) and said not in told for said in map(_letters, notes))


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def within(quads: list[Quad], glyphs: Glyphs) -> Bools:
    """Return the characters whose middle lies in one of the quads."""
    inside: Bools = np.zeros(len(glyphs), dtype=np.bool_)
    middles = (glyphs.boxes[:, :2] + glyphs.boxes[:, 2:]) / 2
    for quad in quads:
        edges = np.roll(quad, -1, axis=0) - quad
        sides = [
            edge[0] * (middles[:, 1] - corner[1]) - edge[1] * (middles[:, 0] - corner[0])
            for edge, corner in zip(edges, quad, strict=True)
        ]
        inside |= np.all(np.array(sides) >= 0, axis=0)
    return inside & ~glyphs.generated


def _take(annotation: Any, marks: Marks) -> None:
    kind = str(annotation.get("/Subtype", ""))
    if kind == "/Widget":
        marks.widgets.append(annotation)
        return
    if kind == "/StrikeOut":
        marks.struck += _quads(annotation)
    elif kind == "/Redact":
        marks.redacted += _quads(annotation)
    elif kind == "/Line":
        marks.strokes.append(tuple(_numbers(annotation["/L"])[:4]))  # type: ignore[arg-type]
    elif kind == "/Ink":
        marks.strokes += _drawn_by_hand(annotation)
    elif kind == "/FreeText":
        _type(annotation, marks)
    if kind in _COVERS:
        marks.covers.append(box_of(annotation))
    if kind in _NOTED:
        marks.notes.append(_text(annotation, "/Contents"))
    marks.stamps += kind == "/Stamp"
    marks.attached += kind == "/FileAttachment"
    marks.embedded += kind in _EMBEDDED


def _type(annotation: Any, marks: Marks) -> None:
    text = _text(annotation, "/Contents") or _TAG.sub(" ", _text(annotation, "/RC"))
    if text.strip():
        size = _SIZE.search(_text(annotation, "/DA"))
        points = float(size.group(1)) if size else 0.0
        marks.typed.append(Typed(text, box_of(annotation), points or _DEFAULT_SIZE, "/AP" in annotation))


def _text(annotation: Any, key: str) -> str:
    value = annotation.get(key)
    value = value.get_object() if value is not None else None
    return value[:_MAX_CHARS] if isinstance(value, str) else ""


def _numbers(values: Any) -> list[float]:
    numbers = [float(value) for value in list(values.get_object())[: 8 * _MAX_PARTS]]
    if not np.isfinite(numbers).all():
        raise ValueError("expected numbers, got something that is none")
    return numbers


def box_of(annotation: Any) -> Box:
    """Return where an annotation stands.

    Raises:
        ValueError: it does not say.
    """
    numbers = _numbers(annotation["/Rect"])
    if len(numbers) != 4:  # noqa: PLR2004 - two corners
        raise ValueError("expected two corners")
    left, right = sorted(numbers[::2])
    bottom, top = sorted(numbers[1::2])
    return left, bottom, right, top


def _quads(annotation: Any) -> list[Quad]:
    """Return the places that an annotation marks, their corners in one order: files have them in different ones."""
    if "/QuadPoints" not in annotation:
        left, bottom, right, top = box_of(annotation)
        return [np.array([(left, bottom), (right, bottom), (right, top), (left, top)])]
    numbers = _numbers(annotation["/QuadPoints"])
    quads = []
    for at in range(0, len(numbers) - 7, 8):
        corners = np.array(numbers[at : at + 8]).reshape(4, 2)
        turned = corners - corners.mean(axis=0)
        quads.append(corners[np.argsort(np.arctan2(turned[:, 1], turned[:, 0]))])
    return quads[:_MAX_PARTS]


def _drawn_by_hand(annotation: Any) -> list[Stroke]:
    """Return what a drawing by hand runs along, each stretch of it from where it begins to where it ends."""
    strokes: list[Stroke] = []
    for line in list(annotation["/InkList"].get_object())[:_MAX_PARTS]:
        points = _numbers(line)
        if len(points) >= 4:  # noqa: PLR2004 - two points
            strokes.append((points[0], points[1], points[len(points) // 2 * 2 - 2], points[len(points) // 2 * 2 - 1]))
    return strokes

"""What is printed beside a field of a form: on its left, on its right, or above it.

The nearest stretch of text on the same line, up to a wide gap or another field. Above counts only what begins where the
field does, close over it. Each character is the label of one field.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingest.characters import clean
from ingest.loading.pdf.drawing import Box
from ingest.loading.pdf.glyphs import Glyphs

_GAP = 3.0  # of the type size: what is further apart is other text
_TO_FIELD_POINTS = 250.0  # forms set their fields in a column, at a distance from the labels
_TO_TICK_POINTS = 30.0
_TO_UNIT_POINTS = 12.0
_ABOVE_POINTS = 16.0
_ASIDE_POINTS = 24.0
_SLACK_POINTS = 2.0
_MAX_CHARS = 300
_WAITING = frozenset(":?_…")
Places = NDArray[np.intp]  # of characters, in the page's order

_NO_LABELS: Places = np.zeros(0, dtype=np.intp)


class Printed:
    """The characters of a page that may be labels, and the fields that stand between them."""

    def __init__(self, glyphs: Glyphs, out: NDArray[np.bool_], fields: Sequence[Box]) -> None:
        self.glyphs = glyphs
        blank = np.fromiter((not char.strip() for char in glyphs.chars), np.bool_, len(glyphs))
        self.free = ~out & ~glyphs.generated & ~blank
        self.all = self.free.copy()
        self.fields = np.array(fields, dtype=np.float64).reshape(-1, 4)


def label_of(printed: Printed, box: Box, *, right: bool, waiting: bool = False) -> tuple[str, Places]:
    """Return a field's label and its characters, which are no other field's from now on.

    Args:
        printed: what stands on the page.
        box: the field's.
        right: what is on its right counts first: it is a box to tick.
        waiting: only what is on its left counts, and only if something has to follow it, as after a colon.
    """
    if right:
        first = _ends_in_text(printed, box)
        found = _beside(printed, box, right=first)
        found = found if len(found) else _beside(printed, box, right=not first)
    else:
        found = _beside(printed, box, right=False)
        found = found if len(found) or waiting else _above(printed, box)
    if not len(found) or (waiting and printed.glyphs.chars[found[-1]] not in _WAITING):
        return "", _NO_LABELS
    printed.free[found] = False
    text = "".join(printed.glyphs.chars[found[0] : found[-1] + 1]) if _in_order(found) else ""
    return clean(" ".join((text or _put_together(printed, found)).split())), found


def unit_of(printed: Printed, box: Box) -> tuple[str, Places]:
    """Return what is printed close behind the last field of a line, as "days" is, and its characters."""
    level = (printed.fields[:, 1] < box[3] - 1) & (printed.fields[:, 3] > box[1] + 1)
    if (printed.fields[level, 0] > box[2] - 1).any():
        return "", _NO_LABELS
    found = _beside(printed, box, right=True)
    if not len(found) or printed.glyphs.boxes[found[0], 0] > box[2] + _TO_UNIT_POINTS:
        return "", _NO_LABELS
    printed.free[found] = False
    return clean(" ".join(_put_together(printed, found).split())), found


def _in_order(found: Places) -> bool:
    """Tell whether characters stand one after the other in the page's order, with nothing but blanks between."""
    return bool((np.diff(found) > 0).all() and (np.diff(found) <= 3).all())  # noqa: PLR2004 - a blank and a line end


def _put_together(printed: Printed, found: Places) -> str:
    boxes, sizes = printed.glyphs.boxes, printed.glyphs.sizes
    pieces = [printed.glyphs.chars[found[0]]]
    for last, one in pairwise(found):
        gap = boxes[one, 0] - boxes[last, 2]
        pieces.append(" " if gap > 0.2 * sizes[one] else "")
        pieces.append(printed.glyphs.chars[one])
    return "".join(pieces)


def _on_line(printed: Printed, box: Box) -> Places:
    boxes = printed.glyphs.boxes
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    near = printed.free & (middle >= box[1] - _SLACK_POINTS) & (middle <= box[3] + _SLACK_POINTS)
    at = np.flatnonzero(near)
    if not len(at):
        return at
    base = printed.glyphs.origins[at, 1]
    target = (box[1] + box[3]) / 2
    line = base[np.argmin(np.abs(base + 0.3 * printed.glyphs.sizes[at] - target))]
    level: Places = at[np.abs(base - line) <= 0.4 * np.maximum(printed.glyphs.sizes[at], 1)]
    return level


def _beside(printed: Printed, box: Box, *, right: bool) -> Places:
    boxes, sizes = printed.glyphs.boxes, printed.glyphs.sizes
    at = _on_line(printed, box)
    if right:
        at = at[boxes[at, 0] >= box[2] - _SLACK_POINTS]
        at = at[np.argsort(boxes[at, 0], kind="stable")]
    else:
        at = at[boxes[at, 2] <= box[0] + _SLACK_POINTS]
        at = at[np.argsort(-boxes[at, 2], kind="stable")]
    taken: list[int] = []
    edge, reach = (box[2] if right else box[0]), (_TO_TICK_POINTS if right else _TO_FIELD_POINTS)
    for one in at[:_MAX_CHARS]:
        near = boxes[one, 0] if right else boxes[one, 2]
        gap = near - edge if right else edge - near
        if gap > (_GAP * sizes[one] if taken else reach) or _field_between(printed, box, edge, near):
            break
        taken.append(int(one))
        edge = boxes[one, 2] if right else boxes[one, 0]
    return np.array(taken if right else taken[::-1], dtype=np.intp)


def _ends_in_text(printed: Printed, box: Box) -> bool:
    """Tell whether text stands right of the last field on a line: then each box has its label on its right."""
    level = (printed.fields[:, 1] < box[3] - 1) & (printed.fields[:, 3] > box[1] + 1)
    end = max(box[2], printed.fields[level, 2].max(initial=box[2]))
    boxes = printed.glyphs.boxes
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    near = printed.all & (middle >= box[1] - _SLACK_POINTS) & (middle <= box[3] + _SLACK_POINTS)
    near &= (boxes[:, 0] >= end - _SLACK_POINTS) & (boxes[:, 0] <= end + _TO_TICK_POINTS)
    return bool(near.any())


def _field_between(printed: Printed, box: Box, edge: float, near: float) -> bool:
    """Tell whether another field stands between two places on a field's line."""
    low, high = min(edge, near), max(edge, near)
    middle = (printed.fields[:, 0] + printed.fields[:, 2]) / 2
    level = (printed.fields[:, 1] < box[3] - 1) & (printed.fields[:, 3] > box[1] + 1)
    return bool((level & (middle > low) & (middle < high)).any())


def _above(printed: Printed, box: Box) -> Places:
    boxes = printed.glyphs.boxes
    close = printed.free & (boxes[:, 1] >= box[3] - _SLACK_POINTS) & (boxes[:, 1] <= box[3] + _ABOVE_POINTS)
    close &= (boxes[:, 0] >= box[0] - _ASIDE_POINTS) & (boxes[:, 2] <= max(box[2], box[0] + 200) + _ASIDE_POINTS)
    at = np.flatnonzero(close)
    if not len(at):
        return at
    lowest = printed.glyphs.origins[at, 1].min()
    at = at[np.abs(printed.glyphs.origins[at, 1] - lowest) <= 0.4 * printed.glyphs.sizes[at]]
    at = at[np.argsort(boxes[at, 0], kind="stable")][:_MAX_CHARS]
    if boxes[at[0], 0] > box[0] + _ASIDE_POINTS:
        return _NO_LABELS
    gaps = np.flatnonzero(boxes[at[1:], 0] - boxes[at[:-1], 2] > _GAP * printed.glyphs.sizes[at[1:]])
    first: Places = at[: gaps[0] + 1] if len(gaps) else at
    return first

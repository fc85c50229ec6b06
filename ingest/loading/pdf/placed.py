"""Puts what stands on a page without being one of its characters where it belongs among the page's blocks.

A filled field, or a note typed onto the page, is a paragraph of its own. It comes after the block that ends next above
it, or that it stands within; of blocks side by side, after the one that does not begin to its right.
"""

from collections import defaultdict
from collections.abc import Sequence

from ingest.loading.pdf.blocks import Block
from ingest.loading.pdf.report import Placed

_LEVEL = 2.0  # points
_BASE = 0.2  # of the type size: how far above a box's bottom letters stand


def with_placed(blocks: Sequence[Block], placed: Sequence[Placed]) -> list[Block]:
    """Return a page's blocks with what is placed on it."""
    before: dict[int, list[Block]] = defaultdict(list)
    for one in sorted(placed, key=lambda one: (-round(one.box[3]), one.box[0])):
        y, x = one.box[1] + _BASE * one.size, one.box[0]
        block = Block("paragraph", one.text, one.size, x, x, y=y, y_end=y)
        before[_place(blocks, y, one.box[2])].append(block)
    found: list[Block] = []
    for at, block in enumerate(blocks):
        found += [*before[at], block]
    return found + before[len(blocks)]


def _place(blocks: Sequence[Block], y: float, end: float) -> int:
    """Return before which block something at a height comes."""
    above = [at for at, block in enumerate(blocks) if block.y >= y - _LEVEL and block.first_x <= end]
    if not above:
        return 0
    return max(above, key=lambda at: (-max(blocks[at].y_end - y, 0.0), at)) + 1

"""What stands beside a page's characters comes after the block above it."""

from ingest.loading.pdf.blocks import Block
from ingest.loading.pdf.placed import with_placed
from ingest.loading.pdf.report import Placed


def _block(text: str, x: float, y: float, y_end: float | None = None) -> Block:
    return Block("paragraph", text, 11, x, x, y=y, y_end=y if y_end is None else y_end)


def _placed(text: str, x: float, y: float) -> Placed:
    return Placed(text, (x, y - 2, x + 100, y + 9), 11)


def test_it_comes_after_what_stands_above_it() -> None:
    blocks = [_block("title", 20, 700), _block("first", 20, 660, 620), _block("last", 20, 500)]
    placed = [_placed("C: 3", 20, 560), _placed("B: 2", 20, 600), _placed("A: 1", 20, 600), _placed("top", 20, 760)]
    placed[2] = _placed("A: 1", 10, 600)
    texts = [block.text for block in with_placed(blocks, placed)]
    assert texts == ["top", "title", "first", "A: 1", "B: 2", "C: 3", "last"]


def test_of_blocks_side_by_side_it_follows_its_own() -> None:
    blocks = [_block("left", 20, 700, 500), _block("left, below", 20, 480, 300), _block("right", 300, 700, 300)]
    texts = [block.text for block in with_placed(blocks, [_placed("field", 20, 490)])]
    assert texts == ["left", "field", "left, below", "right"]


def test_a_page_without_blocks_holds_what_is_placed() -> None:
    assert [block.text for block in with_placed([], [_placed("A: 1", 10, 600)])] == ["A: 1"]

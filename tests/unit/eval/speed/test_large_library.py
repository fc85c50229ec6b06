"""Libraries of so many passages: the same every time, and no page repeats another."""

from pathlib import Path

from eval.speed.large_library import deal_pages


def _pages(folder: Path, data: Path | None, passages: int = 60) -> list[str]:
    folder.mkdir()
    count = deal_pages(folder, passages=passages, data=data)
    pages = [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
    assert len(pages) == count
    return pages


def test_without_public_sets_paragraphs_are_made_up_the_same_ones_every_time(tmp_path: Path) -> None:
    first = _pages(tmp_path / "a", None)
    assert first == _pages(tmp_path / "b", None)
    assert len({page.partition("\n")[2] for page in first}) == len(first)
    assert 60 * 600 < sum(map(len, first)) < 60 * 1300


def test_real_paragraphs_are_dealt_and_headings_and_tables_are_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    prose = [
        f"Paragraph {number} says how a reel is kept, by whom, and for how long it stays." + " More." * 5
        for number in range(40)
    ]
    (data / "page.md").write_text(
        "# A heading that is long enough to be taken for a paragraph if nobody looked at it "
        "twice\n\n| a | table |" + " of cells |" * 10 + "\n\nshort\n\n" + "\n\n".join(prose)
    )
    dealt = {part.strip() for page in _pages(tmp_path / "dealt", data) for part in page.split("\n\n")[1:]}
    assert dealt <= set(prose)
    assert len(dealt) > 20

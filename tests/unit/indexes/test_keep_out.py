"""What keeps a document out of its source: what the source names, or what an archivist would not take in."""

from dataclasses import replace
from pathlib import Path

import pytest

from indexes.documents import Locator, Section
from indexes.keep_out import why_kept_out
from indexes.readings import ReadingNote
from indexes.sources import Source

UNSET = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff",), 1, 12)
SCANS = ReadingNote("pages_without_text", 3, ("2", "3", "4"))
FIELDS = ReadingNote("form_fields", 1, ("1",))
HIDDEN = ReadingNote("covered_text", 40, ("1",))


def _pages(*numbers: int) -> list[Section]:
    """Sections on these pages, two on each: what counts are pages."""
    return [Section(at, at + 1, Locator("page", page=number)) for number in numbers for at in (0, 1)]


@pytest.mark.parametrize(
    ("with_text", "why"),
    [
        ((1,), "3 pages without text that can be read: 2, 3, 4 (of 4 pages)"),
        ((1, 5, 6), "3 pages without text that can be read: 2, 3, 4 (of 6 pages)"),
        ((1, 5, 6, 7), None),
    ],
    ids=["most", "half", "an annex"],
)
def test_unless_the_source_says_otherwise_a_scan_with_a_typed_cover_stays_out_and_a_scanned_annex_does_not(
    with_text: tuple[int, ...], why: str | None
) -> None:
    said = f"kept out, as source 'legal' has no keep_out that lets it in: {why}" if why else None
    assert why_kept_out(UNSET, [FIELDS, SCANS, HIDDEN], _pages(*with_text)) == said


def test_a_source_names_what_keeps_out_however_little_it_is() -> None:
    strict = replace(UNSET, keep_out=("form_fields", "pages_without_text"))
    assert why_kept_out(strict, [FIELDS, SCANS, HIDDEN], _pages(1, 5, 6, 7, 8)) == (
        "kept out by keep_out of source 'legal': 1 filled form field that is not read: 1; "
        "3 pages without text that can be read: 2, 3, 4"
    )
    assert why_kept_out(strict, [ReadingNote("footnotes", 2)], _pages(1)) is None


def test_an_empty_list_lets_in_whatever_can_be_read_at_all() -> None:
    nothing = replace(UNSET, keep_out=())
    assert why_kept_out(nothing, [SCANS, FIELDS], _pages(1)) is None

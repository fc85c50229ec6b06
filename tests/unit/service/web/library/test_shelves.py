"""The library as a list: by source and title, in pages, with what ends within thirty days."""

from datetime import date, timedelta
from pathlib import Path

from indexes.manifest import DocumentInfo
from indexes.sources import Source
from indexes.standing import Grant
from service.answering.library.reading import Readable
from service.web.library.shelves import A_PAGE, listed

TODAY = date(2026, 11, 20)
SOURCES = {
    name: Source(name, "folder", Path("/nowhere"), f"{name}@x.example", ("staff",), 1, 12)
    for name in ("security", "legal")
}


def _one(document: str, title: str, days: int = 365) -> Readable:
    until = TODAY + timedelta(days=days)
    grant = Grant(document, "ab", title, frozenset({"staff"}), ("ann",), TODAY, until)
    return Readable(DocumentInfo(document, "ab", title, 1, "heading", "markdown 1"), grant)


def test_documents_stand_by_source_as_allowed_and_by_title() -> None:
    found = listed(
        [_one("legal/a.md", "travel"), _one("legal/b.md", "Archive"), _one("security/c.md", "Keys")],
        SOURCES,
        today=TODAY,
    )
    shelves = [(shelf.source.name, [one.readable.info.title for one in shelf.entries]) for shelf in found.shelves]
    assert shelves == [("security", ["Keys"]), ("legal", ["Archive", "travel"])]
    assert (found.page, found.pages, found.documents) == (1, 1, 3)


def test_what_ends_within_thirty_days_is_soon_due() -> None:
    found = listed([_one(f"legal/{days}.md", f"{days:03}", days) for days in (0, 30, 31)], SOURCES, today=TODAY)
    assert [(one.days, one.is_soon_due) for one in found.shelves[0].entries] == [(0, True), (30, True), (31, False)]
    assert found.soon_due == 2


def test_many_come_in_pages_and_the_last_is_the_last() -> None:
    many = [_one(f"legal/{number:05}.md", f"{number:05}") for number in range(5 * A_PAGE)]
    second, beyond = listed(many, SOURCES, today=TODAY, page=2), listed(many, SOURCES, today=TODAY, page=999)
    assert [one.readable.info.title for one in second.shelves[0].entries[:1]] == [f"{A_PAGE:05}"]
    assert (beyond.page, beyond.pages, beyond.documents) == (5, 5, len(many))
    assert beyond.shelves[0].entries[-1].readable.info.title == many[-1].info.title


def test_where_nothing_may_be_read_there_is_one_empty_page() -> None:
    found = listed([], SOURCES, today=TODAY)
    assert (found.shelves, found.page, found.pages, found.documents) == ((), 1, 1, 0)

"""The stored texts: what was written is read, by row, by id, by document, from several threads."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from indexes.documents import Document, Locator, Passage, Section, passage_id
from indexes.errors import BuildDamagedError
from indexes.passages import PassageStore, SplitDocument, write_passages
from indexes.units import Series, Unit, UnitKind

TEXT = "Masters\n\nKeep masters for ten years. Then review them.\n\nÜber 東京 😀 last."
SPANS = ((9, 36), (9, 54), (56, 71))
UNITS = (Unit(9, 36), Unit(37, 54, UnitKind.ITEM, (9, 36), 0), Unit(56, 71, UnitKind.LABEL))
SERIES = (Series(37, 54, UnitKind.ITEM, (9, 36), 1), Series(56, 71, UnitKind.ROW, None, 3))


def _split(document: str, locator: Locator) -> SplitDocument:
    sections = (Section(9, 54, locator), Section(56, 71, Locator("document")))
    passages = tuple(
        Passage(passage_id(document, "a" * 64, start, end), document, "a" * 64, "T", start, end, TEXT[start:end], where)
        for (start, end), where in zip(SPANS, (locator, locator, Locator("document")), strict=True)
    )
    return SplitDocument(Document(document, "a" * 64, "T", TEXT, sections), passages, UNITS, SERIES)


DOCUMENTS = [_split("legal/a.md", Locator("heading", headings=("Masters",))), _split("legal/b.pdf", Locator("page", 4))]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PassageStore]:
    write_passages(tmp_path / "passages.sqlite", DOCUMENTS)
    with closing(PassageStore(tmp_path / "passages.sqlite")) as opened:
        yield opened


def test_rows_are_numbered_in_the_order_given(store: PassageStore) -> None:
    expected = [passage for split in DOCUMENTS for passage in split.passages]
    assert store.rows == 6
    assert store.passages(range(6)) == expected
    assert store.document_sizes() == [3, 3]
    assert store.document_ids() == [("legal/a.md", "a" * 64), ("legal/b.pdf", "a" * 64)]


def test_passages_come_in_the_order_asked_for_and_as_often(store: PassageStore) -> None:
    assert [passage.document for passage in store.passages([5, 0, 5])] == ["legal/b.pdf", "legal/a.md", "legal/b.pdf"]
    assert store.passages([]) == []


def test_more_rows_can_be_asked_for_than_a_statement_holds(store: PassageStore) -> None:
    assert len(store.passages([0, 1, 2, 3, 4, 5] * 400)) == 2400


def test_a_row_that_does_not_exist_is_a_mistake_of_the_caller(store: PassageStore) -> None:
    with pytest.raises(KeyError, match="99"):
        store.passages([0, 99])


def test_a_passage_is_found_by_its_id(store: PassageStore) -> None:
    passage = DOCUMENTS[1].passages[0]
    assert store.passage(passage.passage_id) == passage
    assert store.passage("nothing") is None


def test_a_document_comes_back_whole(store: PassageStore) -> None:
    assert store.split_document("legal/a.md") == DOCUMENTS[0]
    assert store.text("legal/a.md") == TEXT
    assert store.split_document("legal/c.md") is None
    assert store.text("legal/c.md") is None


def test_only_sentences_that_lie_wholly_within_a_passage_are_its_own(store: PassageStore) -> None:
    short, long, last = DOCUMENTS[0].passages
    assert store.units(short) == [UNITS[0]]
    assert store.units(long) == [*UNITS[:2]]
    assert [TEXT[unit.start : unit.end] for unit in store.units(last)] == ["Über 東京 😀 last."]


def test_units_and_series_are_read_as_they_were_written(store: PassageStore) -> None:
    for split in DOCUMENTS:
        assert store.split_document(split.document.document) == split
    assert store.series("legal/b.pdf") == SERIES
    assert store.series("legal/unknown.md") == ()
    assert DOCUMENTS[0].spans == [(9, 36), (37, 54), (56, 71)]


def test_a_document_without_passages_is_kept(tmp_path: Path) -> None:
    write_passages(tmp_path / "p", [SplitDocument(DOCUMENTS[0].document, (), ()), DOCUMENTS[1]])
    with closing(PassageStore(tmp_path / "p")) as store:
        assert store.document_sizes() == [0, 3]
        assert store.split_document("legal/a.md") == SplitDocument(DOCUMENTS[0].document, (), ())


def test_a_store_without_documents_is_a_store(tmp_path: Path) -> None:
    write_passages(tmp_path / "p", [])
    with closing(PassageStore(tmp_path / "p")) as store:
        assert (store.rows, store.document_ids()) == (0, [])


def test_stored_texts_that_fit_together_pass_the_check(store: PassageStore) -> None:
    store.check()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE passages SET start = start + 1 WHERE row = 4", r"passage of 'legal/b\.pdf' is not at its span"),
        ("UPDATE passages SET text = 'Keep masters' WHERE row = 1", r"passage of 'legal/a\.md' is not at its span"),
        ("UPDATE units SET stop = 72 WHERE number = 1 AND start = 56", r"unit of 'legal/b\.pdf' lies outside"),
        ("UPDATE units SET start = -1 WHERE number = 0 AND start = 9", r"unit of 'legal/a\.md' lies outside"),
        ("UPDATE units SET stop = start WHERE number = 1", r"unit of 'legal/b\.pdf' lies outside"),
        ("UPDATE passages SET number = 1 WHERE row = 2", r"'legal/a\.md' is not whole"),
        ("UPDATE passages SET row = 7 WHERE row = 5", r"passage of 'legal/b\.pdf' is not at its span"),
        ("DELETE FROM passages WHERE row = 5", r"'legal/b\.pdf' is not whole"),
        ("DELETE FROM texts WHERE number = 0", r"'legal/a\.md' is not whole"),
        ("UPDATE documents SET first_row = 4 WHERE number = 1", r"'legal/b\.pdf' is not whole"),
        ("DELETE FROM documents WHERE number = 1", "a passage or unit in the build belongs to no document"),
        ("UPDATE units SET label_stop = 72 WHERE number = 0 AND start = 37", r"unit of 'legal/a\.md' lies outside"),
        ("UPDATE series SET stop = 72 WHERE number = 1 AND place = 1", r"unit of 'legal/b\.pdf' lies outside"),
        ("UPDATE series SET label_start = -1 WHERE number = 1 AND place = 0", r"unit of 'legal/b\.pdf' lies outside"),
        (
            "INSERT INTO units VALUES (2, 0, 1, 0, NULL, NULL, -1)",
            "a passage or unit in the build belongs to no document",
        ),
    ],
)
def test_law_3_stored_texts_that_do_not_fit_together_fail_the_check(tmp_path: Path, damage: str, message: str) -> None:
    write_passages(tmp_path / "p", DOCUMENTS)
    with closing(sqlite3.connect(tmp_path / "p")) as connection, connection:
        assert connection.execute(damage).rowcount > 0
    with closing(PassageStore(tmp_path / "p")) as store, pytest.raises(BuildDamagedError, match=message):
        store.check()


def test_threads_may_read_together(store: PassageStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: store.passages([row % 6])[0].start, range(300)))
    assert found == [SPANS[row % 3][0] for row in range(300)]


def test_reading_changes_nothing(store: PassageStore, tmp_path: Path) -> None:
    before = (tmp_path / "passages.sqlite").read_bytes()
    store.split_document("legal/a.md")
    assert (tmp_path / "passages.sqlite").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["passages.sqlite"]


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_store_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(BuildDamagedError, match="is not a passage store"):
        PassageStore(tmp_path / "p")


def test_a_file_that_is_missing_is_damage_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(BuildDamagedError, match="is not a passage store"):
        PassageStore(tmp_path / "p")
    assert not (tmp_path / "p").exists()


def test_a_disk_that_refuses_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written: unable to open database file"):
        write_passages(tmp_path / "nowhere" / "p", DOCUMENTS)


def test_a_name_with_signs_that_mean_something_in_an_address_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "100% ?odd#"
    folder.mkdir()
    write_passages(folder / "p", DOCUMENTS)
    with closing(PassageStore(folder / "p")) as store:
        assert store.rows == 6

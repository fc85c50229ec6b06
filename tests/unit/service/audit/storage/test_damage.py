"""A file that is damaged: each way of using it says so in one error, which names the file and says what to do.

The damage is real: pages are zeroed, swapped and cut off, and bytes of heads, cells, indexes and the header changed.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.storage import sqlite_store
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Payload, StoredCheckpoint, Subtree

ORIGIN = "greenlit/audit/2026-11"
PAGE = 4096
LEAVES = 300
Spoil = Callable[[bytearray], None]
WHAT_TO_DO = r"move the file away, .* greenlit restore COPIES .* without one, greenlit restore --here --reason TEXT"
NOT_AS_WRITTEN = "is not as it was written: run greenlit audit verify, and put the store back as it was"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store of 300 leaves with texts, on about 130 pages."""
    folder = tmp_path_factory.mktemp("whole") / "var"
    with closing(SqliteLeafStore.open(folder)) as store:
        store.append([_entry(number) for number in range(LEAVES)])
        store.publish(StoredCheckpoint(ORIGIN, 256, "0" * 64, "note"), [Subtree(ORIGIN, 1, 0, bytes(32))])
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "var"))


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take these stores for large ones."""
    monkeypatch.setattr(sqlite_store, "WHOLE_UP_TO_BYTES", PAGE)


def _entry(number: int) -> Entry:
    payload = Payload("prompt", "payload-2026-11-1", b"sealed" * 50)
    leaf, turn_of = b"leaf" * 200 + b"%d" % number, f"actor-1/c-{number:04}"
    return Entry(ORIGIN, "query.received", number, f"request-{number:04}", leaf, (payload,), conversation=turn_of)


def _spoil(folder: Path, spoil: Spoil) -> None:
    path = folder / "audit.sqlite"
    content = bytearray(path.read_bytes())
    spoil(content)
    path.write_bytes(content)


def _root_of(folder: Path, name: str) -> int:
    """Return where the first page of a table or an index begins."""
    with closing(sqlite3.connect(folder / "audit.sqlite")) as file:
        (page,) = file.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    return (int(page) - 1) * PAGE


def _pages_of(folder: Path, name: str) -> list[int]:
    """Return where the pages of a table or an index begin, by looking for what only they hold."""
    content = (folder / "audit.sqlite").read_bytes()
    mark = {"leaves": b"leafleaf", "payloads": b"sealedsealed"}[name]
    return [at for at in range(PAGE, len(content), PAGE) if content[at + PAGE // 2 : at + PAGE].count(mark) > 5]


def _zeroed(at: int, size: int = PAGE) -> Spoil:
    def spoil(content: bytearray) -> None:
        content[at : at + size] = bytes(size)

    return spoil


def _cut(content: bytearray) -> None:
    del content[len(content) // 2 :]


def _uses(folder: Path) -> Iterator[Callable[[], object]]:
    reader = SqliteLeafStore(folder=folder)
    yield lambda: SqliteLeafStore.open(folder).close()
    yield lambda: reader.leaves(-1, LEAVES)
    yield lambda: list(reader.stream_leaves(0, LEAVES))


def test_a_whole_store_is_said_to_be_whole(folder: Path) -> None:
    assert SqliteLeafStore(folder=folder).damage() is None
    SqliteLeafStore.open(folder).close()


def test_a_new_store_is_whole(tmp_path: Path) -> None:
    with closing(SqliteLeafStore.open(tmp_path / "var")) as store:
        assert store.damage() is None


def test_a_table_without_its_pages_is_told_whatever_is_done_with_it(folder: Path) -> None:
    for at in _pages_of(folder, "leaves"):
        _spoil(folder, _zeroed(at))
    for use in _uses(folder):
        with pytest.raises(AuditDamagedError, match=rf"audit\.sqlite .*damaged \(.*{WHAT_TO_DO}"):
            use()
    assert "is damaged (Page " in str(SqliteLeafStore(folder=folder).damage())


@pytest.mark.parametrize("table", ["leaves", "payloads"])
@pytest.mark.parametrize("at", [0, 1, 3, 5, 7, 8, 12])
def test_one_byte_in_the_head_of_one_page_is_enough_to_be_noticed_at_opening(folder: Path, table: str, at: int) -> None:
    page = _pages_of(folder, table)[7]

    def spoil(content: bytearray) -> None:
        content[page + at] ^= 0x40

    _spoil(folder, spoil)
    assert "is damaged" in str(SqliteLeafStore(folder=folder).damage())
    with pytest.raises(AuditDamagedError, match=WHAT_TO_DO):
        SqliteLeafStore.open(folder)


@pytest.mark.parametrize(
    "name",
    [
        "leaves_by_request",
        "leaves_by_conversation",
        "leaves_by_type",
        "checkpoints_by_size",
        "sqlite_autoindex_payloads_1",
    ],
)
def test_an_index_that_does_not_fit_its_table_is_noticed_at_opening(folder: Path, name: str) -> None:
    """It would hide records from whoever looks them up, and nothing else would tell."""
    root = _root_of(folder, name)

    def spoil(content: bytearray) -> None:
        content[root + PAGE - 24 : root + PAGE] = b"\x01" * 24

    if name == "leaves_by_type":
        with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
            row = (LEAVES, "h", "key.created", 1, "", "", b"leaf")
            other.execute("INSERT INTO leaves VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    _spoil(folder, spoil)
    with pytest.raises(AuditDamagedError, match=WHAT_TO_DO):
        SqliteLeafStore.open(folder)


def test_a_file_that_was_cut_is_told(folder: Path) -> None:
    _spoil(folder, _cut)
    for use in _uses(folder):
        with pytest.raises(AuditDamagedError, match=rf"audit\.sqlite .*damaged.*{WHAT_TO_DO}"):
            use()


def test_two_pages_in_each_others_place_are_told(folder: Path) -> None:
    one, *_, other = _pages_of(folder, "leaves")

    def spoil(content: bytearray) -> None:
        first, second = content[one : one + PAGE], content[other : other + PAGE]
        content[one : one + PAGE], content[other : other + PAGE] = second, first

    _spoil(folder, spoil)
    with pytest.raises(AuditDamagedError, match=r"is damaged \(.*out of order\)"):
        SqliteLeafStore.open(folder)


@pytest.mark.parametrize("at", [0, 16, 21, 22, 23])
def test_a_header_that_is_no_header_is_told(folder: Path, at: int) -> None:
    _spoil(folder, _zeroed(at, 1))
    for use in _uses(folder):
        with pytest.raises(AuditDamagedError, match=rf"audit\.sqlite .*(not a SQLite file|damaged).*{WHAT_TO_DO}"):
            use()


def test_the_words_for_the_tables_may_be_damaged_too(folder: Path) -> None:
    """Then SQLite's own words are no text."""

    def spoil(content: bytearray) -> None:
        at = content.index(b"CREATE TABLE leaves")
        content[at + 8 : at + 12] = b"\xff\xfe\xff\xfe"

    _spoil(folder, spoil)
    for use in _uses(folder):
        with pytest.raises(AuditDamagedError, match=rf"damaged \(.*{WHAT_TO_DO}") as caught:
            use()
        assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_table_that_is_not_there_is_told(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
        other.execute("DROP TABLE payloads")
    with pytest.raises(AuditDamagedError, match=rf"does not hold the tables of a log, or is damaged.*{WHAT_TO_DO}"):
        SqliteLeafStore(folder=folder).payloads(0)


def test_damage_that_is_met_while_writing_is_told_and_stays(folder: Path) -> None:
    with closing(SqliteLeafStore.open(folder)) as store:
        for at in range(PAGE, (folder / "audit.sqlite").stat().st_size, PAGE):
            _spoil(folder, _zeroed(at))
        with pytest.raises(AuditDamagedError, match=rf"cannot be written: it is damaged.*{WHAT_TO_DO}"):
            store.append([_entry(LEAVES)])
        with pytest.raises(AuditDamagedError, match=rf"damaged.*{WHAT_TO_DO}"):
            store.reopen()


def test_nothing_is_written_over_a_store_that_is_damaged(folder: Path) -> None:
    _spoil(folder, _zeroed(_pages_of(folder, "leaves")[3]))
    before = (folder / "audit.sqlite").read_bytes()
    with pytest.raises(AuditDamagedError):
        SqliteLeafStore.open(folder)
    assert (folder / "audit.sqlite").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["audit.lock", "audit.sqlite"]


def test_what_sqlite_found_is_kept_short(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteLeafStore(folder=folder)
    monkeypatch.setattr(store._file, "_rows_anew", lambda _: [("*** in database main ***\nTree 4\npage " + "9" * 500,)])
    assert "is damaged (Tree 4 page 999" in str(store.damage())
    assert len(str(store.damage())) < len(str(folder)) + 500


def test_a_store_that_cannot_be_looked_at_is_not_called_damaged(folder: Path) -> None:
    (folder / "audit.sqlite").unlink()
    with pytest.raises(AuditUnavailableError, match="if it was removed, stop the service and put it back") as caught:
        SqliteLeafStore(folder=folder).damage()
    assert not isinstance(caught.value, AuditDamagedError)


# A large store


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("name", ["checkpoints", "subtrees", "scopes", "checkpoints_by_size"])
def test_of_a_large_store_the_small_tables_are_looked_through_at_opening(folder: Path, name: str) -> None:
    _spoil(folder, _zeroed(_root_of(folder, name), 8))
    with pytest.raises(AuditDamagedError, match=WHAT_TO_DO):
        SqliteLeafStore.open(folder)


@pytest.mark.usefixtures("_large")
def test_the_rest_of_a_large_store_does_not_keep_it_from_being_opened_and_is_told_when_asked(folder: Path) -> None:
    _spoil(folder, _zeroed(_pages_of(folder, "leaves")[3]))
    with closing(SqliteLeafStore.open(folder)) as store:
        assert store.append([_entry(LEAVES)])[0].seq == LEAVES
        assert "is damaged" in str(store.damage())
        with pytest.raises(AuditDamagedError, match="cannot be read"):
            store.leaves(-1, LEAVES)


def test_a_store_of_some_thousand_questions_counts_as_small() -> None:
    assert sqlite_store.WHOLE_UP_TO_BYTES == 32 * 2**20


# What the rows say


@pytest.mark.parametrize(
    "change",
    [
        "leaf = substr(leaf, 2)",
        "leaf = CAST('text' AS TEXT)",
        "leaf = 7",
        "leaf_hash = upper(leaf_hash)",
        "leaf_hash = substr(leaf_hash, 2)",
        "leaf_hash = x'00'",
        "ts_us = 'noon'",
        "ts_us = x'00'",
        "type = x'00'",
        "request_id = x'00'",
    ],
)
def test_a_leaf_that_is_not_the_one_that_was_written_is_not_given(folder: Path, change: str) -> None:
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
        other.execute("DROP TRIGGER leaves_never_changes")
        other.execute(f"UPDATE leaves SET {change} WHERE seq = 7")  # noqa: S608  (changes are above)
    store = SqliteLeafStore(folder=folder)
    with pytest.raises(AuditDamagedError, match=f"record 7 {NOT_AS_WRITTEN}"):
        store.leaf(7)
    with pytest.raises(AuditDamagedError, match=f"record 7 {NOT_AS_WRITTEN}"):
        store.leaves(5, 5)
    assert store.leaf(8) is not None
    assert len(list(store.stream_leaves(0, LEAVES))) == LEAVES, "whoever checks sees it as it is"


@pytest.mark.parametrize("value", ["'zz'", "x'00'", "7"])
def test_a_hash_that_is_none_is_not_given(folder: Path, value: str) -> None:
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
        other.execute("DROP TRIGGER leaves_never_changes")
        other.execute(f"UPDATE leaves SET leaf_hash = {value} WHERE seq = 7")  # noqa: S608  (values are above)
    with pytest.raises(AuditDamagedError, match=f"record 7 {NOT_AS_WRITTEN}"):
        SqliteLeafStore(folder=folder).leaf_hashes(0, 9)


@pytest.mark.parametrize("value", ["zeroblob(31)", "'text'", "7"])
def test_a_subtree_that_is_none_is_not_given(folder: Path, value: str) -> None:
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
        other.execute("DROP TRIGGER subtrees_never_changes")
        other.execute(f"UPDATE subtrees SET hash = {value}")  # noqa: S608  (values are above)
    with pytest.raises(AuditDamagedError, match=f"a subtree that is kept of {ORIGIN} {NOT_AS_WRITTEN}"):
        SqliteLeafStore(folder=folder).subtrees(ORIGIN, 1, 0, 9)


def test_damage_in_the_write_ahead_log_ends_it_there(folder: Path, tmp_path: Path) -> None:
    """SQLite cannot tell it from what a crash cut off: the signer's memory does, where it reaches so far."""
    with closing(SqliteLeafStore.open(folder)) as store:
        for number in range(LEAVES, LEAVES + 5):
            store.append([_entry(number)])
        left = Path(shutil.copytree(folder, tmp_path / "left"))
    (left / "audit.sqlite-shm").unlink()
    log = bytearray((left / "audit.sqlite-wal").read_bytes())
    log[len(log) // 2] ^= 1
    (left / "audit.sqlite-wal").write_bytes(log)
    with closing(SqliteLeafStore.open(left)) as store:
        assert LEAVES <= store.size() < LEAVES + 5
        assert store.damage() is None

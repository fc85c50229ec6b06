"""A log moves from its file into a database as the log that it is, or does not count as one there."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from service.audit.errors import AuditBusyError, AuditUnavailableError
from service.audit.events import payload_erased
from service.audit.moving import Moved, move_log
from service.audit.opening import MOVED_FILE, OpenLog, log_at_rest, open_log
from service.audit.storage.postgres_moving import HalfMoved
from service.audit.storage.postgres_schema import SCHEMA
from service.audit.storage.postgres_store import PostgresLeafStore
from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore
from service.audit.storage.store import LeafReader
from tests.support.audit_parts import DECEMBER_US, LogFolder
from tests.support.postgres_server import Server

QUESTIONS = 150
OF_NOVEMBER = 130  # a subtree of 256 records
PAGE = 160  # so that there are two of records


class CutError(Exception):
    """The power is cut."""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a closed log of two months, with texts, some of them erased, scopes and checkpoints."""
    log = LogFolder(tmp_path_factory.mktemp("grown"))
    log.open()
    for number in range(QUESTIONS):
        if number == OF_NOVEMBER:
            log.now_us = DECEMBER_US
        log.ask_in_vain()
        if number % 60 == 0:
            log.parts.log.publish()
    _erase(log, 7)
    log.close()
    return log.root


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.audit.moving._PAGE", PAGE)


@pytest.fixture
def log(grown: Path, tmp_path: Path) -> LogFolder:
    return LogFolder(grown, now_us=DECEMBER_US).after_a_power_cut(tmp_path / "log")


def _erase(log: LogFolder, seq: int) -> None:
    log.parts.log.note(payload_erased(None, ground="court_order", ranges=[(seq, seq)], texts={}))


def _move(log: LogFolder, url: str) -> Moved:
    return move_log(log.state, keys=log.keys, name=log.name, database=url)


def _opened(log: LogFolder, url: str) -> OpenLog:
    return open_log(log.state, keys=log.keys, name=log.name, clock=lambda: log.now_us, database=url)


def _all(store: LeafReader) -> list[object]:
    size, count = store.size(), store.checkpoint_count()
    return [
        list(store.stream_leaves(0, size)),
        list(store.stream_payloads(0, size)),
        list(store.stream_checkpoints(0, count)),
        [(name, store.scope(name)) for name in store.scope_hashes()],
    ]


def test_every_record_text_and_checkpoint_comes_over_and_the_log_goes_on(log: LogFolder, database_url: str) -> None:
    before = _all(log.reader())
    moved = _move(log, database_url)
    assert (moved.leaves, moved.checkpoints) == (log_size(before), len(list(before[2])))  # type: ignore[call-overload]
    after = log_at_rest(log.state, database=database_url)
    assert _all(after) == before
    assert not (log.state / STORE_FILE).exists()
    with closing(_opened(log, database_url)) as opened:
        log.parts = opened
        log.ask_in_vain()
        opened.log.publish()
        assert opened.log.healthy() is None
        assert opened.store.size() == moved.leaves + 2


def log_size(everything: list[object]) -> int:
    return len(everything[0])  # type: ignore[arg-type]


def test_the_file_is_no_log_any_more_and_the_database_takes_no_second_one(log: LogFolder, database_url: str) -> None:
    _move(log, database_url)
    with pytest.raises(AuditUnavailableError, match="was moved into a database: set GREENLIT_DATABASE_URL"):
        log_at_rest(log.state)
    with pytest.raises(AuditUnavailableError, match="was moved into a database"):
        open_log(log.state, keys=log.keys, name=log.name, clock=lambda: log.now_us)
    with pytest.raises(AuditUnavailableError, match=r"expected a log in .* to be moved, found none"):
        _move(log, database_url)
    assert (log.state / MOVED_FILE).exists(), "whoever runs the command again does not bring the file back"
    (log.state / MOVED_FILE).rename(log.state / STORE_FILE)
    with pytest.raises(AuditUnavailableError, match="expected an empty database to move the log into, found a log"):
        _move(log, database_url)


@pytest.mark.parametrize(
    ("step", "calls"), [("take_page", 0), ("take_page", 1), ("take_checkpoints", 0), ("take_rest", 0), ("finish", 0)]
)
def test_a_move_that_is_cut_off_counts_for_nothing_and_goes_on(
    log: LogFolder, database_url: str, monkeypatch: pytest.MonkeyPatch, step: str, calls: int
) -> None:
    before = _all(log.reader())
    whole, count = getattr(HalfMoved, step), [0]

    def cut(half: HalfMoved, *given: object) -> None:
        if count[0] == calls:
            raise CutError
        count[0] += 1
        whole(half, *given)

    with monkeypatch.context() as patch:
        patch.setattr(HalfMoved, step, cut)
        with pytest.raises(CutError):
            _move(log, database_url)
    with pytest.raises(AuditUnavailableError, match="holds half of a log that is being moved here"):
        _opened(log, database_url)
    _move(log, database_url)
    assert _all(log_at_rest(log.state, database=database_url)) == before


def test_what_was_recorded_and_erased_since_a_move_was_cut_off_comes_too(
    log: LogFolder, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(HalfMoved, "take_checkpoints", _cut)
        with pytest.raises(CutError):
            _move(log, database_url)
    log.open()
    _erase(log, 9)
    log.ask_in_vain()
    log.close()
    before = _all(log.reader())
    _move(log, database_url)
    assert _all(log_at_rest(log.state, database=database_url)) == before


def _cut(*_: object) -> None:
    raise CutError


def test_half_of_another_log_is_not_gone_on_with(
    log: LogFolder, log_at: Callable[..., LogFolder], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(HalfMoved, "take_rest", _cut)
        with pytest.raises(CutError):
            _move(log, database_url)
    other = log_at("other")
    other.now_us += 1
    other.ask_in_vain()
    other.close()
    with pytest.raises(AuditUnavailableError, match="found half of another log, which is being moved here"):
        _move(other, database_url)
    assert (other.state / STORE_FILE).exists()


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ("UPDATE leaves SET request_id = 'r' WHERE seq = 40", "record 40"),
        ("UPDATE payloads SET sealed = '\\x00' WHERE seq = 41", "a text of record"),
        ("UPDATE checkpoints SET note = 'n' WHERE id = 0", "a checkpoint"),
        ("UPDATE subtrees SET hash = '\\x00'", "a checkpoint, a subtree"),
    ],
)
def test_a_half_that_was_changed_is_refused(
    log: LogFolder, database_url: str, monkeypatch: pytest.MonkeyPatch, changed: str, what: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(HalfMoved, "finish", _cut)
        with pytest.raises(CutError):
            _move(log, database_url)
    table = changed.split()[1]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in (
            f"SET search_path = {SCHEMA}",
            f"ALTER TABLE {table} DISABLE TRIGGER {table}_never_changes",
            changed.replace("seq = 41", "seq = (SELECT MAX(seq) FROM payloads)"),
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_never_changes",
        ):
            connection.execute(statement.encode())
    with pytest.raises(AuditUnavailableError, match=rf"something else than the file of the log \({what}"):
        _move(log, database_url)
    with pytest.raises(AuditUnavailableError, match="holds half of a log"):
        _opened(log, database_url)


def test_a_log_that_is_not_as_it_was_signed_is_not_moved(log: LogFolder, database_url: str) -> None:
    for path in log.keys.glob("signed-*.json"):
        said = json.loads(path.read_text())
        path.write_text(json.dumps(said | {"root": "ab" * 32}))
    with pytest.raises(AuditUnavailableError, match="the log is not as it was signed"):
        _move(log, database_url)
    assert (log.state / STORE_FILE).exists()


def test_nothing_moves_while_a_service_has_either(log: LogFolder, database_url: str, tmp_path: Path) -> None:
    log.open()
    with pytest.raises(AuditBusyError, match="writes the audit log"):
        _move(log, database_url)
    log.close()
    with (
        closing(PostgresLeafStore.open(database_url, folder=tmp_path / "elsewhere")),
        pytest.raises(AuditBusyError, match=r"another process \(greenlit .*\) writes the audit log in postgresql://"),
    ):
        _move(log, database_url)


def test_an_empty_database_does_not_begin_a_second_log_beside_the_file(log: LogFolder, database_url: str) -> None:
    with pytest.raises(AuditUnavailableError, match=r"is not in .*, which is empty: run greenlit audit move"):
        _opened(log, database_url)


def test_a_log_without_records_and_a_folder_without_one_are_told(tmp_path: Path, database_url: str) -> None:
    with pytest.raises(AuditUnavailableError, match="found none"):
        move_log(tmp_path, keys=tmp_path / "keys", name="greenlit", database=database_url)
    SqliteLeafStore.open(tmp_path).close()
    with pytest.raises(AuditUnavailableError, match="holds no record: there is nothing to move"):
        move_log(tmp_path, keys=tmp_path / "keys", name="greenlit", database=database_url)


def test_a_role_that_may_not_make_tables_is_told_what_to_run(
    log: LogFolder, database_url: str, postgres_server: Server
) -> None:
    database = database_url.partition("?")[0].rpartition("/")[2]
    role = f"plain_{database[5:]}"
    postgres_server.run(f"CREATE ROLE {role} LOGIN", database=database)
    with pytest.raises(AuditUnavailableError, match="run greenlit audit prepare as the owner"):
        _move(log, postgres_server.url(database, user=role))

"""What is special to PostgreSQL: how it is opened, who may write, and what is told when it cannot."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from service.audit.errors import AuditBusyError, AuditDamagedError, AuditUnavailableError
from service.audit.storage import postgres_steps, postgres_store
from service.audit.storage.postgres_schema import SCHEMA, SCHEMA_VERSION, granted
from service.audit.storage.postgres_store import PostgresLeafStore
from service.audit.storage.store import Entry, Payload, StoredCheckpoint
from tests.support.audit_parts import wait_until
from tests.support.postgres_server import Server

CANARY = "zebra-canary-4711"
ORIGIN = "greenlit/audit/2026-11"


@pytest.fixture
def store(log_url: str, tmp_path: Path) -> Iterator[PostgresLeafStore]:
    with closing(PostgresLeafStore.open(log_url, folder=tmp_path / "here")) as opened:
        yield opened


def test_a_look_for_damage_is_broken_off_by_another_thread(store: PostgresLeafStore, log_url: str) -> None:
    store.append([_entry(0)])
    store.stop_looking()  # nobody looks: nothing to do
    with ThreadPoolExecutor(1) as other, psycopg.connect(log_url) as holding:
        holding.execute(f"LOCK TABLE {SCHEMA}.leaves IN ACCESS EXCLUSIVE MODE".encode())  # so that the look takes long
        looking = other.submit(store.damage)
        while not looking.done():
            store.stop_looking()
        with pytest.raises(AuditUnavailableError, match="57014"):
            looking.result()
    assert store.damage() is None


def _entry(number: int, text: str = "How long?") -> Entry:
    payload = Payload(field="prompt", key_id="payload-2026-11-1", sealed=text.encode())
    return Entry(ORIGIN, "query.received", number, f"request-{number}", b"leaf %d" % number, (payload,))


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET search_path = {SCHEMA}".encode())
        for statement in statements:
            connection.execute(statement.encode())


def _end_sessions(url: str) -> None:
    _run(
        url,
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()""",
    )


def test_a_second_machine_is_refused_until_the_first_lets_go(
    store: PostgresLeafStore, log_url: str, tmp_path: Path
) -> None:
    with pytest.raises(
        AuditBusyError, match=r"another process \(greenlit .* \d+\) writes the audit log in postgresql:"
    ):
        PostgresLeafStore.open(log_url, folder=tmp_path / "there")
    store.append([_entry(0)])
    store.close()
    with closing(PostgresLeafStore.open(log_url, folder=tmp_path / "there")) as other:
        assert [receipt.seq for receipt in other.append([_entry(1)])] == [1]
        with pytest.raises(AuditBusyError):
            store.reopen()


def test_whoever_lost_the_connection_lost_the_log_and_writes_nothing_more(
    store: PostgresLeafStore, log_url: str, tmp_path: Path
) -> None:
    store.append([_entry(0)])
    _end_sessions(log_url)
    with closing(PostgresLeafStore.open(log_url, folder=tmp_path / "there")) as other:
        other.append([_entry(1)])
        with pytest.raises(AuditUnavailableError, match=r"cannot be written: the (server ends|connection .* is lost)"):
            store.append([_entry(2)])
        assert [leaf.leaf for leaf in other.leaves(-1, 9)] == [b"leaf 0", b"leaf 1"]


_RECORDS = """
import sys
from pathlib import Path
from service.audit.storage.postgres_store import PostgresLeafStore
from service.audit.storage.store import Entry
store = PostgresLeafStore.open(sys.argv[1], folder=Path(sys.argv[2]))
while True:
    (receipt,) = store.append([Entry("o", "query.received", 1, "r", b"leaf")])
    print(receipt.seq, flush=True)
"""


def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged_and_holds_nobody_up(
    log_url: str, tmp_path: Path
) -> None:
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", _RECORDS, log_url, tmp_path], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(30)]
            child.kill()
            said += child.stdout.readlines()
        acknowledged = max(int(line) for line in said if line.endswith("\n"))

        def open_again() -> bool:
            try:
                with closing(PostgresLeafStore.open(log_url, folder=tmp_path)) as store:
                    leaves = store.leaves(-1, 100_000)
                    assert [leaf.seq for leaf in leaves] == list(range(len(leaves)))
                    assert len(leaves) > acknowledged  # noqa: B023 - called at once
            except AuditBusyError:  # the server notices within a moment that whoever was connected is gone
                return False
            return True

        wait_until(open_again)


def test_many_at_once_from_two_machines_leave_one_log_without_a_gap(log_url: str, tmp_path: Path) -> None:
    """Each takes the log, writes until it is taken from it, and tries again: nothing is lost, doubled or skipped."""
    kept: dict[int, bytes] = {}
    lock = threading.Lock()

    def work(machine: int) -> None:
        for number in range(6):
            entry = _entry(machine * 100 + number)
            while True:
                try:
                    with closing(PostgresLeafStore.open(log_url, folder=tmp_path / str(machine))) as mine:
                        (receipt,) = mine.append([entry])
                        break
                except AuditBusyError:
                    continue
            with lock:
                assert receipt.seq not in kept
                kept[receipt.seq] = entry.leaf

    machines = [threading.Thread(target=work, args=(machine,)) for machine in range(2)]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join()
    leaves = PostgresLeafStore.reading(log_url, folder=tmp_path).leaves(-1, 99)
    assert {leaf.seq: leaf.leaf for leaf in leaves} == kept
    assert sorted(kept) == list(range(12))


def test_a_leaf_that_somebody_else_wrote_stops_the_store_until_it_is_opened_anew(
    store: PostgresLeafStore, log_url: str
) -> None:
    store.append([_entry(0)])
    digest = "encode(sha256('\\x0000'::bytea), 'hex')"
    _run(log_url, f"INSERT INTO leaves VALUES (1, {digest}, 't', 1, 'r', '', '\\x00')")  # noqa: S608 - of this file
    with pytest.raises(AuditUnavailableError, match="does not end as it was written: another program wrote to it"):
        store.append([_entry(1)])
    assert store.size() == 2
    store.reopen()
    assert [receipt.seq for receipt in store.append([_entry(2)])] == [2]


def test_a_last_leaf_that_is_another_one_stops_the_store(store: PostgresLeafStore, log_url: str) -> None:
    """As where the server is one that was put back from a copy, with as many records."""
    store.append([_entry(0)])
    _run(
        log_url,
        "ALTER TABLE leaves DISABLE TRIGGER leaves_never_changes",
        "UPDATE leaves SET leaf = '\\x00', leaf_hash = encode(sha256('\\x0000'::bytea), 'hex')",
    )
    with pytest.raises(AuditUnavailableError, match="or the server is another one"):
        store.append([_entry(1)])
    assert store.size() == 1


def test_what_fails_half_way_leaves_nothing(store: PostgresLeafStore) -> None:
    store.append([_entry(0)])
    twice = Entry(ORIGIN, "t", 1, "r", b"leaf", (Payload(CANARY, "k", b"1"), Payload(CANARY, "k", CANARY.encode())))
    with pytest.raises(AuditDamagedError, match=r"its rows are not in order.*23505") as caught:
        store.append([_entry(1), Entry(ORIGIN, "e", 1, "", b"e", erases=((0, 0),)), twice])
    assert CANARY not in f"{caught.value!r} {vars(caught.value)!r}"
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert (store.size(), store.payload_seqs(0, 9)) == (1, [0])
    store.reopen()
    assert store.append([_entry(1)])[0].seq == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("53100", "the server's disk is full"),
        ("25006", "it is read-only: a standby, or set so"),
        ("53300", "the server has no connection left"),
        ("58030", "the server's disk refuses"),
        ("57014", "it was broken off, or took longer than it may"),
        ("55P03", "another session has locked it"),
        ("XX001", "it is damaged"),
        ("P0001", "a function or trigger that is not Greenlit's refuses it"),
        ("0A000", "SQLSTATE 0A000"),
    ],
)
def test_each_trouble_of_the_server_is_told_by_its_code_and_passes(
    store: PostgresLeafStore, log_url: str, code: str, said: str
) -> None:
    """Said by a server: a trigger of the test's own stands for its disk."""
    store.append([_entry(0)])
    body = f"BEGIN RAISE EXCEPTION '{CANARY}' USING ERRCODE = '{code}'; END"
    _run(
        log_url,
        f"CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        "CREATE TRIGGER z BEFORE INSERT ON payloads FOR EACH ROW EXECUTE FUNCTION fails()",
    )
    with pytest.raises(AuditUnavailableError, match="cannot be written: ") as caught:
        store.append([_entry(1, CANARY)])
    assert said in str(caught.value)
    assert CANARY not in str(caught.value)
    _run(log_url, "DROP TRIGGER z ON payloads")
    store.reopen()
    assert store.append([_entry(1)])[0].seq == 1


def test_a_database_that_is_read_only_does_not_look_open(log_url: str, tmp_path: Path, postgres_server: Server) -> None:
    PostgresLeafStore.open(log_url, folder=tmp_path).close()
    name = log_url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(AuditUnavailableError, match=r"cannot be opened: it is read-only.*25006"):
        PostgresLeafStore.open(log_url, folder=tmp_path)
    assert PostgresLeafStore.reading(log_url, folder=tmp_path).size() == 0


def test_a_table_that_somebody_locked_is_told_within_seconds(store: PostgresLeafStore, log_url: str) -> None:
    assert store._writer is not None
    assert store._writer.execute("SHOW lock_timeout").fetchone() == ("5s",)
    store._writer.execute("SET lock_timeout = 50")
    with psycopg.connect(log_url) as other:
        other.execute(f"LOCK TABLE {SCHEMA}.leaves".encode())
        with pytest.raises(AuditUnavailableError, match="another session has locked it"):
            store.append([_entry(0)])


def test_commits_wait_for_the_disk_whatever_the_database_is_set_to(
    log_url: str, tmp_path: Path, postgres_server: Server
) -> None:
    name = log_url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with closing(PostgresLeafStore.open(log_url, folder=tmp_path)) as store:
        assert store._writer is not None
        assert store._writer.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_commits_wait_for_the_disk_whatever_the_server_is_set_to_later(store: PostgresLeafStore) -> None:
    assert store._writer is not None
    said = store._writer.execute("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'").fetchone()
    assert said == ("on", "session")


def test_tables_that_went_are_not_made_anew_under_an_open_log(store: PostgresLeafStore, log_url: str) -> None:
    store.append([_entry(0)])
    _run(log_url, f"DROP SCHEMA {SCHEMA} CASCADE")
    with pytest.raises(AuditUnavailableError, match="does not hold the tables of a log"):
        store.append([_entry(1)])
    with pytest.raises(AuditUnavailableError, match="is gone: expected its tables; put them back"):
        store.reopen()


def test_tables_of_a_newer_version_are_left_alone(store: PostgresLeafStore, log_url: str, tmp_path: Path) -> None:
    _run(log_url, postgres_steps.noted("schema", str(SCHEMA_VERSION + 1)))
    store.close()
    with pytest.raises(
        AuditUnavailableError, match=r"has schema \d, expected 1 to \d: a newer version .* use that one"
    ):
        PostgresLeafStore.open(log_url, folder=tmp_path)
    with pytest.raises(AuditUnavailableError, match="a newer version"):
        PostgresLeafStore.reading(log_url, folder=tmp_path).expect_schema()


def test_tables_of_an_older_version_are_brought_up_by_their_owner_alone(
    store: PostgresLeafStore,
    log_url: str,
    tmp_path: Path,
    postgres_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.append([_entry(0)])
    store.close()
    database = log_url.partition("?")[0].rpartition("/")[2]
    role = f"plain_{database[5:]}"
    postgres_server.run(f"CREATE ROLE {role} LOGIN", *granted(role), database=database)
    steps = {SCHEMA_VERSION: lambda execute: execute("ALTER TABLE leaves ADD COLUMN extra text NOT NULL DEFAULT ''")}
    monkeypatch.setattr(postgres_steps, "STEPS", steps)
    for module in (postgres_steps, postgres_store):
        monkeypatch.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr(postgres_store, "STEPS", steps)
    with pytest.raises(
        AuditUnavailableError, match=r"has schema \d, expected \d: .* run greenlit audit prepare as the own"
    ):
        PostgresLeafStore.open(postgres_server.url(database, user=role), folder=tmp_path)
    with pytest.raises(AuditUnavailableError, match=r"has schema \d, expected \d: an older"):
        PostgresLeafStore.reading(log_url, folder=tmp_path).expect_schema()
    with closing(PostgresLeafStore.open(log_url, folder=tmp_path)) as brought_up:
        brought_up.expect_schema()
        assert brought_up.append([_entry(1)])[0].seq == 1
    with closing(PostgresLeafStore.open(postgres_server.url(database, user=role), folder=tmp_path)) as by_service:
        assert by_service.append([_entry(2)])[0].seq == 2


def test_readers_are_read_only_for_the_server_and_made_anew_when_they_are_lost(
    store: PostgresLeafStore, log_url: str
) -> None:
    store.append([_entry(0)])
    assert store.size() == 1
    with pytest.raises(AuditUnavailableError, match="read-only"):
        store._database.rows("DELETE FROM payloads")
    assert store.size() == 1
    _end_sessions(log_url)
    assert store.leaf(0) is not None, "the connection that was kept is gone, and another one was made"


def test_no_log_shows_a_text_at_any_level(store: PostgresLeafStore, logged: list[str]) -> None:
    store.append([_entry(0, CANARY)])
    with pytest.raises(AuditUnavailableError):
        store.append([Entry(ORIGIN, "t", 1, CANARY, b"x", (Payload("a", "k", b"1"), Payload("a", "k", b"2")))])
    assert store.payloads(0)[0].sealed == CANARY.encode()
    assert CANARY not in str(logged)


def test_what_was_acknowledged_is_there_after_the_store_is_closed_in_the_middle(
    store: PostgresLeafStore, log_url: str, tmp_path: Path
) -> None:
    store.append([_entry(0)])
    store.publish(StoredCheckpoint(ORIGIN, 1, "0" * 64, "note"), [])
    _end_sessions(log_url)
    wait_until(lambda: PostgresLeafStore.reading(log_url, folder=tmp_path).size() == 1)
    store.reopen()
    assert store.newest_checkpoint(ORIGIN) is not None


@pytest.mark.parametrize("request_id", ["nul \0 here", "half \ud83d a smile"])
def test_what_no_row_can_hold_is_found_nowhere_and_not_kept(store: PostgresLeafStore, request_id: str) -> None:
    assert store.of_request(request_id) == []
    assert store.of_conversation("a" * 64, request_id) == [], "as an address of a page may name it"
    with pytest.raises(Exception, match=r"cannot be written|surrogates") as caught:
        store.append([Entry(ORIGIN, "t", 1, request_id, b"leaf")])
    assert not isinstance(caught.value, psycopg.Error)

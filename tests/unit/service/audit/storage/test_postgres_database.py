"""Servers that are gone, strangers, standbys and addresses that lie: each is told in words, and no password is."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.histories import Restored, begin_history
from service.audit.opening import Pace, assemble
from service.audit.storage import postgres_database
from service.audit.storage.postgres_database import PostgresDatabase
from service.audit.storage.postgres_store import PostgresLeafStore
from service.audit.storage.store import Entry
from tests.support.audit_parts import QUICK, LogFolder, wait_until
from tests.support.certificates import certify
from tests.support.ports import free_port
from tests.support.postgres_server import Server, a_server

SECRET = "s3cret/47z11?#@:% "
QUOTED = "s3cret%2F47z11%3F%23%40%3A%25%20"
ORIGIN = "greenlit/audit/2026-11"
_WAITING = b"SELECT 1 FROM pg_locks WHERE NOT granted"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that listens on a port of this machine too, where it wants passwords, and that may be stopped."""
    certified = certify(tmp_path_factory.mktemp("certificate"))
    with a_server("listen_addresses = '127.0.0.1'", port=free_port()) as started:
        started.place("certificate.pem", certified.certificate.read_bytes())
        started.place("key.pem", certified.key.read_bytes())
        started.place("pg_hba.conf", b"local all owner trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        started.run(f"CREATE ROLE service LOGIN SUPERUSER PASSWORD '{SECRET}'", "SELECT pg_reload_conf()")
        yield started


@pytest.fixture
def url(server: Server) -> str:
    return server.url(server.new_database())


def _entry(number: int) -> Entry:
    return Entry(ORIGIN, "query.received", number, f"r-{number}", b"leaf %d" % number)


def _tcp(server: Server, password: str = QUOTED, database: str = "postgres", more: str = "") -> str:
    return f"postgresql://service:{password}@127.0.0.1:{server.port}/{database}{more}"


def _told(url: str) -> str:
    """Return what is told of an address that does not lead to a log; no error that shows more is chained to it."""
    with pytest.raises(AuditUnavailableError) as caught:
        PostgresDatabase(url).rows("SELECT 1")
    assert caught.value.__cause__ is caught.value.__context__ is None
    return str(caught.value)


def test_the_server_is_named_and_nobody_who_connects(server: Server) -> None:
    database = PostgresDatabase(_tcp(server, more="?sslmode=prefer"))
    assert database.shown == f"postgresql://127.0.0.1:{server.port}/postgres"
    assert database.rows("SELECT 1") == [(1,)]
    assert "47z11" not in repr(database)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@a.example,b.example:5433/log", "postgresql://a.example,b.example:5433/log"),
        ("postgresql:///log", "postgresql:///log"),
        ("postgresql:///log?host=/run/postgresql,@audit", "postgresql:///run/postgresql,@audit/log"),
        ("postgresql://u:a:b?c#d@[::1]:5432/log?user=u@server", "postgresql://::1:5432/log"),
        ("postgres://db.example/log?user=u&password=p", "postgresql://db.example/log"),
        ("postgresql://?service=audit&password=p", "postgresql:?service=audit"),
    ],
)
def test_every_form_of_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert PostgresDatabase(url).shown == shown


def test_each_reason_for_no_connection_is_told_without_the_password(server: Server) -> None:
    port = free_port()
    cases = {
        _tcp(server, password="wrong47z11"): 'password authentication failed for user "service"',
        _tcp(server, database="nowhere"): 'database "nowhere" does not exist',
        _tcp(server, more="?sslmode=require"): "server does not support SSL",
        f"postgresql://u:{QUOTED}@127.0.0.1:{port}/log": "Connection refused",
        f"postgresql://u:{QUOTED}@db.invalid/log": "resolve host",
    }
    for url, reason in cases.items():
        told = _told(url)
        assert told.startswith("the audit store postgresql://")
        assert reason in told
        assert not any(word in told for word in (SECRET, QUOTED, "wrong47z11", "47z11"))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@db.example:5432/log",
        "postgresql://u:s3cret%zz47z11@db.example/log",
        "postgresql://u:p@db.example:54x2/log?s3cret47z11=1",
        "postgresql://[u:s3cret47z11/log",
        "host=db.example password=s3cret47z11 nonsense=1",
        "postgresql://u:s3cret47z11@db.example/log?sslmode",
        # An @ or a / in a password: libpq takes what stands behind it for a host, a port or a database.
        "postgresql://u:x@s3cret47z11@db.example:5432/log",
        "postgresql://u:x@s3cret47z11@db.example,other.example/log",
        "postgresql://u:s3cret/47z11@db.example:5432/log",
        "postgresql://u:12/s3cret47z11@db.example:5432/log",
        "postgresql://u:x@y/s3cret47z11@db.example/log",
        "postgresql://u@server:s3cret47z11@db.example/log",
        "postgresql://u:s3cret47z11/log",
        "postgresql:///x?dbname=postgresql://u:s3cret47z11@db.example/log",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    told = _told(url)
    assert "s3cret" not in told
    assert "47z11" not in told


def test_tls_is_libpqs_own_business(server: Server, tmp_path: Path) -> None:
    """The last of the file's settings hold, so that the server speaks TLS from here on."""
    server.configure("ssl = on\nssl_cert_file = 'certificate.pem'\nssl_key_file = 'key.pem'")
    server.stop()
    server.start()
    more = f"?sslmode=verify-full&sslrootcert={server.data / 'certificate.pem'}"
    in_use = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert PostgresDatabase(_tcp(server, more=more)).rows(in_use) == [(True,)]
    another = certify(tmp_path).certificate
    assert "certificate verify failed" in _told(_tcp(server, more=f"?sslmode=verify-ca&sslrootcert={another}"))
    server.configure("ssl = off")
    server.stop()
    server.start()


def test_a_server_that_keeps_nothing_at_a_power_cut_is_refused(server: Server, url: str, tmp_path: Path) -> None:
    server.configure("fsync = off")
    server.stop()
    server.start()
    with pytest.raises(AuditUnavailableError, match="keeps nothing at a power cut: expected its fsync on, got off"):
        PostgresLeafStore.open(url, folder=tmp_path)
    server.configure("fsync = on")
    server.stop()
    server.start()
    PostgresLeafStore.open(url, folder=tmp_path).close()


def test_a_standby_is_read_and_not_written(server: Server, url: str, tmp_path: Path) -> None:
    with closing(PostgresLeafStore.open(url, folder=tmp_path)) as store:
        store.append([_entry(0)])
    server.stop()
    server.place("standby.signal", b"")
    server.start()
    with pytest.raises(AuditUnavailableError, match="it is a standby, which takes no records: name the primary"):
        PostgresLeafStore.open(url, folder=tmp_path)
    reading = PostgresLeafStore.reading(url, folder=tmp_path)
    assert (reading.size(), reading.damage()) == (1, None)
    (server.data / "standby.signal").unlink()
    server.kill()
    server.start()
    with closing(PostgresLeafStore.open(url, folder=tmp_path)) as store:
        assert store.append([_entry(1)])[0].seq == 1


def test_a_database_that_is_not_in_utf_8_is_refused(server: Server, tmp_path: Path) -> None:
    server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1")
    with pytest.raises(AuditUnavailableError, match="expected its encoding UTF8, got LATIN1"):
        PostgresLeafStore.open(server.url("latin"), folder=tmp_path)


class PostgresLog(LogFolder):
    """A log in a database, opened as the service opens it."""

    url: str = ""

    def begin(self, url: str) -> "PostgresLog":
        self.url = url
        self.parts = assemble(
            PostgresLeafStore.open(url, folder=self.state),
            keys=self.keys,
            name=self.name,
            clock=lambda: self.now_us,
            notice=self.notices.append,
            pace=self.pace,
        )
        return self


def test_no_question_is_taken_while_the_server_is_gone_and_all_is_well_by_itself_when_it_is_back(
    server: Server, url: str, tmp_path: Path
) -> None:
    log = PostgresLog(tmp_path, pace=QUICK).begin(url)
    with closing(log):
        request_id, receipt = log.ask()
        server.kill()
        with pytest.raises(AuditUnavailableError, match=r"the (server ends|connection .* is lost)|be opened"):
            log.refuse(request_id, receipt.seq)
        with pytest.raises(AuditUnavailableError):
            log.ask()
        assert "cannot be" in (log.parts.log.healthy() or "")
        server.start()
        log.healed()
        log.refuse(request_id, receipt.seq)
        log.ask_in_vain()
        assert [leaf.seq for leaf in log.parts.store.leaves(-1, 99)] == list(range(log.parts.store.size()))
        assert log.parts.store.unfinished() == []
    assert any("can be written again" in notice for notice in log.notices)


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed_under_load(
    server: Server, url: str, tmp_path: Path
) -> None:
    acknowledged: dict[int, str] = {}
    log = PostgresLog(tmp_path, pace=Pace(retry_wait_s=0.01)).begin(url)
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                _, receipt = log.ask()
            except AuditUnavailableError:
                time.sleep(0.01)  # the server is away for a while
                continue
            acknowledged[receipt.seq] = receipt.leaf_hash

    with closing(log):
        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for _ in range(3):
            before = len(acknowledged)
            wait_until(lambda before=before: len(acknowledged) > before + 20)  # type: ignore[misc]
            server.kill()
            server.start()
        log.healed()
        done.set()
        for asker in askers:
            asker.join()
        log.healed()
        leaves = {leaf.seq: leaf.leaf_hash for leaf in log.parts.store.leaves(-1, 100_000)}
    assert sorted(leaves) == list(range(len(leaves)))
    assert acknowledged.items() <= leaves.items()


def test_a_database_that_was_put_back_from_yesterday_is_refused(server: Server, url: str, tmp_path: Path) -> None:
    log = PostgresLog(tmp_path, pace=QUICK).begin(url)
    log.ask_in_vain()
    log.close()
    today = url.partition("?")[0].rpartition("/")[2]
    yesterday = server.new_database(template=today)
    log.begin(url)
    log.ask_in_vain()
    log.close()
    log.begin(server.url(yesterday))
    with (
        closing(log),
        pytest.raises(AuditUnavailableError, match=r"the newest leaves are missing; .* greenlit restore --here"),
    ):
        log.ask()
    begun = begin_history(
        log.state,
        keys=log.keys,
        name=log.name,
        clock=lambda: log.now_us,
        restored=Restored("the database was lost", "ann@northlight.example"),
        database=server.url(yesterday),
    )
    assert begun.lost is not None
    log.begin(server.url(yesterday))
    with closing(log):
        log.ask_in_vain()
        assert log.parts.log.healthy() is None


def test_a_look_for_damage_at_a_server_that_stands_still_is_no_error_for_whoever_breaks_it_off(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_database, "_CANCEL_S", 0.1)
    with closing(PostgresLeafStore.open(url, folder=tmp_path)) as store, psycopg.connect(url) as holding:
        holding.execute(b"LOCK TABLE greenlit_audit.leaves IN ACCESS EXCLUSIVE MODE")  # so that the look takes long
        with ThreadPoolExecutor(1) as other:
            looking = other.submit(store.damage)
            wait_until(lambda: bool(holding.execute(_WAITING).fetchone()))
            assert server.process
            os.kill(server.process.pid, signal.SIGSTOP)
            try:
                store.stop_looking()
            finally:
                os.kill(server.process.pid, signal.SIGCONT)
            holding.rollback()
            with contextlib.suppress(AuditUnavailableError):  # it may have been broken off after all
                looking.result()


def test_a_connection_from_before_the_log_was_opened_anew_is_not_kept(url: str) -> None:
    """It may lead to a server that is the primary no more, and would read what is no longer so for ever."""
    database = PostgresDatabase(url)
    database.keep()
    with psycopg.connect(url, autocommit=True) as holding, ThreadPoolExecutor(1) as other:
        holding.execute(b"SELECT pg_advisory_lock(4711)")
        reading = other.submit(database.rows, "SELECT pg_backend_pid() FROM pg_advisory_lock(4711)")
        wait_until(lambda: bool(holding.execute(_WAITING).fetchone()))
        database.let_go()
        database.keep()
        holding.execute(b"SELECT pg_advisory_unlock(4711)")
        (before,) = reading.result()
    assert database.rows("SELECT pg_backend_pid()") != [before]
    assert database.rows("SELECT pg_backend_pid()") == database.rows("SELECT pg_backend_pid()"), "others are"
    database.let_go()


_PID = "SELECT pg_backend_pid()"
_PID_PAGES = "SELECT pg_backend_pid() WHERE ? < ?"
_END = "SELECT pg_terminate_backend({}, 5000)"


def test_who_only_reads_asks_everything_on_one_connection_that_goes_with_it(url: str) -> None:
    database = PostgresDatabase(url)
    ((one,),) = database.rows(_PID)
    assert database.rows(_PID) == list(database.stream(_PID_PAGES, 0, 9)) == database.rows(_PID) == [(one,)]
    half = database.stream(_PID_PAGES, -1, 9)
    assert next(half) == (one,)
    ((other,),) = database.rows(_PID)
    assert other != one, "half a stream still has it"
    del half
    assert database.rows(_PID) == [(one,)]
    del database
    with psycopg.connect(url) as connection:
        deadline = time.monotonic() + 10
        while connection.execute("SELECT 1 FROM pg_stat_activity WHERE pid IN (%s, %s)", (one, other)).fetchall():
            assert time.monotonic() < deadline
            connection.rollback()  # what it looks at stays the same within a transaction


def test_a_stream_begins_anew_where_the_server_ended_the_connection_that_was_kept(server: Server, url: str) -> None:
    database = PostgresDatabase(url)
    ((one,),) = database.rows(_PID)
    server.run(_END.format(one))
    ((other,),) = database.stream(_PID_PAGES, 0, 9)
    assert other != one


def test_a_connection_that_is_lost_within_a_stream_is_told_and_not_kept(server: Server, url: str) -> None:
    database = PostgresDatabase(url)
    half = database.stream(_PID_PAGES, -1, 9)
    ((one,),) = [next(half)]
    server.run(_END.format(one))
    with pytest.raises(AuditUnavailableError, match="cannot be read"):
        next(half)
    ((other,),) = database.stream(_PID_PAGES, 0, 9)
    assert other != one

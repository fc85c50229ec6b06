"""A real PostgreSQL server for tests: started when the first test wants it, one a process, gone with the process.

It lies where temporary files go, listens on a socket in its own folder, and asks nobody for a password there; what is
special (another port, passwords, TLS) a test says in `a_server`. A `Server` that a test makes for itself can be
stopped, killed and started again. PostgreSQL refuses to run as root, so there it is the system's `postgres`, or nobody.
The folder of data is made once for all processes that run tests beside each other; every server begins with a copy.
"""

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from filelock import FileLock

from indexes.postgres_session import end_transaction, is_spoken_to
from tests.support.forked import FORKS

_WHERE = "/usr/lib/postgresql/*/bin"
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_PATIENCE_S = 60
_LIBC = ctypes.CDLL(None)
_INITDB = "-U owner -A trust -E UTF8 --locale C --no-sync --no-instructions".split()
_CONFIGURATION = """
listen_addresses = ''
shared_buffers = 16MB
max_connections = 40
autovacuum = off
log_min_messages = fatal
"""


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; `None` where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("postgres")
    return Path(there).resolve().parent if there and shutil.which("initdb") else None


@dataclass
class Server:
    """A server in a folder; `start` it, `stop` it, or `kill` it as a power cut would."""

    folder: Path
    programs: Path
    port: int = 5432  # it names the socket too
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _making: psycopg.Connection | None = field(default=None, repr=False)  # of databases: a new one takes 7 ms each time
    _running: dict[str, psycopg.Connection] = field(default_factory=dict, repr=False)  # by database, of `run_again`

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres", **more: str) -> str:
        """Return the address of a database of it, over its socket; more is said as parameters."""
        said = {"host": str(self.folder), "port": str(self.port), "user": "owner", **more}
        return f"postgresql:///{database}?" + "&".join(f"{name}={value}" for name, value in said.items())

    def place(self, name: str, content: bytes) -> None:
        """Put a file into its folder of data, readable for nobody else."""
        path = self.data / name
        path.write_bytes(content)
        path.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(path, _user())

    def configure(self, lines: str) -> None:
        """Add lines to its configuration, for the next start."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"{lines}\n")

    def start(self, *, until_ready: bool = True) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.folder, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing but one system call
                **_as_whom(),
            )
        if until_ready:
            self.wait()

    def wait(self) -> None:
        """Wait until it takes connections."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "log").read_text()
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url()).close()
                return
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and every connection to it, in order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as it stands: at the next start it recovers from its write-ahead log."""
        self._end(signal.SIGQUIT)

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """Have all of its processes stopped: the system takes what is sent to it, and nobody reads that."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        every = [self.process.pid, *map(int, children)]
        for pid in every:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in every:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._making is not None:
            self._making.close()
            self._making = None
        while self._running:
            self._running.popitem()[1].close()
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(_PATIENCE_S)
            self.process = None

    def run(self, *statements: str, database: str = "postgres", user: str = "owner") -> None:
        """Run statements on it, as its owner."""
        with psycopg.connect(self.url(database, user=user), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def run_again(self, statements: str, *, database: str) -> None:
        """Run what many tests begin with, as its owner, on a connection that is kept from one to the next."""
        connection = self._running.get(database)
        if connection is None or is_spoken_to(connection):  # a test may have had the server end it
            if connection is not None:
                connection.close()
            connection = self._running[database] = psycopg.connect(self.url(database), autocommit=True)
        connection.execute(statements.encode())

    def new_database(self, *, template: str = "template1") -> str:
        """Make a database and return its name."""
        name = f"test_{secrets.token_hex(6)}"
        if self._making is None or self._making.closed:
            self._making = psycopg.connect(self.url(), autocommit=True)
        # Copied as files it takes half of the processor that it takes page by page through the write-ahead log.
        self._making.execute(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY FILE_COPY'.encode())
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        assert self._making is not None
        self._making.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def standby_away(server: Server) -> Iterator[None]:
    """Have commits wait for a standby that does not come."""
    server.run("ALTER SYSTEM SET synchronous_standby_names = 'away'", "SELECT pg_reload_conf()")
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            deadline = time.monotonic() + _PATIENCE_S
            while not _waits(connection):
                assert time.monotonic() < deadline
        yield
    finally:
        server.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


def _waits(connection: psycopg.Connection) -> bool:
    """Tell whether a commit waits by now: the server takes a moment to know."""
    connection.execute("BEGIN; CREATE TABLE IF NOT EXISTS waited (); DROP TABLE waited")
    try:
        return not end_transaction(connection, within_s=0.05)
    except psycopg.errors.QueryCanceled:  # the commit was only just read: it did not wait
        connection.execute("ROLLBACK")
        return False


@contextlib.contextmanager
def a_server(*configuration: str, port: int = 5432) -> Iterator[Server]:
    """Lend a started server of its own; skips the test where PostgreSQL is not installed."""
    if (found := programs()) is None:
        pytest.skip(f"no PostgreSQL server is installed: expected its programs in {_WHERE}")
    folder = Path(tempfile.mkdtemp(prefix="greenlit-pg-"))  # short: a socket's path may have 107 characters
    server = Server(folder, found, port)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _user())
        _initialise(server)
        server.configure("\n".join((_CONFIGURATION, *configuration)))
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


def _initialise(server: Server) -> None:
    if FORKS not in os.environ:  # no tests are run
        _make(server)
        return
    kept = Path(os.environ[FORKS]) / "postgres"
    with FileLock(kept.with_suffix(".lock")):
        if not (kept / "data").exists():
            kept.mkdir(exist_ok=True)
            _make(server)
            # As files they take a tenth of the processor that making them takes.
            _copy(server.data, kept / "making")
            (kept / "making").rename(kept / "data")
            return
    _copy(kept / "data", server.data)


def _copy(data: Path, to: Path) -> None:
    subprocess.run(["/bin/cp", "--archive", data, to], check=True)


def _make(server: Server) -> None:
    subprocess.run(
        [server.programs / "initdb", "-D", server.data, *_INITDB],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=server.folder,
        **_as_whom(),
    )


def _user() -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return "nobody"


def _as_whom() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(_user())
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGQUIT)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server that all tests of a process share: each takes a database of its own, and leaves the server as it is."""
    with a_server() as server:
        yield server


@pytest.fixture
def database_url(postgres_server: Server) -> str:
    """The address of an empty database."""
    return postgres_server.url(postgres_server.new_database())

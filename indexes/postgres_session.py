"""Sessions of PostgreSQL that can be relied on: with the primary, nobody else's, and set alike whoever runs the server.

What a database or a role is set to (`ALTER ROLE … SET`) holds for every session that does not say otherwise. Some of it
would change what our statements mean, or what is kept of them, so each session says it. Refused are a standby, which
may not know of what was done last, and a pool that gives a session's statements to whichever connection is free: locks
and settings of a session are somebody else's then. Does not keep connections, nor know what is asked on them.
"""

import contextlib
import os
import platform
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo

from indexes.errors import DatabaseError

Connection = psycopg.Connection[tuple[Any, ...]]
PATIENCE_S = 15.0  # more than a statement, or a commit that waits for a standby, takes in most sessions
_T = TypeVar("_T")
STANDBY = (
    "the server is a standby, which may not know of what was decided last: name the primary, or both with "
    "target_session_attrs=read-write"
)
SHARED = "a pool between shares sessions (PgBouncer: transaction pooling): expected session pooling, or the server"
# Bytes are sent as literals are written; a turn reads what was committed while it waited for its lock; what is said to
# be kept is kept. A standby that commits wait for is for whoever runs the server: only `off` is raised. It is said in
# any case, for a default may change while a service runs.
ALIKE = """
    SET standard_conforming_strings = on; SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', CASE there WHEN 'off' THEN 'on' ELSE there END, false)
    FROM current_setting('synchronous_commit') AS there"""
NO_ANSWER = "the server does not answer"
UNCONFIRMED = "a standby that the server waits for does not confirm it"
CONFIRMED_S = 10.0  # how long a commit waits for the standbys that the server waits for
_CANCEL_S = 5.0
_CANCEL_AGAIN_S = 1.0  # between two requests to break off a commit
_MOST_SAID = 300  # characters of what is said of a connection that does not come about
_LOOKS = 3  # at who else is given the same session


class NoAnswerError(psycopg.OperationalError):
    """The server is there and says nothing: its disk, or all of it, stands still."""


class BoundedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection on which nothing is waited for longer than `patience_s`, in seconds; without end if that is `None`.

    The server's own limits on time are kept by the server, and by none that stands still.
    """

    patience_s: float | None = None

    def wait(self, gen: PQGen[_T], *said: Any, **more: Any) -> _T:
        """See `psycopg.Connection.wait`; a connection that was not answered is closed, for nobody knows how far it is.

        Raises:
            NoAnswerError: there was no answer in time.
        """
        patience_s = self.patience_s
        try:
            return super().wait(gen if patience_s is None else _within(gen, patience_s), *said, **more)
        except NoAnswerError:
            self.pgconn.finish()
            raise


def _within(gen: PQGen[_T], patience_s: float) -> PQGen[_T]:
    """Do what a generator does; it is asked now and then, when nothing has come (psycopg's interval)."""
    until_s = time.monotonic() + patience_s
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= until_s:
                raise NoAnswerError("no answer in time")
            wanted = gen.send(ready)
    except StopIteration as done:
        ended: _T = done.value
        return ended


def open_session(
    said: Mapping[str, str], *, purpose: str, settings: str, patience_s: float | None = None
) -> Connection:
    """Open a session, in which each statement is a transaction of its own until one is begun.

    Args:
        said: what an address says (`read_address`).
        purpose: what whoever looks at the server sees of it, before the machine and the process.
        settings: statements, for what is special.
        patience_s: how long a server that stands still is waited for, in seconds: longer than the limits that
            `settings` have the server keep; `PATIENCE_S` unless given.

    Raises:
        DatabaseError: there is none to be had, or it cannot be relied on; why, without a password.
        psycopg.Error: a statement failed.
    """
    connection, problem = _connected(said, purpose, patience_s)
    if connection is None:
        raise DatabaseError(problem)
    try:
        _expect_reliable(connection, lambda: opened_as_it_is(said, purpose=purpose))
        connection.execute(f"{ALIKE}; {settings}".encode())
    except BaseException:
        connection.close()
        raise
    return connection


def opened_as_it_is(said: Mapping[str, str], *, purpose: str) -> Connection | None:
    """Open a session as `open_session` does, but look at nothing and set nothing; `None` if there is none to be had."""
    return _connected(said, purpose)[0]


def is_shared(connection: Connection, another: Callable[[], Connection | None]) -> bool:
    """Tell whether a pool gives the same session of the server to another connection, while this one is open.

    Without a pool it asks once; only behind one is another connection opened.

    Raises:
        psycopg.Error: it cannot be asked.
    """
    if _session_of(connection) == connection.info.backend_pid:  # as the server said at the start: nobody is between
        return False
    if (other := another()) is None:
        return False
    with closing(other):
        return any(_session_of(connection) == _session_of(other) for _ in range(_LOOKS))


def is_spoken_to(connection: Connection) -> bool:
    """Tell whether the server has said something unasked, such as that it ends the connection; it is not asked."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@contextlib.contextmanager
def confirmed(connection: Connection, *, begin: str = "BEGIN") -> Iterator[None]:
    """One transaction: all of what is done in it, wherever it has to be kept, or an error.

    Args:
        connection: in which no transaction was begun.
        begin: the statements that begin it.

    Raises:
        DatabaseError: it is kept by the server that was asked, and nobody confirms that it is kept elsewhere too.
        psycopg.Error: it failed; if that was at its end, nobody knows.
    """
    connection.execute(begin.encode(), prepare=False)  # of several statements, which cannot be prepared together
    try:
        yield
    except BaseException:
        with contextlib.suppress(psycopg.Error):  # a connection that is lost has ended what was begun
            connection.execute(b"ROLLBACK")
        raise
    if not end_transaction(connection, within_s=CONFIRMED_S):
        raise DatabaseError(UNCONFIRMED)


def end_transaction(connection: Connection, *, within_s: float) -> bool:
    """Commit, and tell whether all who have to keep it said that they do.

    A commit that waits for a standby waits for as long as that is away: no setting of the server ends it. So it is
    broken off here, and holds at the server that was asked, and perhaps nowhere else. That is asked for again and
    again: a request that comes before the server reads the commit is lost.

    Args:
        connection: with a transaction that was begun.
        within_s: how long it may wait, in seconds.

    Raises:
        psycopg.Error: it failed, or nobody knows.
    """
    warned: list[str | None] = []

    def hear(said: psycopg.errors.Diagnostic) -> None:
        if said.severity_nonlocalized == "WARNING":
            warned.append(said.sqlstate)

    ended = threading.Event()

    def break_off() -> None:
        wait_s = within_s
        while not ended.wait(wait_s):
            wait_s = min(within_s, _CANCEL_AGAIN_S)
            with contextlib.suppress(psycopg.Error):  # a server that is gone ends it by itself
                connection.cancel_safe(timeout=_CANCEL_S)

    breaking_off = threading.Thread(target=break_off)
    connection.add_notice_handler(hear)
    breaking_off.start()
    try:
        connection.execute(b"COMMIT")
    finally:
        ended.set()
        breaking_off.join()  # what it breaks off must not be what is done next
        connection.remove_notice_handler(hear)
    return not warned


def _connected(said: Mapping[str, str], purpose: str, patience_s: float | None = None) -> tuple[Connection | None, str]:
    """Return a connection, or why there is none; not as an error, which would be chained to what shows the address."""
    name = f"{purpose} {platform.node()[:32]} {os.getpid()}"
    try:
        connection = BoundedConnection.connect(make_conninfo("", **said, application_name=name), autocommit=True)
    except psycopg.Error as error:
        words = " ".join(str(error).split())
        if password := said.get("password", ""):
            words = words.replace(password, "…")
        return None, words[:_MOST_SAID]
    connection.patience_s = patience_s or PATIENCE_S
    return connection, ""


def _expect_reliable(connection: Connection, another: Callable[[], Connection | None]) -> None:
    ((is_standby,),) = connection.execute(b"SELECT pg_is_in_recovery()").fetchall()
    if is_standby:
        raise DatabaseError(STANDBY)
    if is_shared(connection, another):
        raise DatabaseError(SHARED)


def _session_of(connection: Connection) -> int:
    ((pid,),) = connection.execute(b"SELECT pg_backend_pid()").fetchall()
    return int(pid)

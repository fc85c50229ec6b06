"""The lease: which one of the processes that write a log signs it and tidies up.

A lock of a session of its own. The server ends that session when nothing was heard on it for 6 s, by its own clock, and
at once when the process or its connection ends. So a process that is killed, stopped, hung or cut off loses the lease
within seconds, and cannot keep it by believing in it: what it does afterwards is refused where it matters
(`Beside.publish_after`), and harmless elsewhere. The thread that writes tends it, so that one which hangs has no lease.
"""

import time
from collections.abc import Callable

from service.audit.errors import AuditUnavailableError
from service.audit.storage.postgres_database import Connection, PostgresDatabase

_LEASE = int.from_bytes(b"greenlit") + 3  # the number of the lock; those before it are the log's
_TAKE = "SELECT pg_try_advisory_lock(%s)"
_ALIVE = "SELECT pg_backend_pid()"
_EVERY_S = 1.0  # heard of, or tried
_SURE_S = 4.0  # after this without an answer it may be gone: less than the server's patience


class PostgresLease:
    """See the module. One thread tends it; any may ask whether it is held."""

    def __init__(self, database: PostgresDatabase, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Remember the database; nothing is opened before `tend`."""
        self._database = database
        self._clock_s = clock_s
        self._connection: Connection | None = None
        self._tended_s = float("-inf")
        self._held_s = float("-inf")  # when the server last said so
        self._has = False

    def tend(self) -> bool:
        """Take it if nobody has it, or show that this process is alive; at most once a second. Never raises."""
        now_s = self._clock_s()
        if now_s - self._tended_s >= _EVERY_S:
            self._tended_s = now_s
            try:
                self._has = self._ask()
            except AuditUnavailableError:
                self.close()
            if self._has:
                self._held_s = now_s
        return self.is_held()

    def is_held(self) -> bool:
        """Tell whether the server said a moment ago that this process has it."""
        return self._has and self._clock_s() - self._held_s < _SURE_S

    def close(self) -> None:
        """Let go of it; closing twice is fine."""
        self._has = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self) -> bool:
        if self._connection is None:
            self._connection = self._database.connect_for_lease()
        connection = self._connection

        def ask() -> bool:
            if self._has:
                connection.execute(_ALIVE)
                return True
            row = connection.execute(_TAKE, (_LEASE,)).fetchone()
            return bool(row and row[0])

        return self._database.guarded("read", ask)

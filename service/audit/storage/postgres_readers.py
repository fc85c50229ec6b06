"""Connections that read the log and are kept for the next who reads: a few, until they are let go of.

One that the server has closed meanwhile is not handed out, which is seen without asking it. Who reads says where a
connection was taken from: one from before `let_go` may lead to a server that is the primary no more, and is closed.
Opens none, and knows nothing of what is read.
"""

import threading

from psycopg.pq import TransactionStatus

from indexes.postgres_session import BoundedConnection as Connection
from indexes.postgres_session import is_spoken_to

_MOST_KEPT = 4  # as many read at once on a busy day
Place = list[Connection]


class KeptReaders:
    """See the module; any thread may use it."""

    def __init__(self) -> None:
        """Keep none yet; those that come are kept."""
        self._keeping = threading.Lock()
        self._kept: Place | None = []  # that nobody reads with now, the one used last at the end; None: none are kept

    def take(self) -> tuple[Place | None, Connection | None]:
        """Return a connection that is kept, if one is, and where it, or one that is made instead, may be kept again."""
        with self._keeping:
            place = self._kept
            while place:
                connection = place.pop()
                if not is_spoken_to(connection):
                    return place, connection
                connection.close()
            return place, None

    def give(self, connection: Connection, place: Place | None) -> None:
        """Keep a connection that nobody reads with any more, or close it: always one that stopped half way."""
        is_idle = not connection.closed and connection.info.transaction_status is TransactionStatus.IDLE
        with self._keeping:
            if is_idle and place is not None and place is self._kept and len(place) < _MOST_KEPT:
                place.append(connection)
                return
        connection.close()

    def keep(self) -> None:
        """Keep what is taken from now on, until `let_go`."""
        with self._keeping:
            before, self._kept = self._kept, []
        _close(before)

    def let_go(self) -> None:
        """Close the connections that are kept, and keep none from now on."""
        with self._keeping:
            before, self._kept = self._kept, None
        _close(before)


def _close(connections: Place | None) -> None:
    for connection in connections or ():
        connection.close()

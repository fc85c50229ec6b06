"""Counts of all replicas together, in the tables of a database: one round trip for all that one request counts.

What is done and by whom is kept as a hash under a secret of the installation, so the table says of nobody how often
they ask. The database's clock says which minute it is, whatever a replica's says.
"""

import hmac
from collections.abc import Callable, Sequence

from service.access.counts import Counted, Full, room_after_s
from service.access.errors import SharedUnavailableError
from service.access.private_database import Keep, Kept

_COUNT_UP = "SELECT * FROM count_up(?::bytea[], ?::bigint[], ?::float8)"
_FORGET = """
    DELETE FROM counts
    WHERE abs(minute - floor(coalesce(?::float8, extract(epoch FROM clock_timestamp())) / 60)) > 1"""
_HASH_BYTES = 16


def _failed(place: str, reason: str) -> SharedUnavailableError:
    return SharedUnavailableError(f"how often somebody called cannot be read or written in {place} ({reason})")


KEPT = Kept("counts", lambda _: None, _failed, tables=("counts",))


class TableCounts:
    """Counts in tables; see `Counts`."""

    waits = True

    def __init__(self, keep: Keep, *, secret: Callable[[], bytes], clock_s: Callable[[], float] | None = None) -> None:
        """Take where they are kept; nothing is opened before it is needed.

        Args:
            keep: the place of the installation, a database.
            secret: reads 32 secret bytes that lie elsewhere, the same for all replicas.
            clock_s: seconds since 1970, for tests; the database's where there is none.
        """
        self._database = keep(KEPT)
        self._secret = secret
        self._clock_s = clock_s

    def take(self, wanted: Sequence[Counted]) -> Full | None:
        """See `Counts`."""
        things, most = [self._hidden(one) for one in wanted], [one.most for one in wanted]
        with self._database.reading() as connection:  # in which each statement is a transaction of its own
            row = connection.execute(_COUNT_UP, (things, most, self._now_s())).fetchone()
        if row is None:
            return None
        place, before, now, left_s = row
        full = wanted[place - 1]
        return Full(full, room_after_s(full.most, before=before, now=now, left_s=left_s))

    def forget_ended(self) -> None:
        """See `Counts`."""
        with self._database.reading() as connection:
            connection.execute(_FORGET, (self._now_s(),))

    def _now_s(self) -> float | None:
        return self._clock_s() if self._clock_s else None

    def _hidden(self, one: Counted) -> bytes:
        said = repr(("counted", one.what, one.who)).encode()
        return hmac.digest(self._secret(), said, "sha256")[:_HASH_BYTES]

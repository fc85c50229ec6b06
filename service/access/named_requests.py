"""Requests that came by name, in the tables of a database: which replica works on one, and which record it ended as.

A name is taken by one request at a time. While that is worked on its replica says so again and again, by the database's
clock; once nobody does, whoever comes next may look whether it came to a record, and take the name if not. Names,
callers and what was sent are kept as hashes under a secret of the installation, beside the id of the record: nothing of
what was asked or answered is here, so nothing of it can be left here when it is erased.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from service.access.errors import SharedUnavailableError
from service.access.private_database import Keep, Kept

KEPT_S = 600.0  # that a name stands for what was sent first
SILENT_S = 20.0  # until one that nobody says they work on counts as left
_TAKE = "SELECT * FROM take_name(?, ?, ?, ?, ?, ?)"
_NOW = "extract(epoch FROM clock_timestamp())"
# Nothing waits for the disk, or a standby: what is lost with the server is looked for on record.
_UNHURRIED = "set_config('synchronous_commit', 'off', true) = 'off'"
_ITS = f"WHERE name = ? AND request_id = ? AND {_UNHURRIED}"  # of a request that has its name
_ALIVE = f"UPDATE named SET alive_s = {_NOW} {_ITS}"  # nosec B608  # noqa: S608  (words of ours)
_DONE = f"UPDATE named SET is_done = true {_ITS}"  # nosec B608  # noqa: S608
_GIVEN_UP = f"DELETE FROM named {_ITS}"  # nosec B608  # noqa: S608
_FORGET = f"DELETE FROM named WHERE began_s <= {_NOW} - ? AND {_UNHURRIED}"  # nosec B608  # noqa: S608  (words of ours)


class Standing(StrEnum):
    """How it stands with a name for a request that comes."""

    TAKEN = "taken"  # by this one, which is to be worked on
    OTHER = "other"  # by another request with another content
    RUNNING = "running"
    DONE = "done"
    LEFT = "left"  # it was begun, and nobody works on it


@dataclass(frozen=True, slots=True)
class Named:
    """A request that came by name.

    Attributes:
        caller: who sends it, a principal's id.
        name: what they call it; a name means nothing to anybody else.
        content: a digest of what they send.
        request_id: under which it is put on record, if it is worked on.
    """

    caller: str
    name: str
    content: bytes = field(repr=False)
    request_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """How it stands with a name, and the id of the request that has it."""

    standing: Standing
    request_id: str


def _failed(place: str, reason: str) -> SharedUnavailableError:
    return SharedUnavailableError(f"requests by name cannot be read or written in {place} ({reason})")


KEPT = Kept("named", lambda _: None, _failed, tables=("named",))


class NamedRequests:
    """See the module. Any thread may call; every call raises `SharedUnavailableError` where nobody can say."""

    def __init__(
        self, keep: Keep, *, secret: Callable[[], bytes], kept_s: float = KEPT_S, silent_s: float = SILENT_S
    ) -> None:
        """Take where they are kept; nothing is opened before it is needed.

        Args:
            keep: the place of the installation, a database.
            secret: reads 32 secret bytes that lie elsewhere, the same for all replicas.
            kept_s: how long a name stands for what was sent first, in seconds.
            silent_s: after how long without `alive` nobody works on it, in seconds.
        """
        self._database = keep(KEPT)
        self._secret = secret
        self._kept_s = kept_s
        self._silent_s = silent_s

    def take(self, named: Named, *, useless: str = "") -> Held:
        """Take a name for a request, or tell who has it.

        Args:
            named: the request.
            useless: the id of one that has the name, whose answer cannot be given: the name is taken from it.
        """
        name, content = self._hidden(named), hmac.digest(self._secret(), named.content, "sha256")
        values = (name, content, named.request_id, useless, self._kept_s, self._silent_s)
        with self._database.reading() as connection:  # in which each statement is a transaction of its own
            standing, request_id = connection.execute(_TAKE, values).fetchone()
        return Held(Standing(standing), request_id)

    def alive(self, named: Named) -> None:
        """Say that a request that has its name is still worked on."""
        self._do(_ALIVE, named)

    def done(self, named: Named) -> None:
        """Say that what became of a request that has its name is on record."""
        self._do(_DONE, named)

    def give_up(self, named: Named) -> None:
        """Give up the name of a request that failed."""
        self._do(_GIVEN_UP, named)

    def forget_old(self) -> None:
        """Forget names that stand for nothing any more; to be called about once a minute."""
        with self._database.reading() as connection:
            connection.execute(_FORGET, (self._kept_s,))

    def _do(self, statement: str, named: Named) -> None:
        with self._database.reading() as connection:
            connection.execute(statement, (self._hidden(named), named.request_id))

    def _hidden(self, named: Named) -> bytes:
        return hmac.digest(self._secret(), repr(("named", named.caller, named.name)).encode(), "sha256")

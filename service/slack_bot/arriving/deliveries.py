"""What Slack delivered, so that it is answered once: across duplicates, retries, restarts and crashes.

A row is written, and durable, before Slack is told that we have it. It says which event, where, who and how far it has
come, and never a word of what was asked or answered. Its states: `taken`, `sending` (from here on something of the
answer may be in Slack), then `done` or `given_up`. A message is one question however many events tell of it, so a
second event for the same message is a duplicate, too. Rows that came to an end are removed after some days.

Writes that come together share one commit: each waits for the disk, none for its turn at it. One event loop's.
"""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from indexes.errors import DatabaseError
from service.slack_bot.arriving.delivery_file import DeliveryFile
from service.slack_bot.errors import DeliveriesError, TakenOverError
from service.slack_bot.places import Kind, Place

Ending = Literal["done", "given_up"]
KEPT_S = 7 * 86_400.0  # Slack delivers an event again for some two hours, an edit of a message for ever
SEEN_S = 900.0  # longer than a signature is good for, clocks apart

_REFUSED = (sqlite3.Error, OSError, DatabaseError)
_TAKE = """
INSERT INTO deliveries (delivery, kind, team, enterprise, channel, "user", ts, thread_ts, response_url, is_shared,
    state, taken_s, changed_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'taken', ?, ?) ON CONFLICT DO NOTHING
"""
_SENDING = "UPDATE deliveries SET state = 'sending', changed_s = ? WHERE delivery = ? AND state IN ('taken', ?)"
_END = "UPDATE deliveries SET state = ?, changed_s = ?, response_url = NULL WHERE delivery = ?"
_SEEN = "INSERT INTO seen (key, until_s) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ENDED = "SELECT 1 FROM deliveries WHERE delivery = ? AND state IN ('done', 'given_up')"
_UNFINISHED = """
SELECT delivery, kind, team, enterprise, channel, "user", ts, thread_ts, response_url, is_shared, state, taken_s
FROM deliveries WHERE state IN ('taken', 'sending') ORDER BY taken_s, delivery
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that Slack delivered and that asks.

    Attributes:
        name: names it: Slack's own id of the event, or one made of a command's trigger.
        place: where it was asked.
        enterprise: the organisation of the workspace, where it belongs to one.
        taken_s: when it was taken, in seconds since 1970.
        maybe_sent: a process ended while it was being answered.
    """

    name: str
    place: Place
    enterprise: str | None = None
    taken_s: float = 0.0
    maybe_sent: bool = False


class Kept(Protocol):
    """Where deliveries are kept: a file (`delivery_file`), or tables that replicas share (`delivery_tables`)."""

    def commit(self, batch: Sequence[tuple[str, Sequence[Any]]]) -> list[int]:
        """Write all of it or nothing, durably; return how many rows each statement changed."""

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query."""

    @property
    def sessions(self) -> int:
        """How many sessions with it there were so far: between two of them another bot may have worked."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class _Write:
    statement: str
    values: Sequence[Any]
    done: "asyncio.Future[int]"


class Deliveries:
    """What was delivered."""

    def __init__(self, place: Path | Kept, *, clock_s: Callable[[], float] = time.time) -> None:
        """Open it; a file is made, for its owner only, if it is not there.

        Args:
            place: a file; or what keeps them otherwise, closed by `close`.
            clock_s: seconds since 1970.

        Raises:
            DeliveriesError: it cannot be opened.
        """
        self._place, self._clock_s = place, clock_s
        self._waiting: list[_Write] = []
        self._writing: asyncio.Task[None] | None = None
        self._sessions, self._is_unsure = 0, False  # when it was read what is unfinished; what was written since
        self._unserved: dict[bytes, float] = {}  # what may be kept as seen and was not; until when that counts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="deliveries")
        try:
            self._kept: Kept = DeliveryFile(place) if isinstance(place, Path) else place
        except _REFUSED as error:
            self._thread.shutdown()
            raise self._failed(error) from None

    async def take(self, delivery: Delivery) -> bool:
        """Keep a delivery, durably; tell whether it is new.

        Raises:
            DeliveriesError: it is not durable, so nobody may be told that we have it.
        """
        place, now_s = delivery.place, self._clock_s()
        where = (place.team, delivery.enterprise, place.channel, place.user, place.ts, place.thread_ts)
        values = (delivery.name, place.kind, *where, place.response_url, int(place.is_shared), now_s, now_s)
        return await self._write(_TAKE, values) == 1

    async def sending(self, name: str, *, again: bool = False) -> None:
        """Say, durably, that something of the answer may be in Slack from here on.

        Args:
            name: of the delivery.
            again: it is known that something may be in Slack.

        Raises:
            TakenOverError: another bot said so, or came to the end of it, meanwhile.
            DeliveriesError: it is not durable.
        """
        if await self._write(_SENDING, (self._clock_s(), name, "sending" if again else "taken")) == 0:
            raise TakenOverError("expected a delivery that nobody else went on with, got one that another bot did")

    async def ended(self, name: str) -> bool:
        """Tell whether a delivery came to its end, whoever brought it there.

        Raises:
            DeliveriesError: it cannot be read.
        """
        rows = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, _ENDED, name)
        return bool(rows)

    async def end(self, name: str, ending: Ending) -> None:
        """Say that a delivery came to its end.

        Raises:
            DeliveriesError: it is not durable.
        """
        await self._write(_END, (ending, self._clock_s(), name))

    async def is_first(self, key: str) -> bool:
        """Keep, durably, that a request was seen; tell whether it was the first of its kind.

        What fails may be kept all the same: the connection broke before that was said. Nobody did what was asked then,
        so whoever comes again with it is the first. Only this process knows that; to another it was seen.

        Args:
            key: what it cannot share with another: its signature, or the id of its envelope.

        Raises:
            DeliveriesError: it may not be durable, and counts as not seen.
        """
        digest, until_s = _digest(key), self._clock_s() + SEEN_S
        try:
            is_new = await self._write(_SEEN, (digest, until_s)) == 1
        except DeliveriesError:
            self._unserved[digest] = until_s
            raise
        return self._unserved.pop(digest, None) is not None or is_new

    def unfinished(self) -> list[Delivery]:
        """Return what was taken and came to no end, oldest first; for whoever starts, before anything is taken.

        Raises:
            DeliveriesError: it cannot be read.
        """
        self._is_unsure = False
        try:
            found = [_delivery(row) for row in self._read(_UNFINISHED)]
        except DeliveriesError:
            self._is_unsure = True
            raise
        self._sessions = self._kept.sessions
        return found

    async def unfinished_since(self) -> list[Delivery] | None:
        """Return what came to no end, if it may be another than when it was read last; `None` if it is not.

        Something that failed may have been written all the same, and another bot may have worked between two sessions.

        Raises:
            DeliveriesError: it cannot be read.
        """
        if not self._is_unsure and self._kept.sessions == self._sessions:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.unfinished)

    async def forget_old(self) -> None:
        """Remove what ended days ago, and what was seen too long ago to count.

        Raises:
            DeliveriesError: it cannot be written.
        """
        now_s = self._clock_s()
        self._unserved = {digest: until_s for digest, until_s in self._unserved.items() if until_s >= now_s}
        ended = "DELETE FROM deliveries WHERE state IN ('done', 'given_up') AND changed_s < ?"
        await self._write(ended, (now_s - KEPT_S,))
        await self._write("DELETE FROM seen WHERE until_s < ?", (now_s,))

    async def close(self) -> None:
        """Wait for what is being written, and close the file."""
        while self._writing is not None:
            await asyncio.wait([self._writing])
        self._thread.shutdown()
        self._kept.close()

    async def _write(self, statement: str, values: Sequence[Any]) -> int:
        write = _Write(statement, values, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(write.done)  # it is written even if whoever waits leaves

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    changed = await loop.run_in_executor(self._thread, self._commit, batch)
                except _REFUSED as error:
                    self._is_unsure = True
                    for write in batch:
                        write.done.set_exception(self._failed(error))
                        write.done.exception()  # whoever left needs no warning
                    continue
                for write, count in zip(batch, changed, strict=True):
                    write.done.set_result(count)
        finally:
            self._writing = None

    def _commit(self, batch: list[_Write]) -> list[int]:
        return self._kept.commit([(write.statement, write.values) for write in batch])

    def _read(self, query: str, *values: Any) -> list[Any]:
        try:
            return self._kept.rows(query, *values)
        except _REFUSED as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> DeliveriesError:
        if isinstance(error, DatabaseError):
            return DeliveriesError(f"deliveries cannot be kept in {self._place} ({error})")
        reason = getattr(error, "strerror", None) or getattr(error, "sqlite_errorname", None) or type(error).__name__
        return DeliveriesError(
            f"deliveries cannot be kept in {self._place} ({reason}): free the disk, or remove the file"
        )


def _delivery(row: Sequence[Any]) -> Delivery:
    name, kind, team, enterprise, channel, user, ts, thread_ts, response_url, is_shared, state, taken_s = row
    known_kind: Kind = kind
    place = Place(
        kind=known_kind,
        team=team,
        channel=channel,
        user=user,
        ts=ts,
        thread_ts=thread_ts,
        response_url=response_url,
        is_shared=bool(is_shared),
    )
    return Delivery(name, place, enterprise=enterprise, taken_s=taken_s, maybe_sent=state == "sending")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()

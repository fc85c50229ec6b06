"""Finds somebody's own questions by the conversation that they were asked in: its *turns*.

A person's turns are found by making their pseudonym of each month whose key is still there (`askers`), and asking the
store for what was asked under it, so a conversation of somebody else with the same id is never found. What was erased
is no turn any more. Gives numbers of `received` leaves; opens no text and records nothing.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.audit.errors import NoRecordError
from service.audit.keys.keyring import Keyring
from service.audit.reading.askers import Askers
from service.audit.reading.erased import ErasedRecords
from service.audit.shards import shards_of
from service.audit.storage.store import LeafReader


@dataclass(frozen=True, slots=True)
class Turns:
    """Somebody's questions in one conversation, by number, in order; at least one."""

    conversation_id: str
    seqs: tuple[int, ...]


class TurnReader:
    """See the module. Any thread may call."""

    def __init__(self, *, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._store = store
        self._askers = Askers(keyring=keyring)
        self._erased = ErasedRecords(store=store)
        self._lock = threading.Lock()  # around what was erased

    def every(self, subject: str) -> list[Turns]:
        """Return somebody's conversations, the one with the newest turn first."""
        found: dict[str, list[int]] = {}
        for actor in self._actors(subject):
            for conversation_id, seq in self._store.turns_of(actor):
                found.setdefault(conversation_id, []).append(seq)
        kept = set(self._not_erased(seq for seqs in found.values() for seq in seqs))
        turns = [Turns(name, tuple(sorted(kept.intersection(seqs)))) for name, seqs in found.items()]
        return sorted((one for one in turns if one.seqs), key=lambda one: -one.seqs[-1])

    def of(self, subject: str, conversation_id: str) -> Turns:
        """Return the turns of a conversation.

        Raises:
            NoRecordError: there is none, or it is somebody else's, or all of it was erased: nobody learns which.
        """
        by_month = [self._store.of_conversation(actor, conversation_id) for actor in self._actors(subject)]
        seqs = self._not_erased(sorted(seq for seqs in by_month for seq in seqs))
        if not seqs:
            raise NoRecordError("there is no such conversation of yours on record")  # the id is not repeated
        return Turns(conversation_id, tuple(seqs))

    def newest(self, subject: str, conversation_id: str, *, month: str, before: int, limit: int) -> list[int]:
        """Return the newest turns of a conversation in a month with numbers below `before`, in order."""
        actor = self._askers.actor(subject, month)
        if actor is None:
            return []
        return self._not_erased(self._store.of_conversation(actor, conversation_id, before=before, limit=limit))

    def _actors(self, subject: str) -> Iterator[str]:
        for month in dict.fromkeys(shard.month for shard in shards_of(self._store)):  # a restore makes two of one month
            if actor := self._askers.actor(subject, month):
                yield actor

    def _not_erased(self, seqs: Iterable[int]) -> list[int]:
        with self._lock:
            self._erased.look()
            return [seq for seq in seqs if seq not in self._erased]

"""The audit log as the rest of the service sees it: what is recorded is durable before the call returns.

For each call: (1) the texts get a fresh salt and a commitment each; (2) under one lock, the clock is read, a new month
opens a new shard, the leaf is made with the pseudonym and the keys of that month, and its entry is submitted, so that
times stand in the order of the sequence numbers; (3) the caller waits for the commit, many callers for the same one,
and gets a receipt. The first call of a process also closes what an earlier one left unfinished (`shard_keeper`).
Texts are kept as they came, even when they are not valid Unicode. Gives nobody a text back: reading is for auditors,
and a record of its own.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.audit.errors import (
    AuditDamagedError,
    AuditError,
    AuditUnavailableError,
)
from service.audit.events import Event
from service.audit.keys.actors import conversation_key
from service.audit.keys.keyring import Keyring, SealingPurpose
from service.audit.leaves import Asker, Pseudonym, QueryFinished, QueryReceived, QuerySentence, Stamp
from service.audit.sealed_text import SealedText, payload_context, sealed_text
from service.audit.serialise import (
    FINISHED_TYPE,
    RECEIVED_TYPE,
    SENTENCE_TYPE,
    event_leaf,
    finished_leaf,
    received_leaf,
    sentence_leaf,
)
from service.audit.shard_keeper import ShardKeeper
from service.audit.shards import month_of
from service.audit.storage.store import Entry, KeptScope, LeafReader, Payload, Receipt
from service.audit.storage.writer import Writer
from service.audit.tried import tried

Clock = Callable[[], int]  # microseconds since 1970, UTC
_LONGEST_UNSIGNED_S = 60.0  # a checkpoint comes within a second; another process takes over within ten
ASKER_FIELD = "asker"  # the payload that holds who asked, under a key of its own


@dataclass(frozen=True, slots=True)
class _Made:
    """A leaf, and the key of the conversation that its question belongs to."""

    leaf: bytes
    conversation: str = ""


class AuditLog:
    """The record of prompts and answers. Any thread may call; every call blocks until the disk has it."""

    def __init__(
        self, *, writer: Writer, store: LeafReader, keyring: Keyring, keeper: ShardKeeper, clock: Clock
    ) -> None:
        """Take parts that are ready: the writer is started.

        Args:
            writer: the single writer of the store.
            store: the store, to see whether it is whole.
            keyring: seals texts and makes pseudonyms.
            keeper: opens and closes shards.
            clock: the time, in microseconds since 1970, UTC.
        """
        self._writer = writer
        self._store = store
        self._damage: str | None = None
        self._keyring = keyring
        self._keeper = keeper
        self._clock = clock
        self._in_order = threading.Lock()

    def received(self, entry: QueryReceived, *, asker: Asker, prompt: str) -> Receipt:
        """Record that a question came, before anything is done with it.

        Raises:
            AuditUnavailableError: it is not recorded: no answer may be given.
            AuditEntryError: the entry holds what a leaf must not hold.
        """
        sealed = {"prompt": sealed_text("prompt", prompt), ASKER_FIELD: sealed_text(ASKER_FIELD, asker.subject)}

        def make(stamp: Stamp) -> _Made:
            pseudonyms = self._keyring.pseudonyms(month_of(stamp.origin))
            known_as = Pseudonym(pseudonyms.actor(asker.subject), pseudonyms.groups_hash(asker.groups))
            leaf = received_leaf(entry, stamp, asker=known_as, prompt=sealed["prompt"].commitment)
            turn_of = entry.conversation_id
            return _Made(leaf, conversation_key(known_as.actor, turn_of) if turn_of is not None else "")

        return self._record(RECEIVED_TYPE, entry.request_id, make, sealed)

    def sentence(self, entry: QuerySentence, *, text: str) -> Receipt:
        """Record a sentence that a language model wrote and that passed, before anybody is told it.

        Raises:
            AuditUnavailableError: it is not recorded: it may not be told.
            AuditEntryError: the entry holds what a leaf must not hold.
        """
        sealed = {"sentence": sealed_text("sentence", text)}

        def make(stamp: Stamp) -> _Made:
            return _Made(sentence_leaf(entry, stamp, sentence=sealed["sentence"].commitment))

        return self._record(SENTENCE_TYPE, entry.request_id, make, sealed)

    def finished(
        self,
        entry: QueryFinished,
        *,
        answer: str | None,
        raw: str | None = None,
        searched_for: str | None = None,
        scope: KeptScope | None = None,
    ) -> Receipt:
        """Record what became of a question, before anything of it leaves.

        Args:
            entry: what became of it.
            answer: the answer as released; `None` when there is none.
            raw: what a language model was sent and wrote, before the checks; `None` when none was asked.
            searched_for: a follow-up as it was rewritten to stand alone; `None` when it was taken as typed.
            scope: what the entry's filter hash stands for, to be kept if it is not yet.

        Raises:
            AuditUnavailableError: it is not recorded: no answer may be given.
            AuditEntryError: the entry holds what a leaf must not hold.
        """
        given = {"answer": answer, "raw": raw, "searched_for": searched_for}
        sealed = {field: sealed_text(field, text) for field, text in given.items() if text is not None}
        said = {field: sealed[field].commitment if field in sealed else None for field in given}

        def make(stamp: Stamp) -> _Made:
            return _Made(finished_leaf(entry, stamp, **said))

        return self._record(FINISHED_TYPE, entry.request_id, make, sealed, scope=scope)

    def note(self, event: Event) -> Receipt:
        """Record what is no question.

        Raises:
            AuditUnavailableError: it is not recorded.
            AuditEntryError: the event holds what a leaf must not hold.
        """
        sealed = {field: sealed_text(field, text) for field, text in event.texts.items()}
        commitments = {field: text.commitment for field, text in sealed.items()}

        def make(stamp: Stamp) -> _Made:
            pseudonyms = self._keyring.pseudonyms(month_of(stamp.origin))
            make_actor = pseudonyms.watcher if event.known_as == "watcher" else pseudonyms.wisher
            actor = make_actor(event.subject) if event.subject is not None else None
            return _Made(event_leaf(event, stamp, actor=actor, texts=commitments))

        return self._record(event.type, "", make, sealed, erases=event.erases)

    def publish(self) -> None:
        """Wait until a checkpoint covers all that was recorded before.

        Raises:
            AuditUnavailableError: it could not be published.
        """
        self._writer.publish()

    def make_ready(self) -> None:
        """Open the log's month and close what was left unfinished, as the first record would.

        Raises:
            AuditUnavailableError: nothing can be recorded now.
        """
        self._in_month(self._keeper.stamp)

    def close_left(self) -> None:
        """Close questions that were left without a result long ago, by a process that is gone.

        Raises:
            AuditUnavailableError: nothing can be recorded now.
        """
        left = self._keeper.left_behind()  # outside the lock: the first look goes through all questions
        if left:
            self._in_month(lambda now_us: self._keeper.close_left(now_us, left))

    def _in_month(self, work: Callable[[int], object]) -> None:
        def in_order() -> None:
            with self._in_order:
                work(self._now_us())

        tried(in_order)

    def look_at_keys_again(self) -> None:
        """Have the next record look anew which keys of the month there are: one was made."""
        with self._in_order:
            self._keeper.look_at_keys_again()

    def healthy(self) -> str | None:
        """Return why nothing can be recorded now; `None` if all is well.

        Tells of a store that fails or is damaged, of a key that is missing, unusable or replaced, and of a clock behind
        the newest record; from the start on, without a question having come.
        """
        try:
            return self._problem() or self._keeper.problem(self._clock()) or self._unsigned()
        except AuditError as error:
            return str(error)

    def _unsigned(self) -> str | None:
        waited_s = self._writer.others.unsigned_s if self._writer.others else 0.0
        if waited_s < _LONGEST_UNSIGNED_S:
            return None
        return (
            f"no process has signed the log for {waited_s:.0f} s: start one that has the signing key, or see what the "
            "others say of it"
        )

    def look_for_damage(self) -> None:
        """Look through the whole store, which takes seconds where it is large; nothing waits for it meanwhile.

        Damage that is found stops the log, so that nothing is written over it, until a later look finds none.

        Raises:
            AuditDamagedError: it is damaged.
            AuditUnavailableError: it cannot be read now.
        """
        self._damage = self._store.damage()
        if self._damage:
            raise AuditDamagedError(self._damage)

    def stop_looking(self) -> None:
        """Break off a look for damage that another thread is at, so that nobody waits for its end."""
        self._store.stop_looking()

    def _problem(self) -> str | None:
        return self._writer.problem() or self._damage

    def close(self) -> None:
        """Finish what was begun, publish a last checkpoint and let go of the store; closing twice is fine."""
        self._writer.close()

    def _record(
        self,
        kind: str,
        request_id: str,
        make: Callable[[Stamp], _Made],
        sealed: Mapping[str, SealedText],
        *,
        erases: tuple[tuple[int, int], ...] = (),
        scope: KeptScope | None = None,
    ) -> Receipt:
        def record() -> Receipt:
            with self._in_order:
                stamp = self._stamp()
                payloads = self._payloads(stamp, kind, request_id, sealed)

                def entry(ts_us: int) -> Entry:
                    made = make(Stamp(stamp.origin, ts_us))
                    return Entry(
                        origin=stamp.origin,
                        type=kind,
                        ts_us=ts_us,
                        request_id=request_id,
                        leaf=made.leaf,
                        payloads=payloads,
                        erases=erases,
                        scope=scope,
                        conversation=made.conversation,
                    )

                ticket = self._writer.submit(entry(stamp.ts_us), entry)
            return self._writer.wait(ticket)

        return tried(record)

    def _stamp(self) -> Stamp:
        """Return shard and time of the next leaf, opening the shard if need be. Called under the lock."""
        return self._keeper.stamp(self._now_us())

    def _now_us(self) -> int:
        now_us = self._clock()
        if reason := self._problem():
            raise AuditUnavailableError(reason)
        return now_us

    def _payloads(
        self, stamp: Stamp, kind: str, request_id: str, sealed: Mapping[str, SealedText]
    ) -> tuple[Payload, ...]:
        month = month_of(stamp.origin)
        payloads = []
        for field, text in sealed.items():
            purpose: SealingPurpose = "identity" if field == ASKER_FIELD else "payload"
            context = payload_context(stamp.origin, kind, request_id, field)
            done = self._keyring.seal(purpose, month, salt=text.salt, body=text.body, context=context)
            payloads.append(Payload(field=field, key_id=done.key_id, sealed=done.sealed))
        return tuple(payloads)


def system_clock_us() -> int:
    """Return the time in microseconds since 1970, UTC."""
    return time.time_ns() // 1000

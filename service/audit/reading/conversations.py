"""Somebody's own conversations: a view on their own records, so there is no second place where texts lie.

A look, the list, a search or one conversation, is on record before anything is shown, as `own_records` says: that it
was made, and nothing of which questions. `recent` is what stands beside every page: it is on record when somebody first
looks and again after ten minutes, or every question would put a third leaf on record. What `earlier` reads is part of
the question that it helps to understand, and is on record as that. Words that are searched for are kept nowhere. The
record of a name says the number of the newest question and no actor: that would tie whoever looks to whoever asks.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from service.audit import events
from service.audit.errors import FilterError, SealError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.erasure import Erasure
from service.audit.reading.excerpts import cut, excerpt, plain
from service.audit.reading.past_turns import Turn, by_question, turn_of
from service.audit.reading.said_of import SaidOf
from service.audit.reading.summaries import iso_time
from service.audit.reading.turns import TurnReader, Turns
from service.audit.reading.unseal import Opened, Unsealer
from service.audit.serialise import RECEIVED_TYPE
from service.audit.storage.store import MAX_SEQ, LeafReader, StoredLeaf

EARLIER = 5  # questions that a follow-up is understood by
EARLIER_US = 24 * 3_600_000_000  # and how old they may be: what was asked the day before yesterday is another matter
NAME_CHARS = 80
MAX_SEARCHED = 500  # turns that one call looks through: a search must not hold a thread for more than about a second
_RECENT_US = 600_000_000
_MOST_LOOKERS = 10_000
_ERASED_AT_ONCE = 500  # questions: their ranges fit into a leaf, however they lie
_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list: its name, when its newest turn was, how many there are.

    `newest` is the number of that turn; `found` is the stretch of a text that a search found.
    """

    conversation_id: str
    name: str = field(repr=False)
    time: str
    turns: int
    newest: int
    found: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation with its turns, in order; `before` leads to older ones, `None` if these are all."""

    conversation_id: str
    name: str = field(repr=False)
    turns: tuple[Turn, ...]
    before: int | None


class Conversations:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring, clock: Callable[[], int]) -> None:
        """Take the parts of an open log; `clock` gives microseconds since 1970, UTC."""
        self._log = log
        self._store = store
        self._clock = clock
        self._turns = TurnReader(store=store, keyring=keyring)
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._erasure = Erasure(log=log, store=store)
        self._named = SaidOf(events.NAMED_TYPE, store=store)
        self._lock = threading.Lock()
        self._looked: OrderedDict[str, int] = OrderedDict()  # who has `recent` on record, and since when

    def earlier(self, subject: str, conversation_id: str, *, before: int) -> list[str]:
        """Return the questions that somebody asked before in a conversation, as they were understood, the newest last.

        At most `EARLIER` of them, none older than a day. One that was erased, or cannot be opened, is left out.

        Args:
            subject: whose, a principal's id.
            conversation_id: which.
            before: the number of the question that asks.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        now_us = self._clock()
        seqs: list[int] = []
        for month in dict.fromkeys((_month(now_us), _month(now_us - EARLIER_US))):
            left = EARLIER - len(seqs)
            older = self._turns.newest(subject, conversation_id, month=month, before=before, limit=left) if left else []
            seqs = [*older, *seqs]
        if not seqs:
            return []
        leaves = [leaf for leaf in self._store.of_questions(seqs) if leaf.ts_us >= now_us - EARLIER_US]
        understood: dict[str, str] = {}
        for leaf, opened in self._as_far_as_they_open(leaves):
            text = opened.texts.get("prompt" if leaf.type == RECEIVED_TYPE else "searched_for")
            if text:  # a question's result comes after it, and says how it was understood
                understood[leaf.request_id] = text
        return list(understood.values())

    def goes_on(self, subject: str, conversation_id: str) -> bool:
        """Tell whether a question may go on with a conversation: one of their own, of this month.

        In a new month somebody has another pseudonym, which the id of a conversation must not tie to the old one.
        """
        month = _month(self._clock())
        return bool(self._turns.newest(subject, conversation_id, month=month, before=MAX_SEQ, limit=1))

    def every(self, subject: str, *, before: int = MAX_SEQ, limit: int = 50) -> tuple[list[Listed], int | None]:
        """Return somebody's conversations, the newest first, and the `before` of the next page (`None` at the end).

        Raises:
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
        """
        wanted = [turns for turns in self._turns.every(subject) if turns.seqs[-1] < before]
        found = self._listed(wanted[:limit])
        self._log.note(events.own_read(subject))
        return found, found[-1].newest if len(wanted) > limit else None

    def recent(self, subject: str, *, limit: int = 30) -> list[Listed]:
        """Return somebody's newest conversations, for what stands beside a page; raises as `every`."""
        found = self._listed(self._turns.every(subject)[:limit])
        now_us = self._clock()
        with self._lock:
            is_on_record = now_us - self._looked.get(subject, -_RECENT_US) < _RECENT_US
        if found and not is_on_record:
            self._log.note(events.own_read(subject))
            with self._lock:
                self._looked[subject] = now_us
                self._looked.move_to_end(subject)
                if len(self._looked) > _MOST_LOOKERS:
                    self._looked.popitem(last=False)
        return found

    def one(self, subject: str, conversation_id: str, *, before: int = MAX_SEQ, limit: int = 50) -> Conversation:
        """Return one of somebody's conversations with its newest turns below `before`.

        Raises:
            NoRecordError: there is none, or it is somebody else's, or it was erased: nobody learns which.
            AuditUnavailableError, SealError: as `every`.
        """
        turns = self._turns.of(subject, conversation_id)
        seqs = [seq for seq in turns.seqs if seq < before][-limit:] or list(turns.seqs[:1])
        leaves = self._store.of_questions(seqs)
        texts = self._unsealer.open_all(leaves)
        shown = tuple(turn_of(of_one, texts) for of_one in by_question(leaves))
        (name,) = self._names([turns]).values()
        self._log.note(events.own_read(subject))
        return Conversation(conversation_id, name, shown, seqs[0] if seqs[0] != turns.seqs[0] else None)

    def search(self, subject: str, words: str, *, before: int = MAX_SEQ) -> tuple[list[Listed], int | None]:
        """Return the conversations with a turn whose question and answer hold all the words, or whose name does.

        The newest come first. At most `MAX_SEARCHED` turns are looked through: then the second value is the `before`
        with which to go on.

        Raises:
            FilterError: there is no word.
            AuditUnavailableError, SealError: as `every`.
        """
        wanted = plain(words).split()
        if not wanted:
            raise FilterError("expected words to look for, got none")
        turns_of = {seq: turns for turns in self._turns.every(subject) for seq in turns.seqs}
        older = sorted((seq for seq in turns_of if seq < before), reverse=True)
        seqs = older[:MAX_SEARCHED]
        leaves = self._store.of_questions(seqs)
        texts = self._unsealer.open_all(leaves)
        said = {of_one[0].seq: _said(of_one, texts) for of_one in by_question(leaves)}
        names = self._names({turns_of[seq].conversation_id: turns_of[seq] for seq in seqs}.values())
        found: dict[str, str] = {}
        for seq in seqs:
            conversation_id = turns_of[seq].conversation_id
            for text in (said[seq], names[conversation_id]):
                if conversation_id not in found and all(word in plain(text) for word in wanted):
                    found[conversation_id] = excerpt(text, wanted)
        listed = self._listed([turns for turns in _unique(turns_of, seqs) if turns.conversation_id in found], found)
        self._log.note(events.own_read(subject))
        return listed, seqs[-1] if len(older) > len(seqs) else None

    def rename(self, subject: str, conversation_id: str, name: str) -> None:
        """Name a conversation; no name gives it that of its first question again.

        Raises:
            NoRecordError: as `one`.
            FilterError: the name is too long, or no text.
            AuditUnavailableError: it cannot be recorded.
        """
        cleaned = " ".join(name.split())
        if len(cleaned) > NAME_CHARS or not cleaned.isprintable():
            raise FilterError(f"expected a name of at most {NAME_CHARS} printable characters")
        newest = self._leaf(self._turns.of(subject, conversation_id).seqs[-1])
        self._log.note(events.conversation_named(newest.seq, newest.request_id, cleaned))

    def erase(self, subject: str, conversation_id: str) -> int:
        """Erase the texts of all questions of a conversation, and its names; return how many questions that were.

        Raises:
            NoRecordError: as `one`; or a question of it is still open.
            AuditUnavailableError: it cannot be recorded: nothing more is erased.
        """
        seqs = self._turns.of(subject, conversation_id).seqs
        for start in range(0, len(seqs), _ERASED_AT_ONCE):
            part = seqs[start : start + _ERASED_AT_ONCE]
            request_ids = dict.fromkeys(leaf.request_id for leaf in self._store.of_questions(part))
            self._erasure.by_asker(*request_ids, beside=[leaf.seq for leaf in self._named.every(part)])
        return len(seqs)

    def _listed(self, wanted: Sequence[Turns], found: dict[str, str] | None = None) -> list[Listed]:
        names = self._names(wanted)
        newest = {leaf.seq: leaf.ts_us for leaf in self._store.of_questions([turns.seqs[-1] for turns in wanted])}
        return [
            Listed(
                turns.conversation_id,
                names[turns.conversation_id],
                iso_time(newest[turns.seqs[-1]]),
                len(turns.seqs),
                turns.seqs[-1],
                (found or {}).get(turns.conversation_id, ""),
            )
            for turns in wanted
        ]

    def _names(self, wanted: Iterable[Turns]) -> dict[str, str]:
        """Return what conversations are called: as they were named last, or by their first question."""
        wanted = list(wanted)
        named = {turns: self._named.every(turns.seqs)[-1:] for turns in wanted}
        first = {leaf.seq: leaf for leaf in self._store.of_questions([turns.seqs[0] for turns in wanted])}
        leaves = [leaf for leaves in named.values() for leaf in leaves] + [first[turns.seqs[0]] for turns in wanted]
        texts = self._unsealer.open_all(leaves)
        return {
            turns.conversation_id: next((name for leaf in leaves if (name := texts[leaf.seq].texts.get("name"))), None)
            or cut(texts[turns.seqs[0]].texts.get("prompt", ""), NAME_CHARS)
            for turns, leaves in named.items()
        }

    def _as_far_as_they_open(self, leaves: Sequence[StoredLeaf]) -> list[tuple[StoredLeaf, Opened]]:
        """Open texts, but for those that are damaged: that is told where they are looked at, and stops no question."""
        try:
            opened = self._unsealer.open_all(leaves)
        except SealError:
            return [pair for leaf in leaves for pair in self._as_far_as_they_open([leaf])] if len(leaves) > 1 else []
        return [(leaf, opened[leaf.seq]) for leaf in leaves]

    def _leaf(self, seq: int) -> StoredLeaf:
        return next(leaf for leaf in self._store.of_questions([seq]) if leaf.seq == seq)


def _said(leaves: Sequence[StoredLeaf], texts: dict[int, Opened]) -> str:
    turn = turn_of(leaves, texts)
    return f"{turn.question} \n{turn.answer or ''}"


def _unique(turns_of: dict[int, Turns], seqs: Iterable[int]) -> list[Turns]:
    return list(dict.fromkeys(turns_of[seq] for seq in seqs))


def _month(ts_us: int) -> str:
    return f"{datetime.fromtimestamp(ts_us // _US, UTC):%Y-%m}"

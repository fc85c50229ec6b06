"""Questions that the documents did not answer: refused for want of evidence, or marked down by whoever asked.

In order: (1) follow the log for refusals, and the feedback for verdicts, (2) keep the newest of the time that is looked
at, (3) open their texts; one that was erased is left out, as is one that a program asked for itself: it is nobody.
Records nothing: whoever calls puts the look on record before anything of it is shown.
"""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from service.audit.keys.keyring import Keyring
from service.audit.reading.feedback import HELPFUL, Feedbacks
from service.audit.reading.summaries import value_of
from service.audit.reading.unseal import Unsealer
from service.audit.reading.walk import first_at, forwards
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.shards import month_of
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_QUESTIONS = 5000  # their texts are opened at each look: about a second
MAX_SCANNED = 200_000  # leaves that the first look goes through, some seconds; later ones go on from there
REASONS = ("no_evidence", "unsupported_draft")  # those that other documents could mend
_PROGRAMS = ("api-key", "oidc-program")  # how programs are recognised that act for nobody
_REFUSED = b'"outcome":"refused"'  # as it stands in a leaf: looked for before it is taken apart


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was not answered well: the number of its first record, month, pseudonym, and its text."""

    seq: int
    month: str
    actor: str
    text: str = field(repr=False)


class UnansweredQuestions:
    """See the module. Any thread may call."""

    def __init__(self, *, store: LeafReader, keyring: Keyring, feedbacks: Feedbacks) -> None:
        """Take the parts of an open log; nothing is read before the first call."""
        self._store = store
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._feedbacks = feedbacks
        self._lock = threading.Lock()  # around what follows
        self._next: int | None = None  # the number of the leaf to go on from
        self._refused: deque[int] = deque(maxlen=MAX_QUESTIONS)  # numbers of first records, in the order of their ends

    def since(self, since_us: int) -> list[Unanswered]:
        """Return the questions asked since a time (microseconds since 1970, UTC), oldest first; the newest 5,000.

        Raises:
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the store cannot be read.
        """
        first = first_at(self._store, since_us)
        numbers = {seq for seq in self._refusals(first) if seq >= first} | set(self._marked_down(since_us))
        leaves = [leaf for leaf in self._store.leaves_at(sorted(numbers)[-MAX_QUESTIONS:]) if not _is_programs(leaf)]
        texts = self._unsealer.open_all(leaves)
        opened = ((leaf, texts[leaf.seq]) for leaf in leaves)
        return [_unanswered(leaf, texts.texts["prompt"]) for leaf, texts in opened if not texts.erased]

    def _refusals(self, first: int) -> list[int]:
        with self._lock:
            end = self._store.size()
            start = max(first, end - MAX_SCANNED) if self._next is None else self._next
            for leaf in forwards(self._store, start, end):
                if leaf.type == FINISHED_TYPE and _REFUSED in leaf.leaf:
                    value = value_of(leaf)
                    if value["outcome"] == "refused" and value["reason"] in REASONS:
                        self._refused.append(value["received_seq"])
            self._next = end
            return list(self._refused)

    def _marked_down(self, since_us: int) -> Iterator[int]:
        down = (one for one in self._feedbacks.standing() if one.verdict != HELPFUL and one.ts_us >= since_us)
        for one in islice(down, MAX_QUESTIONS):
            for leaf in self._store.of_request(one.request_id):
                if leaf.type == RECEIVED_TYPE and leaf.ts_us >= since_us:
                    yield leaf.seq


def _unanswered(leaf: StoredLeaf, text: str) -> Unanswered:
    value = value_of(leaf)
    return Unanswered(leaf.seq, month_of(value["origin"]), value["actor"], text)


def _is_programs(leaf: StoredLeaf) -> bool:
    return value_of(leaf)["auth"] in _PROGRAMS

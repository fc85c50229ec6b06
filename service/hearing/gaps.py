"""What people asked and the documents did not answer, for approvers: by likeness, without names, from five people on.

In order: (1) take the questions of the last 90 days that were refused for want of evidence or marked down, (2) leave
out those without a word that five people wrote, (3) encode them, the newest first, for as long as a look may take, (4)
group them by likeness, (5) keep the groups of five different people with what these share, (6) put the look on record,
naming the questions in what is shown, (7) show it.

What is shown singles nobody out: a word only if five different people of the group wrote it, a question only if that
holds for each of its content words, and then without marks and capitals. A person has another pseudonym each month, so
people are counted within one month, the one that has the most; what is shown comes from that month's questions alone.
Vectors are kept in memory, as many as are looked at, and never written.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.encoder import Encoder
from indexes.words import STOP_WORDS, words
from service.access.principals import Principal
from service.audit import events
from service.audit.log import AuditLog, Clock
from service.audit.reading.unanswered import Unanswered, UnansweredQuestions
from service.hearing.likeness import grouped

LEAST_PEOPLE = 5
DAYS = 90
MAX_WORDS = 12
_ENCODE_S = 5.0  # of one look; the next one goes on from there
_BATCH = 16  # texts at once: somebody who asks meanwhile waits for no more than these
_DAY_US = 24 * 60 * 60 * 1_000_000

_Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gap:
    """What a group shares: how many different people at least, how many questions, the words of five or more people.

    `question` is one of theirs, where each of its content words is among these; else `None`.
    """

    people: int
    questions: int
    words: tuple[str, ...]
    question: str | None


@dataclass(frozen=True, slots=True)
class GapsSeen:
    """The gaps, most people first, and how many questions are left for another look."""

    gaps: tuple[Gap, ...]
    left: int


class Gaps:
    """See the module. Any thread may call; one looks at a time."""

    def __init__(
        self,
        *,
        log: AuditLog,
        questions: UnansweredQuestions,
        encoder: Encoder,
        clock: Clock,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take parts that are ready.

        Args:
            log: where each look is recorded.
            questions: those that were not answered well.
            encoder: the one that encodes questions.
            clock: the log's, in microseconds since 1970, UTC.
            clock_s: a steady clock, for how long a look takes.
        """
        self._log = log
        self._questions = questions
        self._encoder = encoder
        self._clock = clock
        self._clock_s = clock_s
        self._lock = threading.Lock()  # around a look, and so around what follows
        self._vectors: dict[int, _Vector] = {}

    def look(self, who: Principal) -> GapsSeen:
        """Return the gaps as they are now, once the look is on record.

        Raises:
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        since_us = self._clock() - DAYS * _DAY_US
        with self._lock:
            telling = _telling(self._questions.since(since_us))  # 1, 2
            self._vectors = {one.seq: self._vectors[one.seq] for one in telling if one.seq in self._vectors}
            self._encode(telling)  # 3
            at_hand = [one for one in telling if one.seq in self._vectors]
            vectors = [self._vectors[one.seq] for one in at_hand]
        groups = grouped(np.stack(vectors)) if vectors else []  # 4
        groups_of = ([at_hand[row] for row in rows] for rows in groups)
        found = [(members, gap) for members in groups_of if (gap := _gap(members)) is not None]  # 5
        seqs = sorted(one.seq for members, _ in found for one in members)
        filters = {"since_us": since_us, "gaps": len(found)}
        self._log.note(events.audit_read(who.principal_id, "gaps", filters=filters, seqs=seqs, purpose=""))  # 6
        gaps = sorted((gap for _, gap in found), key=lambda gap: (-gap.people, -gap.questions, gap.words))
        return GapsSeen(tuple(gaps), len(telling) - len(at_hand))  # 7

    def _encode(self, questions: Sequence[Unanswered]) -> None:
        until_s = self._clock_s() + _ENCODE_S
        new = [one for one in reversed(questions) if one.seq not in self._vectors]
        for begin in range(0, len(new), _BATCH):
            if self._clock_s() >= until_s:
                return
            batch = new[begin : begin + _BATCH]
            for one, vector in zip(batch, self._encoder.encode([one.text for one in batch]), strict=True):
                self._vectors[one.seq] = vector


def _telling(questions: Sequence[Unanswered]) -> list[Unanswered]:
    """Return the questions that hold a word which enough people wrote in one month: no other is ever shown."""
    writers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in questions:
        for word in _content(one):
            writers[one.month, word].add(one.actor)
    shared = {word for (_, word), people in writers.items() if len(people) >= LEAST_PEOPLE}
    return [one for one in questions if shared & _content(one)]


def _gap(members: Sequence[Unanswered]) -> Gap | None:
    """Return what a group may show; `None` if that is nothing."""
    people: dict[str, set[str]] = defaultdict(set)
    for one in members:
        people[one.month].add(one.actor)
    month = max(people, key=lambda month: (len(people[month]), month))
    if len(people[month]) < LEAST_PEOPLE:
        return None
    theirs = [one for one in members if one.month == month]
    writers: dict[str, set[str]] = defaultdict(set)
    for one in theirs:
        for word in _content(one):
            writers[word].add(one.actor)
    shared = {word: len(who) for word, who in writers.items() if len(who) >= LEAST_PEOPLE}
    if not shared:
        return None
    shown = sorted(shared, key=lambda word: (-shared[word], word))[:MAX_WORDS]
    return Gap(len(people[month]), len(members), tuple(shown), _question(theirs, shared))


def _question(members: Sequence[Unanswered], shared: Mapping[str, int]) -> str | None:
    """Return a question of which each content word is shared: the one that says most, in the fewest words."""
    whole = [one for one in members if _content(one) and _content(one) <= shared.keys()]
    plain = {" ".join(words(one.text)): len(_content(one)) for one in whole}
    return min(plain, key=lambda text: (-plain[text], len(text), text), default=None)


def _content(question: Unanswered) -> set[str]:
    return {word for word in words(question.text) if word not in STOP_WORDS}

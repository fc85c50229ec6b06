"""Figures about the questions of a span of time: how many, how they ended, how long they took, what was cited.

In order: (1) go through the records of the span, of the newest only those that came since the last look, (2) leave out
what could single somebody out, (3) put the look on record, durably, (4) only then hand the figures out. They stand for
five people or more: a day on which fewer asked is given without a number; such days are counted together if five people
or more asked on them, and left out of everything if not; a way of ending or a document that fewer than five people met
is not named. People are counted as different pseudonyms of one month, so that nobody counts twice because a month has
ended. Nothing is counted by person.
"""

import json
import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from service.audit import events
from service.audit.errors import AuditDamagedError
from service.audit.log import AuditLog
from service.audit.reading.summaries import value_of
from service.audit.reading.walk import first_at, forwards_past_damage
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.storage.store import LeafReader, StoredLeaf

ENOUGH_PEOPLE = 5
MAX_LEAVES = 40_000  # the newest of a span: some three seconds
MOST_DOCUMENTS = 12
LATENCIES_MS = (25, 50, 100, 200, 500, 1000, 2000)  # the ends of the classes; the last class has none
TENTHS = 10
_MILLION = 1_000_000
_USED = re.compile(
    rb'\{"document":("(?:[^"\\]|\\.)*"),"passage_hash":"[^"]*","passage_id":"([^"]*)",'
    rb'"rank":\d+,"score_u":-?\d+,"sha256":"[^"]*","used":true\}'
)
_HITS, _AFTER_HITS = b'"hits":[', b'"origin":'  # as they stand in a leaf, whose keys are in order and without blanks

_Name = TypeVar("_Name", bound=Hashable)
_Person = tuple[str, str]  # the month, and the pseudonym that somebody has in it


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted of one question."""

    day: str
    person: _Person
    outcome: str
    reason: str | None
    elapsed_us: int
    evidence_u: int | None
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """How many questions came on a day, and how many of them were answered; `None` where fewer than five asked."""

    day: str
    questions: int | None
    answered: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """See the module.

    Attributes:
        questions: how many the figures stand for; 0 where fewer than five people asked.
        days: each day on which somebody asked, in order.
        together: how many questions came on the days without a number, where five people or more asked on them.
        endings: how many questions ended in each way, as (outcome, reason), the most frequent first.
        other_endings: how many ended otherwise, each way met by fewer than five people.
        latencies: how many took up to each of `LATENCIES_MS`, and longer.
        half_ms: what half of the questions took at most; `most_ms` 95 of 100.
        documents: the documents cited for most questions, with how many; `other_documents` is how many more there are.
        evidence: how many questions had evidence of 0 to 0.1, to 0.2, and so on to 1.
        looked_through: how many records were read; `is_all` whether those were all of the span.
    """

    questions: int
    days: Sequence[Day]
    together: int | None
    endings: Sequence[tuple[tuple[str, str | None], int]]
    other_endings: int
    latencies: Sequence[int]
    half_ms: float
    most_ms: float
    documents: Sequence[tuple[str, int]]
    other_documents: int
    evidence: Sequence[int]
    looked_through: int
    is_all: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """A question that was counted before, and where its two records are."""

    received: int
    finished: int
    asked: Asked


class FigureReader:
    """See the module. Any thread may call.

    What was taken out of the newest records is kept, some 300 bytes a question: a record never changes.
    """

    def __init__(self, *, log: AuditLog, store: LeafReader) -> None:
        """Take the parts of an open log; nothing is read before the first call."""
        self._log = log
        self._store = store
        self._lock = threading.Lock()  # around what follows
        self._kept: list[_Kept] = []
        self._came: dict[str, tuple[int, str, _Person]] = {}
        self._from = self._next = 0  # the records that are known

    def figures(self, who: str, *, since_us: int, until_us: int) -> Figures:
        """Return the figures of the questions that came in `[since, until)`.

        Args:
            who: who looks, a principal's id.
            since_us: microseconds since 1970, UTC.
            until_us: the same.

        Raises:
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        start, end = (first_at(self._store, ts_us, past_damage=True) for ts_us in (since_us, until_us))
        begin = max(start, end - MAX_LEAVES)
        asked = self._asked(begin, end)
        given = _figures(asked, looked_through=end - begin, is_all=begin == start)
        filters = {"since_us": since_us, "until_us": until_us}
        self._log.note(events.audit_read(who, "charts", filters=filters, seqs=[], purpose=""))
        return given

    def _asked(self, start: int, end: int) -> list[Asked]:
        with self._lock:
            self._follow()
            if start < self._from:  # older than what is kept
                return [one.asked for one in _questions(self._store, start, end, {})]
            return [one.asked for one in self._kept if start <= one.received and one.finished < end]

    def _follow(self) -> None:
        size = self._store.size()
        oldest = max(0, size - MAX_LEAVES)
        if oldest > self._next:
            self._kept, self._came, self._next = [], {}, oldest
        self._kept = [one for one in self._kept if one.received >= oldest]
        self._kept += _questions(self._store, self._next, size, self._came)
        self._came = {name: one for name, one in self._came.items() if one[0] >= oldest}
        self._from, self._next = oldest, size


def _questions(store: LeafReader, start: int, end: int, came: dict[str, tuple[int, str, _Person]]) -> Iterator[_Kept]:
    """Yield the questions that ended in a stretch; `came` holds those without a result so far, and takes them."""
    for leaf in forwards_past_damage(store, start, end):
        try:
            if leaf.type == RECEIVED_TYPE:
                came[leaf.request_id] = (leaf.seq, *_came(leaf))
            elif leaf.type == FINISHED_TYPE and leaf.request_id in came:
                received, day, person = came.pop(leaf.request_id)
                yield _Kept(received, leaf.seq, _ended(leaf, day, person))
        except (AuditDamagedError, ValueError, KeyError, TypeError):  # no form of a record: verifying says so
            continue


def _came(leaf: StoredLeaf) -> tuple[str, _Person]:
    day = f"{datetime.fromtimestamp(leaf.ts_us // _MILLION, UTC):%Y-%m-%d}"
    return day, (day[:7], value_of(leaf)["actor"])


def _ended(leaf: StoredLeaf, day: str, person: _Person) -> Asked:
    """Take a record of a result apart without most of it, the passages that were found: a third of the time."""
    begin = leaf.leaf.index(_HITS)
    end = leaf.leaf.rindex(b"]", begin, leaf.leaf.index(_AFTER_HITS, begin))
    value: dict[str, Any] = json.loads(leaf.leaf[: begin + len(_HITS)] + leaf.leaf[end:])
    used = {found[2].decode(): json.loads(found[1]) for found in _USED.finditer(leaf.leaf, begin, end)}
    cited = [used[one["passage_id"]] for one in value["citations"] if one["passage_id"] in used]
    documents = tuple(dict.fromkeys(cited))
    return Asked(day, person, value["outcome"], value["reason"], value["elapsed_us"], value["evidence_u"], documents)


def people(persons: Iterable[_Person]) -> int:
    """Return how many people these are at least: those of the month in which most of them are."""
    by_month: dict[str, set[str]] = defaultdict(set)
    for month, actor in persons:
        by_month[month].add(actor)
    return max((len(actors) for actors in by_month.values()), default=0)


def _figures(asked: Sequence[Asked], *, looked_through: int, is_all: bool) -> Figures:
    by_day: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_day[one.day].append(one)
    quiet = {day for day, ones in by_day.items() if _few(ones)}
    on_quiet = [one for one in asked if one.day in quiet]
    counted = [one for one in asked if one.day not in quiet or not _few(on_quiet)]
    if _few(counted):
        counted = []
    endings, other_endings = _named(counted, lambda one: [(one.outcome, one.reason)])
    documents, _ = _named(counted, lambda one: one.documents)
    times_us = sorted(one.elapsed_us for one in counted)
    return Figures(
        questions=len(counted),
        days=[_day(day, ones, is_quiet=day in quiet) for day, ones in sorted(by_day.items())] if counted else [],
        together=len(on_quiet) if on_quiet and not _few(on_quiet) else None,
        endings=endings,
        other_endings=other_endings,
        latencies=_latencies(times_us),
        half_ms=_at_most_ms(times_us, 0.5),
        most_ms=_at_most_ms(times_us, 0.95),
        documents=documents[:MOST_DOCUMENTS],
        other_documents=len({name for one in counted for name in one.documents}) - len(documents[:MOST_DOCUMENTS]),
        evidence=_tenths(one.evidence_u for one in counted if one.evidence_u is not None),
        looked_through=looked_through,
        is_all=is_all,
    )


def _few(asked: Iterable[Asked]) -> bool:
    return people(one.person for one in asked) < ENOUGH_PEOPLE


def _day(day: str, asked: Sequence[Asked], *, is_quiet: bool) -> Day:
    if is_quiet:
        return Day(day, None, None)
    return Day(day, len(asked), sum(one.outcome == "answered" for one in asked))


def _named(asked: Sequence[Asked], names: Callable[[Asked], Sequence[_Name]]) -> tuple[list[tuple[_Name, int]], int]:
    """Count by names that five people or more met, the most frequent first; and how many questions had only others."""
    counts: Counter[_Name] = Counter()
    met: dict[_Name, set[_Person]] = defaultdict(set)
    for one in asked:
        for name in names(one):
            counts[name] += 1
            met[name].add(one.person)
    shown = {name for name in counts if people(met[name]) >= ENOUGH_PEOPLE}
    others = sum(bool(names(one)) and not shown.intersection(names(one)) for one in asked)
    ordered = sorted(((name, counts[name]) for name in shown), key=lambda pair: (-pair[1], str(pair[0])))
    return ordered, others


def _latencies(times_us: Sequence[int]) -> list[int]:
    classes = [0] * (len(LATENCIES_MS) + 1)
    for time_us in times_us:
        classes[next((n for n, most in enumerate(LATENCIES_MS) if time_us <= most * 1000), len(LATENCIES_MS))] += 1
    return classes


def _at_most_ms(times_us: Sequence[int], share: float) -> float:
    return times_us[math.ceil(share * len(times_us)) - 1] / 1000 if times_us else 0.0


def _tenths(scores_u: Iterable[int]) -> list[int]:
    classes = [0] * TENTHS
    for score_u in scores_u:
        classes[min(score_u * TENTHS // _MILLION, TENTHS - 1)] += 1
    return classes

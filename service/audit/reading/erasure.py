"""Erases texts and keeps their proofs: the leaf that says so and the end of the texts are one durable step.

What goes is every sealed text of a record, also who asked; what stays is the leaf with its commitments, which say
nothing once salt and text are gone. A question is erased whole, with the comments on its answer, the documents asked
for on it and what was said to that; so it is refused while it is open: its answer would come after. What was erased
before is not erased, or put on record, again. What a backup still holds is for whoever keeps it.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.audit import events
from service.audit.errors import NoRecordError, StillOpenError
from service.audit.events import Event
from service.audit.log import AuditLog
from service.audit.reading.requests import said_back
from service.audit.reading.walk import first_at
from service.audit.serialise import FINISHED_TYPE
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_RANGES = 2000  # in one leaf: at most 48 KB of the 64
ASKER_GROUND = "asker_request"
STRETCH = 10_000  # numbers whose texts go in one step, while nothing else can be recorded


@dataclass(frozen=True, slots=True)
class Agreed:
    """What two people agreed on: the opening's number, the time before which texts go, the legal ground."""

    opening: int
    before_us: int
    ground: str


class Erasure:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store

    def by_request(self, who: str, request_id: str, *, ground: str, purpose: str) -> dict[str, Any]:
        """Erase the texts of one question.

        Args:
            who: who erases, a principal's id.
            request_id: the question.
            ground: the legal ground, a code such as `asker_request`.
            purpose: why, in words; kept sealed, as `who` is.

        Returns:
            `erased` (how many records lost their texts), `ranges` (their numbers, both ends included) and `receipt` (of
            the record of it). Where there was nothing left: 0, no ranges, and `None`: nothing is put on record.

        Raises:
            NoRecordError: there is no such question, or it is still open.
            AuditEntryError: the ground is no code.
            AuditUnavailableError: it cannot be recorded: nothing is erased.
        """
        ranges = _Ranges(self._of(request_id))
        return self._erase(who, ranges, ground=ground, texts={"who": who, "purpose": purpose})

    def by_asker(self, *request_ids: str, beside: Sequence[int] = ()) -> dict[str, Any]:
        """Erase the texts of questions for whoever asked them, as `by_request`; the record names nobody.

        Whose questions they are, the caller has seen to, and that no more are given than a leaf has room for.

        Args:
            request_ids: the questions, all of which are erased or none.
            beside: the numbers of other records of theirs whose texts go too, such as a conversation's name.
        """
        seqs = {seq for request_id in request_ids for seq in self._of(request_id)}
        seqs |= {seq for seq in beside if self._store.payloads(seq)}
        return self._erase(None, _Ranges(sorted(seqs)), ground=ASKER_GROUND, texts={})

    def wish_by_asker(self, leaves: Iterable[StoredLeaf]) -> dict[str, Any]:
        """Erase the texts of a document that was asked for, and of what became of it, as `by_asker`.

        Whose request it is, the caller has seen to.

        Args:
            leaves: its record, then that of its end if there is one.
        """
        return self._erase(None, _Ranges(self._with_texts(leaves)), ground=ASKER_GROUND, texts={})

    def older_than(self, who: str, agreed: Agreed, *, texts: Mapping[str, str]) -> dict[str, Any]:
        """Erase all texts of records made before a time, as two people agreed; returns what `by_request` does.

        It goes in stretches, each with a record that names the opening, so that others are recorded in between; the
        receipt is the last one's. Too many ranges for one leaf become one, which spans them: everything in it is to go
        anyway. It is put on record even where nothing was left, because that ends the opening. Where it was cut off,
        what is left takes another opening.

        Args:
            who: who confirmed it, a principal's id.
            agreed: what.
            texts: `who` (both of them) and `purpose`, kept sealed.

        Raises:
            AuditEntryError: the ground is no code.
            AuditUnavailableError: it cannot be recorded: nothing more is erased.
        """
        end, done = first_at(self._store, agreed.before_us), None
        for start in range(0, end, STRETCH):
            if seqs := self._store.payload_seqs(start, min(start + STRETCH, end)):
                this = self._stretch(who, agreed, _Ranges(seqs), texts)
                done = _together(done, this) if done else this
        return done or self._stretch(who, agreed, _Ranges(), texts)

    def _stretch(self, who: str, agreed: Agreed, ranges: "_Ranges", texts: Mapping[str, str]) -> dict[str, Any]:
        given, ground, opening = ranges.given(), agreed.ground, agreed.opening
        event = events.payload_erased(who, ground=ground, ranges=given, texts=texts, opening=opening)
        return self._done(event, ranges.count)

    def _of(self, request_id: str) -> list[int]:
        """Return the numbers of a question's records that have texts, in order."""
        leaves = self._store.of_request(request_id)
        if not leaves:
            raise no_question()
        if all(leaf.type != FINISHED_TYPE for leaf in leaves):
            raise StillOpenError(
                "the question is still open, so its answer would be kept after all: expected one that is on record as "
                "finished; try again when it is (after a crash: when the service has started)"
            )
        said = said_back(self._store, {request_id}, after=leaves[0].seq).get(request_id, [])
        return self._with_texts([*leaves, *said])

    def _with_texts(self, leaves: Iterable[StoredLeaf]) -> list[int]:
        return [leaf.seq for leaf in leaves if self._store.payloads(leaf.seq)]

    def _erase(self, who: str | None, ranges: "_Ranges", *, ground: str, texts: Mapping[str, str]) -> dict[str, Any]:
        event = events.payload_erased(who, ground=ground, ranges=ranges.given(), texts=texts)
        if not ranges.count:
            return {"erased": 0, "ranges": [], "receipt": None}
        return self._done(event, ranges.count)

    def _done(self, event: Event, count: int) -> dict[str, Any]:
        receipt = self._log.note(event)
        return {
            "erased": count,
            "ranges": [list(one) for one in event.erases],
            "receipt": dataclasses.asdict(receipt),
        }


class _Ranges:
    """Numbers, added in rising order, as ranges."""

    def __init__(self, seqs: Iterable[int] = ()) -> None:
        self.count = 0
        self._ranges: list[tuple[int, int]] = []
        for seq in seqs:
            self.add(seq)

    def add(self, seq: int) -> None:
        self.count += 1
        if self._ranges and self._ranges[-1][1] == seq - 1:
            self._ranges[-1] = (self._ranges[-1][0], seq)
        else:
            self._ranges.append((seq, seq))

    def given(self) -> list[tuple[int, int]]:
        """Return the ranges, or one that spans them all where they are too many for a leaf."""
        if len(self._ranges) <= MAX_RANGES:
            return self._ranges
        return [(self._ranges[0][0], self._ranges[-1][1])]


def _together(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    erased, ranges = before["erased"] + after["erased"], [*before["ranges"], *after["ranges"]]
    return {"erased": erased, "ranges": ranges, "receipt": after["receipt"]}


def no_question() -> NoRecordError:
    """Return the error for a question that is not there, or not to be known of; it does not repeat the id."""
    return NoRecordError("there is no such question on record: expected its request id, as it came with the answer")

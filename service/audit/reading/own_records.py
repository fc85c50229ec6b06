"""What the log holds about somebody's own questions, and who looked at them; and how they erase one.

The log has no names. A person's questions are found by making their pseudonym of each month whose key is still there,
and going through the log from its newest record. Nobody can ask this for somebody else: the doors pass on who is signed
in.

What is put on record must not undo that. A record that lists one person's questions, over months in which they have
different pseudonyms, is the very profile that the log must not hold, and a sealed name beside it would tell an auditor
who asked, without the two people that takes. So the record of this look says that it was made, and by which pseudonym
of this month, but neither name nor questions; and the record of an erasure by the asker names no actor at all.
"""

from collections.abc import Sequence
from typing import Any

from service.audit import events
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.askers import Askers, asked_as
from service.audit.reading.erasure import Erasure, no_question
from service.audit.reading.looks import Looks
from service.audit.reading.own_said import OwnSaid
from service.audit.reading.requests import said_back
from service.audit.reading.summaries import Value, cited_documents, iso_time, value_of
from service.audit.reading.unseal import Unsealer
from service.audit.reading.walk import backwards
from service.audit.serialise import FINISHED_TYPE
from service.audit.shards import shards_of
from service.audit.storage.store import LeafReader, StoredLeaf

MAX_SCANNED = 100_000  # leaves a call looks through, some two seconds: anybody who is signed in may call

_Found = tuple[Sequence[StoredLeaf], int | None]


class OwnRecords:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._askers = Askers(keyring=keyring)
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._looks = Looks(store=store, unsealer=self._unsealer)
        self._said = OwnSaid(store=store, unsealer=self._unsealer, keyring=keyring)
        self._erasure = Erasure(log=log, store=store)

    def list(self, subject: str, *, limit: int = 50, before: int | None = None) -> dict[str, Any]:
        """Return somebody's own questions, the newest first: `questions`, and `next`, the `before` of the next page.

        A question is `request_id`, `time`, `channel`, `outcome` (`None` while it is open), `reason`, `documents` (those
        cited), `question` and `answer` (`None` where there is none or it was erased), `erased`, `feedback` and
        `requests` (see `own_said`), `looks`, `revealed`, `openings` (of a reveal, not confirmed) and `receipt`. Beside
        `questions` the first page has `requests`: documents asked for without a question. At most `MAX_SCANNED` leaves
        are looked through, so a page may hold fewer than `limit`, even none, while `next` says that older records are
        there; `None` says that there are none.

        Args:
            subject: whose, a principal's id.
            limit: how many at most, from 1.
            before: only records with lower numbers; all if not given.

        Raises:
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
            SealError: a text is missing, cannot be opened, or is not the one that was recorded.
        """
        found, following = self._find(subject, max(limit, 1), before)
        asked = [self._store.of_request(leaf.request_id) for leaf in found]
        questions = {leaf.seq: leaf.request_id for leaves in asked for leaf in leaves}
        first = min(questions, default=0)
        said = said_back(self._store, set(questions.values()), after=first) if questions else {}
        questions |= {leaf.seq: request_id for request_id, leaves in said.items() for leaf in leaves}
        looks, reveals = self._looks.at(questions), self._looks.reveals_of(questions)
        openings = self._looks.openings_of(questions)
        shown = []
        for leaves in asked:
            request_id = leaves[0].request_id
            seen = {"looks": looks.get(request_id, []), "revealed": reveals.get(request_id, [])}
            seen["openings"] = openings.get(request_id, [])
            shown.append({**self._question(leaves), **self._said.on(said.get(request_id, [])), **seen})
        requests = self._said.requests_of(subject) if before is None else []
        at = self._looks.at({one["number"]: str(one["number"]) for one in requests})
        requests = [{**one, "looks": at.get(str(one["number"]), [])} for one in requests]
        self._log.note(events.own_read(subject))
        return {"questions": shown, "requests": requests, "next": following}

    def erase(self, subject: str, request_id: str) -> dict[str, Any]:
        """Erase the texts of one of somebody's own questions; see `Erasure.by_asker`.

        Raises:
            NoRecordError: there is no such question, or it is somebody else's: nobody learns which. Or it is open yet.
            AuditUnavailableError: it cannot be recorded, or the store not read: nothing is erased.
        """
        self.question(subject, request_id)
        return self._erasure.by_asker(request_id)

    def erase_request(self, subject: str, number: int) -> dict[str, Any]:
        """Erase the texts of a document that somebody asked for without a question; see `Erasure.wish_by_asker`.

        Raises:
            NoRecordError: there is no such request, or it is somebody else's: nobody learns which.
            AuditUnavailableError: it cannot be recorded, or the store not read: nothing is erased.
        """
        return self._erasure.wish_by_asker(self._said.leaves_of(subject, number))

    def question(self, subject: str, request_id: str) -> Sequence[StoredLeaf]:
        """Return the records of one of somebody's own questions.

        Raises:
            NoRecordError: there is no such question, or it is somebody else's: nobody learns which.
            AuditUnavailableError: the store cannot be read.
        """
        leaves = self._store.of_request(request_id)
        if not leaves or not self._askers.asked(subject, leaves[0]):
            raise no_question()
        return leaves

    def _find(self, subject: str, limit: int, before: int | None) -> _Found:
        found: list[StoredLeaf] = []
        scanned = 0
        end = self._store.size() if before is None else min(before, self._store.size())
        for shard in reversed(shards_of(self._store)):
            actor = self._askers.actor(subject, shard.month)
            if actor is not None:
                for leaf in backwards(self._store, shard.first_seq, end):
                    scanned += 1
                    if asked_as(actor, leaf):
                        found.append(leaf)
                    if len(found) == limit or scanned == MAX_SCANNED:
                        return found, leaf.seq or None
            end = min(end, shard.first_seq)
        return found, None

    def _question(self, leaves: Sequence[StoredLeaf]) -> dict[str, Any]:
        received = leaves[0]
        finished = next((leaf for leaf in leaves if leaf.type == FINISHED_TYPE), None)
        value: Value = value_of(finished) if finished else {}
        asked = self._unsealer.open(received)
        answered = self._unsealer.open(finished) if finished else None
        erased = asked.erased or (answered.erased if answered else None)
        kept = finished or received
        return {
            "request_id": received.request_id,
            "time": iso_time(received.ts_us),
            "channel": value_of(received)["channel"],
            "outcome": value.get("outcome"),
            "reason": value.get("reason"),
            "documents": cited_documents(value),
            "question": asked.texts.get("prompt"),
            "answer": answered.texts.get("answer") if answered else None,
            "erased": erased.as_json() if erased else None,
            "receipt": {"origin": value_of(kept)["origin"], "seq": kept.seq, "leaf_hash": kept.leaf_hash},
        }

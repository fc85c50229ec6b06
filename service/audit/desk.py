"""What auditors and askers can do with the log, put together over an open one. No encoder is needed for any of it."""

from dataclasses import dataclass
from typing import Any, Protocol

from service.audit import events
from service.audit.checkpoints.signer import Signer
from service.audit.errors import ExportError, FilterError
from service.audit.log import AuditLog, Clock
from service.audit.opening import OpenLog
from service.audit.reading.auditor import Auditor
from service.audit.reading.build_questions import questions_of_build
from service.audit.reading.conversations import Conversations
from service.audit.reading.erasure import Erasure
from service.audit.reading.erasure_by_age import ErasureByAge
from service.audit.reading.export import Exports
from service.audit.reading.feedback import Feedbacks
from service.audit.reading.figures import FigureReader
from service.audit.reading.log_state import StateOfLog
from service.audit.reading.own_looks import OwnLooks
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.proofs import Proofs
from service.audit.reading.question_records import QuestionRecords
from service.audit.reading.requests import Requests
from service.audit.reading.reveal import Reveal
from service.audit.reading.shared_answers import SharedAnswers
from service.audit.reading.walk import first_at
from service.audit.rotation import Rotation
from service.audit.storage.store import LeafReader


class Replaying(Protocol):
    """What makes a past answer again; see `service.answering.past.replay`."""

    def run(self, who: str, seq: int) -> dict[str, Any]:
        """Replay the question that the leaf `seq` belongs to, on record as looked at by `who`."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which records are meant: from one to another, each end by number (itself included) or by time.

    Times are microseconds since 1970, UTC, `[since, until)`. An end that is not given is that of the log.
    """

    from_seq: int | None = None
    to_seq: int | None = None
    since_us: int | None = None
    until_us: int | None = None

    def numbers(self, store: LeafReader) -> tuple[int | None, int | None]:
        """Return the numbers of the first and the last record; `None` where the log's own end is meant.

        Raises:
            FilterError: an end is given twice, by number and by time.
            ExportError: no record was made in this time.
            AuditUnavailableError: the store cannot be read.
        """
        if None not in (self.from_seq, self.since_us) or None not in (self.to_seq, self.until_us):
            raise FilterError("expected each end of the records by number or by time, got both for one end")
        first = self.from_seq if self.since_us is None else first_at(store, self.since_us)
        last = self.to_seq if self.until_us is None else first_at(store, self.until_us) - 1
        by_time = self.since_us is not None or self.until_us is not None
        newest = store.size() - 1
        if by_time and (first or 0) > (newest if last is None else last):
            raise ExportError("expected a time in which something was recorded, got one without any record")
        return first, last


@dataclass(frozen=True, slots=True)
class Auditing:
    """The parts; each records what it is used for before it gives anything."""

    auditor: Auditor
    questions: QuestionRecords
    figures: FigureReader
    own_looks: OwnLooks
    state: StateOfLog
    own: OwnRecords
    conversations: Conversations
    shared: SharedAnswers
    erasure: Erasure
    erasure_by_age: ErasureByAge
    reveal: Reveal
    exports: Exports
    proofs: Proofs
    feedbacks: Feedbacks
    requests: Requests
    signer: Signer
    rotation: Rotation
    store: LeafReader
    log: AuditLog
    clock: Clock

    def notice_confirmed(self, who: str, notice_hash: str) -> None:
        """Put on record that somebody read what is logged, how long and why.

        Raises:
            AuditUnavailableError: it cannot be recorded.
        """
        self.log.note(events.notice_confirmed(who, notice_hash))

    def questions_of_build(self, build_id: str) -> dict[str, int]:
        """Return how many questions on record a build was asked, by month.

        Raises:
            AuditUnavailableError: the log cannot be read.
        """
        return questions_of_build(self.store, build_id)

    def build_removed(self, who: str, build_id: str) -> None:
        """Put on record that an operator removes a build before its time.

        Raises:
            AuditUnavailableError: it cannot be recorded, so it must not be done.
        """
        self.log.note(events.build_removed(who, build_id))

    def sessions_ended(self, who: str, person: str) -> None:
        """Put on record that an operator signs somebody out of every browser.

        Raises:
            AuditUnavailableError: it cannot be recorded, so it must not be done.
        """
        self.log.note(events.sessions_ended(who, person))


def auditing_over(opened: OpenLog) -> Auditing:
    """Return the parts over an open log."""
    log, store, keyring = opened.log, opened.store, opened.keyring
    return Auditing(
        auditor=Auditor(log=log, store=store, keyring=keyring),
        questions=QuestionRecords(log=log, store=store, keyring=keyring),
        figures=FigureReader(log=log, store=store),
        own_looks=OwnLooks(log=log, store=store, keyring=keyring),
        state=StateOfLog(log=log, store=store, signer=opened.signer, clock=opened.clock, unanswered=opened.unanswered),
        own=OwnRecords(log=log, store=store, keyring=keyring),
        conversations=Conversations(log=log, store=store, keyring=keyring, clock=opened.clock),
        shared=SharedAnswers(log=log, store=store, keyring=keyring),
        erasure=Erasure(log=log, store=store),
        erasure_by_age=ErasureByAge(log=log, store=store, keyring=keyring, clock=opened.clock),
        reveal=Reveal(log=log, store=store, keyring=keyring, clock=opened.clock),
        exports=Exports(log=log, store=store, keyring=keyring, signer=opened.signer),
        proofs=Proofs(store=store),
        feedbacks=Feedbacks(store=store),
        requests=Requests(store=store),
        signer=opened.signer,
        rotation=Rotation(
            name=opened.name, log=log, keyring=keyring, signer=opened.signer, clock=opened.clock, store=store
        ),
        store=store,
        log=log,
        clock=opened.clock,
    )

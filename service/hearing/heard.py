"""What approvers see of what staff said: feedback on documents that they decide on, and documents that were asked for.

For each look: (1) find what is theirs to see, (2) open the comments or wishes of a page, (3) put the look on record,
(4) hand it out. No person, no pseudonym and no question is in what is handed out. Feedback on an answer that cites
nothing, a refusal most of all, belongs to no document and so to every approver.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from indexes.sources import source_name
from service.access.errors import NotAllowedError
from service.access.principals import Principal, Role
from service.audit import events
from service.audit.errors import AuditDamagedError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.feedback import HELPFUL, Feedback, Feedbacks
from service.audit.reading.requests import Request, Requests
from service.audit.reading.summaries import iso_time
from service.audit.reading.unseal import Opened, Unsealer
from service.audit.storage.store import LeafReader

PAGE = 50
MAX_WAITING = 200  # requests that are shown at once, the oldest
NO_DOCUMENT = ""  # stands for it where feedback is chosen by document


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict, its comment if there is one, when, and the documents that it is about and this approver decides on."""

    seq: int
    time: str
    verdict: str
    comment: str | None
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many verdicts stand on a document: all, and those that mark it down."""

    document: str
    total: int
    marked_down: int


@dataclass(frozen=True, slots=True)
class FeedbackSeen:
    """A page of feedback, the newest first, the `before` of the next page, and the tallies of all of it."""

    said: tuple[Said, ...]
    older: int | None
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A document that was asked for and that nobody has closed: by its number, when, and in which words."""

    number: int
    time: str
    wish: str


@dataclass(frozen=True, slots=True)
class RequestsSeen:
    """Open requests, the oldest first, and whether there are more."""

    wishes: tuple[Wish, ...]
    more: bool


class Heard:
    """See the module. Any thread may call; each method waits for the disk."""

    def __init__(
        self, *, log: AuditLog, store: LeafReader, keyring: Keyring, feedbacks: Feedbacks, requests: Requests
    ) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._feedbacks = feedbacks
        self._requests = requests

    def feedback(self, who: Principal, *, document: str | None = None, before: int | None = None) -> FeedbackSeen:
        """Return a page of the feedback that somebody may see, once the look is on record.

        Args:
            who: an approver; of other sources than theirs they see nothing.
            document: only on this one; `NO_DOCUMENT` for answers that cite none.
            before: only records with lower numbers; all if not given.

        Raises:
            NotAllowedError: they are no approver.
            SealError: a comment is missing, cannot be opened, or is not the one that was recorded.
            AuditUnavailableError: the look cannot be recorded, or the store not read: nothing is shown.
        """
        _expect_approver(who)
        theirs = [(one, shown) for one in self._feedbacks.standing() if (shown := _theirs(who, one)) is not None]  # 1
        chosen = [pair for pair in theirs if document is None or document in (pair[1] or (NO_DOCUMENT,))]
        page = [pair for pair in chosen if before is None or pair[0].seq < before][: PAGE + 1]
        older = page[PAGE - 1][0].seq if len(page) > PAGE else None
        opened = self._open([one.seq for one, _ in page[:PAGE]])  # 2
        said = tuple(_said(one, shown, opened[one.seq]) for one, shown in page[:PAGE])
        self._note(who, "feedback", [one.seq for one in said])  # 3
        return FeedbackSeen(said, older, _tallies(theirs))  # 4

    def requests(self, who: Principal) -> RequestsSeen:
        """Return the documents that were asked for and wait, once the look is on record.

        One whose text was erased, by whoever wished or with its question, is taken back and waits no more.

        Raises:
            NotAllowedError, SealError, AuditUnavailableError: as `feedback`.
        """
        _expect_approver(who)
        wishes = self._waiting()  # 1, 2
        shown = tuple(islice(wishes, MAX_WAITING))
        more = next(wishes, None) is not None
        self._note(who, "requests", [one.number for one in shown])  # 3
        return RequestsSeen(shown, more)  # 4

    def _waiting(self) -> Iterator[Wish]:
        waiting = self._requests.waiting()
        for begin in range(0, len(waiting), MAX_WAITING):
            requests = waiting[begin : begin + MAX_WAITING]
            opened = self._open([request.seq for request in requests])
            yield from (_wish(one, opened[one.seq]) for one in requests if not opened[one.seq].erased)

    def _open(self, seqs: Sequence[int]) -> dict[int, Opened]:
        leaves = self._store.leaves_at(seqs)
        if len(leaves) < len(seqs):
            raise AuditDamagedError("a record is missing: run greenlit audit verify, and put the store back as it was")
        return self._unsealer.open_all(leaves)

    def _note(self, who: Principal, what: events.Look, seqs: Sequence[int]) -> None:
        self._log.note(events.audit_read(who.principal_id, what, filters={}, seqs=seqs, purpose=""))


def _expect_approver(who: Principal) -> None:
    if Role.APPROVER not in who.roles:
        raise NotAllowedError("expected an approver")


def _theirs(who: Principal, feedback: Feedback) -> tuple[str, ...] | None:
    """Return the documents of a feedback that somebody decides on; `None` if it is about others only."""
    theirs = tuple(document for document in feedback.documents if who.may_approve(source_name(document)))
    return theirs if theirs or not feedback.documents else None


def _tallies(feedback: Sequence[tuple[Feedback, tuple[str, ...]]]) -> tuple[Tally, ...]:
    total: Counter[str] = Counter()
    down: Counter[str] = Counter()
    for one, shown in feedback:
        for document in shown or (NO_DOCUMENT,):
            total[document] += 1
            down[document] += one.verdict != HELPFUL
    return tuple(Tally(name, total[name], down[name]) for name in sorted(total, key=lambda name: (-down[name], name)))


def _said(feedback: Feedback, shown: tuple[str, ...], opened: Opened) -> Said:
    comment = opened.texts.get("comment")
    return Said(feedback.seq, iso_time(feedback.ts_us), feedback.verdict, comment, shown)


def _wish(request: Request, opened: Opened) -> Wish:
    return Wish(request.seq, iso_time(request.ts_us), opened.texts["wish"])

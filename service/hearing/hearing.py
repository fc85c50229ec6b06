"""What staff say back, and what becomes of it, put on record before anybody is told that it was taken.

Feedback on an answer: (1) check what is said, (2) find the question among the asker's own, answered or refused, (3) put
verdict and cited documents into a leaf, the comment sealed beside it. Asking for a document: the same, or without a
question. Closing a request: an approver says how, once, whichever process hears it.

Only whoever asked a question says something of it; somebody else's is answered exactly like one that is not there.
Nothing here names a person.
"""

import threading
from collections.abc import Sequence
from typing import get_args

from indexes.names import misleading_in
from service.access.errors import NotAllowedError
from service.access.principals import Principal, Role
from service.audit import events
from service.audit.events import Closing, Verdict
from service.audit.log import AuditLog
from service.audit.reading.erasure import no_question
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.requests import Requests
from service.audit.reading.summaries import Value, cited_documents, value_of
from service.audit.serialise import FINISHED_TYPE
from service.audit.storage.beside import alone
from service.audit.storage.store import LeafStore, Receipt, StoredLeaf
from service.hearing.errors import NoRequestError, SayingError

MAX_TEXT_CHARS = 2000  # of a comment, a wish, a note
VERDICTS: Sequence[Verdict] = get_args(Verdict)
CLOSINGS: Sequence[Closing] = get_args(Closing)
_SPEAKS_OF = ("answered", "refused")  # what failed was never an answer


class Hearing:
    """See the module. Any thread may call; each method waits for the disk."""

    def __init__(self, *, log: AuditLog, store: LeafStore, own: OwnRecords, requests: Requests) -> None:
        """Take the parts of an open log.

        Args:
            log: where what is said is recorded.
            store: its store, which other processes may write too.
            own: finds somebody's own questions.
            requests: the documents that were asked for.
        """
        self._log = log
        self._store = store
        self._own = own
        self._requests = requests
        self._closing = threading.Lock()  # around seeing that a request is open, and closing it

    def feedback(self, who: Principal, request_id: str, verdict: str, comment: str = "") -> Receipt:
        """Put on record what somebody says of an answer of theirs; the newest of several verdicts stands.

        Raises:
            SayingError: the verdict is none, or the comment too long or no plain text.
            NoRecordError: there is no such question, it is somebody else's, or was not answered or refused.
            AuditUnavailableError: it cannot be recorded, so it was not taken.
        """
        known = next((one for one in VERDICTS if one == verdict), None)
        if known is None:
            raise SayingError(f"verdict: expected one of {', '.join(VERDICTS)}, got another")
        comment = _plain("comment", comment)
        documents = cited_documents(self._finished(who, request_id))
        return self._log.note(events.feedback_given(request_id, verdict=known, documents=documents, comment=comment))

    def request(self, who: Principal, wish: str, request_id: str | None = None) -> Receipt:
        """Put on record that somebody asks for a document, on a question of theirs or without one.

        The number of the record is the request's.

        Raises:
            SayingError: there is no wish, or it is too long or no plain text.
            NoRecordError: as `feedback`.
            AuditUnavailableError: it cannot be recorded, so it was not taken.
        """
        wish = _plain("wish", wish)
        if not wish:
            raise SayingError("wish: expected what document is missing, in words, got none")
        if request_id is not None:
            self._finished(who, request_id)
        return self._log.note(events.document_requested(who.principal_id, request_id=request_id, wish=wish))

    def close(self, who: Principal, number: int, how: str, note: str = "") -> Receipt:
        """Put on record what became of a request, for an approver.

        Raises:
            NotAllowedError: they are none, or did not come themselves.
            SayingError: how it is closed is unknown, or the note too long or no plain text.
            NoRequestError: there is no such request, or somebody has closed it.
            AuditUnavailableError: it cannot be recorded, so it stays open.
        """
        if Role.APPROVER not in who.roles or not who.is_person():
            raise NotAllowedError("expected an approver who signed in themselves")
        known = next((one for one in CLOSINGS if one == how), None)
        if known is None:
            raise SayingError(f"how: expected one of {', '.join(CLOSINGS)}, got another")
        note = _plain("note", note)
        with alone(self._store, self._closing) as expect_alone:
            request = self._requests.get(number)
            if request is None or request.closed is not None:
                raise NoRequestError("expected the number of a request that is open, got none")
            expect_alone()
            return self._log.note(events.request_closed(who.principal_id, request=number, how=known, note=note))

    def _finished(self, who: Principal, request_id: str) -> Value:
        """Return what the log says of the end of one of somebody's own questions."""
        leaves: Sequence[StoredLeaf] = self._own.question(who.principal_id, request_id)
        values = (value_of(leaf) for leaf in leaves if leaf.type == FINISHED_TYPE)
        finished = next((value for value in values if value["outcome"] in _SPEAKS_OF), None)
        if finished is None:
            raise no_question()
        return finished


def _plain(part: str, text: str) -> str:
    """Return a text of several lines without what stands around it, if it can be shown as it is."""
    lines = text.replace("\r\n", "\n").replace("\t", " ").strip().split("\n")  # as browsers send them
    text = "\n".join(line.rstrip() for line in lines)
    if len(text) > MAX_TEXT_CHARS:
        raise SayingError(f"{part}: expected at most {MAX_TEXT_CHARS} characters, got {len(text)}")
    for line in lines:
        if found := misleading_in(line):
            raise SayingError(f"{part}: expected plain text, got one that holds {found}")
    return text

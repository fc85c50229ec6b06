"""Answers that their askers share: opened again by a link, by the asker, or by others once it was shared.

A link alone opens nothing for anybody else: that a question was asked, and how, is its asker's to tell. Sharing is a
record without an actor, as a conversation's name is. A look by somebody else says who looked and at which question, and
whoever asked sees it at `/record`; one by the asker says what any look at one's own records says. Either is on record
before anything is shown. Whether somebody may read what an answer cites is decided by whoever calls (`opens`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.audit import events
from service.audit.errors import NoRecordError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading.askers import Askers
from service.audit.reading.past_turns import Turn, turn_of
from service.audit.reading.said_of import SaidOf
from service.audit.reading.summaries import value_of
from service.audit.reading.unseal import Unsealer
from service.audit.storage.store import LeafReader, StoredLeaf

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Opened(Generic[_T]):
    """An answer of the past, as somebody may see it: whether it is their own, and whether others may open it."""

    turn: Turn
    shown: _T | None
    is_own: bool
    is_shared: bool


class SharedAnswers:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, store: LeafReader, keyring: Keyring) -> None:
        """Take the parts of an open log."""
        self._log = log
        self._store = store
        self._askers = Askers(keyring=keyring)
        self._unsealer = Unsealer(store=store, keyring=keyring)
        self._shares = SaidOf(events.SHARED_TYPE, store=store)

    def share(self, subject: str, request_id: str, *, shared: bool) -> None:
        """Let others open an answer, or end that.

        Args:
            subject: whose answer it is, a principal's id.
            request_id: the question.
            shared: whether others may open it from now on; nothing is recorded if that is so already.

        Raises:
            NoRecordError: there is no such answer of theirs, or it is a refusal, or its texts were erased.
            AuditUnavailableError: it cannot be recorded.
        """
        leaves, turn = self._turn(request_id)
        if not self._askers.asked(subject, leaves[0]) or (shared and not _is_answer(turn)):
            raise no_answer()
        if self._is_shared(leaves[0]) != shared:
            self._log.note(events.answer_shared(leaves[0].seq, request_id, shared=shared))

    def open(self, subject: str, request_id: str, opens: Callable[[Turn], _T | None]) -> Opened[_T]:
        """Return an answer to somebody who may see it.

        Args:
            subject: who looks, a principal's id.
            request_id: the question.
            opens: gives what may be shown of it to them now; `None` if they may not read all that it cites.

        Raises:
            NoRecordError: there is none, it is a refusal or was erased; or, for anybody but its asker, it is not shared
                or rests on what they may not read. Nobody learns which.
            AuditUnavailableError: the look cannot be recorded: nothing is shown.
            SealError: a text cannot be opened, or is not the one that was recorded.
        """
        leaves, turn = self._turn(request_id)
        is_own, is_shared = self._askers.asked(subject, leaves[0]), self._is_shared(leaves[0])
        if not _is_answer(turn) or not (is_own or is_shared):
            raise no_answer()
        shown = opens(turn)
        if is_own:
            look = events.own_read(subject)
        elif shown is not None:
            seqs = [leaf.seq for leaf in leaves]
            look = events.audit_read(subject, "shared", filters={}, seqs=seqs, purpose="")
        else:
            raise no_answer()
        self._log.note(look)
        return Opened(turn, shown, is_own, is_shared)

    def own(self, subject: str, request_id: str, opens: Callable[[Turn], _T | None]) -> Opened[_T]:
        """Return an answer or a refusal to whoever asked, and to nobody else even where it is shared.

        Args:
            subject: who looks, a principal's id.
            request_id: the question.
            opens: gives what may be shown of it to them now.

        Raises:
            NoRecordError: there is none, it is somebody else's, or it came to no end or its texts were erased.
            AuditUnavailableError: the look cannot be recorded: nothing is shown.
            SealError: a text cannot be opened, or is not the one that was recorded.
        """
        leaves, turn = self._turn(request_id)
        is_end = _is_answer(turn) or turn.finished.get("outcome") == "refused"
        if not is_end or not self._askers.asked(subject, leaves[0]):
            raise no_answer()
        shown = opens(turn)
        self._log.note(events.own_read(subject))
        return Opened(turn, shown, is_own=True, is_shared=self._is_shared(leaves[0]))

    def _turn(self, request_id: str) -> tuple[list[StoredLeaf], Turn]:
        leaves = self._store.of_request(request_id)
        if not leaves:
            raise no_answer()
        return leaves, turn_of(leaves, self._unsealer.open_all(leaves))

    def _is_shared(self, received: StoredLeaf) -> bool:
        said = self._shares.every([received.seq])
        return bool(said) and bool(value_of(said[-1])["shared"])


def no_answer() -> NoRecordError:
    """Return the error for an answer that is not there, or not to be known of; it does not repeat the id."""
    return NoRecordError("there is no such answer, or it is not for you")


def _is_answer(turn: Turn) -> bool:
    return turn.finished.get("outcome") == "answered" and turn.answer is not None

"""Gives whoever asked what came of it once more, because they heard no answer: from the record, on record.

What is shown is what may be shown now (`past_answers`), so nothing that was erased or may not be read any more. That it
was looked at is on record, as any look at one's own records is. Asks nothing anew.
"""

from dataclasses import dataclass

from service.access.principals import Principal
from service.answering.answers import Answer
from service.answering.past.past_answers import PastAnswers
from service.audit.errors import NoRecordError
from service.audit.reading.shared_answers import SharedAnswers


@dataclass(frozen=True, slots=True)
class GivenAgain:
    """See the module. Any thread may call."""

    past: PastAnswers
    shared: SharedAnswers

    def __call__(self, principal: Principal, request_id: str, /) -> Answer | None:
        """Return an answer or a refusal as it was given; `None` if there is none that can be shown so now.

        Raises:
            AuditUnavailableError: the look cannot be recorded.
            SealError: a text cannot be opened, or is not the one that was recorded.
            BuildError, LibraryUnavailableError: nobody can say what may be read.
        """
        try:
            found = self.shared.own(principal.principal_id, request_id, lambda turn: self.past.again(principal, turn))
        except NoRecordError:
            return None
        return found.shown

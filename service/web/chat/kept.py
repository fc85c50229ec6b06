"""What is kept of whoever looks: their newest conversations, beside each page, and which a question goes on with."""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends

from service.access.principals import Principal
from service.audit.errors import AuditError
from service.audit.reading.conversations import Conversations
from service.http.given import given
from service.web.pages import tell_operator
from service.web.visitors import PageAsker

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_ID_BYTES = 16  # 22 characters

Recent = list[tuple[str, str, date]]


@dataclass(frozen=True, slots=True)
class Kept:
    """The conversations of whoever looks. Reads the log, so it is for threads."""

    conversations: Conversations
    person: Principal

    def recent(self) -> Recent:
        """Return the newest conversations: id, name, the day of the last turn. None where they cannot be shown."""
        try:
            found = self.conversations.recent(self.person.principal_id)
        except AuditError as error:  # the page says what it is for without them
            tell_operator(error)
            return []
        return [(one.conversation_id, one.name, datetime.fromisoformat(one.time).date()) for one in found]

    def goes_on(self, conversation_id: str) -> str:
        """Return the id under which a question is asked: that of the conversation it goes on with, or a new one.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        known = _ID.fullmatch(conversation_id) is not None
        if known and self.conversations.goes_on(self.person.principal_id, conversation_id):
            return conversation_id
        return f"c-{secrets.token_urlsafe(_ID_BYTES)}"


async def _kept(person: PageAsker, conversations: Annotated[Conversations, Depends(given(Conversations))]) -> Kept:
    return Kept(conversations, person)


PageKept = Annotated[Kept, Depends(_kept)]

"""The port behind which callers are recognised. Doors know this and no adapter; which one there is, `parts` decides.

A door reads what a request carries (`Carried`) and nothing else: never an address, never a body. An adapter (`local`)
turns it into a `Principal`, or says why not.
"""

from dataclasses import dataclass, field
from typing import Protocol

from service.access.principals import Principal


@dataclass(frozen=True, slots=True)
class Carried:
    """What a request carries to say who asks.

    A door fills in the one that it takes: the API `bearer`, the pages `session`. So a cookie, which a browser sends
    along by itself, never opens the API.
    """

    bearer: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that just began: its id, for the cookie and for nothing else, and how long it lasts, in seconds."""

    session_id: str = field(repr=False)
    lasts_s: int


class Access(Protocol):
    """Recognises callers."""

    def principal(self, carried: Carried) -> Principal:
        """Return who carries this.

        Raises:
            NotSignedInError: nobody who is known; the message says what was expected, never what came.
            SessionsUnavailableError: sessions cannot be read now.
        """

    def sign_in(self, code: str) -> NewSession:
        """Begin a session for whoever has the code of a sign-in link.

        Raises:
            NotSignedInError: the code is unknown, was used, or came too late; which of these is not told.
            SessionsUnavailableError: sessions cannot be written now.
        """

    def sign_out(self, session_id: str) -> None:
        """End a session; an unknown one is none.

        Raises:
            SessionsUnavailableError: sessions cannot be written now, so it goes on until its end.
        """

"""The port behind which callers are recognised. Doors know this and no adapter; which ones there are, `parts` decides.

A door reads what a request carries (`Carried`) and nothing else: never an address, never a body. `Access` turns it into
a `Principal`, or says why not; `SignIn` is the browser's way to a session. `principal` waits for no other machine, so
that it can be called in the event loop, unless `waits` says that it asks a database that replicas share. What has to be
read anew first (an edited file, a new key of the provider) it says by `NotFreshError`, and `refresh` reads it, in a
thread.
"""

from dataclasses import dataclass, field
from typing import Protocol

from service.access.principals import Principal


@dataclass(frozen=True, slots=True)
class Carried:
    """What a request carries to say who asks.

    A door fills in the one that it takes: the API `bearer`, the pages `session`. So a cookie, which a browser sends
    along by itself, never opens the API. `on_behalf_of` is the e-mail address of whom a key acts for. `resource` is the
    door's own address, where it is one that a token may be made for (RFC 8707): the door says it, never the request.
    """

    bearer: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    on_behalf_of: str | None = field(default=None, repr=False)
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that just began: its id, for the cookie and for nothing else, and how long it lasts, in seconds."""

    session_id: str = field(repr=False)
    lasts_s: int


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser has to go to sign in, and what it has to bring back: `login_id`, for a cookie of minutes."""

    address: str = field(repr=False)
    login_id: str = field(repr=False)
    lasts_s: int


@dataclass(frozen=True, slots=True)
class Brought:
    """What a browser brings back from the provider: the query of the callback, and the login that it began."""

    login_id: str | None = field(repr=False)
    code: str = field(repr=False)
    state: str = field(repr=False)
    issuer: str | None = None
    error: str | None = None


class Access(Protocol):
    """Recognises callers."""

    @property
    def waits(self) -> bool:
        """Whether `principal` waits for another machine: then it is called in a thread."""

    def principal(self, carried: Carried) -> Principal:
        """Return who carries this. Waits for nothing but a small file, or, where `waits` says so, a shared database.

        Raises:
            NotFreshError: it cannot be told before `refresh`.
            NotSignedInError: nobody who is known; the message says what was expected, never what came.
            SessionsUnavailableError: sessions cannot be read now.
        """

    def refresh(self) -> None:
        """Read anew what `principal` needs and misses. May wait for a disk or for the provider; call it in a thread.

        Raises:
            AuditUnavailableError: what changed cannot be put on record, so it does not act.
            AccessError: it cannot be read.
        """


class SignIn(Protocol):
    """How a browser gets a session, and loses it. Each method may wait; call it in a thread."""

    def depart(self) -> Departure | None:
        """Begin a login at the provider; `None` where people sign in by a link.

        Raises:
            ProviderError: it cannot be reached.
            SessionsUnavailableError: the login cannot be remembered.
        """

    def arrive(self, brought: Brought, *, before: str | None) -> NewSession:
        """Begin a session for whoever comes back from the provider; the session that the browser had `before` ends.

        Raises:
            NotSignedInError: not from this browser's login, used before, too late, or not what was asked for.
            ProviderError: it cannot be reached.
            SessionsUnavailableError: sessions cannot be written now.
        """

    def sign_in(self, code: str) -> NewSession:
        """Begin a session for whoever has the code of a sign-in link.

        Raises:
            NotSignedInError: the code is unknown, was used, or came too late; which of these is not told.
            SessionsUnavailableError: sessions cannot be written now.
        """

    def sign_out(self, session_id: str) -> str | None:
        """End a session; an unknown one is none. Return where the browser has to go to sign out there too, if anywhere.

        Raises:
            SessionsUnavailableError: sessions cannot be written now, so it goes on until its end.
        """

    def sign_out_everywhere(self, person: str) -> int:
        """End every session of a person, by id or e-mail address; return how many there were.

        Raises:
            SessionsUnavailableError: sessions cannot be written now.
        """

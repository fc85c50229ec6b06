"""Local mode: one person on their own machine, who holds every role.

Programs are recognised by a random token, made at the first start and kept in `var/token` (mode 0600). Whoever can
read that file can already read the library, so it guards against other people and pages on the same machine, not
against the machine's owner. Browsers never see it: they sign in by a link and get a session (`sessions`).
"""

import dataclasses
import hmac
import ipaddress
import secrets
import stat
import time
from pathlib import Path

from indexes.durable import create_file
from indexes.standing import EVERYBODY
from service.access.errors import NotSignedInError, TokenError
from service.access.port import Brought, Carried, NewSession
from service.access.principals import ANY_SOURCE, Principal, Role
from service.access.private_database import Keep
from service.access.session_store import SessionStore
from service.access.sessions import Lasting, Sessions

TOKEN_FILE = "token"  # nosec B105  # noqa: S105  (a file's name)
PERSON = "local"
_TOKEN_BYTES = 32
_LEAST_GIVEN_CHARS = 8  # of a token that the operator chose; only this machine can try to guess it
_LEAST_MADE_CHARS = 43  # of one made here: 32 random bytes in base64


class LocalAccess:
    """Recognises the one person of local mode: a program by the token, a browser by its session.

    An `Access` and a `SignIn`.
    """

    def __init__(self, *, token: str, groups: frozenset[str], sessions: Sessions) -> None:
        """Take the token, the groups the person is in besides everybody's, and the sessions of their browsers."""
        self._token = token.encode()
        self._sessions = sessions
        self.waits = sessions.waits
        self._principal = Principal(
            principal_id=PERSON,
            groups=groups | {EVERYBODY},
            roles=frozenset(Role),
            auth="local-token",
            name=PERSON,
            approves=frozenset({ANY_SOURCE}),
        )
        self._in_browser = dataclasses.replace(self._principal, auth="local-session")

    @classmethod
    def open(cls, *, state: Path, keep: Keep, given: str | None, groups: frozenset[str]) -> "LocalAccess":
        """Return the access of an installation, its token made if need be.

        Args:
            state: the folder that holds the token.
            keep: where sessions are kept.
            given: the token that the configuration names, if it names one.
            groups: of the one person, besides everybody's.

        Raises:
            TokenError: the token cannot be read or made.
        """
        sessions = Sessions(SessionStore(keep, clock_s=time.time), Lasting())
        return cls(token=local_token(state, given), groups=groups, sessions=sessions)

    def principal(self, carried: Carried) -> Principal:
        """Return the one person, if the token or a session of theirs came; see `Access`."""
        if carried.bearer is not None:
            if hmac.compare_digest(carried.bearer.encode(errors="replace"), self._token):
                return self._principal
        elif carried.session is not None:
            person = self._sessions.person(carried.session)
            if person is not None and person.person_id == PERSON:
                return self._in_browser
        raise NotSignedInError("expected the token of this installation, as Authorization: Bearer")

    def refresh(self) -> None:
        """Do nothing: what this needs never changes."""

    def depart(self) -> None:
        """Return nothing: the one person signs in by a link."""

    def arrive(self, brought: Brought, *, before: str | None) -> NewSession:
        """Refuse: nobody was sent away.

        Raises:
            NotSignedInError: always.
        """
        del brought, before
        raise NotSignedInError("expected a link, got what another sign-in brings back")

    def sign_in(self, code: str) -> NewSession:
        """Begin a session for the browser that opened the link; see `SignIn`."""
        return self._sessions.begin_by_code(code)

    def sign_out(self, session_id: str) -> None:
        """End the session of a browser; see `SignIn`."""
        self._sessions.end(session_id)

    def sign_out_everywhere(self, person: str) -> int:
        """End every session of a person; see `SignIn`."""
        return self._sessions.end_all(person)

    def new_code(self) -> str:
        """Return the code of a new sign-in link: for the command line, whose owner could read the token anyway."""
        return self._sessions.new_code(PERSON)

    def close(self) -> None:
        """Close the store of sessions."""
        self._sessions.close()

    def bearer(self) -> str:
        """Return the token: for the command line, which calls the running service with it."""
        return self._token.decode()

    def owner(self) -> Principal:
        """Return the person who runs the command line here, who could read the token anyway."""
        return self._principal


def local_token(state: Path, given: str | None) -> str:
    """Return the token of this installation: the one given by configuration, else the kept one, made if need be.

    Args:
        state: the folder that holds `token`.
        given: the value of `GREENLIT_TOKEN`, if any.

    Raises:
        TokenError: the given one is too short, or the file cannot be made, read, or is open to others.
    """
    if given is not None:
        if len(given) < _LEAST_GIVEN_CHARS:
            raise TokenError(f"GREENLIT_TOKEN: expected at least {_LEAST_GIVEN_CHARS} characters, got {len(given)}")
        if not (given.isascii() and given.isprintable()) or " " in given:
            raise TokenError(
                "GREENLIT_TOKEN: expected visible ASCII characters only, got others: programs could not send it"
            )
        return given
    path = state / TOKEN_FILE
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            create_file(path, f"{secrets.token_urlsafe(_TOKEN_BYTES)}\n".encode(), mode=0o600)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise TokenError(f"{path} can be read by others: run chmod 600 {path}, or remove it to get a new one")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"{path} cannot be made or read: {error}") from error
    if len(token) < _LEAST_MADE_CHARS:
        raise TokenError(f"{path} holds no token: remove it to get a new one")
    return token


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

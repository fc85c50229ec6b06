"""The logins that browsers have begun at the provider and not yet brought back: for ten minutes, each used once.

A login is found by a random id that only the browser has, in a cookie; the store keeps the id's hash. Anybody may begin
one, so there is an end to how many are kept: the oldest go.
"""

import secrets
from dataclasses import dataclass, field

from service.access.session_store import SessionStore, hashed

LOGIN_LASTS_S = 600  # a password and a second factor
_RANDOM_BYTES = 32
_MOST = 10_000
_ROOM = "DELETE FROM logins WHERE id_hash NOT IN (SELECT id_hash FROM logins ORDER BY ends_s DESC LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Login:
    """What a browser was sent away with: each 32 random bytes. `verifier` never leaves before the code is exchanged."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Logins:
    """The logins of an installation. Any thread may use it. One that a power cut took is begun again."""

    def __init__(self, store: SessionStore) -> None:
        """Take where they are kept."""
        self._store = store

    def begin(self) -> tuple[str, Login]:
        """Return a new login and its id.

        Raises:
            SessionsUnavailableError: it cannot be remembered.
        """
        login_id, *three = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(4))
        with self._store.writing(durable=False) as connection:
            self._store.forget_ended(connection)
            connection.execute(_ROOM, (_MOST - 1,))
            row = (hashed(login_id), *three, self._store.clock_s() + LOGIN_LASTS_S)
            connection.execute("INSERT INTO logins VALUES (?, ?, ?, ?, ?)", row)
        return login_id, Login(*three)

    def take(self, login_id: str) -> Login | None:
        """Return a login and forget it; `None` if there is none, or it came too late.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        with self._store.writing(durable=False) as connection:
            self._store.forget_ended(connection)
            query = "DELETE FROM logins WHERE id_hash = ? RETURNING state, nonce, verifier"
            rows = connection.execute(query, (hashed(login_id),)).fetchall()
        return Login(*rows[0]) if rows else None

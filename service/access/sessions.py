"""Sessions of browsers, and the codes of sign-in links that begin some of them.

A session is a random id with two ends: after a time without use, and after a time in any case. The store keeps the
id's SHA-256, so whoever reads it there can use none. A code works once and for minutes.
"""

import json
import secrets
from dataclasses import dataclass

from service.access.errors import NotSignedInError
from service.access.people import Person
from service.access.port import NewSession
from service.access.private_database import Connection, may_be_kept
from service.access.session_store import SessionStore, hashed

SESSION_LASTS_S = 12 * 3600  # a working day; whoever comes back the next one signs in again
CODE_LASTS_S = 600  # from the terminal to the browser
_RANDOM_BYTES = 32
_NOTED_EVERY_S = 60.0  # that a session is in use: not for every request
_COLUMNS = "person, email, name, groups"
_SEEN = """
INSERT INTO people (person, email, name, groups, seen_s) VALUES (?, ?, ?, ?, ?) ON CONFLICT (person) DO UPDATE SET
    email = excluded.email, name = excluded.name, groups = excluded.groups, seen_s = excluded.seen_s"""


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long, in seconds: a session in any case, one without use, and what is known of people who signed in."""

    most_s: int = SESSION_LASTS_S
    idle_s: int = SESSION_LASTS_S
    seen_s: int = 24 * 3600


class Sessions:
    """The sessions of an installation. Any thread may use it."""

    def __init__(self, store: SessionStore, lasting: Lasting) -> None:
        """Take where they are kept, and how long a session lasts."""
        self._store = store
        self.waits = store.waits  # whether a look at a session waits for another machine
        self._lasting = lasting

    def new_code(self, person: str) -> str:
        """Return a code that lets a browser sign in as somebody, once and within `CODE_LASTS_S`.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        code = secrets.token_urlsafe(_RANDOM_BYTES)
        with self._store.writing() as connection:
            self._store.forget_ended(connection)
            ends_s = self._store.clock_s() + CODE_LASTS_S
            connection.execute("INSERT INTO codes VALUES (?, ?, ?)", (hashed(code), person, ends_s))
        return code

    def begin_by_code(self, code: str) -> NewSession:
        """Use up a code and begin a session.

        Raises:
            NotSignedInError: the code is unknown, was used, or came too late.
            SessionsUnavailableError: it cannot be written.
        """
        begun = None
        with self._store.writing() as connection:
            self._store.forget_ended(connection)
            taken = connection.execute("DELETE FROM codes WHERE code_hash = ? RETURNING person", (hashed(code),))
            if people := taken.fetchall():
                begun = self._insert(connection, Person(people[0][0], None, ""), None)
        if begun is None:
            raise NotSignedInError("expected a new link, got one that was used, came too late, or never was")
        return begun

    def begin(self, person: Person, *, before: str | None, id_token: str | None) -> NewSession:
        """Begin a session of somebody who was recognised, and note who they were seen to be.

        Args:
            person: who it is.
            before: the id of the session that the browser had, which ends: an id from before a sign-in is not kept.
            id_token: what the provider wants to see again at sign-out.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        with self._store.writing() as connection:
            self._store.forget_ended(connection)
            if before is not None:
                connection.execute("DELETE FROM sessions WHERE id_hash = ?", (hashed(before),))
            now_s = self._store.clock_s()
            connection.execute("DELETE FROM people WHERE seen_s <= ?", (now_s - self._lasting.seen_s,))
            row = (person.person_id, person.email, person.name, _groups_text(person), now_s)
            connection.execute(_SEEN, row)
            return self._insert(connection, person, id_token)

    def _insert(self, connection: Connection, person: Person, id_token: str | None) -> NewSession:
        session_id = secrets.token_urlsafe(_RANDOM_BYTES)
        now_s = self._store.clock_s()
        who = (person.person_id, person.email, person.name, _groups_text(person))
        row = (hashed(session_id), *who, id_token, now_s, now_s + self._lasting.most_s)
        connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return NewSession(session_id, self._lasting.most_s)

    def person(self, session_id: str) -> Person | None:
        """Return whose session this is; `None` if it is none, or has ended. Notes that it is in use.

        Raises:
            SessionsUnavailableError: it cannot be read.
        """
        now_s, id_hash = self._store.clock_s(), hashed(session_id)
        query = f"SELECT {_COLUMNS}, used_s FROM sessions WHERE id_hash = ? AND ends_s > ? AND used_s > ?"  # nosec B608  # noqa: S608  (columns of this module)
        with self._store.reading() as connection:
            row = connection.execute(query, (id_hash, now_s, now_s - self._lasting.idle_s)).fetchone()
        if row is None:
            return None
        if now_s - row[-1] >= _NOTED_EVERY_S:
            with self._store.writing(durable=False) as connection:
                connection.execute("UPDATE sessions SET used_s = ? WHERE id_hash = ?", (now_s, id_hash))
        return _person(row)

    def end(self, session_id: str) -> str | None:
        """End a session; one that is none is fine. Return its ID token, if it has one.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        with self._store.writing() as connection:
            ended = connection.execute(
                "DELETE FROM sessions WHERE id_hash = ? RETURNING id_token", (hashed(session_id),)
            )
            rows = ended.fetchall()
        return rows[0][0] if rows else None

    def end_all(self, person: str) -> int:
        """End every session of somebody, by id or by e-mail address; return how many there were.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        if not may_be_kept(person):
            return 0
        with self._store.writing() as connection:
            self._store.forget_ended(connection)
            query = "DELETE FROM sessions WHERE person = ? OR email = ? RETURNING 1"
            return len(connection.execute(query, (person, person.casefold())).fetchall())

    def seen_with_address(self, email: str) -> Person | None:
        """Return who signed in lately with an e-mail address; `None` if nobody or two did.

        Raises:
            SessionsUnavailableError: it cannot be read.
        """
        if not may_be_kept(email):
            return None
        query = f"SELECT {_COLUMNS} FROM people WHERE email = ? AND seen_s > ?"  # nosec B608  # noqa: S608  (columns of this module)
        with self._store.reading() as connection:
            rows = connection.execute(
                query, (email.casefold(), self._store.clock_s() - self._lasting.seen_s)
            ).fetchall()
        return _person(rows[0]) if len(rows) == 1 else None

    def close(self) -> None:
        """Close the store; closing twice is fine, and whoever comes later opens it again."""
        self._store.close()


def _groups_text(person: Person) -> str:
    return json.dumps(sorted(person.groups))


def _person(row: tuple[str, str | None, str, str]) -> Person:
    return Person(row[0], row[1], row[2], frozenset(json.loads(row[3])))

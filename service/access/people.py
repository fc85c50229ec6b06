"""Who somebody is (`Person`), what a directory says of them (`Entry`), and what both make of them (`Membership`).

In order: (1) somebody is recognised by an adapter, (2) whoever the directory knows as switched off is nobody, (3) their
groups are those of the directory, where it knows them, (4) `access.toml` gives roles to groups, (5) whoever has the
role of staff is in the group of everybody.

A directory is asked by the person's id. By e-mail address alone it only narrows, because at many providers people can
change their own address: then the groups are those that both name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from indexes.standing import EVERYBODY
from service.access.errors import DirectoryError, NotSignedInError, SessionsUnavailableError
from service.access.principals import Principal, Role
from service.access.rules import Rules


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as the identity provider names them: a lasting id, and what may change. `email` is in lower case."""

    person_id: str
    email: str | None
    name: str
    groups: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Entry:
    """What a directory says of somebody. `email` in lower case; `active` ends with their employment."""

    person_id: str
    email: str
    name: str
    groups: frozenset[str]
    active: bool


Seen = Callable[[str], Person | None]


class Directory(Protocol):
    """Knows people who are not there themselves. Answers from memory; see `Access` for what is read anew."""

    def by_id(self, person_id: str) -> Entry | None:
        """Return who has this id.

        Raises:
            NotFreshError: the directory has changed and has to be read anew first.
        """

    def by_email(self, email: str) -> Entry | None:
        """Return who has this address, whatever its case; `None` also if two have.

        Raises:
            NotFreshError: as `by_id`.
        """

    def refresh(self) -> None:
        """Read anew what has changed; in a thread.

        Raises:
            DirectoryError: it cannot be read, and what was known is too old.
        """


class Membership:
    """Makes principals of people."""

    def __init__(self, *, rules: Rules, directories: Sequence[Directory], seen: Seen) -> None:
        """Take the rules, and what knows people.

        Args:
            rules: which group has which role.
            directories: in the order in which they are believed.
            seen: returns who signed in lately with an e-mail address, for whom no directory knows.
        """
        self._rules = rules
        self._directories = directories
        self._seen = seen

    def principal(self, person: Person, *, auth: str, key_id: str | None = None) -> Principal:
        """Return who somebody is here.

        Raises:
            NotFreshError: rules or directory have changed and have to be read anew first.
            NotSignedInError: they are switched off in the directory.
        """
        groups = self._groups(person)
        granted = self._rules.of(groups)
        everybody = {EVERYBODY} if Role.STAFF in granted.roles else set()
        return Principal(
            principal_id=person.person_id,
            groups=(groups - {EVERYBODY}) | everybody,  # whoever is in a group of that name at the provider
            roles=granted.roles,
            auth=auth,
            name=person.name or person.email or person.person_id,
            approves=granted.approves,
            key_id=key_id,
        )

    def with_address(self, email: str) -> Person | None:
        """Return the active person who has an e-mail address; `None` if nobody is known to have it, or two are.

        Raises:
            NotFreshError: the directory has changed and has to be read anew first.
            DirectoryError: who signed in lately cannot be read.
        """
        for directory in self._directories:
            if entry := directory.by_email(email):
                return Person(entry.person_id, entry.email, entry.name, entry.groups) if entry.active else None
        try:
            return self._seen(email)
        except SessionsUnavailableError as error:
            raise DirectoryError(f"who signed in lately cannot be told: {error}") from error

    def refresh(self) -> None:
        """Read anew what has changed; in a thread.

        Raises:
            AuditUnavailableError: changed rules cannot be put on record, so they do not act.
            AccessError: something cannot be read, and what was known is too old.
        """
        self._rules.refresh()
        for directory in self._directories:
            directory.refresh()

    def _groups(self, person: Person) -> frozenset[str]:
        for directory in self._directories:
            if entry := directory.by_id(person.person_id):
                return _active(entry).groups
        for directory in self._directories:
            if person.email and (entry := directory.by_email(person.email)):
                return _active(entry).groups & person.groups
        return person.groups


def _active(entry: Entry) -> Entry:
    if not entry.active:
        raise NotSignedInError("expected somebody who is active in the directory")
    return entry

"""People and groups that an identity provider pushes here: a `Directory`, kept in memory and in a store.

A person is who the provider calls `externalId`, else `userName`; their address is the primary one for work, else a
`userName` that looks like one; their groups are named by `displayName`. Whoever was deleted counts as inactive, not as
unknown, and so does nobody else. No two who were not deleted are one person or have one `userName`.
"""

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from service.access.errors import DirectoryError, NotFreshError
from service.access.people import Entry
from service.access.private_database import Watch
from service.access.pushed_store import Kind, PushedStore, Row

_ADDRESS = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,255}")
_NEVER_READ, _NOTHING = -2, -3  # no change has these numbers


class TakenError(DirectoryError):
    """Somebody else, or another group, has this name already."""


class UnknownError(DirectoryError):
    """Nobody, and no group, has this id."""


class NoMemberError(DirectoryError):
    """A member of a group is nobody here."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A person or a group: the resource is what the provider is given back, but for its id."""

    id: str
    resource: Mapping[str, Any]
    deleted: bool = False

    @property
    def person(self) -> str:
        """Who it is, as sessions and tokens name them."""
        return str(self.resource.get("externalId") or self.resource.get("userName", ""))

    @property
    def name(self) -> str:
        """What no other of its kind is called, whatever its case."""
        return str(self.resource.get("userName") or self.resource.get("displayName", "")).casefold()

    @property
    def email(self) -> str:
        """The address, in lower case; "" if there is none."""
        mails = [mail for mail in self.resource.get("emails", ()) if _ADDRESS.fullmatch(str(mail.get("value", "")))]
        mails.sort(key=lambda mail: (mail.get("type") != "work", mail.get("primary") is not True))
        mails = [mail for mail in mails if mail.get("type") == "work" or mail.get("primary") is True]
        user_name = str(self.resource.get("userName", ""))
        address = mails[0]["value"] if mails else user_name if _ADDRESS.fullmatch(user_name) else ""
        return str(address).casefold()

    @property
    def members(self) -> frozenset[str]:
        """The ids of a group's members."""
        return frozenset(member["value"] for member in self.resource.get("members", ()))


@dataclass(slots=True)
class _Memory:
    """What is known, with what is looked up."""

    newest: int = _NEVER_READ
    users: dict[str, Pushed] = field(default_factory=dict)
    groups: dict[str, Pushed] = field(default_factory=dict)
    of_person: dict[str, set[str]] = field(default_factory=dict)  # ids of users, as are the next two
    of_email: dict[str, set[str]] = field(default_factory=dict)
    of_name: dict[tuple[Kind, str], set[str]] = field(default_factory=dict)
    groups_of: dict[str, set[str]] = field(default_factory=dict)  # ids of groups, by id of user

    def put(self, kind: Kind, pushed: Pushed) -> None:
        known = self.users if kind == "user" else self.groups
        if old := known.get(pushed.id):
            for index, key in self._indexed(kind, old):
                index.get(key, set()).discard(pushed.id)
        known[pushed.id] = pushed
        for index, key in self._indexed(kind, pushed):
            index.setdefault(key, set()).add(pushed.id)

    def _indexed(self, kind: Kind, pushed: Pushed) -> Iterator[tuple[dict[Any, set[str]], Any]]:
        if not pushed.deleted:
            yield self.of_name, (kind, pushed.name)
        if kind == "user":
            yield self.of_person, pushed.person
            yield self.of_email, pushed.email
        elif not pushed.deleted:
            for member in pushed.members:
                yield self.groups_of, member


class PushedPeople:
    """A `Directory` that a provider writes to. Any thread may call; looking somebody up never waits for the disk."""

    def __init__(self, store: PushedStore) -> None:
        """Take the store; nothing is read before `refresh`."""
        self._store = store
        self._writing = threading.Lock()
        self._looking = threading.Lock()  # held for microseconds, but while the whole store is taken over
        self._memory = _Memory()
        self._watch: Watch | None = None

    def by_id(self, person_id: str) -> Entry | None:
        """Return who has this id; see `Directory`."""
        newest = self._newest()
        with self._looking:
            return self._entry(self._fresh(newest).of_person.get(person_id, set()))

    def by_email(self, email: str) -> Entry | None:
        """Return who has this address; see `Directory`."""
        newest = self._newest()
        with self._looking:
            return self._entry(self._fresh(newest).of_email.get(email.casefold(), set()) if email else set())

    def refresh(self) -> None:
        """Read anew what another process changed; see `Directory`."""
        with self._writing:
            self._read_if_changed()

    def users(self) -> list[Pushed]:
        """Return the people who were not deleted, in the order in which they came."""
        return self._listed("user")

    def groups(self) -> list[Pushed]:
        """Return the groups that were not deleted, in the order in which they came."""
        return self._listed("group")

    def get(self, kind: Kind, id_: str) -> Pushed:
        """Return a person or group.

        Raises:
            UnknownError: there is none, or not any more.
            DirectoryError: the store cannot be read.
        """
        with self._writing:
            self._read_if_changed()
            return self._known(kind, id_)

    def add(self, kind: Kind, resource: Mapping[str, Any]) -> Pushed:
        """Write a new person or group; return it.

        Raises:
            NoMemberError: a member is nobody.
            TakenError: another has this name, or is this person.
            DirectoryError: the store cannot be written.
        """
        pushed = Pushed(str(uuid.uuid4()), dict(resource))
        with self._writing:
            while True:
                self._read_if_changed()
                self._check(kind, pushed)
                if self._written(kind, pushed):
                    return pushed

    def change(self, kind: Kind, id_: str, how: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Pushed:
        """Write what is made of a person's or group's resource; return it. No other change comes in between.

        Raises:
            UnknownError: none that was not deleted has this id.
            NoMemberError: a member is nobody.
            TakenError: another has this name, or is this person.
            DirectoryError: the store cannot be written.
        """
        with self._writing:
            while True:
                self._read_if_changed()
                pushed = Pushed(id_, dict(how(self._known(kind, id_).resource)))
                self._check(kind, pushed)
                if self._written(kind, pushed):
                    return pushed

    def delete(self, kind: Kind, id_: str) -> None:
        """Delete a person, who counts as inactive from now on, or a group.

        Raises:
            UnknownError: none that was not deleted has this id.
            DirectoryError: the store cannot be written.
        """
        with self._writing:
            while True:
                self._read_if_changed()
                if self._written(kind, Pushed(id_, self._known(kind, id_).resource, deleted=True)):
                    return

    def close(self) -> None:
        """Close the store."""
        with self._looking:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._store.close()

    def _listed(self, kind: Kind) -> list[Pushed]:
        with self._writing:
            self._read_if_changed()
            known = self._memory.users if kind == "user" else self._memory.groups
            return [self._without_deleted(pushed) for pushed in known.values() if not pushed.deleted]

    def _known(self, kind: Kind, id_: str) -> Pushed:
        pushed = (self._memory.users if kind == "user" else self._memory.groups).get(id_)
        if pushed is None or pushed.deleted:
            raise UnknownError(f"expected the id of a {kind}, got another")
        return self._without_deleted(pushed)

    def _without_deleted(self, pushed: Pushed) -> Pushed:
        users = self._memory.users
        if all(not users[id_].deleted for id_ in pushed.members):
            return pushed
        members = [member for member in pushed.resource["members"] if not users[member["value"]].deleted]
        return replace(pushed, resource={**pushed.resource, "members": members})

    def _check(self, kind: Kind, pushed: Pushed) -> None:
        memory = self._memory
        others = memory.of_name.get((kind, pushed.name), set()) - {pushed.id}
        if kind == "user":
            same = memory.of_person.get(pushed.person, set()) - {pushed.id}
            others |= {id_ for id_ in same if not memory.users[id_].deleted}
        if others:
            raise TakenError(f"expected a {kind} that is not here yet, got one of the same name")
        if strangers := [id_ for id_ in pushed.members if id_ not in memory.users or memory.users[id_].deleted]:
            raise NoMemberError(f"expected members that are users here, got {len(strangers)} that are none")

    def _written(self, kind: Kind, pushed: Pushed) -> bool:
        row: Row = (kind, pushed.id, dict(pushed.resource), pushed.deleted)
        number = self._store.put(row, after=self._memory.newest)
        if number is None:
            return False
        with self._looking:
            self._memory.put(kind, pushed)
            self._memory.newest = number
        return True

    def _read_if_changed(self) -> None:
        if self._watch is not None and self._newest() == self._memory.newest:
            return
        watch = self._store.watching()
        memory = _Memory()
        memory.newest, rows = self._store.all()
        for kind, id_, resource, deleted in rows:
            memory.put(kind, Pushed(id_, resource, deleted))
        with self._looking:
            old, self._watch, self._memory = self._watch, watch, memory
        if old is not None:
            old.close()

    def _newest(self) -> int:
        """Return the newest change as it is kept now; nobody waits for somebody else's look."""
        watch = self._watch
        if watch is not None:
            return watch.newest()
        return _NEVER_READ if self._store.exists() else _NOTHING

    def _fresh(self, newest: int) -> _Memory:
        if newest == _NOTHING:
            return self._memory  # nothing was ever pushed here
        if newest in (_NEVER_READ, -1) or newest != self._memory.newest:
            raise NotFreshError("expected people that were read")
        return self._memory

    def _entry(self, ids: set[str]) -> Entry | None:
        """Return the one of some who was not deleted, or somebody who was; `None` if there is nobody, or two."""
        found = [self._memory.users[id_] for id_ in ids]
        living = [user for user in found if not user.deleted]
        if len(living) > 1 or not found:
            return None
        user = (living or found)[0]
        groups = (self._memory.groups[id_] for id_ in self._memory.groups_of.get(user.id, ()))
        return Entry(
            person_id=user.person,
            email=user.email,
            name=str(user.resource.get("displayName", "")),
            groups=frozenset(str(group.resource["displayName"]) for group in groups if not user.deleted),
            active=bool(living) and user.resource.get("active", True) is True,
        )

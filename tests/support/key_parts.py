"""API keys over a folder: a ring that makes them, and what recognises them, with a day that a test sets."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from service.access.errors import NotFreshError
from service.access.key_ring import KeyRing, KeyWish, NewKey
from service.access.key_store import KeyChange, KeyStore
from service.access.keys import KeyAccess
from service.access.people import Entry, Membership, Person
from service.access.port import Access, Carried
from service.access.principals import Principal
from service.access.private_file import in_folder
from service.access.rules import Rules, RuleSet

PEPPER = b"p" * 32
TODAY = date(2026, 11, 29)
MIRA = Entry("mira-1", "mira@northlight.example", "Mira", frozenset({"newsroom"}), active=True)
GONE = Entry("jon-1", "jon@northlight.example", "Jon", frozenset({"newsroom"}), active=False)


@dataclass
class Listed:
    """A directory of some people; `fresh` is taken away by a test to say that it changed."""

    entries: tuple[Entry, ...]
    fresh: bool = True

    def by_id(self, person_id: str) -> Entry | None:
        return next((entry for entry in self._now() if entry.person_id == person_id), None)

    def by_email(self, email: str) -> Entry | None:
        return next((entry for entry in self._now() if entry.email == email.casefold()), None)

    def refresh(self) -> None:
        self.fresh = True

    def _now(self) -> tuple[Entry, ...]:
        if not self.fresh:
            raise NotFreshError("expected a directory that was read")
        return self.entries


@dataclass
class Office:
    """The keys of an installation: `ring` is the command line's, `access` the service's, each with its own store."""

    folder: Path
    day: date = TODAY
    both: bool = False  # may one key be operator and auditor
    recorded: list[KeyChange] = field(default_factory=list)
    refuses: Exception | None = None  # what the record says instead of taking a change
    directory: Listed = field(default_factory=lambda: Listed((MIRA, GONE)))

    def __post_init__(self) -> None:
        rules = Rules(
            path=self.folder / "access.toml", on_change=_nothing, notice=print, clock_s=lambda: 0.0, keep_s=60.0
        )
        self.store = KeyStore(in_folder(self.folder))
        self.ring = KeyRing(
            store=KeyStore(in_folder(self.folder)),
            pepper=lambda: PEPPER,
            now=lambda: datetime.combine(self.day, time(12), UTC),
            operator_may_audit=lambda: self.both,
        )
        self.membership = Membership(rules=rules, directories=[self.directory], seen=_seen)
        self.access = KeyAccess(
            store=self.store,
            pepper=lambda: PEPPER,
            membership=self.membership,
            on_change=self.record,
            today=lambda: self.day,
        )

    def record(self, change: KeyChange) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.recorded.append(change)

    def make(self, *scopes: str, name: str = "slack", groups: tuple[str, ...] = (), days: int = 30) -> NewKey:
        """Make a key on the command line."""
        return self.ring.make(KeyWish(name, scopes, self.day + timedelta(days=days), groups), by="cli")

    def who(self, secret: str, on_behalf_of: str | None = None) -> Principal:
        """Return who is recognised, as a door does it."""
        return recognised(self.access, Carried(bearer=secret, on_behalf_of=on_behalf_of))

    def close(self) -> None:
        self.access.close()
        self.ring._store.close()


def recognised(access: Access, carried: Carried) -> Principal:
    """Return who carries this, as `service.http.recognised` does it, without a loop."""
    try:
        return access.principal(carried)
    except NotFreshError:
        access.refresh()
        return access.principal(carried)


@contextlib.contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """Lend the keys of a folder."""
    with contextlib.closing(Office(folder)) as office:
        yield office


def _nothing(_: RuleSet) -> None:
    return


def _seen(email: str) -> Person | None:
    return Person("ada-1", email, "Ada", frozenset({"legal"})) if email == "ada@northlight.example" else None

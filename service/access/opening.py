"""Puts together who is recognised here, by the settings: people by the token and links or at a provider, and API keys.

Reads nothing of it yet: rules, directory, keys and the provider are looked at when somebody comes.
"""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexes.clock import utc_now
from indexes.standing import EVERYBODY
from service.access.counts import Counts, MemoryCounts
from service.access.counts_tables import TableCounts
from service.access.directory import CsvDirectory
from service.access.errors import AccessError, AccessRulesError
from service.access.key_ring import KeyRing
from service.access.key_store import KeyChange, KeyStore
from service.access.keys import KeyAccess
from service.access.local import PERSON, LocalAccess, local_token
from service.access.named_requests import NamedRequests
from service.access.openid.access import OidcAccess
from service.access.openid.provider_settings import ProviderSettings
from service.access.people import Membership
from service.access.port import Access, SignIn
from service.access.principals import ANY_SOURCE, Principal, Role
from service.access.private_database import Keep
from service.access.pushed import PushedPeople
from service.access.pushed_store import PushedStore
from service.access.recognition import Recognition
from service.access.rules import ACCESS_FILE, Rules, RuleSet, read_rules
from service.access.session_store import SessionStore
from service.access.sessions import Lasting, Sessions

PEPPER_FILE = "api-pepper.key"


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """What decides who is recognised.

    `keep` is where sessions, keys and pushed people are kept. `provider` is `None` in local mode; `token` and
    `local_groups` count only there. `keep_s` is how long rules and a directory that broke since stay in force, in
    seconds.
    """

    state: Path
    keep: Keep
    library: Path
    directory: Path
    lasting: Lasting
    keep_s: float
    provider: ProviderSettings | None = None
    token: str | None = field(default=None, repr=False)
    local_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recording:
    """Puts on record what changed of who may do what, before it acts."""

    rules: Callable[[RuleSet], None]
    key: Callable[[KeyChange], None]


@dataclass(frozen=True, slots=True)
class Lately:
    """What callers did lately: how often, and which requests came by name where replicas share that."""

    counts: Counts
    named: NamedRequests | None

    def forget_ended(self) -> None:
        """Forget counts and names that are over; to be called about once a minute.

        Raises:
            SharedUnavailableError: the database cannot be written.
        """
        self.counts.forget_ended()
        if self.named is not None:
            self.named.forget_old()


@dataclass(frozen=True, slots=True)
class OpenAccess:
    """Who is recognised, and what operators do about it."""

    access: Access
    sign_in: SignIn
    key_ring: KeyRing
    pushed: PushedPeople
    owner: Principal
    key_access: KeyAccess
    membership: Membership
    lately: Lately
    problem_tellers: Sequence[Callable[[], str | None]]
    closers: Sequence[Callable[[], None]]

    def problems(self) -> list[str]:
        """Return what is wrong with rules and directory, in words; reads them anew first.

        Raises:
            AuditUnavailableError: changed rules cannot be put on record.
        """
        try:
            self.membership.refresh()
        except AccessError as error:
            return [str(error)]
        return [problem for tell in self.problem_tellers if (problem := tell())]

    def remarks(self) -> list[str]:
        """Return which API keys have ended or end soon, in words, or why nobody can tell."""
        try:
            return self.key_ring.remarks()
        except AccessError as error:
            return [str(error)]

    def close(self) -> None:
        """Close the stores, and what is open to the provider."""
        for close in self.closers:
            close()


def open_access(
    settings: AccessSettings,
    *,
    pepper: Callable[[], bytes],
    recording: Recording,
    notice: Callable[[str], None],
) -> OpenAccess:
    """Return who is recognised, and what is known of what they did lately.

    Args:
        settings: what decides it.
        pepper: reads or makes the 32 secret bytes with which API keys are kept.
        recording: puts changes on record.
        notice: is told what an operator should see.

    Raises:
        TokenError: the local token cannot be read or made.
        ProviderError: the provider's address is none that may be reached.
    """
    session_store = SessionStore(settings.keep, clock_s=time.time)
    sessions = Sessions(session_store, settings.lasting)
    rules_path = settings.library / ACCESS_FILE
    rules = Rules(
        path=rules_path, on_change=recording.rules, notice=notice, clock_s=time.monotonic, keep_s=settings.keep_s
    )
    directory = CsvDirectory(path=settings.directory, notice=notice, clock_s=time.monotonic, keep_s=settings.keep_s)
    pushed = PushedPeople(PushedStore(settings.keep))
    membership = Membership(rules=rules, directories=(pushed, directory), seen=sessions.seen_with_address)
    people = _people(settings, session_store, sessions, membership, notice)
    store = KeyStore(settings.keep)
    key_access = KeyAccess(
        store=store,
        pepper=pepper,
        membership=membership,
        on_change=recording.key,
        today=lambda: utc_now().date(),
    )
    ring = KeyRing(
        store=store,
        pepper=pepper,
        now=utc_now,
        operator_may_audit=lambda: one_may_be_both(rules_path),
        settle=key_access.settle,
    )
    return OpenAccess(
        access=Recognition(people=people, keys=key_access),
        sign_in=people,
        key_ring=ring,
        pushed=pushed,
        owner=people.owner() if isinstance(people, LocalAccess) else _of_this_machine(settings),
        key_access=key_access,
        membership=membership,
        lately=_lately(settings.keep, pepper) if store.waits else Lately(MemoryCounts(), None),
        problem_tellers=(rules.problem, directory.problem),
        closers=(key_access.close, pushed.close, people.close),
    )


def _people(
    settings: AccessSettings,
    store: SessionStore,
    sessions: Sessions,
    membership: Membership,
    notice: Callable[[str], None],
) -> LocalAccess | OidcAccess:
    if settings.provider is not None:
        return OidcAccess.open(settings.provider, store=store, sessions=sessions, membership=membership, notice=notice)
    token = local_token(settings.state, settings.token)
    return LocalAccess(token=token, groups=settings.local_groups, sessions=sessions)


def _lately(keep: Keep, pepper: Callable[[], bytes]) -> Lately:
    secret = functools.cache(pepper)  # for every request; another pepper is seen where keys are looked at
    return Lately(TableCounts(keep, secret=secret), NamedRequests(keep, secret=secret))


def one_may_be_both(rules_path: Path) -> bool:
    """Tell whether `access.toml` lets one be operator and auditor; where it cannot be read, it does not."""
    try:
        return read_rules(rules_path).operator_may_audit
    except AccessRulesError:
        return False


def _of_this_machine(settings: AccessSettings) -> Principal:
    """Return whoever runs the command line beside the files while no service runs: they could read all of it anyway."""
    return Principal(
        principal_id=PERSON,
        groups=settings.local_groups | {EVERYBODY},
        roles=frozenset(Role),
        auth="cli",
        name=PERSON,
        approves=frozenset({ANY_SOURCE}),
    )

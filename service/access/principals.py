"""The record of who asks. Closed by default: a principal has the groups and roles it is given, and no others."""

from dataclasses import dataclass
from enum import StrEnum

ON_BEHALF = "on-behalf"  # how somebody is recognised for whom an API key acts
PROGRAM = "oidc-program"  # how a program that signed in at the provider as itself was recognised
ANY_SOURCE = "*"  # no source's name: those have letters, digits, - and _


class Role(StrEnum):
    """What somebody may do. No role implies another."""

    STAFF = "staff"  # ask
    APPROVER = "approver"  # decide on documents, of some sources
    AUDITOR = "auditor"  # read the log
    OPERATOR = "operator"  # keys, sessions, health, erasing by age; never a text


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was recognised.

    `principal_id` is stable and goes into the log only as a pseudonym; `groups` decide what may be read; `auth` says
    how they were recognised; `name` is what pages call them. `approves` are the sources that an approver decides on.
    `key_id` is the API key that came with the request, if one did: somebody by itself, or acting for them. `scopes` are
    those of a key that is here by itself.
    """

    principal_id: str
    groups: frozenset[str]
    roles: frozenset[Role]
    auth: str
    name: str = ""
    approves: frozenset[str] = frozenset()
    key_id: str | None = None
    scopes: frozenset[str] = frozenset()

    def may_approve(self, source: str) -> bool:
        """Tell whether they decide on documents of a source."""
        return Role.APPROVER in self.roles and bool({source, ANY_SOURCE} & self.approves)

    def is_person(self) -> bool:
        """Tell whether they are here themselves: a program is nobody, and whoever a key acts for did not come."""
        return self.key_id is None and self.auth != PROGRAM

"""The record of who asks. Closed by default: a principal has the groups and roles it is given, and no others."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do beyond asking."""

    STAFF = "staff"
    APPROVER = "approver"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was recognised.

    `principal_id` is stable and goes into the log only as a pseudonym; `groups` decide what may be read; `auth` says
    how they were recognised.
    """

    principal_id: str
    groups: frozenset[str]
    roles: frozenset[Role]
    auth: str

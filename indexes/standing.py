"""What the register's decision on a document means at a moment: its grant, and its standing in words.

A *grant* is a live approval: enough different people approved the same bytes, none of it withdrawn or expired. The
writer asks for it before it parses, the reader before a passage may influence anything. Pure functions of their
arguments; the moment is an argument too.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from indexes.decisions import Decision, by_time
from indexes.events import Approval, is_proven
from indexes.people import latest_by_person
from indexes.sources import Source

EVERYBODY = "staff"  # the group that every signed-in person is in


class Standing(StrEnum):
    """The standings a document can have."""

    APPROVED = "approved"
    PENDING = "pending"
    CHANGED = "changed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REJECTED = "rejected"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Grant:
    """The newest bytes of a document that enough people approved.

    As many approvals count as the source asks for: the newest, each of another person (`people`). `expires` is the
    earliest of their expiries, `groups` what all of them allow: of two that are needed together, each narrows, none
    widens. `approved_on` is the day of the latest. `readings` are the hashes of the stored texts that they name: one
    where all were given on the same reading, none where none says. `supersedes` are the documents that all of them
    name as superseded by this one.
    """

    document: str
    sha256: str
    title: str
    groups: frozenset[str]
    approved_by: tuple[str, ...]
    approved_on: date
    expires: date
    readings: frozenset[str] = frozenset()
    supersedes: frozenset[str] = frozenset()

    def live_at(self, moment: datetime) -> bool:
        """Tell whether the approval still holds: it ends with the day `expires`, UTC."""
        return moment.astimezone(UTC).date() <= self.expires

    def read_otherwise(self, text_sha256: str) -> bool:
        """Tell whether a stored text is another than one that the approvals name; two that differ fit none."""
        return bool(self.readings - {text_sha256})

    def ends_at(self) -> datetime:
        """Return the first moment at which the approval no longer holds; the last that there is for `date.max`."""
        if self.expires == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime(self.expires.year, self.expires.month, self.expires.day, tzinfo=UTC) + timedelta(days=1)


def grant(decision: Decision | None, source: Source) -> Grant | None:
    """Return the newest sufficiently approved version of a document, expired or not; `None` if there is none.

    Which approval is the newest, a merge of two branches may have left open: the lines then have another order than
    their times. What holds is what both orders allow, and nothing if they name different versions.

    Args:
        decision: what the register says; `None` when it never mentions the document.
        source: the document's source, whose `approvals_required` and `groups` apply as they are now.
    """
    if decision is None or decision.problem or decision.withdrawal:
        return None
    as_filed = _newest(decision.approvals, decision, source)
    dated = by_time(decision)
    if as_filed is None or dated == decision.approvals:
        return as_filed
    as_dated = _newest(dated, decision, source)
    if as_dated is None or as_dated.sha256 != as_filed.sha256:
        return None
    return replace(
        as_dated,
        groups=as_dated.groups & as_filed.groups,
        expires=min(as_dated.expires, as_filed.expires),
        readings=as_dated.readings | as_filed.readings,
        supersedes=as_dated.supersedes & as_filed.supersedes,
    )


def orders_disagree(decision: Decision, source: Source) -> bool:
    """Tell whether a document has no grant only because its lines' order and their times name different versions."""
    return grant(decision, source) is None and _newest(decision.approvals, decision, source) is not None


def _newest(approvals: tuple[Approval, ...], decision: Decision, source: Source) -> Grant | None:
    for newest in reversed(approvals):
        by_person = _counting(approvals, decision, source, newest.sha256)
        if len(by_person) >= source.approvals_required:
            return _combine(by_person[-source.approvals_required :])
    return None


def approvals_of(decision: Decision, source: Source, sha256: str) -> list[Approval]:
    """Return the approvals of a version that count, one a person, in the order in which they stand in the register."""
    return _counting(decision.approvals, decision, source, sha256)


def approvals_with(decision: Decision | None, source: Source, approval: Approval) -> list[Approval]:
    """Return the approvals of its version that would count after one more."""
    decision = decision or Decision()
    return _counting((*decision.approvals, approval), decision, source, approval.sha256)


def _counting(approvals: tuple[Approval, ...], decision: Decision, source: Source, sha256: str) -> list[Approval]:
    of_version = (one for one in approvals if one.sha256 == sha256 and (is_proven(one) or not source.proven))
    uploads = (one for one in decision.uploads if one.sha256 == sha256) if source.separate_uploader else ()
    return latest_by_person(of_version, none_of=uploads)


def _combine(approvals: list[Approval]) -> Grant:
    last = approvals[-1]
    return Grant(
        document=last.document,
        sha256=last.sha256,
        title=last.title,
        groups=frozenset.intersection(*(frozenset(approval.groups) for approval in approvals)),
        approved_by=tuple(approval.by for approval in approvals),
        approved_on=last.at.date(),
        expires=min(approval.expires for approval in approvals),
        readings=frozenset(approval.text_sha256 for approval in approvals if approval.text_sha256),
        supersedes=frozenset.intersection(*(frozenset(approval.supersedes) for approval in approvals)),
    )


def may_read(granted: Grant, source: Source, groups: frozenset[str]) -> bool:
    """Tell whether somebody in `groups` may read: in a group of the approval, and in a group of the source.

    The source's groups count as they are now, so narrowing them acts at once. Empty groups means nobody.
    """
    return bool(granted.groups & groups) and bool(frozenset(source.groups) & groups)


def standing(decision: Decision | None, source: Source, *, file_sha256: str | None, at: datetime) -> Standing:
    """Return a document's standing at a moment.

    Args:
        decision: what the register says; `None` when it never mentions the document.
        source: the document's source.
        file_sha256: the hash (hex) of the file as it is now; `None` when there is no file.
        at: the moment, with its time zone.
    """
    if decision and decision.withdrawal:
        return Standing.REVOKED if decision.withdrawal.event == "revoke" else Standing.REJECTED
    if file_sha256 is None:
        return Standing.MISSING
    granted = grant(decision, source)
    if granted is None or decision is None or _awaits_another(decision, source, file_sha256):
        return Standing.PENDING
    if granted.sha256 != file_sha256:
        return Standing.CHANGED
    return Standing.APPROVED if granted.live_at(at) else Standing.EXPIRED


def _awaits_another(decision: Decision, source: Source, file_sha256: str) -> bool:
    """Somebody approved this version of the file, but not yet enough people did."""
    return 0 < len(approvals_of(decision, source, file_sha256)) < source.approvals_required

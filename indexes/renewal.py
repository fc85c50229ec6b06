"""Approving anew what is approved already: what would be renewed of a path, and what needs a person to read it first.

Renewed is only what was approved as it is now: the file is still the approved version, and its approval ends within so
many days or has ended. The new approval says what the one before said, but for what is given anew. It counts like any
other: where two people have to approve, both have to renew, and whose approval would not count renews nothing. What has
changed since needs to be read, and what was withdrawn is never brought back by this. Writes nothing.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

from indexes.approvals import Approvals, Plan, months_later
from indexes.decisions import Decision, approval_time
from indexes.due import due_day
from indexes.errors import RegisterError, TermsError
from indexes.events import Approval
from indexes.library import locate
from indexes.lines import DocumentStanding
from indexes.people import labels
from indexes.sources import Source, source_name
from indexes.standing import Grant, Standing, approvals_of
from indexes.superseded import said_before
from indexes.terms import Terms

WITHIN_DAYS = 60
_NOT_RENEWED = {
    Standing.MISSING: "there is no file: put it back, or revoke it",
    Standing.CHANGED: "its file is another version by now: read it, and approve it by itself",
    Standing.PENDING: "a newer version of it waits for another approval: read that, and approve it by itself",
}


class _PassedOverError(Exception):
    """A document is not renewed; the message says why."""


def plan_renewal(
    approvals: Approvals, path: str, terms: Terms, *, now: datetime, within_days: int = WITHIN_DAYS
) -> Plan:
    """Say what would be renewed of a file, or of a folder's documents.

    Args:
        approvals: the library.
        path: of the file or folder, or its name in the library.
        terms: what the approver says anew; what is not given stays as the approval before says.
        now: the time, with its zone.
        within_days: an approval that ends later is left as it is.

    Returns:
        The plan. Of a folder, what is not due is not named in it, nor what was never approved or is withdrawn.

    Raises:
        DocumentNameError: the path means no document.
        TermsError: the new approvals would be over already.
        RegisterError: the register cannot be read.
    """
    if terms.expires and terms.expires < now.astimezone(UTC).date():
        raise TermsError(f"expected --expires = a day that is not past, got {terms.expires}")
    name = approvals.name_of(path)
    of_folder = "/" not in name or locate(approvals.sources, name).is_dir()
    lines = approvals.overview(under=name) if of_folder else [approvals.standing_of(name)]
    decisions = approvals.state().decisions
    last_day = due_day(now, within_days)
    renewed: list[Approval] = []
    passed_over: list[tuple[str, str]] = []
    for line in lines:
        decision, granted = decisions.get(line.document), line.grant
        if granted is None or decision is None or granted.expires > last_day:
            if not of_folder:
                passed_over.append((line.document, _why_not_due(line)))
            continue
        source = approvals.sources[source_name(line.document)]
        try:
            approval = _renewed(line, granted, decision, source, (terms, now))
            _check_it_counts(approval, decision, source, last_day=last_day)
        except (_PassedOverError, RegisterError) as error:
            passed_over.append((line.document, str(error)))
        else:
            renewed.append(approval)
    return Plan(tuple(renewed), tuple(passed_over), of_folder)


def _why_not_due(line: DocumentStanding) -> str:
    if line.grant is None:
        return f"is {line.standing}: only what is approved can be renewed"
    return f"its approval holds until {line.grant.expires}: nothing is due"


def _renewed(
    line: DocumentStanding, granted: Grant, decision: Decision, source: Source, said: tuple[Terms, datetime]
) -> Approval:
    terms, now = said
    if line.problem:
        raise _PassedOverError(line.problem)
    if line.sha256 is None or line.standing in _NOT_RENEWED:
        raise _PassedOverError(_NOT_RENEWED[line.standing])
    expires = terms.expires or months_later(now.astimezone(UTC).date(), source.review_months)
    if expires <= granted.expires:
        raise _PassedOverError(f"its approval holds until {granted.expires} already, and {expires} is no later")
    before = approvals_of(decision, source, line.sha256)[-1]
    same_groups = granted.groups == frozenset(before.groups)
    return Approval(
        document=line.document,
        sha256=line.sha256,
        title=terms.title or granted.title,
        by=terms.by,
        at=approval_time(decision, line.document, now),
        expires=expires,
        groups=terms.groups or (before.groups if same_groups else tuple(sorted(granted.groups))),
        note=terms.note or before.note,
        auth=terms.auth,
        by_id=terms.by_id,
        supersedes=said_before(decision, source) if terms.supersedes is None else terms.supersedes,
    )


def _check_it_counts(approval: Approval, decision: Decision, source: Source, *, last_day: date) -> None:
    ours = labels(approval)
    known = approvals_of(decision, source, approval.sha256)
    own = [one for one in known if not ours.isdisjoint(labels(one))]
    if own and own[-1].expires > last_day:
        raise _PassedOverError(f"'{approval.by}' renewed it already: another person has to renew it too")
    after = replace(decision, approvals=(*decision.approvals, approval))
    if approval not in approvals_of(after, source, approval.sha256):
        raise _PassedOverError(
            "there only approvals of people who signed in count: renew it on the desk"
            if source.proven
            else f"'{approval.by}' uploaded this version, so their approval does not count: somebody else renews it"
        )

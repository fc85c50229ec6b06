"""What the register says of one document: its lines, one after another, folded into a `Decision`.

An approval counts only while it stands after every withdrawal of its document, in the file *and* by its time. The file
alone would let a merge of two branches put an old approval behind a revocation; the times alone would let a clock that
runs ahead outlive one. So the order in which lines were merged can silence a document and never bring one back.

A line that cannot be understood but names a document acts as a withdrawal of what was approved before it. A line that
stands in the register twice decides once. What a person should know of the order of lines is kept as a remark until the
document is decided anew.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from indexes.errors import RegisterError
from indexes.events import Approval, Event, Withdrawal, time_text

CLOCK_SKEW = timedelta(minutes=5)  # two machines may differ by so much before a time counts as wrong
_SECOND = timedelta(seconds=1)  # what times in the register are told apart by


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of the register that cannot be understood; `documents` are those that it still names."""

    line: int
    message: str
    documents: tuple[str, ...] = ()

    def in_words(self, path: Path) -> str:
        """Return file, line, problem and consequence."""
        named = " and ".join(f"'{document}'" for document in self.documents)
        counts = "counts" if len(self.documents) == 1 else "count"
        return f"{path}, line {self.line}: {self.message}{f'; {named} {counts} as not approved' if named else ''}"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a line that a person should know and that stops nothing."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the register says of one document.

    `approvals` are those that count, in the file's order; `withdrawal` and `problem` are set while they are the newest
    word. An approval that is dated `withdrawn_to` or before does not count. `events` are all that there were.
    """

    approvals: tuple[Approval, ...] = ()
    withdrawal: Withdrawal | None = None
    problem: Problem | None = None
    withdrawn_to: datetime | None = None
    events: tuple[Event, ...] = ()
    remark: Remark | None = None


def decide(before: Decision, event: Event, *, line: int) -> Decision:
    """Return what holds after one more event; `before` itself if the event stands in the register already."""
    if event in before.events:
        return before
    after = _withdraw(before, event, line) if isinstance(event, Withdrawal) else _approve(before, event, line)
    return replace(after, events=(*before.events, event))


def _withdraw(before: Decision, withdrawal: Withdrawal, line: int) -> Decision:
    remark = None
    if newest := max((approval.at for approval in before.approvals if approval.at > withdrawal.at), default=None):
        remark = Remark(
            line,
            f"'{withdrawal.document}' is withdrawn by this line of {time_text(withdrawal.at)}, although an approval "
            f"above it is dated {time_text(newest)}: if the approval is the later word, approve it again",
        )
    held = before.withdrawal
    return Decision(
        withdrawal=held if held and held.at > withdrawal.at else withdrawal,
        withdrawn_to=_latest(before.withdrawn_to, withdrawal.at),
        remark=remark,
    )


def _approve(before: Decision, approval: Approval, line: int) -> Decision:
    if before.withdrawn_to and approval.at <= before.withdrawn_to:
        message = (
            f"this approval of '{approval.document}' is dated {time_text(approval.at)} and does not count: what was "
            f"approved up to {time_text(before.withdrawn_to)} is withdrawn; if it should count, approve it again"
        )
        return replace(before, remark=Remark(line, message))
    remark = None
    if newest := max((other.at for other in before.approvals if other.at > approval.at), default=None):
        remark = Remark(
            line,
            f"this approval of '{approval.document}' is dated {time_text(approval.at)}, before one above it of "
            f"{time_text(newest)}: only what both orders allow holds, until it is approved again",
        )
    return Decision(approvals=(*before.approvals, approval), withdrawn_to=before.withdrawn_to, remark=remark)


def block(before: Decision, problem: Problem) -> Decision:
    """Return what holds after a line that names the document and cannot be understood."""
    newest = max((approval.at for approval in before.approvals), default=None)
    withdrawn_to = _latest(before.withdrawn_to, newest) if newest else before.withdrawn_to
    return Decision(problem=problem, withdrawn_to=withdrawn_to, events=before.events)


def _latest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None or at > known else known


def approval_time(decision: Decision | None, document: str, now: datetime) -> datetime:
    """Return the time to give a new approval of a document so that it counts: now, or just after what it follows.

    Raises:
        RegisterError: something is withdrawn up to a moment that has not come, which no difference of clocks explains.
    """
    now = now.replace(microsecond=0)
    if decision is None:
        return now
    withdrawn_to = decision.withdrawn_to
    if withdrawn_to and withdrawn_to > now + CLOCK_SKEW:
        raise RegisterError(
            f"'{document}' is withdrawn up to {time_text(withdrawn_to)}, which has not come: an approval would not "
            "count before; if the clock here is right, mend the time of that line in the register"
        )
    follows = [at for at in (withdrawn_to, _newest(decision, until=now + CLOCK_SKEW)) if at]
    return max([now, *(at + _SECOND for at in follows)])


def withdrawal_time(decision: Decision | None, now: datetime) -> datetime:
    """Return the time to give a new withdrawal of a document: now, or that of the approval which it follows.

    A time that no difference of clocks explains is passed over: a withdrawal ends what stands above it all the same,
    and taking such a time over would keep the document from being approved again.
    """
    now = now.replace(microsecond=0)
    return max(now, (decision and _newest(decision, until=now + CLOCK_SKEW)) or now)


def _newest(decision: Decision, *, until: datetime) -> datetime | None:
    return max((approval.at for approval in decision.approvals if approval.at <= until), default=None)


def dated_ahead(document: str, decision: Decision, *, now: datetime) -> str | None:
    """Say what of a document is dated in the future, beyond what clocks differ by; `None` if nothing is."""
    limit = now + CLOCK_SKEW
    if decision.withdrawn_to and decision.withdrawn_to > limit:
        return (
            f"'{document}' is withdrawn up to {time_text(decision.withdrawn_to)}, which has not come: no approval of "
            "it counts before; if that is not meant, mend the time of that line"
        )
    if ahead := [approval for approval in decision.approvals if approval.at > limit]:
        return f"an approval of '{document}' is dated {time_text(ahead[0].at)}, which has not come: mend its time"
    return None

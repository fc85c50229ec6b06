"""What the register says of one document: its lines, one after another, folded into a `Decision`.

An approval counts only while it stands after every withdrawal of its document, in the file *and* by its time. The file
alone would let a merge of two branches put an old approval behind a revocation; the times alone would let a clock that
runs ahead outlive one. So the order in which lines were merged can silence a document and never bring one back. What
the times alone say is `by_time`; where it differs, only what both say holds (`standing`).

A line that cannot be understood but names a document acts as a withdrawal of what was approved before it. A line that
stands in the register twice decides once. What a person should know of the order of lines is kept as a remark until the
document is decided anew.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from indexes.errors import TimeAheadError
from indexes.events import Approval, Event, Upload, Withdrawal, time_text

CLOCK_SKEW = timedelta(minutes=5)  # two machines may differ by so much before a time counts as wrong
_SECOND = timedelta(seconds=1)  # what times in the register are told apart by


Cause = Literal["merge", "wide", "nul"]  # what several lines have in common: a merge, UTF-16, NUL bytes
_NAMED = 3  # documents that a message names


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of the register that cannot be understood; `documents` are those that it still names.

    Where several lines have one `cause`, the problem is of all of them up to `to` (`damage`).
    """

    line: int
    message: str
    documents: tuple[str, ...] = ()
    to: int = 0
    cause: Cause | None = None

    @property
    def last(self) -> int:
        """The number of the last line that it is of."""
        return self.to or self.line

    def in_words(self, shown: Path | str) -> str:
        """Return where the register lies, line or lines, problem and consequence."""
        where = f"line {self.line}" if self.last == self.line else f"lines {self.line} to {self.last}"
        documents = tuple(dict.fromkeys(self.documents))
        if not documents:
            return f"{shown}, {where}: {self.message}"
        named = [f"'{document}'" for document in documents[:_NAMED]]
        more = [f"{len(documents) - _NAMED} more"] if len(documents) > _NAMED else []
        counts = "counts" if len(documents) == 1 else "count"
        return f"{shown}, {where}: {self.message}; {' and '.join([*named, *more])} {counts} as not approved"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a line that a person should know and that stops nothing."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the register says of one document.

    `approvals` are those that count, in the file's order; `withdrawal` and `problem` are set while they are the newest
    word. An approval that is dated `withdrawn_to` or before does not count. `events` are all that there were, but for
    `uploads`, which decide nothing.
    """

    approvals: tuple[Approval, ...] = ()
    withdrawal: Withdrawal | None = None
    problem: Problem | None = None
    withdrawn_to: datetime | None = None
    events: tuple[Event, ...] = ()
    remark: Remark | None = None
    uploads: tuple[Upload, ...] = ()


def decide(before: Decision, event: Event, *, line: int) -> Decision:
    """Return what holds after one more event; `before` itself if the event stands in the register already."""
    if event in before.events or event in before.uploads:
        return before
    if isinstance(event, Upload):
        return replace(before, uploads=(*before.uploads, event))
    return _withdraw(before, event, line) if isinstance(event, Withdrawal) else _approve(before, event, line)


def by_time(decision: Decision) -> tuple[Approval, ...]:
    """Return the approvals that would count if only times did, in their order; of the same second, in the file's."""
    approvals = [event for event in decision.events if isinstance(event, Approval)]
    counting = [approval for approval in approvals if not _is_withdrawn(decision, approval)]
    return tuple(sorted(counting, key=lambda approval: approval.at))


def _is_withdrawn(decision: Decision, approval: Approval) -> bool:
    return decision.withdrawn_to is not None and approval.at <= decision.withdrawn_to


def _withdraw(before: Decision, withdrawal: Withdrawal, line: int) -> Decision:
    remark = None
    if later := [approval for approval in by_time(before) if approval.at > withdrawal.at]:
        remark = Remark(
            line,
            f"'{withdrawal.document}' is withdrawn by this line of {time_text(withdrawal.at)}, although an approval "
            f"above it is dated {time_text(later[-1].at)}: if the approval is the later word, approve it again",
        )
    held = before.withdrawal
    return Decision(
        withdrawal=held if held and held.at > withdrawal.at else withdrawal,
        withdrawn_to=_latest(before.withdrawn_to, withdrawal.at),
        events=(*before.events, withdrawal),
        remark=remark,
        uploads=before.uploads,
    )


def _approve(before: Decision, approval: Approval, line: int) -> Decision:
    dated = f"this approval of '{approval.document}' is dated {time_text(approval.at)}"
    if before.withdrawn_to and _is_withdrawn(before, approval):
        message = (
            f"{dated} and does not count: what was approved up to {time_text(before.withdrawn_to)} is withdrawn; "
            "if it should count, approve it again"
        )
        return replace(before, events=(*before.events, approval), remark=Remark(line, message))
    remark = None
    if later := [other for other in by_time(before) if other.at > approval.at]:
        remark = Remark(
            line,
            f"{dated}, before one above it of {time_text(later[-1].at)}: only what both orders allow holds, until it "
            "is approved again",
        )
    return Decision(
        approvals=(*before.approvals, approval),
        withdrawn_to=before.withdrawn_to,
        events=(*before.events, approval),
        remark=remark,
        uploads=before.uploads,
    )


def block(before: Decision, problem: Problem) -> Decision:
    """Return what holds after a line that names the document and cannot be understood."""
    withdrawn_to = before.withdrawn_to
    if standing := by_time(before):
        withdrawn_to = _latest(withdrawn_to, standing[-1].at)
    return Decision(problem=problem, withdrawn_to=withdrawn_to, events=before.events, uploads=before.uploads)


def _latest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None or at > known else known


def approval_time(decision: Decision | None, document: str, now: datetime) -> datetime:
    """Return the time to give a new approval of a document so that it counts: now, or just after what it follows.

    Raises:
        TimeAheadError: it follows something of a time that has not come, which no difference of clocks explains.
    """
    now = now.replace(microsecond=0)
    if decision is None:
        return now
    if ahead := dated_ahead(document, decision, now=now):
        raise TimeAheadError(f"{ahead}; before, a new approval would not count")
    follows = [approval.at for approval in by_time(decision)] + [at for at in (decision.withdrawn_to,) if at]
    return max([now, *(at + _SECOND for at in follows)])


def withdrawal_time(decision: Decision | None, now: datetime) -> datetime:
    """Return the time to give a new withdrawal of a document: now, or that of the approval which it follows.

    A time that no difference of clocks explains is passed over: a withdrawal ends what stands above it all the same,
    and taking such a time over would keep the document from being approved again.
    """
    now = now.replace(microsecond=0)
    follows = [approval.at for approval in decision.approvals] if decision else []
    return max([now, *(at for at in follows if at <= now + CLOCK_SKEW)])


def dated_ahead(document: str, decision: Decision, *, now: datetime) -> str | None:
    """Say what of a document is dated in the future, beyond what clocks differ by; `None` if nothing is."""
    limit = now + CLOCK_SKEW
    if decision.withdrawn_to and decision.withdrawn_to > limit:
        what = f"'{document}' is withdrawn up to {time_text(decision.withdrawn_to)}"
    elif (approvals := by_time(decision)) and approvals[-1].at > limit:
        what = f"an approval of '{document}' is dated {time_text(approvals[-1].at)}"
    else:
        return None
    return f"{what}: that time has not come; if it is not meant, mend it in that line of the register"

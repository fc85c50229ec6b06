"""Why the register does not let a document into a build, in one line for a person."""

from indexes.decisions import Decision
from indexes.library import FileBytes
from indexes.sources import Source
from indexes.standing import Grant, Standing, approvals_of, orders_disagree


def why_not(is_now: Standing, decision: Decision | None, granted: Grant | None, file: FileBytes, source: Source) -> str:
    """Say in one line why a document is not admitted."""
    if decision and decision.withdrawal:
        return (
            f"{is_now}: by {decision.withdrawal.by} on {decision.withdrawal.at:%Y-%m-%d}: {decision.withdrawal.reason}"
        )
    if is_now is Standing.CHANGED and granted:
        return f"changed: approved {granted.sha256[:12]}, found {file.sha256[:12]}; the new version needs approval"
    if is_now is Standing.EXPIRED and granted:
        return f"expired: the approval ended on {granted.expires}"
    return f"pending: {_what_it_waits_for(decision, file, source)}"


def _what_it_waits_for(decision: Decision | None, file: FileBytes, source: Source) -> str:
    if decision and decision.problem:
        return f"the register's line {decision.problem.line} cannot be understood; approve it again"
    if decision and orders_disagree(decision, source):
        return "the register's lines on it are not in the order of their times, and disagree; approve it again"
    if decision and approvals_of(decision, source, file.sha256):
        return "one person approved this version, another has to"
    if decision and any(approval.sha256 == file.sha256 for approval in decision.approvals):
        return "who approved this version is not proven, or uploaded it; somebody whose approval counts here has to"
    return "nobody has approved it"

"""What `approve --renew` does besides: what is read otherwise by now is passed over, and what stands is said."""

from collections.abc import Mapping

from indexes.approvals import Approvals, Plan
from indexes.console import err, out
from indexes.standing import Standing


def without_read_otherwise(plan: Plan, texts: Mapping[str, str], approvals: Approvals) -> Plan:
    """Return a plan of renewals without what is read otherwise than when it was approved: that needs a look.

    Args:
        plan: what would be renewed.
        texts: the SHA-256 (hex) of the stored text as it is read now, by document.
        approvals: the library.
    """
    otherwise = {}
    for approval in plan.approvals:
        granted = approvals.standing_of(approval.document).grant
        text = texts.get(approval.document)
        if granted and text and granted.read_otherwise(text):
            again = f"greenlit approve {approval.document} --reread"
            otherwise[approval.document] = f"it is read otherwise than when it was approved: see {again}"
    return plan.read(texts, otherwise)


def report_renewals(approvals: Approvals, plan: Plan) -> None:
    """Print where renewed documents stand, and until when."""
    standings = [approvals.standing_of(approval.document) for approval in plan.approvals]
    for line, approval in zip(standings, plan.approvals, strict=True):
        granted = line.grant
        if line.standing is Standing.APPROVED and granted and granted.expires >= approval.expires:
            out.line(f"{line.document} is approved until {granted.expires}")
        elif granted and line.standing in (Standing.APPROVED, Standing.EXPIRED):
            ends = "ends" if line.standing is Standing.APPROVED else "ended"
            out.line(f"{line.document}: its approval {ends} on {granted.expires}: another person has to renew it too")
        else:
            out.line(f"{line.document} is {line.standing}: it was decided on meanwhile, and the renewal does not count")
    if any(line.standing is Standing.APPROVED for line in standings):
        err.line("answers go on as they were; what had ended answers again at once, or with the next build")

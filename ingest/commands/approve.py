"""The command `approve`: pins a file, or every undecided file of a folder, to the bytes that it has now."""

from datetime import date
from typing import Annotated

import typer

from indexes.approvals import Approvals
from indexes.console import err, out
from indexes.errors import IndexesError, RegisterError, TermsError
from indexes.events import TYPED
from indexes.settings import read_library_settings
from indexes.sources import source_name
from indexes.terms import Terms, checked_by, checked_groups, checked_text
from ingest import show
from ingest.commands.opening import By, PathArgument, failed, opened_approvals


def approve(
    path: PathArgument,
    by: By,
    expires: Annotated[str | None, typer.Option(help="last day of the approval, like 2027-11-20")] = None,
    groups: Annotated[str | None, typer.Option(help="who may read, separated by commas")] = None,
    title: Annotated[str, typer.Option(help="the title to show")] = "",
    note: Annotated[str, typer.Option(help="a note for the record")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask before approving a folder")] = False,
) -> None:
    """Approve a file as it is now, or every undecided file of a folder."""
    try:
        terms = Terms(
            by=checked_by(by),
            expires=_date(expires) if expires is not None else None,
            groups=checked_groups(groups) if groups is not None else None,
            title=checked_text("--title", title),
            note=checked_text("--note", note),
            auth=TYPED,
        )
        approvals = opened_approvals(read_library_settings())
        plan = approvals.plan_approval(path, terms)
    except IndexesError as error:
        raise failed(error) from error
    for document, why in plan.passed_over:
        err.line(f"passed over {document}: {why}")
    if not plan.approvals:
        err.line("nothing to approve")
        return
    out.text(show.in_words(plan.approvals))
    if plan.of_folder and not yes and not typer.confirm(f"Approve these {len(plan.approvals)}?"):
        raise typer.Exit(1)
    try:
        approvals.approve(plan)
    except RegisterError as error:
        raise failed(error) from error
    _report_approvals(approvals, [approval.document for approval in plan.approvals])


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise TermsError(f"expected --expires = a date like 2027-11-20, got '{text}'") from error


def _report_approvals(approvals: Approvals, documents: list[str]) -> None:
    standing_of = approvals.standings(documents)
    withdrawn = ": it was withdrawn meanwhile, and the approval does not count"
    more = {
        "pending": ": another person has to approve it too",
        "expired": ": its last day is already past",
        "revoked": withdrawn,
        "rejected": withdrawn,
    }
    for document in documents:
        is_now = standing_of[document]
        unproven = is_now == "pending" and approvals.sources[source_name(document)].proven
        why = ": there only approvals of people who signed in count" if unproven else more.get(is_now, "")
        out.line(f"{document} is {is_now}{why}")
    if any(standing_of[document] == "approved" for document in documents):
        err.line("greenlit ingest brings what is approved into a build; where a worker runs, it does within seconds")
    if any(more.get(standing_of[document]) == withdrawn for document in documents):
        raise typer.Exit(1)

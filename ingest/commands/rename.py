"""The command `rename`: carries the decision on a file or a folder that was moved to its new name.

In order: (1) what would be carried, and what cannot be and why, (2) ask, for a folder, (3) write the approvals of the
new names and the ends of the old ones at once, (4) say where the documents stand.
"""

from typing import Annotated

import typer

from indexes.approvals import Approvals
from indexes.clock import utc_now
from indexes.console import err, fail, out
from indexes.errors import IndexesError, RegisterError
from indexes.events import TYPED
from indexes.renaming import Renaming, plan_renaming
from indexes.renaming import rename as write
from indexes.settings import read_library_settings
from indexes.terms import Terms, checked_by, checked_text
from ingest.commands.opening import By, failed, opened_approvals, stop_if_damaged


def rename(
    old: Annotated[str, typer.Argument(help="what the file or folder was called in the library")],
    new: Annotated[str, typer.Argument(help="where it is now")],
    by: By,
    note: Annotated[str, typer.Option(help="a note for the record")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
) -> None:
    """Carry the approval of a file or folder that was moved to its new name, where the bytes are the same.

    Move the file first. The new name is approved until the same day and for the same groups, and the old one is revoked
    in the same write. Where two people have to approve, each says the same, and the old name ends with the second. A
    folder is asked about.
    """
    try:
        settings = read_library_settings()
        approvals = opened_approvals(settings)
        stop_if_damaged(approvals)
        terms = Terms(by=checked_by(by), note=checked_text("--note", note), auth=TYPED)
        most = settings.max_file_bytes
        renaming = plan_renaming(approvals, old, new, terms, now=utc_now(), max_file_bytes=most)  # 1
    except IndexesError as error:
        raise failed(error) from error
    if not renaming.of_folder and renaming.passed_over:
        ((document, why),) = renaming.passed_over
        raise fail(f"'{document}' is not renamed: {why}", 1)
    for document, why in renaming.passed_over:
        err.line(f"passed over {document}: {why}")
    if not renaming.moves:
        raise fail("nothing to rename", 1)
    for move in renaming.moves:
        out.line(f"  {move.old} -> {move.new}  {move.approval.sha256[:12]}  until {move.approval.expires}")
    if renaming.of_folder and not yes and not typer.confirm(f"Rename these {len(renaming.moves)}?"):  # 2
        raise typer.Exit(1)
    try:
        write(approvals, renaming)  # 3
    except RegisterError as error:
        raise failed(error) from error
    _report(approvals, renaming)  # 4


def _report(approvals: Approvals, renaming: Renaming) -> None:
    standings = approvals.standings(move.new for move in renaming.moves)
    for move in renaming.moves:
        waits = "" if move.end else f": another person says the same, and until then '{move.old}' keeps its approval"
        out.line(f"{move.new} is {standings[move.new]}{waits}")
    for document, olds in renaming.superseding:
        again = f"greenlit approve {document} {' '.join(f'--supersedes {old}' for old in olds)} --by WHO"
        err.line(f"{document} is said to supersede what has another name now: {again} says so")
    err.line("greenlit ingest brings the new names into a build; where a worker runs, it does within seconds")

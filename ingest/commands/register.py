"""The command `register`: where every document stands."""

from typing import Annotated

import typer

from indexes.console import out
from indexes.errors import IndexesError, TermsError
from indexes.settings import read_library_settings
from ingest import show
from ingest.commands.opening import AsJson, failed, opened_approvals


def register(
    status: Annotated[str | None, typer.Option(help="only documents with this standing")] = None,
    as_json: AsJson = False,
) -> None:
    """List every document with its standing. Exits with 1 if a line of the register cannot be understood."""
    from indexes.standing import Standing

    if status is not None and status not in list(Standing):
        raise failed(TermsError(f"expected --status = one of {', '.join(Standing)}, got '{status}'"))
    try:
        approvals = opened_approvals(read_library_settings())
        lines = [line for line in approvals.overview() if status in (None, line.standing.value)]
        problems = [problem.in_words(approvals.register_path) for problem in approvals.state().problems]
        remarks = approvals.remarks()
    except IndexesError as error:
        raise failed(error, 1) from error
    if as_json:
        documents = [show.standing_json(line) for line in lines]
        out.json({"documents": documents, "problems": problems, "remarks": remarks})
    else:
        show.standings(lines)
        show.troubles(problems=problems, remarks=remarks)
    if problems:
        raise typer.Exit(1)

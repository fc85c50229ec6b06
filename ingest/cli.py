"""The writer's commands: approve, revoke, reject, register, ingest.

Reads settings, calls `approvals` and `pipeline`, prints. Tables and progress go to people (stderr for progress), JSON
with `--json` to programs. Exit codes: 0 done, 1 refused or found wrong, 2 bad usage.
"""

import json
import sys
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from indexes.errors import IndexesError, RegisterError
from indexes.names import printable
from indexes.settings import LibrarySettings, read_library_settings
from ingest.approvals import (
    Approvals,
    DocumentStanding,
    Terms,
    checked_by,
    checked_groups,
    checked_reason,
    in_words,
)
from ingest.errors import IngestError
from ingest.report import Report

_PIPE_WIDTH = 1000  # characters: a program that reads a table gets whole lines
app = typer.Typer()
_out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
_err = Console(stderr=True, soft_wrap=True, highlight=False)

_STYLES = {"approved": "green", "ingested": "green", "unchanged": "green", "pending": "yellow", "kept_out": "yellow"}

PathArgument = Annotated[str, typer.Argument(help="a file or folder of the library, or a document's name")]
By = Annotated[str, typer.Option("--by", help="who decides: a name or address")]
Reason = Annotated[str, typer.Option("--reason", help="why")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def _now() -> datetime:
    return datetime.now(UTC)


def _approvals(settings: LibrarySettings) -> Approvals:
    return Approvals(library=settings.library, now=_now, max_file_bytes=settings.max_file_bytes)


def _fail(error: Exception, code: int) -> typer.Exit:
    _err.print(f"[red]greenlit:[/red] {escape(str(error))}")
    return typer.Exit(code)


@app.command()
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
            title=title.strip(),
            note=note.strip(),
        )
        approvals = _approvals(read_library_settings())
        plan = approvals.plan_approval(path, terms)
    except IndexesError as error:
        raise _fail(error, 2) from error
    for document, why in plan.passed_over:
        _err.print(f"passed over {escape(printable(document))}: {escape(why)}")
    if not plan.approvals:
        _err.print("nothing to approve")
        return
    _out.print(escape(in_words(plan.approvals)))
    if plan.of_folder and not yes and not typer.confirm(f"Approve these {len(plan.approvals)}?"):
        raise typer.Exit(1)
    try:
        approvals.approve(plan)
    except RegisterError as error:
        raise _fail(error, 1) from error
    _report_approvals(approvals, [approval.document for approval in plan.approvals])


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RegisterError(f"expected --expires = a date like 2027-11-20, got {printable(text)!r}") from error


def _report_approvals(approvals: Approvals, documents: list[str]) -> None:
    standing_of = approvals.standings(documents)
    more = {"pending": ": another person has to approve it too", "expired": ": its last day is already past"}
    for document in documents:
        is_now = standing_of[document]
        _out.print(f"{escape(printable(document))} is {is_now}{more.get(is_now, '')}")
    if any(standing_of[document] == "approved" for document in documents):
        _err.print("run greenlit ingest to bring what is approved into a build")


@app.command()
def revoke(path: PathArgument, by: By, reason: Reason) -> None:
    """Withdraw a document's approval; it acts on the next question."""
    _withdraw("revoke", path, by, reason)


@app.command()
def reject(path: PathArgument, by: By, reason: Reason) -> None:
    """Decide that a document stays out."""
    _withdraw("reject", path, by, reason)


def _withdraw(event: Literal["revoke", "reject"], path: str, by: str, reason: str) -> None:
    try:
        approvals = _approvals(read_library_settings())
        by, reason = checked_by(by), checked_reason(reason)
    except IndexesError as error:
        raise _fail(error, 2) from error
    try:
        withdrawal = approvals.withdraw(event, path, by=by, reason=reason)
    except IndexesError as error:
        raise _fail(error, 1 if isinstance(error, RegisterError) else 2) from error
    _out.print(f"{escape(printable(withdrawal.document))} is {'revoked' if event == 'revoke' else 'rejected'}")


@app.command()
def register(
    status: Annotated[str | None, typer.Option(help="only documents with this standing")] = None,
    as_json: AsJson = False,
) -> None:
    """List every document with its standing."""
    from indexes.standing import Standing

    if status is not None and status not in list(Standing):
        raise _fail(RegisterError(f"expected --status = one of {', '.join(Standing)}, got '{printable(status)}'"), 2)
    try:
        approvals = _approvals(read_library_settings())
        lines = [line for line in approvals.overview() if status in (None, line.standing.value)]
        problems = [problem.in_words(approvals.register_path) for problem in approvals.state().problems]
    except IndexesError as error:
        raise _fail(error, 1) from error
    if as_json:
        print(json.dumps({"documents": [_standing_json(line) for line in lines], "problems": problems}, indent=1))
    else:
        _out.print(_standing_table(lines), soft_wrap=False)
        for problem in problems:
            _err.print(f"[red]problem:[/red] {escape(problem)}")
    if problems:
        raise typer.Exit(1)


def _standing_json(line: DocumentStanding) -> dict[str, Any]:
    granted = line.grant
    return {
        "document": line.document,
        "standing": line.standing.value,
        "sha256": line.sha256,
        "approved_sha256": granted.sha256 if granted else None,
        "approved_by": list(granted.approved_by) if granted else [],
        "approved_on": granted.approved_on.isoformat() if granted else None,
        "expires": granted.expires.isoformat() if granted else None,
        "groups": sorted(granted.groups) if granted else [],
        "problem": line.problem,
    }


def _standing_table(lines: list[DocumentStanding]) -> Table:
    table = Table(
        Column("document", overflow="fold"), "standing", "approved by", "until", "for", box=None, pad_edge=False
    )
    for line in lines:
        granted = line.grant
        table.add_row(
            escape(printable(line.document)),
            f"[{_STYLES.get(line.standing.value, 'red')}]{line.standing}[/]",
            escape(", ".join(granted.approved_by)) if granted else "",
            str(granted.expires) if granted else "",
            escape(line.problem or (", ".join(sorted(granted.groups)) if granted else "")),
        )
    return table


@app.command()
def ingest(as_json: AsJson = False) -> None:
    """Make a build of what is approved now, check it, and publish it."""
    from indexes.encoder import load_encoder
    from indexes.holds import HOLDS_FOLDER
    from ingest.loading.process import LoaderProcess
    from ingest.pipeline import Ingestion
    from ingest.pipeline import ingest as run
    from ingest.progress import TerminalProgress

    try:
        settings = read_library_settings()
        encoder = load_encoder(settings.encoder)
        parser = LoaderProcess(timeout_s=settings.parse_timeout_s, max_memory_bytes=settings.parse_memory_bytes)
        with parser, TerminalProgress(_err) as progress:
            report = run(
                Ingestion(
                    library=settings.library,
                    builds=settings.builds,
                    holds=settings.state / HOLDS_FOLDER,
                    encoder=encoder,
                    parser=parser,
                    progress=progress,
                    now=_now,
                    max_file_bytes=settings.max_file_bytes,
                    dense_index=settings.dense_index,
                )
            )
    except (IndexesError, IngestError) as error:
        raise _fail(error, 1) from error
    if as_json:
        print(json.dumps(report.as_json(), indent=1))
    else:
        _print_report(report)


def _print_report(report: Report) -> None:
    table = Table(Column("document", overflow="fold"), "outcome", "passages", "reason", box=None, pad_edge=False)
    for line in report.documents:
        outcome = f"[{_STYLES[line.outcome]}]{line.outcome.replace('_', ' ')}[/]"
        table.add_row(escape(printable(line.document)), outcome, str(line.passages or ""), escape(line.reason))
    _out.print(table, soft_wrap=False)
    for problem in report.problems:
        _err.print(f"[red]problem:[/red] {escape(problem)}")
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in report.counts().items())
    said = "published" if report.published else "nothing changed; still live:"
    _out.print(f"{counts or 'no documents'}; {report.passages} passages in {report.seconds:.1f} s")
    _out.print(f"{said} build {report.build_id}")

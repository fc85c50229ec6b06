"""The writer's commands: approve, revoke, reject, register, ingest.

Reads settings, calls `approvals`, `pipeline` and `watch`, has `show` print what came of it. Tables and progress go to
people (stderr for progress), JSON with `--json` to programs. Exit codes: 0 done, 1 refused or found wrong, 2 bad usage.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from indexes.approvals import Approvals
from indexes.clock import utc_now
from indexes.console import err, fail, out, problem
from indexes.errors import IndexesError, RegisterError, TermsError
from indexes.events import TYPED
from indexes.settings import LibrarySettings, read_library_settings
from indexes.sources import source_name
from indexes.terms import Terms, checked_by, checked_groups, checked_reason, checked_text
from ingest import show
from ingest.errors import IngestError
from ingest.report import Report

if TYPE_CHECKING:
    from ingest.loading.process import LoaderProcess
    from ingest.pipeline import Ingestion, Parser, Progress

_WAIT_S = 600.0  # for a worker's build; the largest measured takes minutes
_NICE = 10  # a build gives way to who asks

app = typer.Typer()

PathArgument = Annotated[str, typer.Argument(help="a file or folder of the library, or a document's name")]
By = Annotated[str, typer.Option("--by", help="who decides: a name or address")]
Reason = Annotated[str, typer.Option("--reason", help="why")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing",
        help="publish although most approved documents of a source, or the register, are not there",
    ),
]


def _approvals(settings: LibrarySettings) -> Approvals:
    return Approvals(library=settings.library, now=utc_now, max_file_bytes=settings.max_file_bytes)


def _fail(error: Exception, code: int | None = None) -> typer.Exit:
    """End with an error: with 1 if the register is in the way, else with 2, unless a code is given."""
    return fail(error, code or (1 if isinstance(error, RegisterError) else 2))


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
            title=checked_text("--title", title),
            note=checked_text("--note", note),
            auth=TYPED,
        )
        approvals = _approvals(read_library_settings())
        plan = approvals.plan_approval(path, terms)
    except IndexesError as error:
        raise _fail(error) from error
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
        raise _fail(error) from error
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
        withdrawal = approvals.withdraw(event, path, by=checked_by(by), reason=checked_reason(reason), auth=TYPED)
    except IndexesError as error:
        raise _fail(error) from error
    out.line(f"{withdrawal.document} is {'revoked' if event == 'revoke' else 'rejected'}")


@app.command()
def register(
    status: Annotated[str | None, typer.Option(help="only documents with this standing")] = None,
    as_json: AsJson = False,
) -> None:
    """List every document with its standing. Exits with 1 if a line of the register cannot be understood."""
    from indexes.standing import Standing

    if status is not None and status not in list(Standing):
        raise _fail(TermsError(f"expected --status = one of {', '.join(Standing)}, got '{status}'"))
    try:
        approvals = _approvals(read_library_settings())
        lines = [line for line in approvals.overview() if status in (None, line.standing.value)]
        problems = [problem.in_words(approvals.register_path) for problem in approvals.state().problems]
        remarks = approvals.remarks()
    except IndexesError as error:
        raise _fail(error, 1) from error
    if as_json:
        documents = [show.standing_json(line) for line in lines]
        out.json({"documents": documents, "problems": problems, "remarks": remarks})
    else:
        show.standings(lines)
        show.troubles(problems=problems, remarks=remarks)
    if problems:
        raise typer.Exit(1)


@app.command()
def ingest(
    as_json: AsJson = False,
    allow_missing: AllowMissing = False,
    wait: Annotated[float, typer.Option(min=0, help="for an ingestion that is running, in seconds")] = _WAIT_S,
    watch: Annotated[bool, typer.Option("--watch", help="go on, and make a build whenever one is called for")] = False,
    end_with_input: Annotated[bool, typer.Option("--end-with-input", help="with --watch: end when stdin does")] = False,
) -> None:
    """Make a build of what is approved now, check it, and publish it.

    Exits with 1 if there is a problem that somebody has to mend: a line of the register that cannot be understood, a
    source's folder that is not there, an approved document without a file or that cannot be taken in. The rest is
    published all the same, unless a source lost more than half of its approved documents. Documents that the register
    keeps out (pending, changed, expired, revoked, rejected) are no problem.

    With --watch it is the worker: it goes on until it is ended, makes a build a few seconds after the last change of
    the register or the library, and reads what awaits a decision into previews for approvers.
    """
    if watch:
        if allow_missing:
            raise fail("--allow-missing is for one build, on somebody's word: expected it without --watch", 2)
        watch_here(as_json=as_json, end_with_input=end_with_input)
    elif ingest_here(as_json=as_json, allow_missing=allow_missing, wait_s=wait).problems:
        raise typer.Exit(1)


def ingest_here(*, as_json: bool = False, allow_missing: bool = False, wait_s: float = _WAIT_S) -> Report:
    """Ingest as the settings say, and print what came of it; problems are in the report."""
    from ingest.one_at_a_time import Wait
    from ingest.pipeline import ingest as run
    from ingest.progress import TerminalProgress

    try:
        settings = read_library_settings()
        with _parser(settings) as parser, TerminalProgress(err.drawing()) as progress:
            ingestion = _ingestion(settings, parser, progress)
            report = run(replace(ingestion, allow_missing=allow_missing, wait=Wait(wait_s, err.line)))
    except (IndexesError, IngestError) as error:
        raise _fail(error, 1) from error
    if as_json:
        out.json(report.as_json())
    else:
        show.report(report)
    return report


def watch_here(*, as_json: bool, end_with_input: bool) -> None:
    """Be the worker, as the settings say, until somebody ends it; print what each ingestion did.

    With `end_with_input` it belongs to a service beside it: it ends when its standard input does, and tells only of
    what it published.
    """
    import os
    import time

    from ingest.beside import end_with_input_of_parent, ended_by_signals
    from ingest.one_at_a_time import one_at_a_time
    from ingest.previews import Previews
    from ingest.telling import Telling
    from ingest.watch import Watcher
    from ingest.watch import watch as run

    def reported(report: Report) -> None:
        if as_json:
            out.json(report.as_json(), indent=None)
        elif report.published or not end_with_input:
            show.summary(report)

    os.nice(_NICE)
    try:
        settings = read_library_settings()
        with ended_by_signals(), one_at_a_time(settings.builds, "worker"), _parser(settings) as parser:
            if end_with_input:
                end_with_input_of_parent()
            telling = Telling(settings.builds, now=utc_now, clock_s=time.monotonic, notice=problem)
            watcher = Watcher(
                _ingestion(settings, parser, telling),
                previews=Previews(settings.builds, parser=parser, max_file_bytes=settings.max_file_bytes),
                telling=telling,
                reported=reported,
                rest=parser.close,
                clock_s=time.monotonic,
            )
            run(watcher, telling)
    except (IndexesError, IngestError) as error:
        raise _fail(error, 1) from error


@contextlib.contextmanager
def worker_here() -> Iterator[None]:
    """Have a worker beside what this process does, as the settings say; that it ended by itself is printed."""
    from ingest.beside import beside

    with beside(read_library_settings().builds, notice=problem):
        yield


def _parser(settings: LibrarySettings) -> "LoaderProcess":
    from ingest.loading.process import LoaderProcess

    return LoaderProcess(
        timeout_s=settings.parse_timeout_s,
        max_memory_bytes=settings.parse_memory_bytes,
        sandbox=settings.parser_sandbox,
    )


def _ingestion(settings: LibrarySettings, parser: "Parser", progress: "Progress") -> "Ingestion":
    from indexes.encoder import load_encoder
    from indexes.holds import HOLDS_FOLDER
    from ingest.pipeline import Ingestion

    return Ingestion(
        library=settings.library,
        builds=settings.builds,
        holds=settings.state / HOLDS_FOLDER,
        encoder=load_encoder(settings.encoder),
        parser=parser,
        progress=progress,
        now=utc_now,
        max_file_bytes=settings.max_file_bytes,
        dense_index=settings.dense_index,
    )

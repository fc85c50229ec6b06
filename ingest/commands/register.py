"""The commands `register`: where every document stands, its lines for review, moving it into a database or back.

The list says too which documents are read otherwise than when they were approved.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.approvals import Approvals
from indexes.clock import utc_now
from indexes.console import err, out
from indexes.counting import counted
from indexes.errors import IndexesError, SettingsError, TermsError
from indexes.library_register import register_of
from indexes.lines import DocumentStanding
from indexes.settings import LibrarySettings, read_library_settings
from indexes.sources import read_sources, source_name
from ingest import show
from ingest.commands.opening import AsJson, failed, limited_parser, opened_approvals, stop_if_damaged
from ingest.errors import IngestError

if TYPE_CHECKING:
    from ingest.rereading import Rereading


app = typer.Typer(help="Where every document stands; the register's lines; moving it into a database or back.")


@app.callback(invoke_without_command=True)
def register(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="only documents with this standing")] = None,
    due: Annotated[
        int | None, typer.Option(min=0, help="only approvals that end within so many days, or have ended")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every document with its standing, and what differs in those that are read otherwise than when approved.

    With --due, only approvals that end soon or have ended, the soonest first, with the owner of their source and how
    they are renewed. Exits with 1 if a line of the register cannot be understood; with --due, that is all it says then.
    """
    from indexes.standing import Standing

    if context.invoked_subcommand is not None:
        return
    if due is not None:
        _due(due, status=status, as_json=as_json)
        return
    if status is not None and status not in list(Standing):
        raise failed(TermsError(f"expected --status = one of {', '.join(Standing)}, got '{status}'"))
    try:
        settings = read_library_settings()
        approvals = opened_approvals(settings)
        lines = [line for line in approvals.overview() if status in (None, line.standing.value)]
        problems = [problem.in_words(approvals.register.shown) for problem in approvals.state().problems]
        remarks = approvals.remarks()
        rereading = read_otherwise(lines, approvals, settings)
    except (IndexesError, IngestError) as error:
        raise failed(error, 1) from error
    if rereading.unlooked:
        remarks.append(f"approved documents that were not read anew, as there are too many: {rereading.unlooked}")
    if as_json:
        documents = [show.standing_json(line) for line in lines]
        otherwise = [show.reread_json(one) for one in rereading.found]
        out.json({"documents": documents, "read_otherwise": otherwise, "problems": problems, "remarks": remarks})
    else:
        show.standings(lines)
        for one in rereading.found:
            show.reread(one, stays_out=approvals.sources[source_name(one.document)].reread == "ask")
        show.troubles(problems=problems, remarks=remarks)
    if problems:
        raise typer.Exit(1)


def _due(days: int, *, status: str | None, as_json: bool) -> None:
    from ingest.commands.due import due_lines, show_due

    if status is not None:
        raise failed(TermsError("expected --status or --due, got both"))
    try:
        approvals = opened_approvals(read_library_settings())
        stop_if_damaged(approvals, as_json=as_json)
        lines = due_lines(approvals, days=days, now=utc_now())
    except IndexesError as error:
        raise failed(error, 1) from error
    if as_json:
        out.json({"documents": [line.as_json() for line in lines], "problems": []})
    else:
        show_due(lines, days=days)


@app.command()
def export(file: Annotated[Path, typer.Argument(help="the file to write, which must not be there yet")]) -> None:
    """Write the register's lines into a file, byte for byte, wherever they lie: for review, or as a copy."""
    from indexes.durable import create_file

    path = file.expanduser().absolute()
    try:
        settings = read_library_settings()
        lines = register_of(settings.library, settings.database()).lines()
        if not create_file(path, b"".join(line + b"\n" for line in lines), mode=0o644):
            raise failed(TermsError(f"expected the name of a file that is not there, got {path}"))
    except IndexesError as error:
        raise failed(error) from error
    except OSError as error:
        raise failed(f"{path} cannot be written: {error.strerror}", 1) from error
    out.line(f"{path}: {counted(len(lines), 'line')}.")


@app.command()
def move(
    back: Annotated[bool, typer.Option("--back", help="from the database into the file again")] = False,
) -> None:
    """Move the register from its file into the database of GREENLIT_DATABASE_URL; nobody decides meanwhile."""
    try:
        settings = read_library_settings()
        _expect_database(settings)
        read_sources(settings.library)  # an empty folder is no library
        from indexes.register_moving import move_to_file, move_to_rows

        moved = (move_to_file if back else move_to_rows)(settings.library, settings.database())
    except SettingsError as error:
        raise failed(error, 2) from error
    except IndexesError as error:
        raise failed(error, 1) from error
    out.line(f"{counted(moved.lines, 'line')}, compared one by one. Decisions lie in {moved.to} from now on.")
    if moved.left:
        out.line(f"Nothing reads {moved.left} any more.")


def _expect_database(settings: LibrarySettings) -> None:
    if not settings.database():
        raise SettingsError("expected GREENLIT_DATABASE_URL to name the database, got none")


def read_otherwise(lines: list[DocumentStanding], approvals: Approvals, settings: LibrarySettings) -> "Rereading":
    """Return which of some documents are read otherwise now than when they were approved, as the settings say."""
    from ingest.progress import TerminalProgress
    from ingest.read import read_version
    from ingest.rereading import reread

    with limited_parser(settings) as parser, TerminalProgress(err.drawing()) as progress:

        def read(line: DocumentStanding) -> str:
            most = settings.max_file_bytes
            return read_version(approvals.sources, line.document, line.sha256 or "", parser, max_bytes=most).text

        return reread(lines, settings.builds, read=read, progress=progress)

"""The command `ingest`: makes a build of what is approved, or is the worker that makes them."""

from dataclasses import replace
from typing import Annotated

import typer

from indexes.console import err, fail, out
from indexes.errors import IndexesError
from indexes.settings import read_library_settings
from ingest import show
from ingest.commands.opening import AsJson, EngineName, failed, limited_parser, opened_engine, opened_ingestion
from ingest.commands.watch import watch_here
from ingest.errors import IngestError
from ingest.report import Report

_WAIT_S = 600.0  # for a worker's build; the largest measured takes minutes

AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing",
        help="publish although most approved documents of a source, or the register, are not there",
    ),
]


Engine = Annotated[
    EngineName,
    typer.Option(help="what reads and encodes: this process, or a Ray cluster (RAY_ADDRESS; else one of this machine)"),
]


def ingest(
    as_json: AsJson = False,
    allow_missing: AllowMissing = False,
    wait: Annotated[float, typer.Option(min=0, help="for an ingestion that is running, in seconds")] = _WAIT_S,
    engine: Engine = "local",
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

    With --engine ray a cluster reads and encodes, for a library that would take one machine days; the build is the
    same. Everything else, deciding what comes in above all, is done here.
    """
    if watch:
        if allow_missing:
            raise fail("--allow-missing is for one build, on somebody's word: expected it without --watch", 2)
        if engine != "local":
            raise fail(f"--engine {engine} is for one build: expected --watch without it, as a worker's are small", 2)
        watch_here(as_json=as_json, end_with_input=end_with_input)
    elif ingest_here(as_json=as_json, allow_missing=allow_missing, wait_s=wait, engine=engine).problems:
        raise typer.Exit(1)


def ingest_here(
    *, as_json: bool = False, allow_missing: bool = False, wait_s: float = _WAIT_S, engine: EngineName = "local"
) -> Report:
    """Ingest as the settings say, and print what came of it; problems are in the report."""
    from ingest.beside import ended_by_signals
    from ingest.one_at_a_time import Wait
    from ingest.pipeline import ingest as run
    from ingest.progress import TerminalProgress

    try:
        settings = read_library_settings()
        with (
            ended_by_signals(unfinished=True),
            limited_parser(settings) as parser,
            TerminalProgress(err.drawing()) as progress,
        ):
            ingestion = opened_ingestion(settings, parser, progress)
            with opened_engine(engine, settings, ingestion.encoder) as opened:
                wait = Wait(wait_s, err.line)
                report = run(replace(ingestion, allow_missing=allow_missing, wait=wait, engine=opened))
    except (IndexesError, IngestError) as error:
        raise failed(error, 1) from error
    if as_json:
        out.json(report.as_json())
    else:
        show.report(report)
    return report

"""The worker of `greenlit ingest --watch`, in this process or beside it."""

import contextlib
from collections.abc import Iterator

from indexes.clock import utc_now
from indexes.console import out
from indexes.errors import IndexesError
from indexes.settings import read_library_settings
from ingest import show
from ingest.commands.opening import failed, limited_parser, opened_ingestion
from ingest.errors import IngestError
from ingest.report import Report

_NICE = 10  # a build gives way to who asks


def watch_here(*, as_json: bool, end_with_input: bool) -> None:
    """Be the worker, as the settings say, until somebody ends it; print what each ingestion did.

    With `end_with_input` it belongs to a service beside it: it ends when its standard input does, and tells only of
    what it published.
    """
    import os
    import time

    import structlog

    from indexes.life import life
    from indexes.logs import configure_logs
    from ingest.beside import end_with_input_of_parent, ended_by_signals
    from ingest.one_at_a_time import one_at_a_time
    from ingest.previews import Previews
    from ingest.telling import Telling
    from ingest.watch import Watcher
    from ingest.watch import watch as run

    log = structlog.get_logger("greenlit.worker")

    def problem(words: str) -> None:
        log.warning("problem", words=words)

    def reported(report: Report) -> None:
        log.info("ingested", **_in_short(report))
        if as_json:
            out.json(report.as_json(), indent=None)
        elif report.published or not end_with_input:
            show.summary(report)

    os.nice(_NICE)
    try:
        settings = read_library_settings()
        configure_logs(settings.log_level)
        with (
            ended_by_signals() as ending,
            life("greenlit.worker") as its,
            one_at_a_time(settings.builds, "worker"),
            limited_parser(settings) as parser,
        ):
            ending.heard = its.ends
            if end_with_input:
                end_with_input_of_parent()
            telling = Telling(settings.builds, now=utc_now, clock_s=time.monotonic, notice=problem)
            watcher = Watcher(
                opened_ingestion(settings, parser, telling),
                previews=Previews(settings.builds, parser=parser, max_file_bytes=settings.max_file_bytes),
                telling=telling,
                reported=reported,
                rest=parser.close,
                clock_s=time.monotonic,
            )
            its.started(library=str(settings.library), builds=settings.builds_address() or str(settings.builds))
            run(watcher, telling)
    except (IndexesError, IngestError) as error:
        raise failed(error, 1) from error


def _in_short(report: Report) -> dict[str, object]:
    """Return what the log says of an ingestion: the build, and counts."""
    return {
        "build": report.build_id,
        "published": report.published,
        "documents": report.held,
        "passages": report.passages,
        "problems": len(report.problems),
        "took_s": round(report.seconds, 1),
    }


@contextlib.contextmanager
def worker_here() -> Iterator[None]:
    """Have a worker beside what this process does, as the settings say; that it ended by itself is logged."""
    from indexes.logs import configure_logs, notice_of
    from ingest.beside import beside

    settings = read_library_settings()
    configure_logs(settings.log_level)
    with beside(settings.builds, notice=notice_of("greenlit")):
        yield

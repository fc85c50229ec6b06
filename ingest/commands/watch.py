"""The worker of `greenlit ingest --watch`, in this process or beside it."""

import contextlib
from collections.abc import Iterator

from indexes.clock import utc_now
from indexes.console import out, problem
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
        with ended_by_signals(), one_at_a_time(settings.builds, "worker"), limited_parser(settings) as parser:
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
            run(watcher, telling)
    except (IndexesError, IngestError) as error:
        raise failed(error, 1) from error


@contextlib.contextmanager
def worker_here() -> Iterator[None]:
    """Have a worker beside what this process does, as the settings say; that it ended by itself is printed."""
    from ingest.beside import beside

    with beside(read_library_settings().builds, notice=problem):
        yield

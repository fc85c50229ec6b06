"""The commands `greenlit eval ingest` and `greenlit eval crowd`."""

from pathlib import Path
from typing import Annotated

import typer

from indexes import console

Data = Annotated[
    Path | None, typer.Option(envvar="GREENLIT_EVAL_DATA", help="the folder of public documents and question sets")
]


def ingest(
    documents: Annotated[int, typer.Option(min=1, help="about how many small ones")] = 500,
    data: Data = None,
    cores: Annotated[int | None, typer.Option(min=1, help="of this machine for the cluster; all unless set")] = None,
) -> None:
    """Ingest small documents in one process, then on a Ray cluster; exit 1 if a file of the two builds differs."""
    from eval.speed.engine_bench import engine_bench
    from indexes.errors import IndexesError
    from ingest.errors import IngestError

    try:
        alike = engine_bench(console.out.drawing(), documents, data=data, cores=cores)
    except (IndexesError, IngestError) as error:
        raise console.fail(error, 2) from error
    if not alike:
        raise typer.Exit(1)


def crowd(
    database: Annotated[str, typer.Option(help="an empty PostgreSQL database, as the owner of what will be in it")],
    workers: Annotated[int, typer.Option(min=2, help="processes behind one port, on the database")] = 2,
    data: Data = None,
) -> None:
    """Ask over HTTP, 1 to 200 people at once: of one process with a file, then of several on one database."""
    from eval.speed.crowd_bench import crowd_bench

    crowd_bench(console.out.drawing(), data=data, database=database, workers=workers)

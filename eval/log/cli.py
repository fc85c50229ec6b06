"""The commands `greenlit eval audit`, `backup` and `faults`: the log's speed, its copies', what a kill leaves of it.

Exit codes: 0 measured, or nothing was lost; 1 something was lost or wrong.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from indexes import console
from service.audit.errors import AuditError


def audit(
    leaves: Annotated[int, typer.Option(min=1, help="of the large log")] = 1_000_000,
    database: Annotated[str, typer.Option(help="an empty PostgreSQL database, to be written beside the file")] = "",
) -> None:
    """Measure the audit log alone: recording, checkpoints, verifying, proofs."""
    from eval.log.audit_bench import audit_bench

    try:
        audit_bench(console.out.drawing(), leaves, database)
    except AuditError as error:
        raise console.fail(error, 1) from error


def backup(
    leaves: Annotated[int, typer.Option(min=1, help="of the log")] = 1_000_000,
    work: Annotated[Path | None, typer.Option(help="a folder that keeps library and log for the next run")] = None,
) -> None:
    """Measure copies of an installation with a large log: taking, checking, putting back, and who waits for them."""
    from eval.log.backup_bench import backup_bench

    with contextlib.nullcontext(work) if work else tempfile.TemporaryDirectory() as folder:
        backup_bench(console.out.drawing(), leaves, Path(folder).absolute())


def faults(
    rounds: Annotated[int, typer.Option(min=1, help="how many times")] = 200,
    seed: Annotated[int, typer.Option(help="of the moments of the kills")] = 1,
) -> None:
    """Load the audit log, kill -9 at random moments, restart, verify; exit 1 if anything is lost or wrong."""
    from eval.log.faults import faults as kill

    if not kill(rounds, seed, console.out.drawing()):
        raise typer.Exit(1)

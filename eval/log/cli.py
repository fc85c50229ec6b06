"""The commands `greenlit eval audit`, `backup` and `faults`, which load the log, and `capacity`, which weighs it too.

Exit codes: 0 measured, or nothing was lost; 1 something was lost or wrong.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from indexes import console
from service.audit.errors import AuditError

Data = Annotated[
    Path | None, typer.Option(envvar="GREENLIT_EVAL_DATA", help="the folder of public documents and question sets")
]


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


def capacity(
    sizes: Annotated[str, typer.Option(help="passages, with commas; three or more")] = "2000,8000,32000",
    data: Data = None,
    cores: Annotated[int, typer.Option(min=1, help="of a machine that is counted in")] = 16,
    memory: Annotated[float, typer.Option(min=1, help="of such a machine, in GB")] = 64.0,
    core_hour: Annotated[float, typer.Option(min=0, help="what an hour of a core costs; 0 counts no money")] = 0.0,
    questions: Annotated[float, typer.Option(min=0.01, help="of each of the staff on a working day")] = 2.0,
    answer_ms: Annotated[
        float | None, typer.Option(min=0.1, help="of a core for a whole answer, as `eval bench` gives it")
    ] = None,
) -> None:
    """Say what up to 100 million passages and 100,000 staff would take, from what this machine does at a few sizes."""
    from eval.log.audit_load import weigh_log
    from eval.speed.capacity import capacity as measure
    from eval.speed.capacity_model import Assumed, Machine

    try:
        wanted = [int(size) for size in sizes.split(",")]
        measure(
            console.out.drawing(),
            wanted,
            data=data,
            assumed=Assumed(Machine(cores, memory, core_hour), questions, answer_ms),
            weigh_log=weigh_log,
        )
    except ValueError as error:
        raise console.fail(f"expected three --sizes or more, like 2000,8000,32000, got '{sizes}'", 2) from error

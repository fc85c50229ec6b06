"""The judge's commands: `eval bench` and `eval audit` measure, `eval faults` kills, `eval calibrate` fits."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure: speed and memory beside plain LlamaIndex; the calibration of the evidence.")

Data = Annotated[
    Path | None,
    typer.Option(envvar="GREENLIT_EVAL_DATA", help="the folder of public documents and question sets"),
]


def _need(data: Path | None) -> Path:
    if data is None or not data.is_dir():
        typer.echo(
            "greenlit: this needs the public sets: expected GREENLIT_EVAL_DATA = their folder "
            f"(see eval/question_sets.py for where they come from), got {data or 'nothing'}",
            err=True,
        )
        raise typer.Exit(2)
    return data


@app.command()
def calibrate(data: Data = None) -> None:
    """Fit the evidence model on half of the public sets, report the other half, and write evidence.json."""
    from eval.calibrate import calibrate as run

    typer.echo(json.dumps(run(_need(data)), indent=1))


@app.command()
def bench(
    data: Data = None,
    leaves: Annotated[int, typer.Option(min=0, help="of the large audit log; 0 leaves the audit part out")] = 1_000_000,
) -> None:
    """Measure ingestion, one question, start-up and memory beside plain LlamaIndex; then the audit log."""
    from rich.console import Console

    from eval.audit_bench import audit_bench
    from eval.bench import bench as run

    console = Console(highlight=False, soft_wrap=True)
    run(data, console)
    if leaves:
        audit_bench(console, leaves)


@app.command()
def audit(
    leaves: Annotated[int, typer.Option(min=1, help="of the large log")] = 1_000_000,
) -> None:
    """Measure the audit log alone: recording, checkpoints, verifying, proofs."""
    from rich.console import Console

    from eval.audit_bench import audit_bench

    audit_bench(Console(highlight=False, soft_wrap=True), leaves)


@app.command()
def faults(
    rounds: Annotated[int, typer.Option(min=1, help="how many times")] = 200,
    seed: Annotated[int, typer.Option(help="of the moments of the kills")] = 1,
) -> None:
    """Load the audit log, kill -9 at random moments, restart, verify; exit 1 if anything is lost or wrong."""
    from rich.console import Console

    from eval.faults import faults as run

    if not run(rounds, seed, Console(highlight=False, soft_wrap=True)):
        raise typer.Exit(1)

"""The judge's commands: `eval bench` measures speed and memory, `eval calibrate` fits the evidence."""

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
def bench(data: Data = None) -> None:
    """Measure ingestion, one question, start-up, memory and re-ingestion, beside plain LlamaIndex in the same run."""
    from rich.console import Console

    from eval.bench import bench as run

    run(data, Console(highlight=False, soft_wrap=True))

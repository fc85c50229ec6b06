"""The commands `greenlit eval redteam` and `greenlit eval written`: what a model brings to a reader, and how soon.

Exit codes: 0 measured and nothing was released that an instruction wanted, 1 something was, 2 used wrongly.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.quality.cli import Data, told
from indexes import console

if TYPE_CHECKING:
    from service.models.endpoints import Connect

Work = Annotated[Path | None, typer.Option(help="a folder that keeps libraries and builds for the next time")]
Limit = Annotated[int | None, typer.Option(min=1, help="plant at most this many instructions and look-alikes")]


def redteam(data: Data = None, work: Work = None, limit: Limit = None) -> None:
    """Plant instructions in documents and questions, ask models that obey, count what would be released; 1 if any."""
    from eval.quality.ask import shipped_steps
    from eval.quality.measure import kept
    from eval.written.redteam import redteam as plant
    from eval.written.redteam import redteam_text
    from indexes.encoder import DEFAULT_ENCODER, load_encoder

    if data is None or not data.is_dir():
        raise console.fail(
            "this needs the public texts to plant: expected GREENLIT_EVAL_DATA = the folder of public sets "
            f"(EVALUATION.md says where they come from), got {data or 'nothing'}",
            2,
        )
    with told(), kept(work) as folder:
        steps = shipped_steps(load_encoder(DEFAULT_ENCODER))
        found = plant(data=data, work=folder, steps=steps, limit=limit, tell=console.err.line)
    console.out.text(redteam_text(found))
    if found.effects:
        raise console.fail(f"{found.effects} sentences would be released that a planted instruction wanted", 1)


def written(
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="an OpenAI-compatible address, such as http://127.0.0.1:8080/v1; our own metronome unless set"
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="the model's name there")] = "metronome",
    askers: Annotated[str, typer.Option(help="how many ask at once, with commas")] = "1,20",
    seconds: Annotated[float, typer.Option(min=1, help="of each measurement")] = 30.0,
    ways: Annotated[str, typer.Option(help="which of them, with commas")] = "quoted,quoted+judge,written,written+judge",
    work: Work = None,
) -> None:
    """Measure answers that a model writes beside quoted ones: first sentence, throughput, memory, the judge's cost."""
    from eval.quality.measure import kept
    from eval.written.bench import WAYS, Endpoint, Plan, bench, bench_text
    from indexes.encoder import DEFAULT_ENCODER, load_encoder

    wanted = [one.strip() for one in ways.split(",")]
    counts = [int(one) if one.strip().isdigit() else 0 for one in askers.split(",")]
    if unknown := [one for one in wanted if one not in WAYS]:
        raise console.fail(f"expected ways of {', '.join(WAYS)}, got '{unknown[0]}'", 2)
    if min(counts) < 1:
        raise console.fail(f"expected --askers like 1,20, got '{askers}'", 2)
    with told(), kept(work) as folder:
        plan = Plan(tuple(wanted), tuple(counts), seconds, Endpoint(endpoint, model) if endpoint else None)
        rows = bench(plan, work=folder, encoder=load_encoder(DEFAULT_ENCODER), tell=console.err.line)
    console.out.text(bench_text(rows))


def connecting() -> "Connect":
    """Return what makes clients of language models; a person is told where the extra that it needs is missing."""
    try:
        from service.models.openai_like import open_model
    except ModuleNotFoundError as error:
        raise console.fail(
            f"a language model is configured: expected the extra greenlit[llm], got no {error.name}", 2
        ) from error
    return open_model

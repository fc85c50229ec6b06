"""The judge's commands: asking question sets and judging the runs, measuring speed, killing the log, calibrating.

Exit codes: 0 done or passed, 1 a figure fell or something was lost, 2 used wrongly.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.fitting.cli import fit_support
from eval.log.cli import audit, backup, capacity, faults
from eval.quality.cli import grounded
from eval.reading.cli import reading
from eval.speed.cli import crowd, ingest
from eval.written.cli import connecting, redteam, written
from indexes import console

if TYPE_CHECKING:
    from eval.quality.runs import Run
    from service.answering.steps import Steps
    from service.settings import Settings

app = typer.Typer(help="Measure: answers on question sets, speed and memory; calibrate the evidence.")
for _command in (reading, grounded, fit_support, redteam, written, audit, backup, faults, ingest, crowd, capacity):
    app.command()(_command)

Data = Annotated[
    Path | None, typer.Option(envvar="GREENLIT_EVAL_DATA", help="the folder of public documents and question sets")
]
Limit = Annotated[
    int | None, typer.Option(min=1, help="ask at most this many answerable questions of a set, and of each other kind")
]
Work = Annotated[Path | None, typer.Option(help="a folder that keeps libraries and builds for the next run")]
_SHIPPED = "northlight,structures"  # the sets that need nothing but the project


def _tell(line: str) -> None:
    console.err.line(line)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what a person can mend into a message and exit code 2."""
    from eval.quality.gate import GateError
    from eval.quality.question_sets import QuestionSetError
    from eval.quality.runs import RunError
    from indexes.errors import IndexesError
    from ingest.errors import IngestError
    from service.answering.errors import AnsweringError

    try:
        yield
    except (QuestionSetError, RunError, GateError, IndexesError, IngestError, AnsweringError, OSError) as error:
        raise console.fail(error, 2) from error


def _need(data: Path | None) -> Path:
    if data is None or not data.is_dir():
        raise console.fail(
            "this needs the public sets: expected GREENLIT_EVAL_DATA = their folder "
            f"(EVALUATION.md says where they come from), got {data or 'nothing'}",
            2,
        )
    return data


@app.command()
def run(
    sets: Annotated[str, typer.Option(help="names of sets with commas, or `all`")] = _SHIPPED,
    file: Annotated[Path | None, typer.Option("--set", help="a set of your own, asked of the live build")] = None,
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="a folder for the results; eval/runs/<time> unless set")] = None,
    limit: Limit = None,
    work: Work = None,
) -> None:
    """Ask question sets, count what came back, and write run.json and report.html."""
    with _told():
        found = _run_file(file, limit) if file else _run_sets(sets, data, limit, work)
        _write(found, out or Path("eval", "runs", found.made_at.replace(":", "")))


def _run_sets(sets: str, data: Path | None, limit: int | None, work: Path | None, *, shipped: bool = False) -> "Run":
    """Run sets with what is set here, or as Greenlit is shipped, whatever is set."""
    from eval.quality.ask import shipped_steps
    from eval.quality.measure import run_sets, set_names
    from indexes.encoder import load_encoder
    from service.settings import read_settings

    names, settings = set_names(sets), read_settings()
    steps = shipped_steps(load_encoder(settings.encoder)) if shipped else _steps_as_set(settings)
    return run_sets(names, steps=steps, data=data, work=work, limit=limit, tell=_tell)


def _run_file(file: Path, limit: int | None) -> "Run":
    from eval.quality.libraries import open_place
    from eval.quality.measure import run_file
    from service.settings import read_settings

    settings = read_settings()
    steps = _steps_as_set(settings)
    place = open_place(settings.library, settings.builds, steps.encoder, settings.groups())
    with contextlib.closing(place.build.passages):
        return run_file(file, place=place, steps=steps, limit=limit, tell=_tell)


def _steps_as_set(settings: "Settings") -> "Steps":
    """Return the steps that the service takes under these settings; nothing to batch, one question after the other."""
    from eval.written.asking import Asks, mandate_of
    from indexes.encoder import load_encoder
    from service.answering_made import answering_steps
    from service.settings import environment

    mandate = None
    if "llm" in (settings.answerer, settings.judge):  # questions of a set follow none, so there is nothing to rewrite
        asks = Asks(settings.model, writes=settings.answerer == "llm", judges=settings.judge == "llm")
        mandate = mandate_of(asks, settings.library, connecting(), environment=environment(), tell=_tell)
    encoder = load_encoder(settings.encoder)
    return replace(answering_steps(settings, encoder, mandate), encoder=encoder)


def _write(found: "Run", folder: Path) -> None:
    from eval.quality.report import write_report
    from eval.quality.runs import write_run
    from eval.quality.tables import run_table

    console.out.text(run_table(found))
    paths = write_run(found, folder), write_report(found, folder)
    _tell(f"written: {paths[0]}, {paths[1]}")


@app.command()
def gate(
    run_path: Annotated[Path | None, typer.Option("--run", help="judge this run instead of making one")] = None,
    thresholds: Annotated[Path | None, typer.Option(help="the baseline; eval/thresholds.toml unless set")] = None,
    write: Annotated[bool, typer.Option("--write", help="write the run as the new baseline, for review")] = False,
) -> None:
    """Hold the shipped sets against the baseline; exit 1 if a figure fell, 2 if nothing can be judged."""
    from eval.quality.gate import THRESHOLDS, gate_table, judge, read_thresholds, thresholds_of, write_thresholds
    from eval.quality.runs import read_run

    path = thresholds or THRESHOLDS
    with _told():
        wanted = read_thresholds(path) if path.exists() or not write else {}
        found = read_run(run_path) if run_path else _run_sets(_SHIPPED, None, None, None, shipped=True)
        if write:
            write_thresholds(path, thresholds_of(found, wanted), found)
            _tell(f"written: {path}; read what changed before it is committed")
            return
        judged = judge(found, wanted)
    console.out.text(gate_table(judged))
    fell = sum(one.verdict == "FELL" for one in judged)
    if fell:
        raise console.fail(f"{fell} of {len(judged)} figures fell below the baseline by more than their tolerance", 1)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(help="a run.json, or its folder: before")],
    b: Annotated[Path, typer.Argument(help="another: after")],
) -> None:
    """Say what differs between two runs, how sure that is, and which questions were gained and lost."""
    from eval.quality.compare import compare as compare_runs
    from eval.quality.compare import comparison_text, missing_sets
    from eval.quality.runs import read_run

    with _told():
        before, after = read_run(a), read_run(b)
        found = compare_runs(before, after)
    console.out.text(comparison_text(found, missing_sets(before, after)))


@app.command()
def followups(data: Data = None, work: Work = None) -> None:
    """Measure how well follow-up questions are understood: on public conversations, and on the shipped ones."""
    from eval.quality.follow_ups_table import measured

    with _told():
        console.out.text("\n".join(measured(data, work, tell=_tell)))


@app.command("draft-set")
def draft_set(
    out: Annotated[Path | None, typer.Option(help="the file to write; printed unless set")] = None,
) -> None:
    """Begin a question set of your own: lines to finish, for sections of the live library."""
    from eval.quality.draft_set import draft_lines
    from eval.quality.libraries import open_place
    from eval.quality.question_sets import QuestionSetError
    from service.settings import read_settings

    with _told():
        settings = read_settings()
        if out and out.exists():
            raise QuestionSetError(f"expected a file that is not there yet, got {out}: it may hold somebody's work")
        place = open_place(settings.library, settings.builds, None, settings.groups())
        with contextlib.closing(place.build.passages):
            lines = list(draft_lines(place))
        if out is None:
            for line in lines:
                console.out.json(json.loads(line), indent=None)
            return
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _tell(f"written: {out}, {len(lines)} lines to finish; EVALUATION.md says how")


@app.command()
def fit(data: Data = None, work: Work = None) -> None:
    """Fit the ranking on half of the sets and write ranking.json; for developers, then calibrate."""
    from eval.fitting.fit import fit as fit_ranking
    from eval.quality.measure import kept
    from indexes.encoder import DEFAULT_ENCODER, load_encoder

    sets = _need(data)  # before the model is loaded, which takes seconds
    with _told(), kept(work) as folder:
        encoder = load_encoder(DEFAULT_ENCODER)
        console.out.json(fit_ranking(data=sets, work=folder, encoder=encoder, tell=_tell))


@app.command()
def calibrate(
    file: Annotated[Path | None, typer.Option("--set", help="a set of your own, asked of the live build")] = None,
    out: Annotated[Path | None, typer.Option(help="where to write; var/evidence.json unless set")] = None,
    data: Data = None,
    work: Work = None,
) -> None:
    """Calibrate the evidence: for your own library with --set; without, the shipped one, for developers."""
    with _told():
        written = _calibrate_own(file, out) if file else _calibrate_shipped(data, work)
        console.out.json(written)


def _calibrate_own(file: Path, out: Path | None) -> dict[str, object]:
    from eval.fitting.calibrate import calibrate_own
    from eval.quality.libraries import open_place
    from eval.quality.measure import prepare_live
    from service.settings import read_settings

    settings = read_settings().model_copy(update={"evidence": None})  # it is made from the shipped one, whatever is set
    steps = _steps_as_set(settings)
    target = out or settings.state / "evidence.json"
    place = open_place(settings.library, settings.builds, steps.encoder, settings.groups())
    with contextlib.closing(place.build.passages):
        prepared = prepare_live(file, place)
        written = calibrate_own(prepared, steps=steps, shipped=steps.calibration, write_to=target)
    _tell(f"written: {target}; set GREENLIT_EVIDENCE={target} and start the service again")
    return written


def _calibrate_shipped(data: Path | None, work: Path | None) -> dict[str, object]:
    from eval.fitting.calibrate import calibrate as calibrate_shipped
    from eval.quality.ask import shipped_steps
    from eval.quality.measure import kept
    from indexes.encoder import DEFAULT_ENCODER, load_encoder

    sets = _need(data)  # before the model is loaded, which takes seconds
    with kept(work) as folder:
        steps = shipped_steps(load_encoder(DEFAULT_ENCODER))
        return calibrate_shipped(data=sets, work=folder, steps=steps, tell=_tell)


@app.command()
def bench(
    data: Data = None,
    leaves: Annotated[int, typer.Option(min=0, help="of the large audit log; 0 leaves the audit part out")] = 1_000_000,
) -> None:
    """Measure ingestion, one question, start-up and memory beside plain LlamaIndex; then the audit log."""
    from eval.log.audit_bench import audit_bench
    from eval.speed.bench import bench as measure

    measure(data, console.out.drawing())
    if leaves:
        audit_bench(console.out.drawing(), leaves)


@app.command()
def scale(
    sizes: Annotated[str, typer.Option(help="passages, with commas")] = "1000,10000,100000,1000000",
    data: Data = None,
) -> None:
    """Measure retrieval, recall, memory and opening as the library grows; a million takes some 20 GB of disk."""
    from eval.speed.scale_bench import scale_bench

    try:
        wanted = [int(size) for size in sizes.split(",")]
    except ValueError as error:
        raise console.fail(f"expected --sizes like 1000,10000, got '{sizes}'", 2) from error
    scale_bench(console.out.drawing(), wanted, data=data)

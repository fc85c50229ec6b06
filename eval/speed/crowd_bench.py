"""The part of the benchmark with many askers: retrievals alone beside plain LlamaIndex, then questions over HTTP.

Retrievals alone run in this process, 50 threads for some seconds on either side, over the same texts. Over HTTP the
service is a process of its own and so is whoever asks; every answer is recorded durably, before and after.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from eval.quality.libraries import Place
from eval.speed.http_load import Load, measure
from eval.speed.places import make_large, questions_of
from eval.speed.plain import PlainIndex, all_threads
from eval.speed.served import Served, serving
from indexes.encoder import DEFAULT_ENCODER, load_encoder
from service.answering.steps import Steps

ASKERS = 50
_CURVE = (1, 5, 10, 25, 50, 100, 200)
_SECONDS = 8.0  # of each measurement
_WARM_UP_S = 2.0


def print_retrievals(console: Console, steps: Steps, place: Place, questions: Sequence[str], plain: PlainIndex) -> None:
    """Measure and print retrievals alone, 50 threads at once.

    Args:
        console: where to print.
        steps: those of a service; their encoder batches.
        place: what is asked, and what the askers may see of it.
        questions: asked in turn.
        plain: plain LlamaIndex over the same texts.
    """
    ours = _rate(lambda text: steps.find(text, build=place.build, scope=place.scope), questions)
    with all_threads():
        theirs = _rate(plain.retriever.retrieve, questions)
    console.print(f"\n[bold]Retrievals alone, {ASKERS} threads at once[/bold]")
    console.print(f"  Greenlit {ours:7.1f}/s   plain LlamaIndex {theirs:7.1f}/s   ratio {ours / theirs:.2f}")


def crowd_bench(console: Console, *, data: Path | None, database: str, workers: int) -> None:
    """Measure and print questions over HTTP: one process with its log in a file, then several on one database.

    Args:
        console: where to print.
        data: the folder of public sets, if there is one.
        database: the address of an empty PostgreSQL database, as the owner of what will be in it.
        workers: processes that answer behind one port.
    """
    with TemporaryDirectory() as folder:
        place, passages = make_large(Path(folder), data, load_encoder(DEFAULT_ENCODER))
        questions = questions_of(data)
        in_file, shared = _of_one(Path(folder) / "one"), _of_one(Path(folder) / "shared")
        shared["GREENLIT_DATABASE_URL"] = database
        for processes, settings in ((1, in_file), (1, shared), (workers, shared)):
            where = "PostgreSQL" if settings is shared else "a file"
            console.print(f"\n[bold]Processes: {processes}[/bold], the log in {where}")
            print_http(console, {**place.environment(), **settings}, questions, passages, workers=processes)


def _of_one(folder: Path) -> dict[str, str]:
    """Make the state and the keys of an installation; return the settings that name them."""
    (folder / "state").mkdir(parents=True, mode=0o700)
    return {"GREENLIT_STATE": str(folder / "state"), "GREENLIT_KEYS": str(folder / "keys")}


def print_http(
    console: Console, environment: Mapping[str, str], questions: Sequence[str], passages: int, *, workers: int = 1
) -> None:
    """Measure and print questions over HTTP: the start, one asker, and how it goes with more.

    Args:
        console: where to print.
        environment: of the service; says where library, builds and state are.
        questions: asked in turn.
        passages: how many the build has.
        workers: processes that answer behind the port.
    """
    with serving(environment, questions[0], workers=workers) as served:
        console.print(f"\n[bold]Over HTTP[/bold], {passages:,} passages, every answer on record")
        print_start(console, served)
        _load(served, 1, _WARM_UP_S, questions)
        for askers in _CURVE:
            _print_load(console, askers, _load(served, askers, _SECONDS, questions))
        console.print(f"  peak memory of the service {served.peak_mb() or 0:.0f} MB")


def print_start(console: Console, served: Served) -> None:
    """Print how long a service took to its first answer, and its memory then."""
    console.print(f"  from nothing to the first answer {served.ready_s:.1f} s, {served.peak_mb() or 0:.0f} MB")


def _load(served: Served, askers: int, seconds: float, questions: Sequence[str]) -> Load:
    return measure(served.port, token=served.token, askers=askers, seconds=seconds, questions=questions)


def _print_load(console: Console, askers: int, load: Load) -> None:
    console.print(
        f"  {askers:3} at once {load.rate:7.1f} answers/s   median {load.ms(50):7.1f} ms   p95 {load.ms(95):7.1f} ms   "
        f"{load.errors} errors"
    )


def _rate(retrieve: Callable[[str], object], questions: Sequence[str]) -> float:
    """Return how many calls a second 50 threads get done."""
    counts = [0] * ASKERS
    ends = time.monotonic() + _WARM_UP_S + _SECONDS
    begins = ends - _SECONDS

    def ask(number: int) -> None:
        turn = number
        while time.monotonic() < ends:
            retrieve(questions[turn % len(questions)])
            turn += ASKERS
            counts[number] += begins <= time.monotonic() < ends

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(ASKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / _SECONDS

"""Measures answers that a model writes beside quoted ones: how soon the first sentence comes, how many, at what cost.

Each way is a service of its own, a process over the sample library, and is asked by one person and then by several at
once, in events, every answer on record. The model is the metronome (`metronome`), in this process, or an endpoint of
one's own. Of the metronome it is known when the last token of each sentence was written, and so how long Greenlit
takes from there until the reader has the sentence: reading, checking, recording, telling. Prints figures and asserts
nothing: machines are noisy. Moments of several processes are compared, which holds where they share the system's clock.
"""

import bisect
import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.quality.measure import NORTHLIGHT, prepare
from eval.quality.tables import table
from eval.speed.served import Served, serving
from eval.written.asking import MODEL, approve
from eval.written.metronome import Beat, Metronome
from eval.written.stream_load import Told, measure
from indexes.encoder import Encoder
from service.answering.writing.holding import even

_WARM_UP_S = 3.0
_SET_HERE = (
    "ANSWERER",
    "JUDGE",
    "REWRITER",
    "MODEL",
    "MODEL_FAILS",
    "KEYS",
    "EVIDENCE",
    "RERANKER",
)  # whatever was set
WAYS: Mapping[str, Mapping[str, str]] = {
    "quoted": {},
    "quoted+judge": {"JUDGE": "llm", "MODEL": MODEL},
    "written": {"ANSWERER": "llm", "MODEL": MODEL},
    "written+judge": {"ANSWERER": "llm", "JUDGE": "llm", "MODEL": MODEL},
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model to measure with: its address up to `/chat/completions`, and its name there."""

    url: str
    model: str = "metronome"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: ways of `WAYS`, with each number of askers at once, for so many seconds each.

    `endpoint` is the model; `None` is the metronome.
    """

    ways: tuple[str, ...] = tuple(WAYS)
    askers: tuple[int, ...] = (1, 20)
    seconds: float = 30.0
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one way with so many askers: what each was told, the seconds it took, and the service's memory."""

    way: str
    askers: int
    told: tuple[Told, ...]
    beats: tuple[Beat, ...]
    peak_mb: float


def bench(plan: Plan, *, work: Path, encoder: Encoder, tell: Callable[[str], None]) -> list[Row]:
    """Measure each way.

    Args:
        plan: what is measured.
        work: where library, builds and the services' states are made.
        encoder: makes the build.
        tell: is told what was done, in lines for a person.

    Raises:
        QuestionSetError: the sample library or its questions are missing.
    """
    shipped = prepare(NORTHLIGHT, data=None, work=work, encoder=encoder)
    shipped.place.build.passages.close()
    questions = [one.question for one in shipped.questions if one.answerable]
    place = work / NORTHLIGHT
    rows: list[Row] = []
    with _asked_at(plan.endpoint) as (model, beats), _approved(model, place / "library"):
        for way in plan.ways:
            state = work / f"state-{way}"
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir(mode=0o700)
            with serving(_environment(place, state, WAYS[way]), questions[0]) as served:
                for row in _rows(way, served, questions, plan, beats):
                    rows.append(row)
                    tell(f"{way}: {len(row.told)} questions of {row.askers} at once")
    return rows


def _rows(way: str, served: Served, questions: Sequence[str], plan: Plan, beats: Sequence[Beat]) -> Iterator[Row]:
    """Ask a running service, first to warm it up, and yield what came of each number of askers."""
    measure(served.port, token=served.token, askers=1, seconds=_WARM_UP_S, questions=questions)
    for askers in plan.askers:
        before = len(beats)
        told = measure(served.port, token=served.token, askers=askers, seconds=plan.seconds, questions=questions)
        yield Row(way, askers, tuple(told), tuple(beats[before:]), served.peak_mb() or 0.0)


@contextlib.contextmanager
def _approved(model: Endpoint, library: Path) -> Iterator[None]:
    """Approve a model in a library for a while."""
    path = approve(library, url=model.url, model=model.model)
    try:
        yield
    finally:
        path.unlink()


def bench_text(rows: Sequence[Row]) -> str:
    """Return the figures as plain text: medians, and of the slowest twentieth the least."""
    head = (
        "way",
        "at once",
        "answers/s",
        "first sentence ms",
        "p95",
        "whole answer ms",
        "p95",
        "last token to reader ms",
    )
    lines: list[Sequence[str]] = [(*head, "p95", "by the model", "refused", "failed", "peak MB")]
    for row in rows:
        heard = [one for one in row.told if one.status == 200]  # noqa: PLR2004  (OK)
        answered = [one for one in heard if one.sentences]
        lines.append(
            (
                row.way,
                str(row.askers),
                f"{len(heard) / _took_s(row.told):.2f}",
                *_ms([one.sentences[0][1] - one.asked_s for one in answered]),
                *_ms([one.ended_s - one.asked_s for one in answered]),
                *_ms(release_s(row.told, row.beats)),
                f"{sum(one.wrote for one in answered)} of {len(answered)}",
                str(sum(one.refused for one in heard)),
                str(len(row.told) - len(heard)),
                f"{row.peak_mb:.0f}",
            )
        )
    return table(lines)


def release_s(told: Sequence[Told], beats: Sequence[Beat]) -> list[float]:
    """Return the seconds from the last token of each sentence, as it was written, until a reader had it.

    A sentence that was written several times counts from the last time before it came.
    """
    written: dict[str, list[float]] = {}
    for beat in beats:
        written.setdefault(even(beat.sentence), []).append(beat.at_s)
    took = []
    for one in told:
        for text, came_s in one.sentences if one.wrote else ():
            at = sorted(written.get(even(text), ()))
            if before := bisect.bisect_right(at, came_s):
                took.append(came_s - at[before - 1])
    return took


@contextlib.contextmanager
def _asked_at(endpoint: Endpoint | None) -> Iterator[tuple[Endpoint, list[Beat]]]:
    """Lend a model, and what is known of when it wrote: nothing of one that is not ours."""
    if endpoint:
        yield endpoint, []
        return
    with Metronome() as metronome:
        yield Endpoint(metronome.url), metronome.beats


def _environment(place: Path, state: Path, way: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {f"GREENLIT_{one}" for one in _SET_HERE}}
    places = {"LIBRARY": place / "library", "BUILDS": place / "builds", "STATE": state}
    return kept | {f"GREENLIT_{name}": str(value) for name, value in {**places, **way}.items()}


def _took_s(told: Sequence[Told]) -> float:
    return max((one.ended_s for one in told), default=0.0) - min((one.asked_s for one in told), default=0.0) or 1.0


def _ms(seconds: Sequence[float]) -> tuple[str, str]:
    if not seconds:
        return "-", "-"
    return f"{np.median(seconds) * 1000:.0f}", f"{np.percentile(seconds, 95) * 1000:.0f}"

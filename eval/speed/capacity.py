"""`greenlit eval capacity`: measures this machine at a few sizes, holds a model against them, says what would follow.

1  encode real passages on one core
2  for each size: make a build of made passages, weigh its parts, open it and ask it in a fresh process (`scale_bench`)
3  record questions in a log, and weigh it
4  fit each law to all sizes but the largest, show beside that what the law says of it, and mark what is far off
5  say what 1 to 100 million passages and 1,000 to 100,000 staff would take

What a whole answer takes beyond its search is not measured here: `--answer-ms` says it, from `greenlit eval bench`.
"""

import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.speed.capacity_model import FAR_OFF, MARK, Assumed, Rates, Row, Shape, library_rows, show, staff_rows
from eval.speed.made_build import Base, make_build
from eval.speed.scale_bench import fresh, real_passages, write_questions
from indexes.encoder import DEFAULT_ENCODER, Encoder, load_encoder
from ingest.encode import EncoderText, made

SIZES = (2_000, 8_000, 32_000)
_ENCODED = 256  # passages
_PASSAGES, _STAFF = (1_000_000, 10_000_000, 100_000_000), (1_000, 10_000, 100_000)
_SHAPES: dict[str, Shape] = {"question ms": "root", "question processor ms": "root"}
_NEEDED = ("build bytes", "memory bytes", "making s", "opening s", "boundary s", "question ms")
_ANSWER_IS = {False: "a whole answer", True: "of an answer its search alone, as --answer-ms was not given,"}


def capacity(
    console: Console,
    sizes: Sequence[int],
    *,
    data: Path | None,
    assumed: Assumed,
    weigh_log: Callable[[Path], tuple[float, float]],
) -> None:
    """Measure, fit and print.

    Args:
        console: where to print.
        sizes: in passages, three or more.
        data: the folder of public sets, if there is one.
        assumed: what is not measured.
        weigh_log: makes a log in a folder; returns the bytes that a question adds, and the records a second it took.

    Raises:
        ValueError: fewer than three sizes.
    """
    with TemporaryDirectory() as folder:
        console.print("Reading and encoding real pages, on one core ...")  # minutes: who waits wants to see it go on
        encoder = load_encoder(DEFAULT_ENCODER, copies=1)
        base, questions = real_passages(Path(folder) / "real", data, encoder)
        a_core_s = encoded_a_core_s(base, encoder)  # 1
        measured: dict[str, dict[int, float]] = defaultdict(dict)
        for size in sorted(sizes):  # 2
            console.print(f"Making, weighing and asking a build of {size:,} passages ...")
            for name, value in measure_size(Path(folder) / str(size), size, base, questions, encoder).items():
                measured[name][size] = value
        console.print("Recording questions in a log ...")
        bytes_a_question, records_a_s = weigh_log(Path(folder) / "log")  # 3
    print_model(console, measured)  # 4
    largest = measured["question processor ms"][max(sizes)]
    answer_s = (largest if assumed.answer_ms is None else assumed.answer_ms) / 1000
    rates = Rates(a_core_s, answer_s, bytes_a_question, records_a_s)
    shown = {name: show(measured[name], _shape(name)) for name in _NEEDED}
    laws, far_off = (
        {name: one.law for name, one in shown.items()},
        [name for name, one in shown.items() if one.is_far_off],
    )
    console.print(
        f"\nA core encodes {a_core_s:.0f} passages a second; {_ANSWER_IS[assumed.answer_ms is None]} takes "
        f"{answer_s * 1000:.0f} ms of a core; a question adds {bytes_a_question / 1000:.1f} kB to the log, "
        f"whose one writer takes {records_a_s:,.0f} records a second."
    )
    columns = [f"{size:,} passages" for size in _PASSAGES]  # 5
    libraries = library_rows(laws, rates, assumed.machine, _PASSAGES, far_off=far_off)
    _print_rows(console, "What the model says of libraries", columns, libraries)
    rows = staff_rows(rates, assumed.machine, _STAFF, questions_a_day=assumed.questions_a_day)
    title = f"What it says of staff who ask {assumed.questions_a_day:g} questions on a working day"
    _print_rows(console, title, [f"{staff:,} staff" for staff in _STAFF], rows)
    if far_off:
        console.print(
            f"{MARK.strip()}: off by more than {FAR_OFF:.0%} of the largest size measured, or resting on what is: not "
            "to be believed. Take larger sizes, on an idle machine."
        )
    console.print("What this rests on, and where it stops: docs/capacity.md")


def encoded_a_core_s(base: Base, encoder: Encoder) -> float:
    """Return how many real passages, with their sentences and word pieces, one core encodes in a second."""
    texts = [_text(sentences) for sentences in base.sentences[:_ENCODED]]
    made(texts[:16], encoder=encoder, projection=base.projection)  # warm
    started = time.perf_counter()
    made(texts, encoder=encoder, projection=base.projection)
    return len(texts) / (time.perf_counter() - started)


def _text(sentences: Sequence[str]) -> EncoderText:
    ends = list(accumulate(len(sentence) + 1 for sentence in sentences))
    spans = [(end - 1 - len(sentence), end - 1) for end, sentence in zip(ends, sentences, strict=True)]
    return EncoderText(" ".join(sentences), tuple(spans))


def measure_size(root: Path, size: int, base: Base, questions: list[str], encoder: Encoder) -> dict[str, float]:
    """Make a build of so many passages, weigh and ask it; return what was measured by name."""
    root.mkdir()
    write_questions(root, questions)
    build = make_build(base, size, root=root, encoder=encoder)
    (root / "vectors.npy").unlink()
    asked: dict[str, Any] = fresh("ask", root)
    parts: dict[str, float] = defaultdict(float)
    for path in build.folder.rglob("*"):
        if path.is_file():
            parts[f"{path.relative_to(build.folder).parts[0]} bytes"] += path.stat().st_size
    whole = sum(parts.values())
    shutil.rmtree(root)
    median_ms, _, processor_ms = asked["all"]
    return {
        **parts,
        "build bytes": whole,
        "memory bytes": 1e6 * (asked["after_mb"]["resident"] - asked["before_mb"]["resident"]),
        "making s": sum(build.seconds.values()),
        "opening s": asked["open_s"],
        "boundary s": asked["all scope_s"],
        "question ms": median_ms,
        "question processor ms": processor_ms,
    }


def print_model(console: Console, measured: dict[str, dict[int, float]]) -> None:
    """Print each quantity at each size, and what the law that was fitted to the smaller ones says of the largest."""
    sizes = sorted(next(iter(measured.values())))
    table = Table(title=f"Measured; a law fitted to all but {sizes[-1]:,} passages, and what it says of those")
    for heading in ("", *(f"{size:,}" for size in sizes), "the law says", "off by", "grows with"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, points in measured.items():
        shown, (words, unit) = show(points, _shape(name)), _in_units(name)
        values = [f"{value / unit:,.3f}" for value in (*(points[size] for size in sizes), shown.says)]
        table.add_row(words, *values, f"{shown.off:+.0%}{MARK * shown.is_far_off}", _grows(name))
    console.print(table)


def _in_units(name: str) -> tuple[str, float]:
    """Return how a quantity is shown, and of how many of its own one unit of that is made: bytes as megabytes."""
    return (f"{name.removesuffix(' bytes')}, MB", 1e6) if name.endswith(" bytes") else (name, 1.0)


def _print_rows(console: Console, title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    table = Table("", title=title)
    for column in columns:
        table.add_column(column, justify="right")
    for name, values in rows:
        table.add_row(name, *values)
    console.print(table)


def _shape(name: str) -> Shape:
    return _SHAPES.get(name, "passages")


def _grows(name: str) -> str:
    return {"root": "the root of passages", "passages": "passages"}[_shape(name)]

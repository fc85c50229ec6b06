"""The benchmark of size: retrieval, recall, memory and opening from 1,000 to 1,000,000 passages, beside plain FAISS.

For each size a build is made of real passages (`eval.speed.made_build`), then opened in a fresh process that asks real
questions through the real retrieval within a real scope: all documents, then one in a hundred. Recall is that of the
dense index against comparing with every vector. Beside it, in a fresh process too, what one would otherwise write: the
same vectors in a flat FAISS index of float32, as plain LlamaIndex uses it: the search alone, with all cores, no filter,
no words, no texts. Prints figures and asserts nothing.

`python -m eval.speed.scale_bench ask|plain FOLDER` are the fresh processes.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import faiss
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eval.quality.adapters import read_public
from eval.quality.libraries import approve_all, ingest_all
from eval.speed.made_build import FEW, STAFF, Base, Made, make_build, read_base
from eval.speed.timing import median_and_p95_ms, timed, times
from indexes.builds import current_build_id, open_build
from indexes.clock import utc_now
from indexes.encoder import DEFAULT_ENCODER, Encoder, load_encoder
from indexes.sources import read_sources
from service.answering.boundary import Boundary
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import retrieve

SIZES = (1_000, 10_000, 100_000, 1_000_000)
_QUESTIONS = 200
_WARM_UP = 10  # questions before timing
_K = 10
_SAME = 1e-6  # cosines this near are the same
_CHUNK = 100_000

_PROJECT = Path(__file__).resolve().parents[2]
_Item = TypeVar("_Item")


def scale_bench(console: Console, sizes: Sequence[int], *, data: Path | None) -> None:
    """Measure and print, size by size.

    Args:
        console: where to print.
        sizes: in passages.
        data: the folder of public sets, if there is one: its handbook is what passages are made of and its questions
            are asked; without, the sample library.
    """
    encoder = load_encoder(DEFAULT_ENCODER)
    with TemporaryDirectory() as folder:
        base, questions = real_passages(Path(folder) / "real", data, encoder)
        console.print(f"[bold]Made of {len(base.vectors)} real passages; {len(questions)} real questions[/bold]")
        for size in sizes:
            root = Path(folder) / str(size)
            root.mkdir()
            write_questions(root, questions)
            made = make_build(base, size, root=root, encoder=encoder)
            vectors = encoder.encode(questions)
            recall = recall_at_10(made.folder, made.vectors, vectors)
            _print(console, size, made=made, recall=recall, asked=fresh("ask", root), plain=fresh("plain", root))
            shutil.rmtree(root)


def recall_at_10(build: Path, stored: Path, questions: NDArray[np.float32]) -> dict[str, float]:
    """Return the share of the ten best passages, or others as good, that a build's dense index finds.

    Args:
        build: the build's folder.
        stored: the vectors it was made of, a NumPy file.
        questions: unit vectors, shape (questions, dimensions).

    Returns:
        The share by scope: "all" rows, a tenth of them by "chance", and a "hundredth" of consecutive ones in a hundred.
    """
    opened = open_build(build)
    vectors = np.load(stored, mmap_mode="r")
    drawn = np.random.default_rng(1)
    scopes = {
        "all": np.ones(len(vectors), np.bool_),
        "tenth": drawn.random(len(vectors)) < 0.1,  # noqa: PLR2004  (a tenth)
        "hundredth": np.arange(len(vectors)) // 100 % 100 == 0,
    }
    recalls = {}
    for name, allowed in scopes.items():
        rows = np.flatnonzero(allowed)
        least = _tenth_best(vectors, rows, questions)
        found = [opened.dense.search(question, allowed, _K)[1] for question in questions]
        good = sum(int(np.count_nonzero(scores >= at - _SAME)) for scores, at in zip(found, least, strict=True))
        recalls[name] = good / (min(_K, len(rows)) * len(questions))
    opened.passages.close()
    return recalls


def _tenth_best(stored: NDArray[np.float16], rows: NDArray[np.int64], questions: NDArray[np.float32]) -> NDArray[Any]:
    """Return the tenth best cosine of each question with some rows, comparing with all of them."""
    best = np.full((len(questions), 0), 0, np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = stored[rows[start : start + _CHUNK]].astype(np.float32)
        best = np.sort(np.concatenate([best, questions @ part.T], axis=1), axis=1)[:, -_K:]
    return best[:, 0]


def real_passages(root: Path, data: Path | None, encoder: Encoder) -> tuple[Base, list[str]]:
    """Ingest real documents; return their passages, and real questions."""
    sources = {source.name: source.folder for source in read_sources(_PROJECT / "approved_docs").values()}
    places = {"handbook": data / "handbook_18f" / "raw"} if data else sources
    (root / "library").mkdir(parents=True)
    entry = '[[source]]\nname = "{}"\nkind = "folder"\npath = {}\ngroups = ["staff"]\n'
    entries = [entry.format(name, json.dumps(str(path.absolute()))) for name, path in places.items()]
    (root / "library" / "sources.toml").write_text("\n".join(entries), encoding="utf-8")
    approve_all(root / "library", list(places))
    ingest_all(root / "library", root / "builds", encoder)
    build = open_build(root / "builds" / current_build_id(root / "builds"))
    base = read_base(build)
    build.passages.close()
    if data:
        return base, [asked.question for asked in read_public(data / "handbook_18f" / "questions.jsonl")]
    return base, [sentences[0] for sentences in base.sentences][:_QUESTIONS]


def write_questions(root: Path, questions: Sequence[str]) -> None:
    """Write what a fresh process is to ask the build of a folder."""
    (root / "questions.json").write_text(json.dumps(questions), encoding="utf-8")


def fresh(what: str, root: Path) -> dict[str, Any]:
    """Measure in a process of its own, whose memory is nobody else's: "ask" a folder's build, or search it "plain"."""
    command = [sys.executable, "-m", "eval.speed.scale_bench", what, str(root)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=_PROJECT)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _ask(root: Path) -> dict[str, Any]:
    """Open the build of a folder and ask its questions."""
    noted = times()
    encoder = timed(load_encoder(DEFAULT_ENCODER), noted, {"encode_with_pieces": "encode"})
    before = resident_mb()
    started = time.monotonic()
    build = open_build(root / "builds" / current_build_id(root / "builds"), encoder=encoder)
    opened = time.monotonic() - started
    boundary = Boundary(library=root / "library", now=utc_now, notice=lambda _: None, on_change=lambda _: None)
    questions = json.loads((root / "questions.json").read_text(encoding="utf-8"))
    figures: dict[str, Any] = {"open_s": opened, "dense": asdict(build.manifest.dense)}
    for name, groups in (("all", STAFF), ("few", FEW)):
        started = time.monotonic()
        scope = boundary.scope(build, groups)
        figures[f"{name} scope_s"] = time.monotonic() - started
        figures[f"{name} rows"] = int(np.count_nonzero(scope.rows))
        find = partial(retrieve, build=build, scope=scope, encoder=encoder, ranking=_any_ranking(), k=_K)
        noted.clear()
        figures[name] = _timed(questions, find)
        figures[f"{name} encode"] = median_and_p95_ms(noted["encode"])
    return {**figures, "before_mb": before, "after_mb": resident_mb()}


def _any_ranking() -> Ranking:
    """Return weights: which they are makes no difference to what ranking costs."""
    return Ranking(np.ones(len(PASSAGE_FEATURES)), np.ones(len(SENTENCE_FEATURES)))


def _plain(root: Path) -> dict[str, Any]:
    """Search the same vectors the plain way: a flat index of float32, all cores, no filter, no words."""
    encoder = load_encoder(DEFAULT_ENCODER)
    questions = json.loads((root / "questions.json").read_text(encoding="utf-8"))
    vectors = [encoder.encode([question]) for question in questions]
    before = resident_mb()
    stored = np.load(root / "vectors.npy", mmap_mode="r")
    index = faiss.IndexFlatIP(stored.shape[1])
    for start in range(0, len(stored), _CHUNK):
        index.add(np.array(stored[start : start + _CHUNK], dtype=np.float32))
    after = resident_mb()
    return {
        "all": _timed(vectors, lambda vector: index.search(vector, _K)),
        "mb": after["anonymous"] - before["anonymous"],
    }


def _timed(items: Sequence[_Item], call: Callable[[_Item], object]) -> tuple[float, float, float]:
    """Return median and 95th percentile of a call, and the processor time of all threads in a call, in milliseconds."""
    seconds, processor = [], 0.0
    for number in range(_WARM_UP + _QUESTIONS):
        item = items[number % len(items)]
        started, before = time.perf_counter(), time.process_time()
        call(item)
        if number >= _WARM_UP:
            seconds.append(time.perf_counter() - started)
            processor += time.process_time() - before
    return *median_and_p95_ms(seconds), processor / len(seconds) * 1000


def resident_mb() -> dict[str, int]:
    """Return this process's memory in MB: all that is resident, and of it what is not a mapped file."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = {name: int(kilobytes) // 1024 for name, kilobytes in re.findall(r"(VmRSS|RssAnon):\s+(\d+) kB", status)}
    return {"resident": found["VmRSS"], "anonymous": found["RssAnon"]}


def _print(
    console: Console, size: int, *, made: Made, recall: dict[str, float], asked: dict[str, Any], plain: dict[str, Any]
) -> None:
    dense = asked["dense"]
    kind = "flat" if dense["kind"] == "flat" else f"ivf, {dense['probes']} of {dense['lists']} lists"
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in made.seconds.items())
    files = sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file()) / 1e6
    console.print(f"\n[bold]{size:,} passages[/bold] ({kind}; build: {parts}; {files:.0f} MB on disk)")
    for name, words in (("all", "everything seen"), ("few", f"{asked['few rows']:,} passages seen")):
        (median, p95, processor), (encode, _) = asked[name], asked[f"{name} encode"]
        scope = f"scope drawn in {asked[f'{name} scope_s'] * 1000:.0f} ms"
        console.print(
            f"  retrieval, {words:24} median {median:7.1f} ms  p95 {p95:7.1f} ms  processor {processor:.1f} ms"
            f"  (encoding {encode:.1f} ms; {scope})"
        )
    median, p95, processor = plain["all"]
    console.print(
        f"  plain FAISS float32 flat, no words  median {median:7.1f} ms  p95 {p95:7.1f} ms  "
        f"processor {processor:.1f} ms  ({plain['mb']} MB)"
    )
    shares = ", ".join(f"{name} {share:.4f}" for name, share in recall.items())
    console.print(f"  recall@10 of the dense index: {shares}; stated in the manifest: {dense['recall_at_10']}")
    before, after = asked["before_mb"], asked["after_mb"]
    console.print(
        f"  opened in {asked['open_s']:.2f} s; resident {after['resident']} MB ({before['resident']} MB before), "
        f"not of mapped files {after['anonymous']} MB ({before['anonymous']} MB before)"
    )


if __name__ == "__main__":
    print(json.dumps({"ask": _ask, "plain": _plain}[sys.argv[1]](Path(sys.argv[2]))))

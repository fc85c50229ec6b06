"""The benchmark of candidates: made vectors and words in a collection of a Milvus server, beside the build's own FAISS.

Both are asked the same questions through what answers use (`indexes.candidates`), within all documents and within half
of them. Printed for each: the median and the 95th percentile of a question, how many of the ten nearest passages are
found that comparing with every vector finds, how long making it took, and how much memory this process took more for
it. What the server takes is the server's to say: it is read of a process of this machine if its number is given.
Prints figures and asserts nothing; whatever else the machine does is in them.

    python -m eval.speed.milvus_bench http://127.0.0.1:19530 --rows 20000 [--server-pid NUMBER]

Vectors are drawn around centres, so that neighbours are as near as those of real passages; no text is read.
"""

import argparse
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eval.speed.timing import median_and_p95_ms
from indexes.candidates import Candidates, LocalCandidates
from indexes.console import out
from indexes.dense import DenseIndex
from indexes.lexical import LexicalIndex, LexicalScope
from indexes.manifest import CollectionInfo, DenseSetting
from indexes.milvus import Milvus
from indexes.milvus_address import milvus_address
from indexes.milvus_candidates import MilvusCollections
from ingest.collecting import Collected
from ingest.index_collection import index_collection
from ingest.index_vectors import index_vectors

DIMENSIONS = 384
PASSAGES_OF_A_DOCUMENT = 10
_TERMS, _VOCABULARY = 40, 20_000  # of a passage, in all
_NOISE = 0.75  # beside a centre of length 1: neighbours have a cosine of about 0.6
_WARM_UP = 10
_K = 10
_CHUNK = 50_000
_MB = 1e6

Vectors = NDArray[np.float32]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Made:
    """What is searched, and what is asked: vectors (questions, dimensions) and terms."""

    vectors: Vectors
    lexical: LexicalIndex
    questions: Vectors
    terms: list[list[str]]

    @property
    def documents(self) -> NDArray[np.int64]:
        """The number of each row's document."""
        return np.arange(len(self.vectors)) // PASSAGES_OF_A_DOCUMENT


def made(rows: int, questions: int, *, seed: int = 1) -> Made:
    """Draw passages and questions."""
    chance = np.random.default_rng(seed)
    centres = _unit(chance.standard_normal((max(rows // 50, 1), DIMENSIONS)).astype(np.float32))

    def around(count: int) -> Vectors:
        noise = chance.standard_normal((count, DIMENSIONS)).astype(np.float32) * np.float32(_NOISE / DIMENSIONS**0.5)
        return _unit(centres[chance.integers(len(centres), size=count)] + noise)

    vectors = np.concatenate([around(min(_CHUNK, rows - at)) for at in range(0, rows, _CHUNK)])
    drawn = np.minimum(chance.zipf(1.3, (rows, _TERMS)), _VOCABULARY)
    lexical = LexicalIndex.from_terms([[f"w{term}" for term in of] for of in drawn.tolist()])
    asked = [[f"w{term}" for term in of] for of in np.minimum(chance.zipf(1.3, (questions, 6)), _VOCABULARY).tolist()]
    return Made(vectors, lexical, around(questions), asked)


def milvus_bench(
    console: Console, address: str, rows: int, *, questions: int, setting: DenseSetting, server_pid: int | None = None
) -> None:
    """Measure and print; the collection that was made is dropped at the end.

    Args:
        console: where to print.
        address: of the server.
        rows: passages.
        questions: how many are asked.
        setting: the kind of index, as `GREENLIT_DENSE_INDEX`.
        server_pid: of the server, if it runs on this machine.

    Raises:
        SearchUnavailableError: the server refuses.
    """
    passages = made(rows, questions)
    sample = passages.questions
    before = memory_mb()
    (dense, _), took_s = _timed(lambda: index_vectors(passages.vectors, setting=setting, queries=lambda: sample))
    console.print(f"{rows:,} passages; FAISS: made in {took_s:.1f} s, {memory_mb() - before:+.0f} MB here")
    _asked(console, "FAISS", LocalCandidates(dense, passages.lexical), passages)
    exact = DenseIndex.from_vectors(passages.vectors)
    milvus, name = Milvus(milvus_address(address)), f"bench_{secrets.token_hex(8)}"
    try:
        classes = (np.arange(rows // PASSAGES_OF_A_DOCUMENT + 1) % 2).astype(np.int32)  # half are read by others
        into = Collected(exact, passages.lexical, passages.documents, classes)
        before, server_before = memory_mb(), memory_mb(server_pid) if server_pid else 0.0
        info, took_s = _timed(lambda: index_collection(milvus, name, into, setting=setting, queries=lambda: sample))
        there = f", {memory_mb(server_pid) - server_before:+.0f} MB there" if server_pid else ""
        console.print(f"Milvus, {info.kind}: made in {took_s:.1f} s, {memory_mb() - before:+.0f} MB here{there}")
        _asked(console, "Milvus", _candidates(milvus, info, into), passages)
    finally:
        milvus.drop(name)
        milvus.close()


def _candidates(milvus: Milvus, info: CollectionInfo, of: Collected) -> Candidates:
    return MilvusCollections(milvus).candidates(
        info, dense=of.dense, lexical=of.lexical, documents=of.documents, classes=of.classes
    )


def _asked(console: Console, name: str, candidates: Candidates, passages: Made) -> None:
    everything = np.ones(len(passages.vectors), np.bool_)
    for words, allowed in (("all", everything), ("half", passages.documents % 2 == 0)):
        scope = passages.lexical.scope(allowed)
        seconds, found = _ask_all(candidates, passages, scope)
        median, p95 = median_and_p95_ms(seconds)
        recall = recall_at_10(found, passages, allowed)
        console.print(f"  {name}, {words}: median {median:.1f} ms, p95 {p95:.1f} ms, recall@10 {recall:.3f}")


def _ask_all(
    candidates: Candidates, passages: Made, scope: LexicalScope
) -> tuple[list[float], list[NDArray[np.int64]]]:
    seconds, found = list[float](), list[NDArray[np.int64]]()
    asked = list(zip(passages.questions, passages.terms, strict=True))
    for vector, terms in asked[:_WARM_UP]:
        candidates.find(vector, terms, scope, _K)
    for vector, terms in asked:
        rows, took_s = _timed(partial(candidates.find, vector, terms, scope, _K))
        seconds.append(took_s)
        found.append(rows[:_K])  # those by meaning come first
    return seconds, found


def recall_at_10(found: Sequence[NDArray[np.int64]], passages: Made, allowed: NDArray[np.bool_]) -> float:
    """Return the share of the ten nearest allowed passages that were found, over all questions."""
    rows = np.flatnonzero(allowed)
    shares = []
    for vector, got in zip(passages.questions, found, strict=True):
        nearest = rows[np.argsort(-(passages.vectors[rows] @ vector), kind="stable")[:_K]]
        shares.append(np.isin(nearest, got).mean())
    return float(np.mean(shares))


def memory_mb(pid: int | None = None) -> float:
    """Return the memory of a process that is not on disk, in MB; of this one unless another is named."""
    status = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii", errors="replace")
    (line,) = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024 / _MB


def _timed(call: Callable[[], _Result]) -> tuple[_Result, float]:
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measures candidates from Milvus beside FAISS, on made vectors.")
    parser.add_argument("address", help="the server, such as http://127.0.0.1:19530")
    parser.add_argument("--rows", type=int, default=20_000, metavar="N", help="passages (20,000)")
    parser.add_argument("--questions", type=int, default=200, metavar="N", help="asked within each scope (200)")
    parser.add_argument("--dense-index", choices=("auto", "flat", "ivf"), default="auto", help="the kind of index")
    parser.add_argument("--server-pid", type=int, metavar="NUMBER", help="of the server, if it runs on this machine")
    given = parser.parse_args()
    milvus_bench(
        out.drawing(),
        given.address,
        given.rows,
        questions=given.questions,
        setting=given.dense_index,
        server_pid=given.server_pid,
    )


if __name__ == "__main__":
    main()

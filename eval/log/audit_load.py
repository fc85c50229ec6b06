"""Questions that are only recorded: the load of the audit benchmark and of the fault run.

Each is the real two-leaf write path, with a result as a real question has one: ten hits, two citations, an answer. Run
as a program (`python -m eval.log.audit_load STATE THREADS`) it records until it is killed, and prints a line for each
record that was acknowledged: number, leaf hash, type, request id.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import uuid6

from service.audit.leaves import (
    AnswererRef,
    Asker,
    BuildRef,
    CitationRef,
    EncoderRef,
    HitRef,
    QueryFinished,
    QueryReceived,
    ReleaseRef,
    RetrievalRef,
    VerdictRef,
)
from service.audit.log import AuditLog, system_clock_us
from service.audit.opening import open_log
from service.audit.storage.store import Receipt

LOG_NAME = "bench"
_WEIGHED_ASKERS = 8
QUESTION = "May an editor upload unreleased footage to a generative tool?"
ANSWER = "Never upload unreleased footage to a generative tool. Ask the security team for an approved one."
_ASKER = Asker("somebody@x.example", frozenset({"staff"}))
_ENCODER = EncoderRef("all-MiniLM-L6-v2", "e" * 64, "bfloat16")
_RETRIEVAL = RetrievalRef("hybrid-minmax", 50, {"dense": 500_000, "lexical": 500_000}, "f" * 64)
_CITED = (1, 2)
_HITS = tuple(
    HitRef(rank, f"{rank:024d}", f"legal/some-policy-{rank}.pdf", "2" * 64, "3" * 64, 900_000 - rank, rank in _CITED)
    for rank in range(1, 11)
)
_CITATIONS = tuple(CitationRef(n, f"{n:024d}", 120 * n, 120 * n + 90, "verbatim") for n in _CITED)


def received_entry() -> QueryReceived:
    """Return a question as the service records it, with an id of its own."""
    return QueryReceived(
        request_id=str(uuid6.uuid7()),
        channel="api",
        auth="local-token",
        build=BuildRef("20261120T090000Z-0123456789abcdef", "c" * 64),
        release=ReleaseRef("0.1.0", "d" * 64),
    )


def finished_entry(request_id: str, received_seq: int) -> QueryFinished:
    """Return the result of a question as the service records it."""
    return QueryFinished(
        request_id=request_id,
        received_seq=received_seq,
        verdict=VerdictRef("answered", None, 812_000, 400_000),
        elapsed_us=67_000,
        encoder=_ENCODER,
        retrieval=_RETRIEVAL,
        register_seq=42,
        hits=_HITS,
        answerer=AnswererRef("extractive", "sentences-1"),
        citations=_CITATIONS,
    )


def record_question(log: AuditLog, acknowledged: Callable[[str, Receipt, str], None]) -> None:
    """Record one question with both of its leaves; `acknowledged` is told of each as soon as it is durable."""
    entry = received_entry()
    receipt = log.received(entry, asker=_ASKER, prompt=QUESTION)
    acknowledged("query.received", receipt, entry.request_id)
    receipt = log.finished(finished_entry(entry.request_id, receipt.seq), answer=ANSWER)
    acknowledged("query.finished", receipt, entry.request_id)


def timed_questions(log: AuditLog, *, askers: int, seconds: float) -> tuple[list[float], float]:
    """Let some askers record questions at once, each one after the other.

    Returns:
        Seconds that each question took, and how long all of it took.
    """
    took: list[list[float]] = [[] for _ in range(askers)]
    end = time.perf_counter() + seconds

    def ask(mine: list[float]) -> None:
        while (started := time.perf_counter()) < end:
            record_question(log, lambda *_: None)
            mine.append(time.perf_counter() - started)

    started = time.perf_counter()
    _in_threads([partial(ask, mine) for mine in took])
    return [one for mine in took for one in mine], time.perf_counter() - started


def _in_threads(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def weigh_log(state: Path, *, seconds: float = 4.0) -> tuple[float, float]:
    """Make a log in a folder; return the bytes that a question adds to it, and the records a second that it takes."""
    with contextlib.closing(open_log(state, keys=state / "keys", name=LOG_NAME, clock=system_clock_us)) as opened:
        before = _bytes_in(state)
        took, lasted = timed_questions(opened.log, askers=_WEIGHED_ASKERS, seconds=seconds)
    return (_bytes_in(state) - before) / len(took), 2 * len(took) / lasted


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(state: Path, askers: int) -> None:
    """Record until killed, and print what was acknowledged."""
    opened = open_log(state, keys=state / "keys", name=LOG_NAME, clock=system_clock_us)
    printing = threading.Lock()

    def acknowledged(kind: str, receipt: Receipt, request_id: str) -> None:
        with printing:
            sys.stdout.write(f"{receipt.seq} {receipt.leaf_hash} {kind} {request_id}\n")
            sys.stdout.flush()

    def ask() -> None:
        while True:
            record_question(opened.log, acknowledged)

    _in_threads([ask] * askers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

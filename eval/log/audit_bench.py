"""The audit part of the benchmark: the write path, checkpoints, verifying a large log, and proofs in it.

Recording is the real two-leaf write path on disk. The large log (`large_log`) is verified whole, texts included, by a
process of its own.
"""

import contextlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from eval.log.audit_load import LOG_NAME, record_question, timed_questions
from eval.log.large_log import make_large_log
from service.audit.checking.verify_store import verify_store
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditUnavailableError
from service.audit.keys.keyring import Keyring
from service.audit.log import system_clock_us
from service.audit.opening import OpenLog, open_log
from service.audit.reading.proofs import Proofs
from service.audit.shards import key_name
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import StoredCheckpoint, Subtree

_ASKERS = (1, 8, 64)
_SECONDS = 8.0  # for each number of askers
_PACED_S = 30.0
_PACED_EVERY_S = 0.05
_PROOFS = 300


def audit_bench(console: Console, leaves: int, database: str = "") -> None:
    """Run everything and print it.

    Args:
        console: where to print.
        leaves: how many the large log has, such as 1,000,000.
        database: the address of an empty PostgreSQL database, whose recording is measured beside; none if empty.

    Raises:
        AuditUnavailableError: the database holds a log, or cannot be used.
    """
    with TemporaryDirectory() as folder:
        _print_writing(console, Path(folder) / "small", database)
        _print_coverage(console, Path(folder) / "paced")
        _print_large(console, Path(folder) / "large", leaves)


def _open(state: Path, database: str = "") -> OpenLog:
    return open_log(state, keys=state / "keys", name=LOG_NAME, clock=system_clock_us, database=database)


def _print_writing(console: Console, state: Path, database: str) -> None:
    console.print("\n[bold]Recording[/bold]: both leaves of a question, each durable, with sealed texts")
    with contextlib.ExitStack() as stack:
        opened = {"SQLite": stack.enter_context(contextlib.closing(_open(state)))}
        if database:
            there = stack.enter_context(contextlib.closing(_open(state.with_name("there"), database)))
            if there.log.healthy():
                raise AuditUnavailableError(f"expected an empty database, found a log in {there.store.shown}")
            opened["PostgreSQL"] = there
        for askers in _ASKERS:
            for kind, log in opened.items():
                took, seconds = timed_questions(log.log, askers=askers, seconds=_SECONDS)
                rate = 2 * len(took) / seconds
                console.print(
                    f"  {kind:10} {askers:3} askers at once {rate:8.0f} records/s   a question: median "
                    f"{_ms(took, 50):6.2f} ms   99th percentile {_ms(took, 99):6.2f} ms"
                )


def _print_coverage(console: Console, state: Path) -> None:
    """Record at a steady pace and note when a checkpoint covers each record."""
    opened = _open(state)
    opened.log.make_ready()
    recorded: dict[int, float] = {}
    covered: list[tuple[int, float]] = []
    keep = opened.store.publish

    def noting(checkpoint: StoredCheckpoint, subtrees: tuple[Subtree, ...]) -> None:
        keep(checkpoint, subtrees)
        covered.append((checkpoint.size, time.perf_counter()))

    opened.store.publish = noting  # type: ignore[method-assign,assignment]
    end = time.perf_counter() + _PACED_S
    while (started := time.perf_counter()) < end:
        record_question(opened.log, lambda _kind, receipt, _id: recorded.update({receipt.seq: time.perf_counter()}))
        time.sleep(max(0.0, _PACED_EVERY_S - (time.perf_counter() - started)))
    opened.close()
    waits = [next(at for size, at in covered if size > seq) - at_s for seq, at_s in recorded.items()]
    share = sum(wait <= 2.0 for wait in waits) / len(waits)  # noqa: PLR2004  (the aim)
    console.print(
        f"\n[bold]Checkpoints[/bold]: {len(waits)} records, {1 / _PACED_EVERY_S:.0f} questions a second, "
        f"{len(covered)} checkpoints; from a record to the checkpoint that covers it: median {_ms(waits, 50):.0f} ms, "
        f"99th percentile {_ms(waits, 99):.0f} ms; {share:.1%} within 2 s"
    )


def _print_large(console: Console, state: Path, leaves: int) -> None:
    started = time.perf_counter()
    made = make_large_log(state, leaves)
    console.print(f"\n[bold]A log of {made:,} leaves[/bold] (made in {time.perf_counter() - started:.0f} s)")
    command = [sys.executable, "-m", "eval.log.audit_bench", str(state)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    console.print(
        f"  verify, texts included: {told['seconds']:.1f} s, {told['leaves']:,} leaves, ok: {told['ok']}; peak memory "
        f"{told['peak_mb']:.0f} MB"
    )
    proofs = Proofs(store=SqliteLeafStore(folder=state))
    chance = np.random.default_rng(1)
    took, sizes = [], []
    for seq in chance.integers(0, made, _PROOFS):
        before = time.perf_counter()
        proof = proofs.inclusion(int(seq))
        took.append(time.perf_counter() - before)
        sizes.append(len(proof["proof"]))
    origin = proofs.shards()[0]["origin"]
    before = time.perf_counter()
    consistency = proofs.consistency(origin, made // 3, made)
    between = (time.perf_counter() - before) * 1000
    console.print(
        f"  a proof that a record is in it: {max(sizes)} hashes ({max(sizes) * 32} bytes), "
        f"median {_ms(took, 50):.1f} ms, 95th percentile {_ms(took, 95):.1f} ms; "
        f"that it grew from a third: {len(consistency['proof'])} hashes, "
        f"{between:.1f} ms"
    )


def _ms(seconds: list[float], percentile: int) -> float:
    return float(np.percentile(seconds, percentile)) * 1000


def _verify(state: Path) -> None:
    """Verify a log as `greenlit audit verify` does, and print what it took."""
    signer = Signer(folder=state / "keys", name=key_name(LOG_NAME))
    started = time.perf_counter()
    verdict = verify_store(
        SqliteLeafStore(folder=state),
        keys=[signer.key().text()],
        keyring=Keyring(folder=state / "keys"),
        signed=signer.last(),
    )
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": seconds, "ok": verdict.ok, "leaves": SqliteLeafStore(folder=state).size(), "peak_mb": peak_mb}
    print(json.dumps(told))


if __name__ == "__main__":
    _verify(Path(sys.argv[1]))

"""The audit part of the benchmark: the write path, checkpoints, verifying a large log, and proofs in it.

Recording is the real two-leaf write path on disk. The large log is made with real leaves and sealed texts, written in
batches past the service (one commit a question would take minutes and measure nothing new); a process of its own then
verifies it whole, texts included.
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

from eval.log.audit_load import (
    ANSWER,
    LOG_NAME,
    QUESTION,
    finished_entry,
    received_entry,
    record_question,
    timed_questions,
)
from service.audit.checking.verify_store import verify_store
from service.audit.checkpoints.publisher import Publisher
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditUnavailableError
from service.audit.formats.commitments import commit, new_salt
from service.audit.keys.keyring import Keyring
from service.audit.leaves import Commitment, Pseudonym, Stamp
from service.audit.log import payload_context, system_clock_us
from service.audit.opening import OpenLog, open_log
from service.audit.reading.proofs import Proofs
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE, finished_leaf, received_leaf
from service.audit.shards import key_name, month_of, origin_at
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Payload, StoredCheckpoint, Subtree

_ASKERS = (1, 8, 64)
_SECONDS = 8.0  # for each number of askers
_PACED_S = 30.0
_PACED_EVERY_S = 0.05
_BATCH = 2000  # leaves of the large log in one commit
_CHECKPOINT_EVERY = 20_000  # leaves of the large log
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
    made = _make_large(state, leaves)
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


def _make_large(state: Path, leaves: int) -> int:
    """Make a log of about so many leaves: real ones, with sealed texts and checkpoints; returns how many."""
    opened = _open(state)
    opened.log.make_ready()
    opened.close()
    store = SqliteLeafStore.open(state)
    signer = Signer(folder=state / "keys", name=key_name(LOG_NAME))
    publisher = Publisher(store=store, signer=signer)
    publisher.restore()
    keyring = Keyring(folder=state / "keys")
    size = store.size()
    origin = origin_at(LOG_NAME, system_clock_us())
    while size < leaves:
        entries: list[Entry] = []
        while len(entries) < _BATCH:
            entries += _pair(keyring, origin, size + len(entries))
        publisher.add(store.append(entries))
        size += len(entries)
        if size // _CHECKPOINT_EVERY != (size - len(entries)) // _CHECKPOINT_EVERY:
            publisher.publish()
    publisher.publish()
    store.close()
    return size


def _pair(keyring: Keyring, origin: str, seq: int) -> list[Entry]:
    """Return both leaves of a question, as `AuditLog` makes them."""
    received = received_entry()
    stamp = Stamp(origin, system_clock_us())
    prompt, prompt_payload = _sealed(keyring, stamp, RECEIVED_TYPE, received.request_id, "prompt", QUESTION)
    asker, asker_payload = _sealed(keyring, stamp, RECEIVED_TYPE, received.request_id, "asker", "somebody@x.example")
    del asker
    pseudonyms = keyring.pseudonyms(month_of(origin))
    known_as = Pseudonym(pseudonyms.actor("somebody@x.example"), pseudonyms.groups_hash({"staff"}))
    answer, answer_payload = _sealed(keyring, stamp, FINISHED_TYPE, received.request_id, "answer", ANSWER)
    first = received_leaf(received, stamp, asker=known_as, prompt=prompt)
    second = finished_leaf(finished_entry(received.request_id, seq), stamp, answer=answer)
    return [
        Entry(origin, RECEIVED_TYPE, stamp.ts_us, received.request_id, first, (prompt_payload, asker_payload)),
        Entry(origin, FINISHED_TYPE, stamp.ts_us, received.request_id, second, (answer_payload,)),
    ]


def _sealed(
    keyring: Keyring, stamp: Stamp, kind: str, request_id: str, field: str, text: str
) -> tuple[Commitment, Payload]:
    salt, body = new_salt(), text.encode()
    context = payload_context(stamp.origin, kind, request_id, field)
    purpose = "identity" if field == "asker" else "payload"
    done = keyring.seal(purpose, month_of(stamp.origin), salt=salt, body=body, context=context)  # type: ignore[arg-type]
    return Commitment(commit(field, salt, body), len(body)), Payload(field, done.key_id, done.sealed)


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

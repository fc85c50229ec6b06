"""The fault run: load on a real log, kill -9 at a random moment, restart, verify; two hundred times.

Each round: a process records questions from several threads and says which records were acknowledged; it is killed; the
log is opened again, as the next start of the service does; then everything is verified. A round is lost if an
acknowledged record is missing or different, if a record is out of order, if anything does not verify, or if a question
is left without a result. Every twenty rounds begin a new log, so that verifying stays short.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from eval.log.audit_load import LOG_NAME
from service.audit.checking.verify_store import verify_store
from service.audit.checkpoints.signer import Signer
from service.audit.keys.keyring import Keyring
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.audit.shards import key_name
from service.audit.storage.sqlite_store import SqliteLeafStore

_ASKERS = 8
_ROUNDS_A_LOG = 20
_START_TIMEOUT_S = 60.0
_MOST_LOAD_S = 0.6
_PAGE = 1000


@dataclass(slots=True)
class _Tally:
    """What was seen over all rounds."""

    acknowledged: int = 0
    aborted: int = 0
    wrong: list[str] = field(default_factory=list)


def faults(rounds: int, seed: int, console: Console) -> bool:
    """Run the rounds and print what was seen; tell whether nothing was wrong.

    Args:
        rounds: how many.
        seed: of the moments at which processes are killed.
        console: where to print.
    """
    chance = random.Random(seed)  # nosec B311  # noqa: S311  (moments, not secrets)
    tally = _Tally()
    for first in range(0, rounds, _ROUNDS_A_LOG):
        with tempfile.TemporaryDirectory() as folder:
            acknowledged: dict[int, tuple[str, str, str]] = {}
            for number in range(first, min(first + _ROUNDS_A_LOG, rounds)):
                acknowledged |= _load_and_kill(Path(folder), chance.uniform(0.0, _MOST_LOAD_S))
                tally.wrong += [f"round {number}: {problem}" for problem in _check(Path(folder), acknowledged)]
            tally.acknowledged += len(acknowledged)
            tally.aborted += _aborted(Path(folder))
            console.print(f"  {number + 1} rounds: {tally.acknowledged} acknowledged, {len(tally.wrong)} wrong")
    told = (
        f"[bold]{rounds} rounds with kill -9[/bold] (seed {seed}): {tally.acknowledged} records acknowledged, "
        f"none lost or out of order; {tally.aborted} open questions closed as aborted"
    )
    console.print("\n".join(tally.wrong) or told)
    return not tally.wrong


def _load_and_kill(state: Path, load_s: float) -> dict[int, tuple[str, str, str]]:
    """Record questions in another process, kill it, and return what it was acknowledged, by number."""
    command = [sys.executable, "-m", "eval.log.audit_load", str(state), str(_ASKERS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    acknowledged: dict[int, tuple[str, str, str]] = {}
    begun = threading.Event()

    def listen() -> None:
        for line in process.stdout or ():
            if not line.endswith("\n"):
                return  # cut off by the kill
            seq, leaf_hash, kind, request_id = line.split()
            acknowledged[int(seq)] = (leaf_hash, kind, request_id)
            begun.set()

    with process:  # its pipe is closed at the end
        listener = threading.Thread(target=listen)
        listener.start()
        has_begun = begun.wait(_START_TIMEOUT_S)
        time.sleep(load_s)
        process.kill()
        listener.join()
    if not has_begun:
        raise SystemExit("greenlit: the process that records did not begin")
    return acknowledged


def _check(state: Path, acknowledged: dict[int, tuple[str, str, str]]) -> list[str]:
    """Start again as the service does, and return what is wrong."""
    opened = open_log(state, keys=state / "keys", name=LOG_NAME, clock=system_clock_us)
    opened.log.make_ready()
    opened.close()
    store = SqliteLeafStore(folder=state)
    problems = _lost(store, acknowledged)
    problems += [f"question {leaf.request_id} has no result" for leaf in store.unfinished()]
    signer = Signer(folder=state / "keys", name=key_name(LOG_NAME))
    verdict = verify_store(
        store, keys=[signer.key().text()], keyring=Keyring(folder=state / "keys"), signed=signer.last()
    )
    return problems + [f"record {problem.seq}: {problem.promise}: {problem.detail}" for problem in verdict.problems]


def _lost(store: SqliteLeafStore, acknowledged: dict[int, tuple[str, str, str]]) -> list[str]:
    problems, after, missing = [], -1, set(acknowledged)
    while page := store.leaves(after, _PAGE):
        for leaf in page:
            said = acknowledged.get(leaf.seq)
            missing.discard(leaf.seq)
            if said is not None and said != (leaf.leaf_hash, leaf.type, leaf.request_id):
                problems.append(f"record {leaf.seq} is not the one that was acknowledged")
        after = page[-1].seq
    return problems + [f"record {seq} was acknowledged and is missing" for seq in sorted(missing)]


def _aborted(state: Path) -> int:
    store, after, count = SqliteLeafStore(folder=state), -1, 0
    while page := store.leaves(after, _PAGE):
        count += sum(json.loads(leaf.leaf).get("outcome") == "aborted" for leaf in page)
        after = page[-1].seq
    return count

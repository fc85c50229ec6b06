"""Three processes write one log under load; each round one of them, or the server, is killed or stopped.

    process   a process is killed (kill -9)
    holder    the one that has the lease is killed
    server    PostgreSQL is killed, and started again
    stopped   the one that has the lease is stopped (SIGSTOP) until after another took over, then it goes on

Every process that is left has to be answered again within ten seconds, another has to have the lease, and a checkpoint
has to cover what was recorded since. At the end nothing that was acknowledged may be missing, another, out of order or
finished twice, all of it has to verify, and no question may be left open once those from before are closed.
"""

import itertools
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from eval.log.audit_load import LOG_NAME
from service.audit.checking.verify_store import verify_store
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditUnavailableError
from service.audit.keys.keyring import Keyring
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.audit.shards import key_name
from service.audit.storage.postgres_store import WRITER, PostgresLeafStore
from tests.support.postgres_server import Server

KINDS = ("process", "holder", "server", "stopped")
LONGEST_S = 10.0  # until all that are left answer again
_GIVE_UP_S = 60.0
_PROCESSES = 3
_LEASE = WRITER + 3
_HOLDER = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted"""
_PAGE = 1000


@dataclass(eq=False)
class _Process:
    """A process that writes, and what it was acknowledged."""

    process: subprocess.Popen[str]
    last_s: float = 0.0  # of the newest acknowledgement
    thread: threading.Thread = field(init=False)

    def listen(self, acknowledged: dict[int, tuple[str, str, str]], gaps: list[float]) -> None:
        for line in self.process.stdout or ():
            if not line.endswith("\n"):
                return  # cut off by the kill
            seq, leaf_hash, at_s, kind, request_id = line.split()
            acknowledged[int(seq)] = (leaf_hash, kind, request_id)
            gaps.append(float(at_s) - self.last_s if self.last_s else 0.0)
            self.last_s = float(at_s)


@dataclass
class Came:
    """What came of it: how long it took, by kind, until all were answered again, and what is wrong."""

    records: int = 0
    again_s: dict[str, list[float]] = field(default_factory=dict)
    taken_over_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Replicas:
    """The processes, their server, and the rounds; see the module."""

    def __init__(self, root: Path, server: Server, *, seed: int, tell: Callable[[str], None]) -> None:
        """Take an empty folder and a server that may be killed."""
        self._root, self._server, self._tell = root, server, tell
        self._url = server.url(server.new_database())
        self._chance = random.Random(seed)  # noqa: S311 - moments, not secrets
        self._processes: list[_Process] = []
        self._numbers = itertools.count()
        self._acknowledged: dict[int, tuple[str, str, str]] = {}
        self._gaps: list[float] = []
        self.came = Came()

    def run(self, rounds: int) -> Came:
        """Do the rounds, one kind after the other, and look at all of it at the end."""
        try:
            for _ in range(_PROCESSES):
                self._start()
            self._wait("they do not begin", lambda: all(one.last_s for one in self._processes))
            for number in range(rounds):
                kind = KINDS[number % len(KINDS)]
                self._round(number, kind)
        finally:
            for one in [*self._processes]:
                one.process.send_signal(signal.SIGCONT)
                self._end(one)
        self._look_at_all()
        return self.came

    def _start(self) -> None:
        state = self._root / f"state-{next(self._numbers)}"
        command = [sys.executable, "-m", "tests.replicas.child", str(state), str(self._root / "keys"), self._url]
        one = _Process(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        one.thread = threading.Thread(target=one.listen, args=(self._acknowledged, self._gaps), daemon=True)
        one.thread.start()
        self._processes.append(one)

    def _end(self, one: _Process) -> None:
        one.process.kill()
        one.process.wait()
        one.thread.join()
        if one.process.stdout:
            one.process.stdout.close()
        if one in self._processes:
            self._processes.remove(one)

    def _round(self, number: int, kind: str) -> None:
        time.sleep(self._chance.uniform(0.1, 0.6))
        self._wait("nobody takes the lease", lambda: self._holder() is not None)
        began_s = time.monotonic()
        stopped: _Process | None = None
        if kind == "server":
            self._server.kill()
            self._server.start()
            began_s = time.monotonic()
        elif kind == "process":
            self._end(self._chance.choice(self._processes))
        else:
            one = self._holder()
            if one is None:
                return
            if kind == "holder":
                self._end(one)
            else:
                one.process.send_signal(signal.SIGSTOP)
                stopped = one
        left = [one for one in self._processes if one is not stopped]
        self._wait(f"round {number}: no answer", lambda: all(one.last_s > began_s + 0.05 for one in left))
        took_s = max(self._first_after(one, began_s) for one in left)
        self.came.again_s.setdefault(kind, []).append(took_s)
        if took_s > LONGEST_S:
            self.came.wrong.append(f"round {number} ({kind}): answered again after {took_s:.1f} s")
        self._wait("nobody takes over", lambda: self._holder() not in {None, stopped})
        self._wait_for_checkpoint(number, began_s)
        if stopped:
            stopped.process.send_signal(signal.SIGCONT)
            self._wait("it does not go on", lambda: stopped.last_s > began_s + 0.05)
        while len(self._processes) < _PROCESSES:
            self._start()
        self._wait("it does not begin", lambda: all(one.last_s for one in self._processes))
        self._tell(f"round {number} ({kind}): answered again after {took_s:.1f} s, {len(self._acknowledged)} records")

    def _first_after(self, one: _Process, began_s: float) -> float:
        return max(0.0, one.last_s - began_s)

    def _wait_for_checkpoint(self, number: int, began_s: float) -> None:
        size = max(self._acknowledged) + 1
        store = PostgresLeafStore.reading(self._url, folder=self._root)

        def covered() -> bool:
            count = store.checkpoint_count()  # a stream reads page by page to its end, even where there is nothing
            newest = next(store.stream_checkpoints(count - 1, count), None)
            return newest is not None and newest[1].size >= size

        self._wait(f"round {number}: no checkpoint", covered)
        took_s = time.monotonic() - began_s
        self.came.taken_over_s.append(took_s)
        if took_s > LONGEST_S:
            self.came.wrong.append(f"round {number}: a checkpoint after {took_s:.1f} s")

    def _holder(self) -> _Process | None:
        """Return the process that has the lease, as the server says."""
        try:
            with psycopg.connect(self._url) as connection:
                row = connection.execute(_HOLDER.encode(), (_LEASE >> 32, _LEASE & 0xFFFFFFFF)).fetchone()
        except psycopg.Error:
            return None
        pid = int(row[0].rpartition(" ")[2]) if row else None
        return next((one for one in self._processes if one.process.pid == pid), None)

    def _wait(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _GIVE_UP_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} for {_GIVE_UP_S:g} s")
            time.sleep(0.02)

    def _look_at_all(self) -> None:
        keys = self._root / "keys"
        opened = open_log(self._root / "last", keys=keys, name=LOG_NAME, clock=system_clock_us, database=self._url)
        try:
            for _ in range(100):  # the server sees within a moment that the others are gone
                if opened.store.beside and opened.store.beside.writers() == 1:
                    break
                time.sleep(0.1)
            opened.log.make_ready()
            opened.log.publish()
        except AuditUnavailableError as error:
            self.came.wrong.append(str(error))
        finally:
            opened.close()
        store = PostgresLeafStore.reading(self._url, folder=self._root)
        wrong, missing, finished, after = self.came.wrong, set(self._acknowledged), Counter[str](), -1
        while page := store.leaves(after, _PAGE):
            for leaf in page:
                missing.discard(leaf.seq)
                said = self._acknowledged.get(leaf.seq)
                if said not in {None, (leaf.leaf_hash, leaf.type, leaf.request_id)}:
                    wrong.append(f"record {leaf.seq} is not the one that was acknowledged")
                if leaf.seq != after + 1:
                    wrong.append(f"record {leaf.seq} comes after {after}")
                after = leaf.seq
                finished[leaf.request_id] += leaf.type == "query.finished"
        wrong += [f"record {seq} was acknowledged and is missing" for seq in sorted(missing)]
        wrong += [f"question {name} was finished {count} times" for name, count in finished.items() if count > 1]
        wrong += [f"question {leaf.request_id} has no result" for leaf in store.unfinished()]
        signer = Signer(folder=keys, name=key_name(LOG_NAME))
        verdict = verify_store(store, keys=[signer.key().text()], keyring=Keyring(folder=keys), signed=signer.last())
        wrong += [f"record {problem.seq}: {problem.promise}: {problem.detail}" for problem in verdict.problems]
        self.came.records = after + 1

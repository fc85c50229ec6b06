"""A process for `test_durability` to kill: it records questions and prints each receipt as one line.

Arguments: the log's folder, and what to do. `once`: record one question, print its receipt, die by SIGKILL. `load N`:
record questions from N threads until somebody kills it. `refused`: meet a disk that refuses to write, then get over it.
"""

import os
import resource
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from uuid6 import uuid7

from service.audit.errors import AuditUnavailableError
from service.audit.leaves import BuildRef, QueryFinished, QueryReceived, ReleaseRef, VerdictRef
from service.audit.log import AuditLog, open_log
from service.audit.store import Receipt


def now_us() -> int:
    return time.time_ns() // 1000


def say(*words: object) -> None:
    """Print one line at once; short lines are not mixed up with those of other threads."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def ask(log: AuditLog, prompt: str = "How long do we keep contracts?") -> Receipt:
    entry = QueryReceived(
        request_id=str(uuid7()),
        channel="api",
        actor="actor-" + "a" * 32,
        auth="api_key",
        groups_hash="b" * 64,
        build=BuildRef(id="1", manifest_hash="c" * 64),
        release=ReleaseRef(version="0.1.0", config_hash="d" * 64),
    )
    return log.received(entry, prompt=prompt)


def once(log: AuditLog) -> None:
    receipt = ask(log)
    say(receipt.seq, receipt.leaf_hash)
    os.kill(os.getpid(), signal.SIGKILL)


def load(log: AuditLog, threads: int) -> None:
    def work() -> None:
        while True:
            first = ask(log)
            say(first.seq, first.leaf_hash)
            verdict = VerdictRef(outcome="refused", reason="no_evidence")
            entry = QueryFinished(request_id=str(uuid7()), received_seq=first.seq, verdict=verdict, elapsed_us=1)
            second = log.finished(entry, answer=None)
            say(second.seq, second.leaf_hash)

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    signal.pause()


def refused(log: AuditLog, folder: Path) -> None:
    say("kept", ask(log).seq)
    most, hard = (folder / "audit.sqlite-wal").stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))  # now the kernel refuses to let any file grow beyond
    try:
        ask(log, prompt="How long? " * 100_000)
    except AuditUnavailableError as error:
        say("refused", error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    while log.healthy() is not None:
        time.sleep(0.01)
    say("kept", ask(log).seq)


def main() -> None:
    folder = Path(sys.argv[1])
    with closing(open_log(folder, name="greenlit", clock=now_us)) as log:
        if sys.argv[2] == "once":
            once(log)
        elif sys.argv[2] == "load":
            load(log, int(sys.argv[3]))
        elif sys.argv[2] == "refused":
            refused(log, folder)


if __name__ == "__main__":
    main()

"""A process for `test_durability` to kill: it records questions and prints each receipt as one line.

Arguments: the log's folder, and what to do. `once`: record one question, print its receipt, die by SIGKILL. `load N`:
record questions and their results from N threads until somebody kills it. `refused`: meet a disk that refuses to write,
then get over it.
"""

import os
import resource
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from service.audit.errors import AuditUnavailableError
from service.audit.log import system_clock_us
from service.audit.opening import OpenLog, open_log
from tests.support.audit_parts import LogFolder


def say(*words: object) -> None:
    """Print one line at once; short lines are not mixed up with those of other threads."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def once(log: LogFolder) -> None:
    request_id, receipt = log.ask()
    say(request_id, receipt.seq, receipt.leaf_hash)
    os.kill(os.getpid(), signal.SIGKILL)


def load(log: LogFolder, threads: int) -> None:
    def work() -> None:
        while True:
            request_id, first = log.ask()
            say(request_id, first.seq, first.leaf_hash)
            second = log.refuse(request_id, first.seq)
            say(request_id, second.seq, second.leaf_hash)

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    signal.pause()


def refused(log: LogFolder) -> None:
    say("kept", log.ask()[1].seq)
    most, hard = (log.state / "audit.sqlite-wal").stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))  # now the kernel refuses to let any file grow beyond
    try:
        log.ask("How long? " * 100_000)
    except AuditUnavailableError as error:
        say("refused", error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    while log.parts.log.healthy() is not None:
        time.sleep(0.01)
    say("kept", log.ask()[1].seq)


def opened(log: LogFolder) -> OpenLog:
    """Open a log as the service does, with every sync."""
    return open_log(log.state, keys=log.keys, name=log.name, clock=system_clock_us)


def main() -> None:
    log = LogFolder(Path(sys.argv[1]))
    log.parts = opened(log)
    with closing(log):
        if sys.argv[2] == "once":
            once(log)
        elif sys.argv[2] == "load":
            load(log, int(sys.argv[3]))
        elif sys.argv[2] == "refused":
            refused(log)


if __name__ == "__main__":
    main()

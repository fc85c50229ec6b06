"""One process that writes the log beside others, until it is killed: `python -m tests.replicas.child STATE KEYS URL`.

It asks from several threads at once, each question with its end, and prints a line for each record that was
acknowledged: number, leaf hash, when (a clock that all processes of a machine share), type, request id.
"""

import contextlib
import sys
import threading
import time
from pathlib import Path

from eval.log.audit_load import LOG_NAME, record_question
from service.audit.errors import AuditUnavailableError
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.audit.storage.store import Receipt

_ASKERS = 4
_PAUSE_S = 0.02


def main(state: Path, keys: Path, url: str) -> None:
    """Record until killed."""
    opened = open_log(state, keys=keys, name=LOG_NAME, clock=system_clock_us, database=url)
    printing = threading.Lock()

    def acknowledged(kind: str, receipt: Receipt, request_id: str) -> None:
        with printing:
            sys.stdout.write(f"{receipt.seq} {receipt.leaf_hash} {time.monotonic()} {kind} {request_id}\n")
            sys.stdout.flush()

    def ask() -> None:
        while True:
            with contextlib.suppress(AuditUnavailableError):
                record_question(opened.log, acknowledged)
            time.sleep(_PAUSE_S)

    threads = [threading.Thread(target=ask) for _ in range(_ASKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

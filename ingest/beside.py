"""The worker as a process beside the service: started with it, ended with it.

The worker gets a pipe as its standard input and ends when that closes (`end_with_input_of_parent`), so that it does not
outlive a service that was killed. A worker that ends by itself is told of, and the service goes on without.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexes.previews import WORKER_FILE
from ingest.errors import BusyError, PublishError
from ingest.one_at_a_time import one_at_a_time

WORKER = (sys.executable, "-P", "-m", "greenlit", "ingest", "--watch", "--end-with-input")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHELL_BASE = 128  # of the status of a process that a signal ended
_END_S = 10.0  # to end in order; it takes what is left of a batch of passages


@contextlib.contextmanager
def beside(builds: Path, *, notice: Callable[[str], None], command: Sequence[str] = WORKER) -> Iterator[None]:
    """Have a worker for as long as the context lasts.

    Args:
        builds: the folder of builds.
        notice: is told, in words, that the worker ended by itself.
        command: what starts it.
    """
    _forget_killed(builds)
    ending = threading.Event()
    # A session of its own: Ctrl-C reaches the service, which ends the worker.
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:

        def tell() -> None:
            status = process.wait()
            if not ending.is_set():
                notice(
                    f"the worker, which makes builds, ended (exit status {status}): what is approved from now on waits "
                    "until greenlit ingest --watch runs again; questions are answered as before"
                )

        threading.Thread(target=tell, name="worker's end", daemon=True).start()
        try:
            yield
        finally:
            ending.set()
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(slots=True)
class Ending:
    """What is told, in the handler of a signal, by which one the process ends."""

    heard: Callable[[int], None] = lambda _: None


@contextlib.contextmanager
def ended_by_signals(*, unfinished: bool = False) -> Iterator[Ending]:
    """Let the first signal unwind what is open in the context, a staging folder and a child, and end the process then.

    Args:
        unfinished: whether an end by a signal is no success: the status tells the signal then, as a shell does.

    Further signals change nothing. Python is not left to take the model's libraries apart, which took 17 s on a machine
    that was busy: by then everything of ours is closed.
    """
    ending, ended_by = Ending(), list[int]()

    def end(number: int, _: object) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        ended_by.append(number)
        ending.heard(number)
        raise SystemExit(0)

    before = [signal.signal(number, end) for number in _SIGNALS]
    try:
        yield ending
    except SystemExit:
        if not ended_by:
            raise
        os._exit(_SHELL_BASE + ended_by[0] if unfinished else 0)  # what was printed is out: the console keeps nothing
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # one that is not Python's own


def end_with_input_of_parent() -> None:
    """Let this process be told to end (SIGTERM) when its standard input closes: whoever started it is gone."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="input's end", daemon=True).start()


def _forget_killed(builds: Path) -> None:
    """Take away what a worker told that was killed: nobody is to take the new one for it until it has begun."""
    with contextlib.suppress(BusyError, PublishError, OSError), one_at_a_time(builds, "worker"):
        (builds / WORKER_FILE).unlink(missing_ok=True)

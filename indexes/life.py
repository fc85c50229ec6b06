"""The beginning and the end of a program that runs on, in its log: `started` with what it is, `stopped` with why.

`stopped` is the last line, after all that was open is closed; a program that was killed leaves none. What fails before
`started` is the command's to print.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version

import structlog

VERSION = version("greenlit")


class Life:
    """One program's; see the module. `why` says why it ends."""

    def __init__(self, logger: str) -> None:
        self.why = "its work was done"
        self._log = structlog.get_logger(logger)
        self._started_s: float | None = None

    def started(self, **what: object) -> None:
        """Log that it is ready: its version, and what it was told."""
        self._started_s = time.monotonic()
        python = ".".join(map(str, sys.version_info[:3]))
        self._log.info("started", version=VERSION, python=python, pid=os.getpid(), **what)

    def ends(self, number: int) -> None:
        """Note the signal that ends it."""
        self.why = signal.Signals(number).name

    def stopped(self) -> None:
        """Log that it is over, if it ever was ready."""
        if self._started_s is not None:
            self._log.info("stopped", after_s=round(time.monotonic() - self._started_s, 1), why=self.why)


@contextlib.contextmanager
def life(logger: str) -> Iterator[Life]:
    """Lend the life of a program for as long as the context lasts.

    Args:
        logger: the name of who logs, such as `greenlit.worker`.
    """
    its = Life(logger)
    try:
        yield its
    except Exception as error:
        its.why = f"it failed ({type(error).__name__})"
        raise
    finally:
        its.stopped()

"""What workers of a cluster do in tests: the real work, with an encoder that needs no model.

Where `TEST_WORKER_DIES_ONCE` names a file that is not there, whoever is asked first makes it and is killed.
"""

import functools
import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any


def perform(setup: bytes, request: bytes) -> bytes:
    """Do what a request wants."""
    marker = os.environ.get("TEST_WORKER_DIES_ONCE")
    if marker and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    work = importlib.import_module("ingest.cluster.work")  # not before: it takes seconds
    done: bytes = work.perform_with(_load(), setup, request)
    return done


@functools.cache  # the same function each time, as what is loaded with it is kept
def _load() -> Callable[[str], Any]:
    fakes = importlib.import_module("tests.support.fakes")
    return lambda _name: fakes.HashingEncoder()

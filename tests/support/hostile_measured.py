"""How long each dear document takes, and how much memory, in the child that parses under its real limits.

    python -m tests.support.hostile_measured              all of them
    python -m tests.support.hostile_measured tiny bomb    those with such a word in their name

Prints a line each: bytes, seconds on the clock and of the processor, the most memory held, and what became of it.
"""

import contextlib
import sys
import threading
import time
from pathlib import Path

from ingest.errors import LoadError
from ingest.loading.process import LoaderProcess
from tests.support.hostile_documents import HOSTILE

_TICKS_A_SECOND = 100
_LOOK_S = 0.05


class _Watch:
    """Looks again and again how much a process has used, until it is gone."""

    def __init__(self, pid: int) -> None:
        self.processor_s, self.held_mib = 0.0, 0
        self._place, self._end = Path(f"/proc/{pid}"), threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._read()
        self._thread.start()

    def end(self) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(_LOOK_S):
            self._read()

    def _read(self) -> None:
        with contextlib.suppress(OSError, IndexError):  # it is gone
            fields = (self._place / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
            status = (self._place / "status").read_text(encoding="ascii")
            self.processor_s = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
            self.held_mib = int(status.partition("VmHWM:")[2].split()[0]) >> 10


def _measure(name: str) -> str:
    content = HOSTILE[name]()
    with LoaderProcess() as parser:
        parser.load("warm.txt", b"Warm.")
        child = parser._process._child
        watch = _Watch(child.pid if child else 0)
        before_s, began_s = watch.processor_s, time.monotonic()
        try:
            document = parser.load(name, content)
            became = f"read, {len(document.text):,} characters" + "".join(
                f", {n.kind} {n.count}" for n in document.notes
            )
        except LoadError as error:
            became = f"kept out: {error}"
        took_s = time.monotonic() - began_s
        watch.end()
    used_s = watch.processor_s - before_s
    return f"{name:38} {len(content):>10,} B {took_s:6.1f} s {used_s:6.1f} s {watch.held_mib:5} MiB  {became[:160]}"


def main(words: list[str]) -> None:
    """Measure the documents that have one of these words in their names, or all."""
    for name in HOSTILE:
        if not words or any(word in name for word in words):
            sys.stdout.write(f"{_measure(name)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

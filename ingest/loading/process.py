"""The parent's side of parsing: `LoaderProcess` keeps one limited child (`worker`) and gives it documents one by one.

The child gets no environment but what Python needs, no open file but its two pipes, and a limit on memory. A document
that takes too long, uses up the memory or crashes the parser costs the child, which is started anew for the next; the
document is reported by `LoadError`. After a number of documents the child is replaced, so that what parsers leave
behind cannot pile up. POSIX only, as the library is. One thread at a time.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self, TypeVar

from ingest.errors import LoadError, LoaderStartError
from ingest.loading.formats import format_of
from ingest.loading.frames import LENGTH_BYTES, MAX_JSON_BYTES, MAX_TEXT_BYTES, framed, read_reply
from ingest.parsed import Parsed

DEFAULT_TIMEOUT_S = 120.0  # the slowest real document seen, 349 pages, takes 5 s
DEFAULT_MAX_MEMORY_BYTES = 2048 * 1024 * 1024
RECYCLE_AFTER_DOCUMENTS = 200  # starting costs 0.4 s: 2 ms a document
_START_TIMEOUT_S = 60.0  # a cold disk; a warm one needs less than a second
_CHUNK_BYTES = 1 << 20
_READY_MAX_BYTES = 64
_T = TypeVar("_T")


class LoaderProcess:
    """Parses documents in a child process; a context manager, which leaves no child behind."""

    def __init__(
        self,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_memory_bytes: int = DEFAULT_MAX_MEMORY_BYTES,
        recycle_after: int = RECYCLE_AFTER_DOCUMENTS,
        module: str = "ingest.loading.worker",
        import_paths: tuple[Path, ...] = (),
    ) -> None:
        """Start nothing yet: the first document does.

        Args:
            timeout_s: wall time that one document may take, in seconds.
            max_memory_bytes: address space of the child, which includes its libraries (some 300 MiB).
            recycle_after: the child is replaced after this many documents.
            module: what the child runs; it is given the memory limit as its argument. Tests put their own here.
            import_paths: folders in which the child finds modules, besides Greenlit's own.
        """
        self._timeout_s = timeout_s
        self._max_memory_bytes = max_memory_bytes
        self._recycle_after = recycle_after
        self._module = module
        self._import_paths = import_paths
        self._child: _Child | None = None
        self._served = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one; a later `load` starts another."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def load(self, name: str, content: bytes) -> Parsed:
        """Return a document as text.

        Args:
            name: the document's id or file name; its extension says how it is read.
            content: all of its bytes; these are parsed, no file is opened.

        Raises:
            LoadError: the document is kept out, with the reason for a person.
            LoaderStartError: the child does not start.
        """
        format_of(name)  # refuses what nothing can read, before any work
        return self.exchange(framed(name.encode()) + framed(content), read_reply)

    def exchange(self, request: bytes, read: Callable[[bytes, bytes], _T]) -> _T:
        """Send a request to the child, as its module takes it, and return what the two frames of its reply hold.

        Args:
            request: the request's frames.
            read: returns what a reply holds, and raises as `frames.read_reply` does.

        Raises:
            LoadError, LoaderStartError: as `load`.
        """
        if self._child is None or self._served >= self._recycle_after:
            self.close()
            self._child = _Child(self._command(), self._environment())
            self._served = 0
        self._served += 1
        try:
            held = self._child.ask(request, time.monotonic() + self._timeout_s, read)
        except LoadError:
            raise  # the parser has spoken; it is well
        except TimeoutError as error:
            self.close()
            raise LoadError(f"it took longer than {self._timeout_s:g} s to parse: split or simplify it") from error
        except MemoryError as error:
            self.close()
            limit = self._max_memory_bytes // (1024 * 1024)
            raise LoadError(f"the parser ran out of memory (limit {limit} MiB): split or simplify it") from error
        except EOFError as error:
            how = self._child.how_it_ended()
            self.close()
            raise LoadError(f"the parser crashed ({how}): the document may be damaged; save it again") from error
        except ValueError as error:
            self.close()
            raise LoadError(f"the parser gave a reply that cannot be true ({error}): do not trust this file") from error
        except BaseException:
            self.close()  # interrupted in the middle of an exchange: the pipes are out of step
            raise
        return held

    def _command(self) -> list[str]:
        # -P: nothing is imported from the folder that the parent happens to run in
        return [sys.executable, "-P", "-m", self._module, str(self._max_memory_bytes)]

    def _environment(self) -> dict[str, str]:
        own = Path(__file__).resolve().parents[2]
        paths = [str(path) for path in (own, *self._import_paths)]
        return {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(paths),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
        }


class _Child:
    """One running child and its two pipes."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback would quote the document
            env=environment,
            cwd="/",
            close_fds=True,
            start_new_session=True,  # Ctrl-C reaches the parent, which ends the child
        )
        self._in: IO[bytes] = _pipe(self._process.stdin)
        self._out: IO[bytes] = _pipe(self._process.stdout)
        try:
            self._read_frame(_READY_MAX_BYTES, time.monotonic() + _START_TIMEOUT_S)
        except (EOFError, TimeoutError, ValueError) as error:
            how = "it did not get ready in time" if isinstance(error, TimeoutError) else self.how_it_ended()
            self.end()
            raise LoaderStartError(
                f"expected the process that parses documents to start, but {how}: "
                f"run '{' '.join(command[:-1])} {command[-1]} < /dev/null' to see why"
            ) from error
        except BaseException:
            self.end()
            raise

    def ask(self, request: bytes, deadline: float, read: Callable[[bytes, bytes], _T]) -> _T:
        """Send a request and return what the reply holds.

        Raises:
            LoadError, MemoryError, ValueError: as `read`.
            EOFError: the child ended.
            TimeoutError: the deadline (of `time.monotonic`) passed.
        """
        self._write(request, deadline)
        head = self._read_frame(MAX_JSON_BYTES, deadline)
        return read(head, self._read_frame(MAX_TEXT_BYTES, deadline))

    def how_it_ended(self) -> str:
        """Say in a few words how the child ended, which it has or is about to."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it stopped answering"
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}"

    def end(self) -> None:
        """End the child at once, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()

    def _write(self, content: bytes, deadline: float) -> None:
        rest = memoryview(content)
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_WRITE)
            while rest:
                _wait(selector, deadline)
                try:
                    rest = rest[os.write(self._in.fileno(), rest[:_CHUNK_BYTES]) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError as error:
                    raise EOFError from error

    def _read_frame(self, max_bytes: int, deadline: float) -> bytes:
        length = int.from_bytes(self._read(LENGTH_BYTES, deadline), "big")
        if length > max_bytes:
            raise ValueError(f"a frame of {length} bytes, expected at most {max_bytes}")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        content = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            while len(content) < length:
                _wait(selector, deadline)
                piece = os.read(self._out.fileno(), min(length - len(content), _CHUNK_BYTES))
                if not piece:
                    raise EOFError
                content += piece
        return bytes(content)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe of the child, set not to block: every wait has the deadline."""
    if stream is None:
        raise LoaderStartError("expected two pipes to the process that parses documents, got none")
    os.set_blocking(stream.fileno(), False)
    return stream


def _wait(selector: selectors.BaseSelector, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0 or not selector.select(left):
        raise TimeoutError

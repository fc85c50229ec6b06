"""The parent's side: `LimitedProcess` keeps one limited child and asks it one thing after another.

The child gets no environment but what Python needs, no open file but its two pipes, and limits on memory, time and on
what it may do (`child`). A request that takes too long, uses up the memory or crashes the child costs the child, which
is started anew for the next; whoever asked is told by an error of `errors`. After a number of requests, or some time
of work, the child is replaced, so that what libraries leave behind cannot pile up. POSIX only. One request at a time:
of several threads, others wait.
"""

import math
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from indexes.limited.errors import (
    ChildEndedError,
    ChildError,
    ChildMemoryError,
    ChildReplyError,
    ChildStartError,
    ChildStoppedError,
    ChildTimeError,
)
from indexes.limited.frames import LENGTH_BYTES, OUT_OF_MEMORY_STATUS, READY_MAX_BYTES, framed, read_ready
from indexes.limited.memory import HeldMemory
from indexes.limited.sandbox import Sandbox, SandboxSetting

_MIB = 1024 * 1024
_START_TIMEOUT_S = 60.0  # a cold disk; a warm one needs less than a second
_CHUNK_BYTES = 1 << 20
_WORK_BEFORE_REPLACED = 10  # times the time that one request may take
_PROCESSOR_AT_START_S = 60
_END_S, _LOOK_S = 5, 0.01  # a child that closed its pipe is about to end
_NATIVE_ENDS = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGBUS}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use."""

    timeout_s: float  # wall time of one request
    memory_bytes: int  # address space, which includes its libraries (some 300 MiB)
    requests: int = 200  # a child is replaced after this many: starting costs 0.4 s, so 2 ms a request
    said_bytes: int = _MIB  # of a reply
    made_bytes: int = 64 * _MIB
    sandbox: SandboxSetting = "auto"

    def processor_s(self) -> int:
        """Return the processor time of a child in all, which binds if nobody is left to look at the clock."""
        return math.ceil((_WORK_BEFORE_REPLACED + 1) * self.timeout_s) + _PROCESSOR_AT_START_S


class LimitedProcess:
    """Asks a limited child; a context manager, which leaves no child behind."""

    def __init__(self, module: str, limits: Limits, *, import_paths: tuple[Path, ...] = ()) -> None:
        """Start nothing yet: the first request does.

        Args:
            module: what the child runs; it calls `child.serve`.
            limits: what the child may use.
            import_paths: folders in which the child finds modules, besides Greenlit's own.
        """
        self._module = module
        self._limits = limits
        self._import_paths = import_paths
        self._child: _Child | None = None
        self._asked = 0
        self._worked_s = 0.0
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one; a later request starts another."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def ask(self, wanted: bytes, content: bytes) -> tuple[bytes, bytes]:
        """Return what the child says, and what it made; both are to be checked before they are believed.

        Args:
            wanted: what is wanted, as the child's module understands it.
            content: the bytes that it is wanted of.

        Raises:
            ChildError: as `errors` says.
        """
        with self._one_at_a_time:
            child = self._fresh_child()
            began_s = time.monotonic()
            try:
                return child.ask(framed(wanted) + framed(content), self._limits, began_s + self._limits.timeout_s)
            except BaseException:
                self.close()  # it is not well, or the pipes are out of step
                raise
            finally:
                self._worked_s += time.monotonic() - began_s

    @property
    def sandbox(self) -> Sandbox | None:
        """What holds the child that runs, if one does."""
        return self._child.sandbox if self._child else None

    def start(self) -> Sandbox:
        """Start a child if none runs, and return what holds it.

        Raises:
            ChildStartError: it does not start, or not as is demanded.
        """
        with self._one_at_a_time:
            return self._fresh_child().sandbox

    def _fresh_child(self) -> "_Child":
        worked_enough = self._worked_s >= _WORK_BEFORE_REPLACED * self._limits.timeout_s
        if self._child is None or self._asked >= self._limits.requests or worked_enough:
            self.close()
            self._child = _Child(self._command(), self._environment(), self._limits)
            self._asked, self._worked_s = 0, 0.0
        self._asked += 1
        return self._child

    def _command(self) -> list[str]:
        # -P: nothing is imported from the folder that the parent happens to run in
        limits = [str(self._limits.memory_bytes), str(self._limits.processor_s())]
        return [sys.executable, "-P", "-m", self._module, *limits]

    def _environment(self) -> dict[str, str]:
        own = Path(__file__).resolve().parents[2]
        paths = [str(path) for path in (own, *self._import_paths)]
        return {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(paths),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            # no library starts threads as it is imported: the limits would not hold for those
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }


def held_here(setting: SandboxSetting) -> Sandbox:
    """Return what holds a limited child on this system, as one says that is started for it.

    Raises:
        ChildStartError: none starts, or not as is demanded.
    """
    with LimitedProcess("indexes.limited.child", Limits(_START_TIMEOUT_S, 1 << 30, sandbox=setting)) as process:
        return process.start()


class _Child:
    """One running child and its two pipes."""

    def __init__(self, command: list[str], environment: dict[str, str], limits: Limits) -> None:
        self._memory = HeldMemory(limits.memory_bytes)
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
            self.sandbox = read_ready(self._read_frame(READY_MAX_BYTES, time.monotonic() + _START_TIMEOUT_S))
        except (ChildError, ValueError) as error:
            how = "it did not get ready in time" if isinstance(error, ChildTimeError) else self._how_it_ended()
            self.end()
            raise ChildStartError(
                f"expected a limited process to start, but {how}: run '{' '.join(command)} < /dev/null' to see why"
            ) from error
        except BaseException:
            self.end()
            raise
        if limits.sandbox == "require" and self.sandbox.level != "full":
            self.end()
            raise ChildStartError(
                f"expected a full sandbox for the limited process, got {self.sandbox.in_words()}: run it where the "
                "kernel has both, or set GREENLIT_PARSER_SANDBOX=auto"
            )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, request: bytes, limits: Limits, deadline: float) -> tuple[bytes, bytes]:
        """Send a request and return the two frames of the reply.

        Raises:
            ChildError: it did not answer by the deadline (of `time.monotonic`), ended, or said too much.
        """
        self._write(request, deadline)
        said = self._read_frame(limits.said_bytes, deadline)
        return said, self._read_frame(limits.made_bytes, deadline)

    def _how_it_ended(self) -> str:
        """Say in a few words how the child ended, which it has or is about to."""
        status, _ = self._status()
        if status is None:
            return "it stopped answering"
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}"

    def _status(self) -> tuple[int | None, int]:
        """Return how the child ended, None if it did not, and what the kernel says of the memory that it held."""
        deadline, held = time.monotonic() + _END_S, 0
        while self._process.returncode is None and time.monotonic() < deadline:
            ended, status, used = os.wait4(self._process.pid, os.WNOHANG)
            if ended:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                held = used.ru_maxrss
            else:
                time.sleep(_LOOK_S)
        return self._process.returncode, held

    def _ended(self) -> ChildError:
        status, held = self._status()
        if status == OUT_OF_MEMORY_STATUS or (status in _NATIVE_ENDS and self._memory.was_much(held)):
            return ChildMemoryError("it ran out of memory")
        if status == -signal.SIGXCPU:
            return ChildTimeError("it took more processor time than it may")
        if status == -signal.SIGSYS:
            return ChildStoppedError("it tried what no limited process needs")
        return ChildEndedError(self._how_it_ended())

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
                self._wait(selector, deadline)
                try:
                    rest = rest[os.write(self._in.fileno(), rest[:_CHUNK_BYTES]) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError as error:
                    raise self._ended() from error

    def _read_frame(self, max_bytes: int, deadline: float) -> bytes:
        length = int.from_bytes(self._read(LENGTH_BYTES, deadline), "big")
        if length > max_bytes:
            raise ChildReplyError(f"a frame of {length} bytes, expected at most {max_bytes}")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        content = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            while len(content) < length:
                self._wait(selector, deadline)
                piece = os.read(self._out.fileno(), min(length - len(content), _CHUNK_BYTES))
                if not piece:
                    raise self._ended()
                content += piece
        return bytes(content)

    def _wait(self, selector: selectors.BaseSelector, deadline: float) -> None:
        """Wait for a pipe, and look meanwhile at the memory that the child holds, where that has to be."""
        every_s = self._memory.look_every_s
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left if every_s is None else min(left, every_s)):
                return
            self._memory.look(self.pid)
        raise ChildTimeError("it took longer than it may")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe of the child, set not to block: every wait has the deadline."""
    if stream is None:
        raise ChildStartError("expected two pipes to a limited process, got none")
    os.set_blocking(stream.fileno(), False)
    return stream

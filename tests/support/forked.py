"""Programs of the tests, forked off a process that has imported what they import: a tenth of a second, not ten.

They are real processes, see `fork_server`. A test of how the program *starts* uses `subprocess`.
"""

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.support.fork_server import MESSAGE_BYTES

ROOT = Path(__file__).parents[2]
GREENLIT = "import greenlit; greenlit.main()"
_SHORT = "/tmp"  # noqa: S108 - the path of a socket has at most 107 bytes; the folder is for its owner only
FORKS = "TESTS_FORK_SERVER"  # the folder of its sockets, for processes that run tests
_PROGRAMS, _TESTS = "programs", "tests"  # what is forked off behind each of them
# What execnet is to start in the place of an interpreter, for a process that runs tests.
FOR_TESTS = f"popen//python={shlex.quote(sys.executable)} -m tests.support.forked {_TESTS}"

_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@contextlib.contextmanager
def fork_server(*, tests: Mapping[str, str | Sequence[str]] | None = None) -> Iterator[None]:
    """Have a server for this process and its children.

    Args:
        tests: which tests processes forked off it will run, as `fork_server` has it: it finds them, and imports what
            programs need, now. Without, it imports when the first program is asked for, and until then costs next to
            nothing.
    """
    with contextlib.ExitStack() as lasting:
        folder = lasting.enter_context(tempfile.TemporaryDirectory(prefix="forks-", dir=_SHORT))
        listeners = [_listener(f"{folder}/{name}") for name in ((_PROGRAMS,) if tests is None else (_PROGRAMS, _TESTS))]
        numbers = [listener.fileno() for listener in listeners]
        environment = os.environ | _ONE_THREAD | {"PYTHONPATH": str(ROOT)}
        which = [json.dumps(tests)] if tests else []
        command = [sys.executable, "-m", "tests.support.fork_server", *map(str, numbers), *which]
        started = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=numbers, cwd=ROOT, env=environment)
        lasting.enter_context(started)
        for listener in listeners:
            listener.close()  # so that nobody waits for a server that has ended
        os.environ[FORKS] = folder
        yield
        del os.environ[FORKS]


def _listener(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen(64)
    return listener


def _connected(name: str) -> socket.socket:
    with contextlib.ExitStack() as broken:
        connection = broken.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        connection.connect(f"{os.environ[FORKS]}/{name}")
        broken.pop_all()
    return connection


class Forked:
    """A running program, used as `subprocess.Popen` with text and pipes is."""

    def __init__(
        self, code: str, *arguments: str, environment: Mapping[str, str], folder: Path, heard: bool = True
    ) -> None:
        """Start it.

        Args:
            code: what `python -c` would be given.
            arguments: of its command line.
            environment: all of it.
            folder: where it begins.
            heard: whether somebody will read what it says; otherwise it goes nowhere.
        """
        program = {
            "code": code,
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(folder),
        }
        message = json.dumps(program).encode()
        assert len(message) <= MESSAGE_BYTES
        self._connection = _connected(_PROGRAMS)
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123
            said = [its_out, its_err] if heard else [nothing.fileno()] * 2
            socket.send_fds(self._connection, [message], [nothing.fileno(), *said])
        os.close(its_out)
        os.close(its_err)
        self.stdout: IO[str] = open(out, encoding="utf-8")  # noqa: SIM115, PTH123
        self.stderr: IO[str] = open(err, encoding="utf-8")  # noqa: SIM115, PTH123
        if not heard:
            self.stdout.close()
            self.stderr.close()
        self.args = [code, *arguments]
        self.pid = int(self._connection.recv(64))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended; `None` while it runs."""
        with contextlib.suppress(TimeoutError, BlockingIOError):
            return self.wait(timeout=0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return how it ended, a signal as its negative number."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            self.returncode = int(self._connection.recv(64))
            self._connection.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and that is on its way
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end; return the rest of what it said and of its problems."""
        said: list[str] = ["", ""]

        def read(number: int, stream: IO[str]) -> None:
            said[number] = stream.read()
            stream.close()

        readers = [threading.Thread(target=read, args=one) for one in enumerate((self.stdout, self.stderr))]
        for reader in readers:
            reader.start()
        try:
            self.wait(timeout)
        except TimeoutError:
            self.kill()
            raise
        finally:
            for reader in readers:
                reader.join()
        return said[0], said[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for its end, as `subprocess.Popen` does; after an error it is ended first."""
        if kind is not None:
            self.kill()
        self.wait()
        self.stdout.close()
        self.stderr.close()


def run(
    code: str, *arguments: str, environment: Mapping[str, str], folder: Path, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, as `subprocess.run` does."""
    with Forked(code, *arguments, environment=environment, folder=folder) as program:
        out, err = program.communicate(timeout)
    assert program.returncode is not None
    return subprocess.CompletedProcess(program.args, program.returncode, out, err)


def _stand_in() -> int:
    """Be the interpreter that was to run `[tests] -u -c CODE`: fork it off with the own streams, end as it does."""
    connection = _connected(_TESTS if sys.argv[1] == _TESTS else _PROGRAMS)
    program = {"code": sys.argv[-1], "arguments": [], "environment": dict(os.environ), "folder": str(Path.cwd())}
    socket.send_fds(connection, [json.dumps(program).encode()], [0, 1, 2])
    connection.recv(64)  # its process id
    for stream in (0, 1):
        os.close(stream)  # they are its own now: when it has ended, whoever reads has to see that
    return int(connection.recv(64))


if __name__ == "__main__":
    sys.exit(_stand_in())

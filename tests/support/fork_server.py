"""The process that programs of the tests are forked from: it has imported what the product imports, and done nothing.

Importing the model libraries takes ten seconds of a processor; a program that is forked here begins after that, and is
otherwise as if it had been started: a process of its own with its arguments, environment, folder and pipes, whose
exceptions, exit status and signals are Python's own. `tests/support/forked.py` is the other side.

    python -m tests.support.fork_server PROGRAMS [TESTS WHICH]   standard input is a pipe

PROGRAMS is the number of a listening socket. Each connection to it is one program: a message with a JSON object
(`code`, `arguments`, `environment`, `folder`) and the three standard streams comes in, its process id goes out, and,
once it has ended, its exit status as `subprocess` gives it. With TESTS, another such socket, a process that has
imported tests as well is forked off, and forks off what comes there: processes that run those tests. WHICH tests says
a JSON object: the `folder` that pytest was called in, its `arguments`, and the `paths` that they mean.

It ends when standard input does. The product is imported when the first program comes, or, with TESTS, at once.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.large_pages import use_large_pages
from tests.support.network_watch import TEMPTING, watch

MESSAGE_BYTES = 1 << 17
_OF_GREENLIT = "greenlit.main()"  # stands in a program that is the command line
_PACKAGES = ("indexes", "ingest", "service")
# What is imported only in use: the model's own modules, the parser's process, the server's protocols.
_LATER = (
    "greenlit uvicorn.lifespan.on uvicorn.loops.auto uvicorn.protocols.http.h11_impl "
    "transformers.models.bert.modeling_bert transformers.models.bert.tokenization_bert "
    "transformers.models.auto.tokenization_auto anyio._backends._asyncio typer.rich_utils httpx"
).split()
_ENCODER = "tests.support.lent_encoder"  # and what it imports: it is loaded only when a program is to be forked off
# Libraries of the product import them where they are, and then threads start: whoever needs them imports them itself.
_LEFT_OUT = ("pandas", "pyarrow")
# What only an answer by a language model may bring in: a program that is forked off shows when that is (law 8).
_NOT_YET = (
    "service.models.openai_like",
    # The client of Milvus, and what is imported with it only where a server is configured: it takes a second.
    "indexes.milvus",
    "indexes.milvus_candidates",
    "ingest.build_collections",
    "ingest.index_collection",
    # It runs in a process of its own, which alone imports Ray.
    "ingest.cluster.driver",
)


class Programs:
    """Forks programs off, and tells how they ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._connections: dict[int, socket.socket] = {}  # by process id
        self._is_ready = False
        self._set_by_imports: dict[str, str] = {}

    def serve(self) -> dict[str, Any] | None:
        """Fork off what is asked for until standard input ends.

        Returns:
            In a process that was forked off: the program to be run in it. In this one: `None`, at the end.
        """
        woken, wake = socket.socketpair()
        woken.setblocking(False)
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this one ends it
        with selectors.DefaultSelector() as selector:
            for source in (0, self._listener, woken):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if 0 in ready:
                    return None
                if woken.fileno() in ready:
                    woken.recv(1024)
                    self._tell_who_ended()
                if self._listener.fileno() in ready and (program := self._fork()):
                    for theirs in (woken, wake):
                        theirs.close()
                    return program

    def _fork(self) -> dict[str, Any] | None:
        connection, _ = self._listener.accept()
        message, streams, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 3)
        self.prepare()
        child = os.fork()
        if child == 0:
            for ours in (connection, self._listener, *self._connections.values()):
                ours.close()
            program: dict[str, Any] = json.loads(message)
            _become(program, streams)
            os.environ.update(self._set_by_imports)
            return program
        for stream in streams:
            os.close(stream)
        self._connections[child] = connection
        _tell(connection, child)
        return None

    def _tell_who_ended(self) -> None:
        for child, connection in list(self._connections.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                _tell(connection, os.waitstatus_to_exitcode(status))
                self._connections.pop(child).close()

    def prepare(self) -> None:
        """Import what the product imports, unless that was done."""
        if not self._is_ready:
            self._is_ready = True
            self._keep(_import_product)

    def with_tests(self, listener: socket.socket, which: Mapping[str, Any]) -> "Programs":
        """Return the same for processes that run these tests, all of which are imported and found."""
        self._listener.close()
        self._listener = listener
        from tests.support.import_tests import import_tests  # noqa: PLC0415 - no other program has pytest in it

        with contextlib.chdir(which["folder"]):
            self._keep(lambda: import_tests(which["arguments"], which["paths"]))
        return self

    def _keep(self, imports: Callable[[], None]) -> None:
        before = dict(os.environ)
        for name in _LEFT_OUT:
            sys.modules[name] = None  # type: ignore[assignment]  # "is not there", to whoever imports it
        imports()
        for name in _LEFT_OUT:
            del sys.modules[name]
        self._set_by_imports |= {name: value for name, value in os.environ.items() if before.get(name) != value}
        _leave_at_the_end()
        gc.freeze()  # so that the memory of what was imported stays shared
        if len(threads := list(Path("/proc/self/task").iterdir())) > 1:
            raise RuntimeError(f"expected one thread before a fork, found {len(threads)}: an import started some")


def serve(programs: int, tests: int | None, which: str) -> dict[str, Any] | None:
    """Serve these sockets until standard input ends; return what is to be run, in a process that was forked off."""
    server = Programs(socket.socket(fileno=programs))
    if tests is None:
        return server.serve()
    server.prepare()
    use_large_pages()
    listener = socket.socket(fileno=tests)
    child = os.fork()
    if child == 0:
        return server.with_tests(listener, json.loads(which)).serve()
    listener.close()
    program = server.serve()
    if program is None:
        signal.set_wakeup_fd(-1)
        os.waitpid(child, 0)
    return program


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # whoever asked has gone; the others go on
        connection.send(str(number).encode())


def _import_product() -> None:
    watch()  # law 8: nothing that is imported tries to reach another machine, whatever tempts it
    before = {name: os.environ.get(name) for name in TEMPTING}
    os.environ.update(TEMPTING)
    for name in _PACKAGES:
        for module in pkgutil.walk_packages([name], f"{name}.", onerror=_nothing):
            if module.name not in _NOT_YET:
                _try_to_import(module.name)
    for name in _LATER:
        _try_to_import(name)
    with contextlib.suppress(Exception):  # as above
        importlib.import_module(_ENCODER).load_to_lend()
    for name, tempting in TEMPTING.items():
        if os.environ.get(name) == tempting:
            del os.environ[name]
            os.environ.update({name: value} if (value := before[name]) is not None else {})


def _leave_at_the_end() -> None:
    """Let no program take apart at its end what was imported: it would copy the memory of all of it to do so."""
    for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]
        finalizer.atexit = False


def _try_to_import(name: str) -> None:
    with contextlib.suppress(Exception):  # whoever needs it meets the error, and says so
        importlib.import_module(name)


def _nothing(*_: object) -> None:
    """Do nothing: a signal wakes the one that waits by its descriptor, and a package that breaks is met elsewhere."""


def _become(program: dict[str, Any], streams: list[int]) -> None:
    """Make this process what was asked for, up to its first line."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(program["environment"])
    os.chdir(program["folder"])
    sys.argv = ["greenlit", *program["arguments"]]
    if _OF_GREENLIT in program["code"] and (encoder := sys.modules.get(_ENCODER)):
        encoder.lend()
    gc.enable()


def _run(code: str) -> int:
    """Run a program as the interpreter does; return its exit status."""
    try:
        exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})  # noqa: S102 - the test's own
    except SystemExit as ended:
        if isinstance(ended.code, int | None):
            return ended.code or 0
        print(ended.code, file=sys.stderr)  # noqa: T201
        return 1
    except BaseException:  # noqa: BLE001
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _end(status: int) -> None:
    """End as the interpreter does, but for the seconds in which it takes apart what was imported."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    gc.disable()  # until something runs: imports leave next to nothing behind
    sys.dont_write_bytecode = False  # else all is compiled in each run, in one process while all others wait
    _programs, *_rest = sys.argv[1:]
    _program = serve(int(_programs), int(_rest[0]) if _rest else None, _rest[1] if _rest else "")
    if _program:
        _end(_run(_program["code"]))

"""A way to a PostgreSQL server that a test can cut: another socket, which passes everything on, or nothing."""

import contextlib
import selectors
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Self

from tests.support.postgres_server import Server

_CHUNK = 1 << 16


class Proxy:
    """Passes connections on to a server until it is cut; `folder` is what an address names as its host."""

    def __init__(self, server: Server) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="greenlit-way-"))  # short: a socket's path may have 107 characters
        self._to = f"{server.folder}/.s.PGSQL.{server.port}"
        self._at = self.folder / f".s.PGSQL.{server.port}"
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listening: socket.socket | None = None

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        shutil.rmtree(self.folder)

    def mend(self) -> None:
        """Take connections, from now on."""
        self._listening = listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._at))
        listening.listen()
        self._start(self._accept, listening)

    def drop(self) -> None:
        """End every connection that there is; new ones are taken."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """End every connection, and take none."""
        listening, self._listening = self._listening, None
        if listening is None:
            return
        self._at.unlink()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        self.drop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10)
        self._threads.clear()
        listening.close()

    def _start(self, work: object, *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._to)
            with self._lock:
                self._ends += [near, far]
            self._start(_pass_on, near, far)


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    with near, far, selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in ready.select():
                chunk = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                if not chunk:
                    return
                key.data.sendall(chunk)

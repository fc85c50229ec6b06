"""Processes that listen on one socket, here threads with a loop each, and which of them takes a connection."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
import structlog
import uvicorn

from service.http.limits import ConnectionLimits
from service.http.protocol import limited_protocol
from service.http.shares import Shares, shared_memory
from service.http.sharing import SharingServer
from tests.support.audit_parts import wait_until
from tests.support.certificates import Certified, certify
from tests.support.connection_parts import GET, OFTEN_S, Application, Client, Running

_LIMITS = ConnectionLimits(max_open=40, max_in_work=20, look_s=OFTEN_S)


class Together:
    """Servers of one socket, and clients that do not know which one answers."""

    def __init__(self, count: int, certified: Certified | None) -> None:
        self.memory: IO[bytes] = shared_memory(count)
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.certified = certified
        self.tls = ssl.create_default_context(cafile=certified.certificate) if certified else None
        self.servers: dict[int, Running] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._clients: list[Client] = []

    def start(self, number: int, *, loop: str = "auto") -> Running:
        """Start one of them."""
        shares = Shares(self.memory.fileno(), number=number)
        app = Application()
        config = uvicorn.Config(
            app,
            http=limited_protocol(_LIMITS, tell=shares.have),
            loop=loop,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            ssl_certfile=self.certified.certificate if self.certified else None,
            ssl_keyfile=self.certified.key if self.certified else None,
        )
        server = SharingServer(config, shares=shares)
        own = self.listening.dup()  # as a process inherits it
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        thread.start()
        self.servers[number] = Running(self.listening.getsockname()[1], app, server)
        self._threads[number] = thread
        wait_until(lambda: server.started)
        return self.servers[number]

    def client(self, *, plain: bool = False) -> Client:
        """Connect, to whichever it is."""
        self._clients.append(Client(self.listening.getsockname()[1], None if plain else self.tls))
        return self._clients[-1]

    def counts(self) -> list[int]:
        """Return how many connections each has, by its number."""
        return [self.servers[number].connections() for number in sorted(self.servers)]

    def end(self, number: int) -> None:
        """End one of them and wait until it has."""
        running = self.servers.pop(number)
        running.app.go_on.set()
        running.server.should_exit = running.server.force_exit = True
        self._threads.pop(number).join()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        for number in tuple(self.servers):
            self.end(number)
        self.listening.close()
        self.memory.close()


@contextlib.contextmanager
def together(count: int, certified: Certified | None = None) -> Iterator[Together]:
    with structlog.testing.capture_logs(), contextlib.closing(Together(count, certified)) as made:
        yield made


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have them wait for those with fewer as long as it takes on a busy machine."""
    monkeypatch.setattr("service.http.sharing._MOMENTS", 10_000)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("loop", ["auto", "asyncio"])
def test_ten_connections_one_after_the_other_are_five_each(loop: str) -> None:
    with together(2) as all_of_them:
        for number in (1, 2):
            all_of_them.start(number, loop=loop)
        for _ in range(10):
            assert all_of_them.client().ask().endswith(b"0")
        assert all_of_them.counts() == [5, 5]


@pytest.mark.usefixtures("patient")
def test_connections_that_come_at_once_are_shared_as_well() -> None:
    with together(3) as all_of_them:
        for number in (1, 2, 3):
            all_of_them.start(number)
        clients = [all_of_them.client() for _ in range(12)]
        assert all(client.ask().endswith(b"0") for client in clients)
        assert sum(all_of_them.counts()) == 12
        assert min(all_of_them.counts()) >= 3


def test_one_that_ends_leaves_what_waits_and_what_comes_to_the_other() -> None:
    with together(2) as all_of_them:
        all_of_them.start(1)
        assert all_of_them.client().ask().endswith(b"0")
        all_of_them.end(1)
        waiting = all_of_them.client()  # nobody listens to it now
        waiting.send(GET)
        all_of_them.start(2)
        assert waiting.answer().endswith(b"0")
        assert all(all_of_them.client().ask().endswith(b"0") for _ in range(3))
        assert all_of_them.counts() == [4]


@pytest.mark.usefixtures("patient")
def test_one_that_came_back_takes_what_comes_until_it_has_as_many() -> None:
    with together(2) as all_of_them:
        all_of_them.start(1)
        assert all(all_of_them.client().ask().endswith(b"0") for _ in range(4))
        all_of_them.start(2)
        assert all(all_of_them.client().ask().endswith(b"0") for _ in range(4))
        assert all_of_them.counts() == [4, 4]


def test_nobody_waits_for_one_that_stands_still_with_fewer() -> None:
    with (
        together(2) as all_of_them,
        contextlib.closing(Shares(all_of_them.memory.fileno(), number=2)) as stands_still,
    ):
        stands_still.have(0)
        all_of_them.start(1)
        assert all(all_of_them.client().ask().endswith(b"0") for _ in range(3))


@pytest.mark.usefixtures("patient")
def test_those_who_left_count_no_more() -> None:
    with together(2) as all_of_them:
        first = all_of_them.start(1)
        for _ in range(3):
            client = all_of_them.client()
            assert client.ask().endswith(b"0")
            client.close()
        first.until(lambda: first.connections() == 0)
        all_of_them.start(2)
        assert all(all_of_them.client().ask().endswith(b"0") for _ in range(4))
        assert all_of_them.counts() == [2, 2]


@pytest.mark.usefixtures("patient")
def test_over_tls_they_share_too_and_who_speaks_none_counts_only_while_connected(tmp_path: Path) -> None:
    with together(2, certify(tmp_path)) as all_of_them:
        for number in (1, 2):
            all_of_them.start(number)
        assert b"HTTP/1.1 200" not in all_of_them.client(plain=True).ask(GET)
        assert all(all_of_them.client().ask().endswith(b"0") for _ in range(4))
        assert all_of_them.counts() == [2, 2]


def test_where_the_system_has_no_room_it_waits_and_takes_it_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.http.sharing._NO_ROOM_S", OFTEN_S)
    tried: list[int] = []

    def no_room(_: socket.socket) -> tuple[socket.socket, object]:
        tried.append(1)
        if len(tried) < 3:
            raise OSError(24, "Too many open files")
        return accept(_)

    accept = socket.socket.accept
    monkeypatch.setattr(socket.socket, "accept", no_room)
    with together(1) as alone:
        alone.start(1)
        assert alone.client().ask().endswith(b"0")
    assert len(tried) >= 3

"""A real S3 server for tests, over a real socket: moto's, one a process, with a bucket for each test that wants one.

Another server than AWS's own, but one that keeps the conditions of a write, parts and times as S3 does. What goes wrong
on the way is put in front of it (`Faults`): a store that is slow, denies, breaks off or ignores conditions.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest

_Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Faults:
    """What goes wrong with requests of some methods, for paths that hold a text; nothing unless told."""

    methods: frozenset[str] = frozenset()
    path: str = ""
    status: str = ""  # what is answered instead, such as "403 Forbidden", with a code as S3 gives it
    code: str = ""
    delay_s: float = 0.0
    drops: tuple[str, ...] = ()  # headers that the server does not get to see, as in the environment of WSGI
    instead: bytes | None = None  # content of the same length or not, in the place of what is there
    times: int = 1 << 30
    seen: list[tuple[str, str]] = field(default_factory=list)

    def none(self) -> None:
        """Let everything go well again, and forget what was seen."""
        self.__init__()  # type: ignore[misc]

    def of(self, environ: dict[str, Any]) -> bool:
        """Note a request, and tell whether it is one that goes wrong."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.seen.append((method, path))
        if method not in self.methods or self.path not in path or not self.times:
            return False
        self.times -= 1
        return True


class _InFront:
    def __init__(self, app: _Wsgi, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        faults = self._faults
        if not faults.of(environ):
            return self._app(environ, start_response)
        time.sleep(faults.delay_s)
        for header in faults.drops:
            environ.pop(header, None)
        if faults.status:
            start_response(faults.status, [("Content-Type", "application/xml")])
            return [f"<Error><Code>{faults.code}</Code></Error>".encode()]
        answer = b"".join(self._app(environ, start_response))
        return [answer if faults.instead is None else faults.instead]


@dataclass
class ObjectServer:
    """The server: its address, and what goes wrong in front of it."""

    address: str
    faults: Faults

    @property
    def environment(self) -> dict[str, str]:
        """What a program has to be told to find it."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "hush-hush",
            "AWS_REGION": "us-east-1",
        }

    def new_bucket(self) -> str:
        """Make a bucket and return the address of a place in it."""
        import httpx  # noqa: PLC0415

        name = f"test-{secrets.token_hex(6)}"
        httpx.put(f"{self.address}/{name}").raise_for_status()
        return f"s3://{name}/greenlit"


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectServer]:
    """A server that all tests of a process share: each takes a bucket of its own."""
    pytest.importorskip("obstore", reason="what speaks to object stores is not installed: greenlit[objects]")
    pytest.importorskip("moto", reason="no S3 server is installed: greenlit[dev]")
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - takes half a second, in the processes that want it
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    class Quiet(MotoRequestHandler):
        def log(self, *_: object) -> None:
            pass

    faults = Faults()
    # S3's alone: choosing a service by each request takes as long as half of them.
    app = _InFront(create_backend_app("s3"), faults)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, args=(0.01,), name="S3", daemon=True)
    thread.start()
    yield ObjectServer(f"http://127.0.0.1:{server.server_port}", faults)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bucket_address(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a place in an empty bucket, which this process finds by its environment."""
    for name, value in object_server.environment.items():
        monkeypatch.setenv(name, value)
    object_server.faults.none()
    yield object_server.new_bucket()
    object_server.faults.none()

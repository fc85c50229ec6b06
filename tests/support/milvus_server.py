"""A server that speaks Milvus's protocol, for tests: `milvus-lite`, in this process, on a port of the loopback.

It is not Milvus: it is written in Python, knows no templates of filters and no replicas, and answers alone. What it has
is the protocol that the client speaks, flat and approximate indexes, sparse vectors, filters, aliases and databases.
"""

import importlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from milvus_lite.adapter.grpc import server as server_module
from milvus_lite.adapter.grpc.server import start_server_in_thread

from indexes.milvus import Milvus
from indexes.milvus_address import milvus_address
from indexes.milvus_candidates import MilvusCollections

_OFTEN_S = 0.005


class Server:
    """One server; `stop` it and `start` it again, on the same port with what it held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0
        self.start()

    def start(self) -> None:
        self._server, self._database, self._port = start_server_in_thread(
            data_dir=str(self._folder), host="127.0.0.1", port=self._port
        )

    def stop(self) -> None:
        self._server.stop(grace=0).wait()
        self._database.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def collections(self, *, patience_s: float = 10.0) -> MilvusCollections:
        return MilvusCollections(Milvus(milvus_address(self.url), patience_s=patience_s))


def _patient(pool: ThreadPoolExecutor, options: Sequence[tuple[str, Any]]) -> grpc.Server:
    return grpc.server(pool, options=[*options, ("grpc.http2.max_ping_strikes", 0)])


@contextmanager
def started() -> Iterator[Server]:
    """Have a server of one's own. The client looks more often than it would whether an index is made.

    The client asks every ten seconds whether the server is there, as Milvus allows and this server by itself does not.
    """
    often = SimpleNamespace(time=time.time, sleep=lambda _: time.sleep(_OFTEN_S))
    with (
        ExitStack() as after,
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="milvus-") as folder,
    ):
        patch.setattr(
            importlib.import_module("pymilvus.client.grpc_handler"), "time", often
        )  # else two seconds for each collection
        patch.setattr(server_module, "grpc", SimpleNamespace(server=_patient))
        server = Server(Path(folder) / "data.db")
        after.callback(server.stop)
        yield server

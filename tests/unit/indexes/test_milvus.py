"""The client of Milvus gives up in its time: on a server that takes a call and is slow, and on one that is silent."""

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pymilvus", reason="needs pip install 'greenlit[milvus]'")

from indexes.errors import SearchUnavailableError
from indexes.manifest import CollectionInfo
from indexes.milvus import DENSE, ROW, SCHEMA, WORDS, Milvus
from indexes.milvus_address import milvus_address
from indexes.milvus_filter import CLASS, DOCUMENT, Filter
from tests.support.audit_parts import wait_until

if TYPE_CHECKING:
    from tests.support.milvus_server import Server

NAME = "slow"
VECTOR = np.eye(1, 4, dtype=np.float32)[0]
_LONG_S = 30.0
INFO = CollectionInfo(NAME, SCHEMA, 1, "flat", 0, recall_at_10=1.0, sampled_queries=0)


@pytest.fixture
def milvus(milvus_server: "Server") -> Iterator[Milvus]:
    """A client with little patience, and a collection of one passage."""
    patient = milvus_server.collections().milvus
    patient.make(NAME, dimensions=4)
    patient.add(NAME, [{ROW: 0, DOCUMENT: 0, CLASS: 0, DENSE: VECTOR, WORDS: {3: 1.0}}])
    patient.finish(INFO, lists=0)
    milvus = milvus_server.collections(patience_s=0.5).milvus
    yield milvus
    milvus.close()
    patient.drop(NAME)
    patient.close()


def _found(milvus: Milvus) -> list[int]:
    (rows,) = milvus.search(INFO, [VECTOR], within=Filter(None), k=3)
    return list(rows)


def test_a_server_that_is_slow_is_not_waited_for_and_asked_again(
    milvus: Milvus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from milvus_lite.engine.collection import Collection  # noqa: PLC0415 - it may not be there

    search, awake = Collection.search, threading.Event()

    def slow(*given: Any, **named: Any) -> Any:
        awake.wait(_LONG_S)
        return search(*given, **named)

    with monkeypatch.context() as slowed:
        slowed.setattr(Collection, "search", slow)
        with pytest.raises(SearchUnavailableError, match=r"^Milvus at http://127.0.0.1:\d+/default did not search: "):
            _found(milvus)
        awake.set()
    assert _found(milvus) == [0]


@pytest.mark.parametrize("reply", [[[{}]], [[{ROW: "one"}]], [[{ROW: None}]], [[{ROW: 1 << 70}]], [[7]], None])
def test_a_reply_that_cannot_be_understood_is_no_answer(monkeypatch: pytest.MonkeyPatch, reply: Any) -> None:
    milvus = Milvus(milvus_address("http://127.0.0.1:9"))
    monkeypatch.setattr(milvus, "_connected", lambda: SimpleNamespace(search=lambda *_, **__: reply))
    with pytest.raises(SearchUnavailableError, match=r"did not search: its reply cannot be understood \(\w+Error\)$"):
        _found(milvus)


def test_a_port_that_takes_connections_and_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        milvus = Milvus(milvus_address(f"http://127.0.0.1:{silent.getsockname()[1]}"), patience_s=0.3)
        with pytest.raises(SearchUnavailableError, match=r"^Milvus at http://127.0.0.1:\d+/default did not search: "):
            _found(milvus)
        milvus.close()


class Waited:
    """A lock that counts who came for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.came = 0

    def __enter__(self) -> None:
        self.came += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_who_waits_while_another_cannot_connect_does_not_try_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the last of many waits as long as all who came before it together."""
    waited, tries, told = Waited(), list[None](), list[str]()

    def away(**_: object) -> SimpleNamespace:
        tries.append(None)
        wait_until(lambda: waited.came >= 6)
        raise ConnectionError

    monkeypatch.setattr("indexes.milvus.MilvusClient", away)
    milvus = Milvus(milvus_address("http://127.0.0.1:9"))
    monkeypatch.setattr(milvus, "_lock", waited)

    def ask() -> None:
        with pytest.raises(SearchUnavailableError) as caught:
            _found(milvus)
        told.append(str(caught.value))

    crowd = [threading.Thread(target=ask) for _ in range(6)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert told == ["Milvus at http://127.0.0.1:9/default did not search: ConnectionError"] * 6
    assert len(tries) == 1
    ask()
    assert len(tries) == 2, "who comes later tries"


@pytest.mark.parametrize("version", [ConnectionError("it ends"), "2.4.1"])
def test_a_server_that_cannot_be_used_leaves_no_connection_behind(
    monkeypatch: pytest.MonkeyPatch, version: Exception | str
) -> None:
    opened: list[str] = []

    def get_server_version(**_: float) -> str:
        if isinstance(version, Exception):
            raise version
        return version

    def connected(**_: object) -> SimpleNamespace:
        opened.append("opened")
        return SimpleNamespace(get_server_version=get_server_version, close=opened.clear)

    monkeypatch.setattr("indexes.milvus.MilvusClient", connected)
    milvus = Milvus(milvus_address("http://127.0.0.1:9"))
    for _ in range(2):
        with pytest.raises(SearchUnavailableError, match=r"ConnectionError|expected Milvus 2\.5 or newer"):
            _found(milvus)
        assert opened == []

"""What tests of a cluster share: what a tiny library's ingestion expects of workers, and a cluster that is played."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client, Listener
from pathlib import Path

from ingest.cluster import messages
from ingest.cluster.agreed import Agreed, found_here
from ingest.cluster.engine import ClosedError, RayEngine
from ingest.cluster.work import perform_with
from ingest.split import Splitter
from tests.support.fakes import HashingEncoder

_SAID = {
    "refused": messages.packed(messages.REFUSED, b"expected text, got none"),
    "failed": messages.packed(messages.FAILED, b"a worker broke (KeyError)"),
    "not-started": messages.packed(messages.NOT_STARTED, b"documents cannot be parsed"),
    "lies": messages.packed(messages.DONE, b"{}", b"", b"{}"),
}


def agreed(encoder: HashingEncoder) -> Agreed:
    """What is expected of workers."""
    here = found_here(encoder, Splitter(encoder).info)
    return Agreed(here, parse_timeout_s=60.0, parse_memory_bytes=1 << 30, sandbox="auto")


def perform(setup: bytes, request: bytes) -> bytes:
    """Do what a worker does, with an encoder that needs no model."""
    return perform_with(_load, setup, request)


def _load(_name: str) -> HashingEncoder:
    return HashingEncoder()


@contextlib.contextmanager
def work_here(work: Callable[[bytes, bytes], bytes]) -> Iterator[str]:
    """Do the work of a cluster's workers (`cluster_work`) in this process; lend where they bring their requests."""
    with Listener(family="AF_UNIX") as listener:
        where = str(listener.address)
        thread = threading.Thread(target=_answer, args=(listener, work))
        thread.start()
        try:
            yield where
        finally:
            Client(where, family="AF_UNIX").close()  # a request without a word is the last
            thread.join()


def _answer(listener: Listener, work: Callable[[bytes, bytes], bytes]) -> None:
    while True:
        with listener.accept() as worker:
            try:
                setup, request = worker.recv_bytes(), worker.recv_bytes()
            except EOFError:
                return
            worker.send_bytes(work(setup, request))


class PlayedDriver:
    """A `Driver` whose worker is this process.

    Documents named for a reply get that. One that is "crashed" kills the workers that read it, with all that is read
    together with it; one that "dies" takes the cluster along.
    """

    def __init__(self, work: Callable[[bytes, bytes], bytes], *, cannot: str = "") -> None:
        self.runs = False
        self.most_ahead = 0
        self.read = list[list[str]]()  # the documents of each request to read some
        self._work, self._cannot = work, cannot
        self._setup = b""
        self._asked: deque[bytes] = deque()

    def start(self, setup: bytes) -> int:
        self.runs, self._setup = True, setup
        if self._cannot:
            raise ClosedError(self._cannot)
        return 1

    def send(self, request: bytes) -> None:
        self._asked.append(request)
        self.most_ahead = max(self.most_ahead, len(self._asked))

    def receive(self) -> bytes:
        request = self._asked.popleft()
        wanted, *parts = messages.unpacked(request)
        if wanted != messages.READ:
            return self._work(self._setup, request)
        versions = messages.versions_received(parts)
        names = [version.document.rpartition("/")[2].removesuffix(".md") for version in versions]
        self.read.append(names)
        if "dies" in names:
            raise ClosedError("the Ray cluster is gone")
        if "crashed" in names:
            return messages.packed(messages.CRASHED, b"WorkerCrashedError")
        _, *replies = messages.unpacked(self._work(self._setup, request))
        said = (_SAID.get(name, reply) for name, reply in zip(names, replies, strict=True))
        return messages.packed(messages.DONE, *said)

    def close(self) -> None:
        self.runs = False
        self._asked.clear()


def played_engine(driver: PlayedDriver) -> RayEngine:
    """An engine on a cluster that is played."""
    return RayEngine(agreed(HashingEncoder()), driver=driver)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file beneath a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

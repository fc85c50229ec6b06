"""`RayEngine`: the dear middle of an ingestion on a cluster, as an `Engine`; a context manager.

It starts nothing before something has to be read or encoded. Then it gives `driver` one request after another, a few
for each core ahead, and no more bytes ahead than would be wise. Small documents go together, as handing one over takes
longer than reading it; where workers die of such a group, each of it is tried by itself. What comes back is made whole
and held against what was sent before it is believed. Whatever goes wrong with the cluster is an `EngineError`: nothing
is published then, and what was encoded is kept for the next try. Knows no Ray: `process` starts what does.
"""

import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, Self, TypeVar

from indexes.encoder import Vectors
from indexes.passages import SplitDocument
from ingest.cluster import messages
from ingest.cluster.agreed import Agreed
from ingest.encode import EncoderText, Made
from ingest.engine import Version
from ingest.errors import EngineError, LoadError, LoaderStartError

_AHEAD_A_CORE = 4  # requests: so that nobody waits behind a long document
_AHEAD_BYTES = 256 << 20
_TOGETHER, _TOGETHER_BYTES = 32, 256 << 10  # versions of a request
_MEND = "nothing was published, and what was encoded is kept: see that the cluster runs, then run greenlit ingest again"
_DIED = "every worker that read it died of it: the machines lack memory, or split the document"
_Item = TypeVar("_Item")


class Driver(Protocol):
    """Gives requests to workers (`process.DriverProcess`); it starts with the first one after its making or end."""

    def start(self, setup: bytes) -> int:
        """Start, unless it runs; return how many cores the workers have.

        Raises:
            ClosedError: it does not start, and why.
        """
        ...

    def send(self, request: bytes) -> None:
        """Give a request to some worker.

        Raises:
            ClosedError: it is gone.
        """
        ...

    def receive(self) -> bytes:
        """Return the reply to the next request, in the order they were sent.

        Raises:
            ClosedError: it is gone.
        """
        ...

    def close(self) -> None:
        """End it and all that it started."""
        ...


class ClosedError(Exception):
    """A driver does not start, or is gone; the message says why, if that is known."""


class RayEngine:
    """Reads and encodes on a cluster; a context manager, which leaves no process behind."""

    texts_at_once = 32  # some 0.3 s of a core: small enough to be shared out evenly

    def __init__(self, agreed: Agreed, *, driver: Driver) -> None:
        """Start nothing yet.

        Args:
            agreed: what each worker has to have, and the limits of the child that parses.
            driver: gives requests to workers; it is closed with this.
        """
        self._agreed = agreed
        self._setup = json.dumps(agreed.as_json()).encode()
        self._driver = driver
        self._unanswered = 0  # requests that the driver has
        self._received = deque[list[bytes]]()  # replies that nobody took yet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, versions: Iterable[Version]) -> Iterator[SplitDocument | LoadError]:
        """See `Engine`. A document of which every worker dies that reads it is refused."""
        for version, reply in self._read_each(versions):
            how, *parts = reply
            if how == messages.CRASHED:
                yield LoadError(_DIED)
            elif how == messages.REFUSED:
                yield LoadError(parts[0].decode())
            else:
                _stop_unless_done(reply)
                with _believed():
                    split = messages.split_received(
                        parts, document=version.document, sha256=version.sha256, title=version.title
                    )
                yield split

    def encode(self, batches: Iterable[Sequence[EncoderText]], *, projection: Vectors) -> Iterator[list[Made]]:
        """See `Engine`."""
        requests = ((batch, messages.texts_sent(batch, projection)) for batch in batches)
        for batch, reply in self._exchanged(requests):
            _stop_unless_done(reply)
            with _believed():
                made = messages.made_received(reply[1:], batch, dimensions=self._agreed.encoder.dimensions)
            yield made

    def _read_each(self, versions: Iterable[Version]) -> Iterator[tuple[Version, list[bytes]]]:
        """Return the reply to each version."""
        requests = ((group, messages.versions_sent(group)) for group in _grouped(versions))
        for group, reply in self._exchanged(requests):
            yield from self._of_each(group, reply)

    def _of_each(self, group: list[Version], reply: list[bytes]) -> Iterator[tuple[Version, list[bytes]]]:
        """Return the reply to each version of a group, from the one to all of them."""
        how, *parts = reply
        if how == messages.DONE:
            with _believed():
                each = list(zip(group, map(messages.unpacked, parts), strict=True))
            yield from each
        elif how == messages.CRASHED and len(group) > 1:
            for version in group:
                yield from self._of_each([version], self._asked_alone(messages.versions_sent([version])))
        else:
            yield from ((version, reply) for version in group)

    def _exchanged(self, requests: Iterable[tuple[_Item, bytes]]) -> Iterator[tuple[_Item, list[bytes]]]:
        """Send requests, some ahead, and return the reply to each with what it was made of."""
        waiting: deque[tuple[_Item, int]] = deque()
        ahead_bytes = 0
        try:
            for item, request in requests:
                most = self._send(request)
                waiting.append((item, len(request)))
                ahead_bytes += len(request)
                while len(waiting) >= most or ahead_bytes > _AHEAD_BYTES:
                    done, size = waiting.popleft()
                    ahead_bytes -= size
                    yield done, self._reply()
            while waiting:
                yield waiting.popleft()[0], self._reply()
        finally:
            if waiting:
                self._end()  # replies would be out of step

    def _asked_alone(self, request: bytes) -> list[bytes]:
        """Send a request when no other is on its way, and return the reply; those to the others are taken in before."""
        while self._unanswered:
            self._received.append(self._received_now())
        self._send(request)
        return self._received_now()

    def _send(self, request: bytes) -> int:
        """Send a request, starting the driver first where need be; return how many may be on their way."""
        with self._reaching():
            cores = self._driver.start(self._setup)
            self._driver.send(request)
        self._unanswered += 1
        return _AHEAD_A_CORE * max(cores, 1)

    def _reply(self) -> list[bytes]:
        return self._received.popleft() if self._received else self._received_now()

    def _received_now(self) -> list[bytes]:
        with self._reaching():
            reply = self._driver.receive()
        self._unanswered -= 1
        return messages.unpacked(reply)

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except ClosedError as error:
            self._end()  # what it started may still run
            raise EngineError(f"{error}: {_MEND}") from error

    def _end(self) -> None:
        self._driver.close()
        self._unanswered = 0
        self._received.clear()


def _grouped(versions: Iterable[Version]) -> Iterator[list[Version]]:
    """Return versions in order, small ones together."""
    group, size = list[Version](), 0
    for version in versions:
        if group and (len(group) == _TOGETHER or size + len(version.content) > _TOGETHER_BYTES):
            yield group
            group, size = [], 0
        group.append(version)
        size += len(version.content)
    if group:
        yield group


def _stop_unless_done(reply: Sequence[bytes]) -> None:
    """Do nothing if a reply says that it was done.

    Raises:
        LoaderStartError, EngineError: it was not, and that is not the document's fault.
    """
    how, *parts = reply
    if how == messages.DONE:
        return
    words = parts[0].decode()
    if how == messages.NOT_STARTED:
        raise LoaderStartError(words)
    if how == messages.CRASHED:
        raise EngineError(f"every worker died that was given some texts to encode ({words}): {_MEND}")
    raise EngineError(f"the cluster failed: {words}: {_MEND}")


@contextlib.contextmanager
def _believed() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise EngineError(f"a worker gave a reply that cannot be true ({error}): {_MEND}") from error

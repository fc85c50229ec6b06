"""What a worker does: read a version or encode texts, with the same code as an ingestion on one machine.

`perform` is a function of bytes. The first request in a process loads the encoder, one copy, and holds what it finds
against what the ingestion expects: the same encoder, arithmetic, splitter and readers, or nothing is done. A version's
bytes are hashed before they are read, and read in a limited child as anywhere. Whatever goes wrong is said in the
reply, never raised, as an exception would carry pieces of a document into logs. Writes nothing. Knows no Ray.
"""

import atexit
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache, partial

from indexes.encoder import Encoder, load_encoder
from indexes.errors import EncoderError
from ingest.cluster.agreed import Agreed, agreed_from_json, found_here
from ingest.cluster.messages import (
    DONE,
    FAILED,
    NOT_STARTED,
    READ,
    REFUSED,
    made_sent,
    packed,
    split_sent,
    texts_received,
    unpacked,
    versions_received,
)
from ingest.encode import made
from ingest.engine import Version
from ingest.errors import LoadError, LoaderStartError
from ingest.loading.process import LoaderProcess
from ingest.split import Splitter
from ingest.titles import titled

Load = Callable[[str], Encoder]


def is_ready(setup: bytes) -> bool:
    """Tell whether this process can do what is expected; loads what that needs. If not, `perform` says why."""
    try:
        _hands(setup, _load)
    except Exception:  # noqa: BLE001 - told by `perform`, which tries again
        return False
    return True


def perform(setup: bytes, request: bytes) -> bytes:
    """Do what a request wants; return the reply.

    Args:
        setup: what the ingestion expects of whoever works for it (`agreed.Agreed`), as JSON.
        request: as `messages` says.
    """
    return perform_with(_load, setup, request)


def perform_with(load: Load, setup: bytes, request: bytes) -> bytes:
    """Do what `perform` does, with an encoder that `load` returns for a name."""
    return _said(lambda: _hands(setup, load).do(unpacked(request)))


def _said(do: Callable[[], bytes]) -> bytes:
    """Return the reply that is made, or one that says why there is none."""
    try:
        return do()
    except LoadError as error:
        return packed(REFUSED, str(error).encode())
    except LoaderStartError as error:
        return packed(NOT_STARTED, str(error).encode())
    except EncoderError as error:
        return packed(FAILED, str(error).encode())
    except Exception as error:  # noqa: BLE001 - its words may hold a document's
        return packed(FAILED, f"a worker broke ({type(error).__name__})".encode())


def _load(name: str) -> Encoder:
    return load_encoder(name, copies=1)  # there is a worker a core


@lru_cache(maxsize=1)
def _hands(setup: bytes, load: Load) -> "_Hands":
    agreed = agreed_from_json(json.loads(setup))
    encoder = load(agreed.encoder.name)
    hands = _Hands(encoder, Splitter(encoder), agreed)
    if differs := agreed.differs(found_here(encoder, hands.splitter.info)):
        raise EncoderError(f"a worker would not do the same: {differs}; install the same Greenlit on all machines")
    atexit.register(hands.parser.close)
    return hands


class _Hands:
    """What a worker's process keeps from one request to the next."""

    def __init__(self, encoder: Encoder, splitter: Splitter, agreed: Agreed) -> None:
        self.splitter = splitter
        self.parser = LoaderProcess(
            timeout_s=agreed.parse_timeout_s, max_memory_bytes=agreed.parse_memory_bytes, sandbox=agreed.sandbox
        )
        self._encoder = encoder

    def do(self, request: list[bytes]) -> bytes:
        wanted, *parts = request
        if wanted == READ:
            return packed(DONE, *(_said(partial(self._read, version)) for version in versions_received(parts)))
        texts, projection = texts_received(parts, dimensions=self._encoder.dimensions)
        return made_sent(made(texts, encoder=self._encoder, projection=projection))

    def _read(self, version: Version) -> bytes:
        if hashlib.sha256(version.content).hexdigest() != version.sha256:
            return packed(FAILED, b"the bytes that reached a worker are not those that were approved")
        parsed = self.parser.load(version.document, version.content)
        whole = titled(version.document, version.sha256, parsed, given=version.title)
        return split_sent(parsed, self.splitter.split(whole))

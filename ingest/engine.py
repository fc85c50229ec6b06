"""The dear middle of an ingestion, as a port: versions in, split documents out; texts in, what is kept of them out.

Both are functions of bytes and settings, so they may be done anywhere: by `LocalEngine` in this process and its limited
child, or on a cluster (`ingest.cluster`). Who may come in, what is kept, and the build are the pipeline's: an engine
reads no register, opens no document and writes nothing. Results come in the order of what was given, and what is given
is taken as it is needed, so that no more than a few documents lie in memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from indexes.encoder import Encoder, Vectors
from indexes.passages import SplitDocument
from ingest.encode import EncoderText, Made, made
from ingest.errors import LoadError
from ingest.parsed import Parsed
from ingest.split import Splitter
from ingest.titles import titled


class Parser(Protocol):
    """Parses a document's bytes (`ingest.loading.process.LoaderProcess`)."""

    def load(self, name: str, content: bytes) -> Parsed:
        """Return the parsed document, or raise `LoadError`."""
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """Approved bytes that are to be read: `sha256` (hex) is theirs, `title` the one that approvers gave, or empty."""

    document: str
    sha256: str
    title: str
    content: bytes


class Engine(Protocol):
    """Reads versions and encodes texts; the same gives the same, whichever engine does it."""

    texts_at_once: int  # that are encoded between two times that something is kept

    def read(self, versions: Iterable[Version]) -> Iterator[SplitDocument | LoadError]:
        """Return what each version is, split, or why it cannot be read, in order.

        Raises:
            LoaderStartError: the process that parses does not start.
            EncoderError: the encoder cannot be loaded.
            EngineError: the engine failed, whatever is read.
        """
        ...

    def encode(self, batches: Iterable[Sequence[EncoderText]], *, projection: Vectors) -> Iterator[list[Made]]:
        """Return what is kept of each text of each batch, in order.

        Args:
            batches: of texts, at most `texts_at_once` each.
            projection: of word pieces, shape (the encoder's dimensions, dimensions that are kept).

        Raises:
            EncoderError, EngineError: as `read`.
        """
        ...


class LocalEngine:
    """Does the work in this process, one thing after the other; the encoder shares a batch among its copies."""

    texts_at_once = 256  # a crash costs at most these

    def __init__(self, *, parser: Parser, splitter: Splitter, encoder: Encoder) -> None:
        """Take the parts."""
        self._parser = parser
        self._splitter = splitter
        self._encoder = encoder

    def read(self, versions: Iterable[Version]) -> Iterator[SplitDocument | LoadError]:
        """See `Engine`."""
        for version in versions:
            try:
                parsed = self._parser.load(version.document, version.content)
            except LoadError as error:
                yield error
            else:
                yield self._splitter.split(titled(version.document, version.sha256, parsed, given=version.title))

    def encode(self, batches: Iterable[Sequence[EncoderText]], *, projection: Vectors) -> Iterator[list[Made]]:
        """See `Engine`."""
        return (made(batch, encoder=self._encoder, projection=projection) for batch in batches)

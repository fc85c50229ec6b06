"""Encode passages, each once: vectors are kept by encoder digest, arithmetic and text hash, until a build holds them.

A passage's vector, those of its sentences and those of its word pieces come from one pass and are kept together. They
are kept for a crash alone: the next build takes what it needs of the live one (`lent`), so the file goes when a build
is published.

Vectors are kept as the indexes keep them; so a build is the same whether its vectors were just made or kept. They can
be turned back into much of the text they were made from: the file is as private as the documents.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexes.coarse import InBytes, in_bytes, width_in_half_bytes
from indexes.encoder import Encoder, Pieces, Span, Vectors
from indexes.pieces import Stored, stored
from ingest.errors import PublishError

_Item = TypeVar("_Item")
_TABLE = (
    "CREATE TABLE IF NOT EXISTS passages (key BLOB PRIMARY KEY, vector BLOB NOT NULL, sentences BLOB NOT NULL, "
    "places BLOB NOT NULL, pieces BLOB NOT NULL)"
)
_LENGTHS = "SELECT key, vector, length(sentences), length(places), length(pieces) FROM passages"
_FORM = 3  # raise it when the columns change: what is kept in another form is forgotten
_LOOKUP = 900  # keys per statement, under SQLite's portable limit


@dataclass(frozen=True, slots=True)
class EncoderText:
    """What is encoded for a passage, and where its sentences stand in it, as `[start, end)`."""

    text: str
    spans: tuple[Span, ...]

    def key(self) -> bytes:
        """Return what is equal for equal texts with equal sentences."""
        return hashlib.sha256(np.array(self.spans, np.int64).tobytes() + self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class KeptPieces:
    """The word pieces that lie in a passage's sentences, in reading order.

    `spans` are `[start, end)` as counted from the end of what was encoded, which is the passage's end, so at most 0,
    shape (pieces, 2); `vectors` are as a build keeps them.
    """

    spans: NDArray[np.int32]
    vectors: Stored


class Made(NamedTuple):
    """What is kept of a passage, as a build keeps it: its vector, those of its sentences, and its word pieces."""

    vector: bytes
    sentences: bytes
    places: bytes
    pieces: bytes


def made(texts: Sequence[EncoderText], *, encoder: Encoder, projection: Vectors) -> list[Made]:
    """Encode passages; return what is kept of each, which does not depend on what is encoded beside it.

    Args:
        texts: of the passages.
        encoder: makes the vectors.
        projection: of word pieces, shape (the encoder's dimensions, dimensions that are kept).
    """
    vectors, of_sentences, pieces = encoder.encode_with_spans(
        [text.text for text in texts], [text.spans for text in texts]
    )
    halves = [vector.tobytes() for vector in vectors.astype(np.float16)]
    return [
        Made(vector, in_bytes(sentences).tobytes(), *_pieces_of(held, text, projection))
        for text, vector, sentences, held in zip(texts, halves, of_sentences, pieces, strict=True)
    ]


def _pieces_of(pieces: Pieces, text: EncoderText, projection: Vectors) -> tuple[bytes, bytes]:
    """Return spans and vectors of the word pieces that lie in some span."""
    starts, ends = pieces.spans[:, :1], pieces.spans[:, 1:]
    given = np.array(text.spans, np.int64).reshape(-1, 2)
    inside = ((starts >= given[:, 0]) & (ends <= given[:, 1])).any(axis=1)
    from_end = pieces.spans[inside] - np.int32(len(text.text))
    return from_end.tobytes(), stored(pieces.vectors[inside], projection).tobytes()


class Making(Protocol):
    """Makes what is kept of passages (`ingest.engine.Engine`)."""

    texts_at_once: int  # that are encoded between two times that something is kept

    def encode(self, batches: Iterable[Sequence[EncoderText]], *, projection: Vectors) -> Iterator[list[Made]]:
        """Return what is kept of each passage of each batch, in order."""
        ...


class VectorCache:
    """Vectors by key in one SQLite file; a context manager.

    Raises:
        PublishError: at either end of the `with` block, if the file is damaged or the disk refuses.
    """

    def __init__(self, path: Path, encoder: Encoder, *, making: Making, projection: Vectors) -> None:
        """Remember the file; it is opened, or made (mode 0600), when the `with` block begins.

        Args:
            path: the file.
            encoder: whose vectors these are.
            making: makes the vectors that were never made.
            projection: of word pieces, shape (the encoder's dimensions, dimensions that are kept).
        """
        self._path = path
        self._encoder = encoder
        self._making = making
        self._projection = projection
        projected = hashlib.sha256(projection.tobytes()).hexdigest()
        self._prefix = f"{encoder.digest}\0{encoder.dtype}\0{projected}\0".encode()

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(self._path)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            if self._connection.execute("PRAGMA user_version").fetchone() != (_FORM,):
                self._connection.execute("DROP TABLE IF EXISTS passages")  # no key of another form is asked for again
                self._connection.execute(f"PRAGMA user_version = {_FORM}")
            self._connection.execute(_TABLE)
        except sqlite3.Error as error:
            self._connection.close()
            raise self._unusable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if isinstance(error, sqlite3.Error):
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> PublishError:
        return PublishError(
            f"the kept vectors in {self._path} cannot be read or written ({error}): make room on the disk, or "
            "delete that file; then run greenlit ingest again"
        )

    def encode(self, texts: Sequence[EncoderText], progress: Callable[[int], None]) -> Vectors:
        """Return unit vectors of passages, encoding only those never seen.

        Args:
            texts: in any order, repeats allowed.
            progress: called with how many texts were just done.

        Returns:
            Vectors, shape (len(texts), dimensions), float32 holding half-precision values.
        """
        keys = [self._key(text) for text in texts]
        found = self._known(dict(zip(keys, texts, strict=True)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        progress(len(texts) - len(missing))
        by_length = sorted(missing.items(), key=lambda item: len(item[1].text))  # like lengths together: less padding
        batches = _batched(by_length, self._making.texts_at_once)
        texts_of = ([text for _, text in batch] for batch in batches)
        for batch, kept in zip(batches, self._making.encode(texts_of, projection=self._projection), strict=True):
            rows = [(key, *one) for (key, _), one in zip(batch, kept, strict=True)]
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?, ?)", rows)
            found |= {key: vector for key, vector, *_ in rows}
            progress(len(batch))
        flat = np.frombuffer(b"".join(found[key] for key in keys), dtype=np.float16)
        return flat.reshape(len(texts), self._encoder.dimensions).astype(np.float32)

    def sentences(self, text: EncoderText) -> InBytes:
        """Return the vectors of a passage's sentences, shape (len(text.spans), dimensions), as a build keeps them.

        `encode` was given the passage.
        """
        query = "SELECT sentences FROM passages WHERE key = ?"
        (kept,) = self._connection.execute(query, (self._key(text),)).fetchone()
        return np.frombuffer(kept, np.int8).reshape(len(text.spans), self._encoder.dimensions)

    def pieces(self, text: EncoderText) -> KeptPieces:
        """Return the word pieces of a passage; `encode` was given it."""
        query = "SELECT places, pieces FROM passages WHERE key = ?"
        places, pieces = self._connection.execute(query, (self._key(text),)).fetchone()
        vectors = np.frombuffer(pieces, np.uint8).reshape(-1, width_in_half_bytes(self._projection.shape[1]))
        return KeptPieces(np.frombuffer(places, np.int32).reshape(-1, 2), vectors)

    def _key(self, text: EncoderText) -> bytes:
        return hashlib.sha256(self._prefix + text.key()).digest()

    def _known(self, texts: Mapping[bytes, EncoderText]) -> dict[bytes, bytes]:
        """Return the kept vector of each passage that has one, one for each of its sentences, and word pieces."""
        found: dict[bytes, bytes] = {}
        dimensions = self._encoder.dimensions
        place, piece = 2 * np.dtype(np.int32).itemsize, width_in_half_bytes(self._projection.shape[1])
        for batch in _batched(list(texts), _LOOKUP):
            query = f"{_LENGTHS} WHERE key IN ({','.join('?' * len(batch))})"  # nosec B608  (marks only)
            found.update(
                (key, vector)
                for key, vector, sentences, places, pieces in self._connection.execute(query, batch)
                if (len(vector), sentences) == (2 * dimensions, dimensions * len(texts[key].spans))
                if places % place == 0 and pieces == places // place * piece
            )
        return found


def forget(path: Path) -> None:
    """Remove the file of a cache, if there is one: a build holds what was kept, or nothing may.

    Raises:
        PublishError: it cannot be removed.
    """
    try:
        for one in (path, path.with_name(f"{path.name}-journal")):
            one.unlink(missing_ok=True)
    except OSError as error:
        raise PublishError(f"the kept vectors in {path} cannot be removed ({error}): delete that file") from error


def _batched(items: Sequence[_Item], size: int) -> list[Sequence[_Item]]:
    """`itertools.batched` came with Python 3.12."""
    return [items[start : start + size] for start in range(0, len(items), size)]

"""Encode passages, each once: vectors are kept by encoder digest, arithmetic and text hash, and survive a crash.

A passage's vector and those of its sentences come from one pass and are kept together.

Vectors are kept in half precision, as the dense index keeps them, so a build is the same whether its vectors were just
made or kept. They can be turned back into much of the text they were made from: after each build the cache is cut down
to what that build holds, and the file is as private as the documents.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexes.encoder import Encoder, Span, Vectors
from ingest.errors import PublishError

_Item = TypeVar("_Item")
_TABLE = "CREATE TABLE IF NOT EXISTS passages (key BLOB PRIMARY KEY, vector BLOB NOT NULL, sentences BLOB NOT NULL)"
_BATCH = 256  # texts between two commits: a crash costs at most these
_LOOKUP = 900  # keys per statement, under SQLite's portable limit


@dataclass(frozen=True, slots=True)
class EncoderText:
    """What is encoded for a passage, and where its sentences stand in it, as `[start, end)`."""

    text: str
    spans: tuple[Span, ...]


class VectorCache:
    """Vectors by key in one SQLite file; a context manager.

    Raises:
        PublishError: at either end of the `with` block, if the file is damaged or the disk refuses.
    """

    def __init__(self, path: Path, encoder: Encoder) -> None:
        """Remember the file; it is opened, or made (mode 0600), when the `with` block begins."""
        self._path = path
        self._encoder = encoder
        self._prefix = f"{encoder.digest}\0{encoder.dtype}\0".encode()

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(self._path)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            self._connection.execute("PRAGMA secure_delete = ON")
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
        for batch in _batched(by_length, _BATCH):
            given = [text for _, text in batch]
            vectors, of_sentences = self._encoder.encode_with_spans(
                [text.text for text in given], [text.spans for text in given]
            )
            halves = [vector.tobytes() for vector in vectors.astype(np.float16)]
            rows = [
                (key, vector, sentences.astype(np.float16).tobytes())
                for (key, _), vector, sentences in zip(batch, halves, of_sentences, strict=True)
            ]
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO passages VALUES (?, ?, ?)", rows)
            found |= {key: vector for key, vector, _ in rows}
            progress(len(batch))
        flat = np.frombuffer(b"".join(found[key] for key in keys), dtype=np.float16)
        return flat.reshape(len(texts), self._encoder.dimensions).astype(np.float32)

    def sentences(self, text: EncoderText) -> NDArray[np.float16]:
        """Return the vectors of a passage's sentences, shape (len(text.spans), dimensions); `encode` was given it."""
        query = "SELECT sentences FROM passages WHERE key = ?"
        (kept,) = self._connection.execute(query, (self._key(text),)).fetchone()
        return np.frombuffer(kept, np.float16).reshape(len(text.spans), self._encoder.dimensions)

    def keep_only(self, texts: Iterable[EncoderText]) -> None:
        """Forget every vector but those of these passages."""
        with self._connection:
            self._connection.execute("CREATE TEMP TABLE kept (key BLOB PRIMARY KEY) WITHOUT ROWID")
            keys = ((self._key(text),) for text in texts)
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", keys)
            self._connection.execute("DELETE FROM passages WHERE key NOT IN (SELECT key FROM kept)")
            self._connection.execute("DROP TABLE kept")

    def _key(self, text: EncoderText) -> bytes:
        spans = np.array(text.spans, np.int64).tobytes()
        return hashlib.sha256(self._prefix + spans + text.text.encode()).digest()

    def _known(self, texts: Mapping[bytes, EncoderText]) -> dict[bytes, bytes]:
        """Return the kept vector of each passage that has one, and one for each of its sentences."""
        found: dict[bytes, bytes] = {}
        size = self._encoder.dimensions * np.dtype(np.float16).itemsize
        for batch in _batched(list(texts), _LOOKUP):
            query = f"SELECT key, vector, length(sentences) FROM passages WHERE key IN ({','.join('?' * len(batch))})"  # nosec B608  # noqa: S608  (marks only)
            found.update(
                (key, vector)
                for key, vector, sentences in self._connection.execute(query, batch)
                if (len(vector), sentences) == (size, size * len(texts[key].spans))
            )
        return found


def _batched(items: Sequence[_Item], size: int) -> Iterable[Sequence[_Item]]:
    """`itertools.batched` came with Python 3.12."""
    return (items[start : start + size] for start in range(0, len(items), size))

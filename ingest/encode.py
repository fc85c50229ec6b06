"""Encode texts, each once: vectors are kept by encoder digest, arithmetic and text hash, and survive a crash.

Vectors are kept in half precision, as the dense index keeps them, so a build is the same whether its vectors were just
made or kept. They can be turned back into much of the text they were made from: after each build the cache is cut down
to what that build holds, and the file is as private as the documents.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from indexes.encoder import Encoder, Vectors

_Item = TypeVar("_Item")
_BATCH = 256  # texts between two commits: a crash costs at most these
_LOOKUP = 900  # keys per statement, under SQLite's portable limit


class VectorCache:
    """Vectors by key in one SQLite file; a context manager."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        """Open or make the file (mode 0600)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        self._encoder = encoder
        self._prefix = f"{encoder.digest}\0{encoder.dtype}\0".encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def encode(self, texts: Sequence[str], progress: Callable[[int], None]) -> Vectors:
        """Return unit vectors of texts, encoding only those never seen.

        Args:
            texts: in any order, repeats allowed.
            progress: called with how many texts were just done.

        Returns:
            Vectors, shape (len(texts), dimensions), float32 holding half-precision values.
        """
        keys = [self._key(text) for text in texts]
        found = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        progress(len(texts) - len(missing))
        by_length = sorted(missing.items(), key=lambda item: len(item[1]))  # like lengths together: less padding
        for batch in _batched(by_length, _BATCH):
            vectors = self._encoder.encode([text for _, text in batch]).astype(np.float16)
            made = {key: vector.tobytes() for (key, _), vector in zip(batch, vectors, strict=True)}
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", made.items())
            found |= made
            progress(len(batch))
        flat = np.frombuffer(b"".join(found[key] for key in keys), dtype=np.float16)
        return flat.reshape(len(texts), self._encoder.dimensions).astype(np.float32)

    def keep_only(self, texts: Iterable[str]) -> None:
        """Forget every vector but those of these texts."""
        with self._connection:
            self._connection.execute("CREATE TEMP TABLE kept (key BLOB PRIMARY KEY) WITHOUT ROWID")
            keys = ((self._key(text),) for text in texts)
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", keys)
            self._connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM kept)")
            self._connection.execute("DROP TABLE kept")

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(self._prefix + text.encode()).digest()

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for batch in _batched(keys, _LOOKUP):
            marks = ",".join("?" * len(batch))
            found.update(self._connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", batch))  # noqa: S608  (marks only)
        return found


def _batched(items: Sequence[_Item], size: int) -> Iterable[Sequence[_Item]]:
    """`itertools.batched` came with Python 3.12."""
    return (items[start : start + size] for start in range(0, len(items), size))

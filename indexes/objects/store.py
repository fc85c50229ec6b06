"""What an object store can do for builds, and what lies in it under which key. Opens none (`opening`).

    current                 one line: the id of the live build; replaced only by whoever saw what it replaces
    builds/<id>.json        the manifest of a build; written when every file that it names is there
    objects/<ab>/<sha256>   a file of a build, by its hash: what several builds hold lies there once
    holds/<id>/<day>        a hold: this build has to stay until that day, in UTC (`held`)
    collections/<name>      a collection in Milvus that was made for a build (`ingest.collection_ledger`)
    clock                   written to learn what time it is there; no other clock counts for what lies there

An object is whole or not there. A key is only ever given the same content again, but for `current` and `clock`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

CURRENT_KEY = "current"
CURRENT_BYTES = 256  # an id has 80 characters at most: whatever is longer names no build, and is not fetched
BUILDS_PREFIX = "builds/"
OBJECTS_PREFIX = "objects/"
HOLDS_PREFIX = "holds/"
COLLECTIONS_PREFIX = "collections/"
_CLOCK_KEY = "clock"
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there: its key, its size in bytes, and when it was written, by the store's clock, in UTC."""

    key: str
    size: int
    modified: datetime


class ObjectStore(Protocol):
    """Objects by key. Any thread may call; whatever fails raises an `ObjectStoreError` in words for an operator."""

    @property
    def shown(self) -> str:
        """Its address, without anything secret."""
        ...

    def get(self, key: str, *, most_bytes: int | None = None) -> tuple[bytes, str]:
        """Return a small object and the tag that tells it from others; raise `NoObjectError` if there is none.

        Of one that is larger than `most_bytes` the beginning is returned, and the rest is not fetched.
        """
        ...

    def fetch(self, key: str, path: Path) -> None:
        """Write an object to a file here, in parts if it is large; raise `NoObjectError` if there is none.

        What was written is to be checked by its hash. An OSError is of the disk here.
        """
        ...

    def stat(self, key: str) -> Stored:
        """Tell of an object; raise `NoObjectError` if there is none."""
        ...

    def put(self, key: str, content: bytes | Path) -> None:
        """Write an object, of a file in parts if it is large, in the place of what is there. Durable on return."""
        ...

    def swap(self, key: str, content: bytes, *, tag: str | None) -> None:
        """Write a small object in the place of the one with a tag, or where none is (`None`), in one step.

        Raises:
            ChangedError: another one is there, or none; it stays.
        """
        ...

    def list(self, prefix: str) -> list[Stored]:
        """Return the objects whose keys begin so."""
        ...

    def delete(self, keys: Collection[str]) -> None:
        """Remove objects; one that is not there is none to remove."""
        ...


def object_key(sha256: str) -> str:
    """Return the key of a file by its hash (hex)."""
    return f"{OBJECTS_PREFIX}{sha256[:2]}/{sha256}"


def manifest_key(build_id: str) -> str:
    """Return the key of the manifest of a build."""
    return f"{BUILDS_PREFIX}{build_id}{_SUFFIX}"


def build_of(key: str) -> str:
    """Return the id of the build whose manifest has this key."""
    return key.removeprefix(BUILDS_PREFIX).removesuffix(_SUFFIX)


def time_there(store: ObjectStore) -> datetime:
    """Return what time it is by the store's clock, in UTC; tells as well whether it may be written.

    Raises:
        ObjectStoreError: it may not, or cannot be reached.
    """
    store.put(_CLOCK_KEY, b"what time is it?\n")
    return store.stat(_CLOCK_KEY).modified

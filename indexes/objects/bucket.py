"""An object store in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage; through obstore.

Who it is here, and where a store of one's own answers, the environment says as that store's own tools read it
(`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` ...), or the machine does. Each request has its time and is tried again a few
times; a large file goes in parts, each a request. `swap` is a conditional write (`If-Match`, a generation at Google),
which some stores take and do not keep: whoever publishes finds that out.
"""

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import from_url

from indexes.errors import ChangedError, NoObjectError, ObjectStoreError
from indexes.objects.store import Stored

if TYPE_CHECKING:
    from obstore import UpdateVersion

PART_BYTES = 16 << 20
_PARTS_AT_ONCE = 4
_CONNECT_S, _REQUEST_S = 5, 60  # a part in a minute is 0.3 MB/s
_TRIES, _TRYING_S = 3, 20  # how often a request is sent again that failed on the way or was too much for the store
_STATUS = re.compile(r"status code: (\d+ [A-Za-z ]+)")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_METADATA = ("169.254.169.254", "/latest/api/token", "metadata.google.internal")  # asked without other credentials
_WRONG_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


class Bucket:
    """Objects in a bucket, under a prefix. See `ObjectStore` for what each does."""

    def __init__(self, address: str) -> None:
        """Take a checked address, of the bucket and the prefix; nothing is reached yet.

        Raises:
            ObjectStoreError: the environment says something that the store cannot be opened with.
        """
        self._shown = address
        with self._words(""):
            self._store = from_url(
                address,
                client_options={
                    "allow_http": True,  # only where the environment names such an endpoint
                    "connect_timeout": timedelta(seconds=_CONNECT_S),
                    "timeout": timedelta(seconds=_REQUEST_S),
                },
                retry_config={
                    "max_retries": _TRIES,
                    "retry_timeout": timedelta(seconds=_TRYING_S),
                    "backoff": {
                        "init_backoff": timedelta(milliseconds=100),
                        "max_backoff": timedelta(seconds=5),
                        "base": 2,
                    },
                },
            )

    @property
    def shown(self) -> str:
        """Its address, without anything secret."""
        return self._shown

    def get(self, key: str, *, most_bytes: int | None = None) -> tuple[bytes, str]:
        """Return a small object and its tag."""
        with self._words(key):
            found = obstore.get(self._store, key)
            tag = _tag(found.meta["e_tag"], found.meta["version"])
            if most_bytes is None or found.meta["size"] <= most_bytes:
                return bytes(found.bytes()), tag
            return bytes(next(iter(found.stream(min_chunk_size=most_bytes))))[:most_bytes], tag

    def fetch(self, key: str, path: Path) -> None:
        """Write an object to a file here."""
        size = self.stat(key).size
        with path.open("wb") as file:

            def part(start: int) -> None:
                with self._words(key):
                    content = obstore.get_range(self._store, key, start=start, end=min(start + PART_BYTES, size))
                _write_at(file.fileno(), memoryview(content), start)

            if size <= PART_BYTES:  # most files of a build: no threads are started for one part
                if size:
                    part(0)
                return
            with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
                for _ in pool.map(part, range(0, size, PART_BYTES)):
                    pass

    def stat(self, key: str) -> Stored:
        """Tell of an object."""
        with self._words(key):
            found = obstore.head(self._store, key)
            return Stored(key, found["size"], found["last_modified"])

    def put(self, key: str, content: bytes | Path) -> None:
        """Write an object."""
        with self._words(key, write=True):
            obstore.put(self._store, key, content, chunk_size=PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def swap(self, key: str, content: bytes, *, tag: str | None) -> None:
        """Write an object in the place of the one with a tag."""
        with self._words(key, write=True):
            obstore.put(self._store, key, content, mode="create" if tag is None else _version(tag))

    def list(self, prefix: str) -> list[Stored]:
        """Return the objects whose keys begin so."""
        with self._words(prefix):
            return [
                Stored(found["path"], found["size"], found["last_modified"])
                for page in obstore.list(self._store, prefix.removesuffix("/"))
                for found in page
            ]

    def delete(self, keys: Collection[str]) -> None:
        """Remove objects."""
        for key in keys:
            with self._words(key, write=True), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._store, key)

    @contextlib.contextmanager
    def _words(self, key: str, *, write: bool = False) -> Iterator[None]:
        try:
            yield
        except (AlreadyExistsError, PreconditionError) as error:
            raise ChangedError(f"{key} in {self.shown} is another one by now") from error
        except (BaseError, FileNotFoundError, ValueError) as error:
            raise self._in_words(key, error, write=write) from None  # the library's words are long, and name hosts

    def _in_words(self, key: str, error: Exception, *, write: bool) -> ObjectStoreError:
        told = str(error)
        status, code = _first(_STATUS, told), _first(_CODE, told)
        why = code or status or ("no answer in time" if "timed out" in told else "no answer")
        if code == "NoSuchBucket":
            words = f"the bucket of {self.shown} is not there: make it, or mend GREENLIT_BUILDS"
        elif code in _WRONG_KEYS or isinstance(error, UnauthenticatedError):
            words = f"{self.shown} does not take the credentials ({why}): see who this machine is there"
        elif any(place in told for place in _METADATA):
            words = f"there are no credentials for {self.shown}: name them in the environment, as its own tools read it"
        elif isinstance(error, PermissionDeniedError) or status.startswith("403"):
            may = "write, list and delete" if write else "read and list"
            words = f"{self.shown} denies access to {key}: let this account {may} there"
        elif isinstance(error, FileNotFoundError):
            return NoObjectError(f"{self.shown} holds no {key}")
        elif isinstance(error, NotSupportedError):
            words = f"{self.shown} knows no conditional writes: use another store for builds"
        else:
            does = "written" if write else "read"
            words = f"{key or 'the store'} in {self.shown} cannot be {does} ({why}): see whether it is up"
        return ObjectStoreError(words)


def _write_at(descriptor: int, content: memoryview, start: int) -> None:
    """Write all of it: a disk that is full takes a part, and says so only when it is given the rest."""
    while content:
        written = os.pwrite(descriptor, content, start)
        content, start = content[written:], start + written


def _tag(e_tag: str | None, version: str | None) -> str:
    return f"{e_tag or ''}\n{version or ''}"


def _version(tag: str) -> "UpdateVersion":
    e_tag, version = tag.split("\n")
    found: UpdateVersion = {}
    if e_tag:
        found["e_tag"] = e_tag
    if version:
        found["version"] = version
    return found


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip() if found else ""

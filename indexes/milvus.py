"""The client of Milvus: what is asked of the server and how failure is told. The one module that knows `pymilvus`.

A collection holds the passages of one build and never changes once it is made: the row, the number and the class of its
document (`milvus_filter`), its vector, and its words as a sparse vector (`milvus_words`). No text is sent and none is
asked for; vectors are as private as the text they were made from.

Whatever goes wrong is a `SearchUnavailableError` in words that name the server and never who connects. Nothing is
called before it is needed, and each call ends after `patience_s`.
"""

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from indexes.counting import counted
from indexes.dense import Rows
from indexes.errors import SearchUnavailableError
from indexes.manifest import CollectionInfo
from indexes.milvus_address import MilvusAddress
from indexes.milvus_filter import CLASS, DOCUMENT, Filter
from indexes.milvus_words import Sparse

# On import, pymilvus would put every line of an .env file that it finds into the environment of this process.
_KEPT = os.environ.get("PYTHON_DOTENV_DISABLED")
os.environ["PYTHON_DOTENV_DISABLED"] = "1"
try:
    from pymilvus import DataType, MilvusClient
    from pymilvus.client.types import LoadState, Status
    from pymilvus.exceptions import ErrorCode, MilvusException
finally:
    if _KEPT is None:
        del os.environ["PYTHON_DOTENV_DISABLED"]
    else:
        os.environ["PYTHON_DOTENV_DISABLED"] = _KEPT
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs failures with their stack; ours are told once

SCHEMA = 1  # raise it when a collection of the same build would hold something else
ROW, DENSE, WORDS = "row", "dense", "words"
_FIELDS = {ROW, DOCUMENT, CLASS, DENSE, WORDS}
_KINDS = {"flat": "FLAT", "ivf": "IVF_FLAT", "hnsw": "HNSW"}
_HNSW = {"M": 16, "efConstruction": 200}
_OLDEST = (2, 5)  # sparse vectors came with 2.4, templates of filters with 2.5
_NOT_REACHED = (Status.CONNECT_FAILED, grpc.StatusCode.UNAVAILABLE)
_MAKING_S = 3600.0  # an index of millions of vectors
_REASON_CHARS = 200


class Milvus:
    """One database of a Milvus server. Safe to call from several threads."""

    def __init__(self, address: MilvusAddress, *, patience_s: float = 5.0) -> None:
        """Remember where it is; nothing is called yet.

        Args:
            address: where, who, and which database.
            patience_s: how long a question waits for one call.
        """
        self._address = address
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._client: MilvusClient | None = None
        self._failed: tuple[float, Exception] | None = None  # to connect: when, by a steady clock, and why
        self._templates = True

    @property
    def shown(self) -> str:
        """Where it is, as it may be printed."""
        return self._address.shown

    def problem(self, info: CollectionInfo) -> str | None:
        """Return in words what is wrong with a collection: it is missing, is another, or lacks passages.

        One that was let go of, as after a restart, is loaded again.

        Raises:
            SearchUnavailableError: the server does not say.
        """
        again = "run greenlit ingest to make it again"
        with self._calling("look at a collection") as client:
            if not client.has_collection(info.name, timeout=self._patience_s):
                return f"the collection {info.name} is not in Milvus at {self.shown}: {again}"
            fields = {field["name"] for field in client.describe_collection(info.name, self._patience_s)["fields"]}
            if fields != _FIELDS:
                return f"expected {sorted(_FIELDS)} in the collection {info.name}, got {sorted(fields)}: {again}"
            if client.get_load_state(info.name, timeout=self._patience_s)["state"] != LoadState.Loaded:
                client.load_collection(info.name, timeout=self._patience_s)
            count = self._count(client, info.name)
        if count != info.rows:
            held = counted(info.rows, "passage")
            return f"expected {held} in the collection {info.name} at {self.shown}, got {count}: {again}"
        return None

    def search(
        self,
        info: CollectionInfo,
        asked: Sequence[NDArray[np.float32]] | Sequence[Sparse],
        *,
        within: Filter,
        k: int,
        making: bool = False,
    ) -> list[Rows]:
        """Return the best rows for each vector by falling inner product, at most `k`, less exact than `indexes` are.

        Args:
            info: the collection; its `breadth` is how far an approximate search looks.
            asked: unit vectors, or sparse ones of words.
            within: which documents may be found.
            k: at most this many rows for each.
            making: whether this is asked while the collection is made, with more patience.

        Raises:
            SearchUnavailableError: the server does not answer, or not in time.
        """
        words = bool(asked) and isinstance(asked[0], dict)
        looks = {"ivf": {"nprobe": info.breadth}, "hnsw": {"ef": max(info.breadth, k)}}
        with self._calling("search") as client:
            expression, numbers = within.template() if self._templates else (within.written_out(), {})
            found = client.search(
                info.name,
                data=list(asked),
                anns_field=WORDS if words else DENSE,
                filter=expression,
                filter_params=numbers,
                limit=k,
                output_fields=[ROW],
                search_params={"metric_type": "IP", "params": {} if words else looks.get(info.kind, {})},
                # Nothing is written once a collection is made. Waiting for what may have been written (Strong) took
                # 391 ms for a search of 13 ms.
                consistency_level="Eventually",
                timeout=_MAKING_S if making else self._patience_s,
            )
            return [np.array([hit[ROW] for hit in hits], np.int64) for hits in found]

    def make(self, name: str, *, dimensions: int) -> None:
        """Make an empty collection.

        Raises:
            SearchUnavailableError: the server refuses.
        """
        with self._calling("make a collection") as client:
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field(ROW, DataType.INT64, is_primary=True)
            schema.add_field(DOCUMENT, DataType.INT64)
            schema.add_field(CLASS, DataType.INT64)
            schema.add_field(DENSE, DataType.FLOAT_VECTOR, dim=dimensions)
            schema.add_field(WORDS, DataType.SPARSE_FLOAT_VECTOR)
            client.create_collection(name, schema=schema, timeout=_MAKING_S)

    def add(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Add passages, by field.

        Raises:
            SearchUnavailableError: the server refuses.
        """
        with self._calling("write passages") as client:
            client.insert(name, rows, timeout=_MAKING_S)

    def finish(self, info: CollectionInfo, *, lists: int) -> None:
        """Make what was added durable, index and load it; `lists` are those of ivf. May be called for another kind.

        Raises:
            SearchUnavailableError: the server refuses, or has not all that was added.
        """
        with self._calling("index passages") as client:
            client.flush(info.name, timeout=_MAKING_S)
            if DENSE in client.list_indexes(info.name):
                client.release_collection(info.name, timeout=_MAKING_S)
                client.drop_index(info.name, DENSE, timeout=_MAKING_S)
            indexes = client.prepare_index_params()
            made_with = {"flat": {}, "ivf": {"nlist": lists}, "hnsw": _HNSW}[info.kind]
            indexes.add_index(DENSE, index_name=DENSE, index_type=_KINDS[info.kind], metric_type="IP", params=made_with)
            if WORDS not in client.list_indexes(info.name):
                indexes.add_index(WORDS, index_name=WORDS, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
                for field in (DOCUMENT, CLASS):
                    indexes.add_index(field, index_name=field, index_type="INVERTED")
            client.create_index(info.name, indexes, timeout=_MAKING_S)
            client.load_collection(info.name, timeout=_MAKING_S)
        if wrong := self.problem(info):
            raise SearchUnavailableError(wrong)

    def point(self, alias: str, name: str) -> None:
        """Let an alias stand for a collection; for people who look into Milvus, nothing here goes by it.

        Raises:
            SearchUnavailableError: the server refuses.
        """
        with self._calling("set an alias") as client:
            try:
                client.alter_alias(name, alias, timeout=self._patience_s)
            except MilvusException:  # there is none yet
                client.create_alias(name, alias, timeout=self._patience_s)

    def drop(self, name: str) -> None:
        """Remove a collection with the aliases that stand for it; one that is not there is no error.

        Raises:
            SearchUnavailableError: the server refuses.
        """
        with self._calling("remove a collection") as client:
            if client.has_collection(name, timeout=self._patience_s):
                for alias in client.list_aliases(name, timeout=self._patience_s).get("aliases", ()):
                    client.drop_alias(alias, timeout=self._patience_s)
                client.drop_collection(name, timeout=_MAKING_S)

    def close(self) -> None:
        """End the connection; a later call makes a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _count(self, client: MilvusClient, name: str) -> int:
        said = client.query(
            name, filter="", output_fields=["count(*)"], consistency_level="Strong", timeout=self._patience_s
        )
        return int(said[0]["count(*)"])

    @contextlib.contextmanager
    def _calling(self, what: str) -> Iterator[MilvusClient]:
        """Lend the client, connecting first where need be."""
        try:
            yield self._connected()
        except MilvusException as error:
            missing = error.code == ErrorCode.COLLECTION_NOT_FOUND
            if error.code in _NOT_REACHED:
                self.close()  # the next call connects anew at once; a connection waits longer the longer it failed
            why = "there is no such collection: run greenlit ingest" if missing else _reason(error.message)
            raise SearchUnavailableError(f"Milvus at {self.shown} did not {what}: {why}") from error
        except (grpc.RpcError, OSError) as error:
            late = isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            why = "no answer in time" if late else type(error).__name__
            raise SearchUnavailableError(f"Milvus at {self.shown} did not {what}: {why}") from error
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise SearchUnavailableError(
                f"Milvus at {self.shown} did not {what}: its reply cannot be understood ({type(error).__name__})"
            ) from error

    def _connected(self) -> MilvusClient:
        """Return the client. Who waits while another tries to connect, in vain, does not try again after it."""
        came_s = time.monotonic()
        with self._lock:
            if self._client is None:
                if self._failed and self._failed[0] >= came_s:
                    raise self._failed[1].with_traceback(None)
                try:
                    self._client = self._connect()
                except Exception as error:
                    self._failed = (time.monotonic(), error)
                    raise
            return self._client

    def _connect(self) -> MilvusClient:
        client = MilvusClient(
            uri=self._address.uri,
            token=self._address.token,
            db_name=self._address.database,
            timeout=self._patience_s,
            dedicated=True,
        )
        try:
            self._templates = self._knows_templates(client.get_server_version(timeout=self._patience_s))
        except BaseException:
            client.close()  # its library keeps it else, with its connection
            raise
        return client

    def _knows_templates(self, version: str) -> bool:
        if "lite" in version:
            return False
        numbers = tuple(int(one) for one in re.findall(r"\d+", version)[: len(_OLDEST)])
        if re.match(r"v?\d+\.\d+", version) and numbers < _OLDEST:
            raise SearchUnavailableError(f"expected Milvus 2.5 or newer at {self.shown}, got {version}")
        return True


def _reason(message: str) -> str:
    """Return the first line of what the server says, cut."""
    return str(message).strip().partition("\n")[0][:_REASON_CHARS] or "no reason given"

"""The manifest of a build: what it was made of and with, and the hash of each of its files.

A build's id ends in the first half of the SHA-256 of its manifest's other fields, so a manifest that was changed no
longer fits its own folder's name.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from indexes.errors import BuildDamagedError, BuildError, BuildFormError
from indexes.live import current_build_id

MANIFEST_FILE = "manifest.json"
_FORMAT = 5
_ID_HASH_HEX = 32

DenseSetting = Literal["auto", "flat", "ivf"]


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Which encoder made the vectors."""

    name: str
    digest: str
    dtype: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class SplitterInfo:
    """How documents were split; `version` changes with the code."""

    name: str
    version: int
    passage_tokens: int
    overlap_tokens: int


@dataclass(frozen=True, slots=True)
class DenseInfo:
    """Which kind of dense index the vectors are in; `setting` is what was asked for.

    `recall_at_10` is the share of the ten best passages of an exact search that were found, or others as good, measured
    with `sampled_queries` when the build was made; 1 without a sample is an exact search. `lists` and `probes` are 0
    in a flat index.
    """

    setting: DenseSetting
    kind: Literal["flat", "ivf"]
    lists: int
    probes: int
    recall_at_10: float
    sampled_queries: int


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """The collection in Milvus that candidates for this build come from; `schema` changes with the code.

    `breadth` is how far an approximate search looks (`nprobe` of ivf, `ef` of hnsw), 0 in a flat one. `recall_at_10`
    and `sampled_queries` say of the collection what they say of a dense index.
    """

    name: str
    schema: int
    rows: int
    kind: Literal["flat", "ivf", "hnsw"]
    breadth: int
    recall_at_10: float
    sampled_queries: int


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """One document of a build. `loader` names the parser and its version; `locator` the kind of its locators."""

    document: str
    sha256: str
    title: str
    passages: int
    locator: str
    loader: str


_DOCUMENT_FIELDS = tuple(field.name for field in fields(DocumentInfo))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build says of itself. `files` maps each file's path in the build to its SHA-256 (hex).

    `terms` is the version of what cuts a text into the terms of the lexical index. `collection` is `None` where
    candidates come from the build's own indexes; a build that has one keeps those too.
    """

    created_at: str
    encoder: EncoderInfo
    splitter: SplitterInfo
    terms: int
    dense: DenseInfo
    documents: tuple[DocumentInfo, ...]
    files: dict[str, str]
    collection: CollectionInfo | None = None

    @property
    def passages(self) -> int:
        """How many passages the build holds."""
        return sum(document.passages for document in self.documents)

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the manifest, which stands for the whole build."""
        return hashlib.sha256(json.dumps(self._fields(), sort_keys=True).encode()).hexdigest()

    def build_id(self) -> str:
        """Return the build's id: when it was made, and the beginning of its content hash."""
        moment = datetime.fromisoformat(self.created_at).astimezone(UTC)
        return f"{moment:%Y%m%dT%H%M%SZ}-{self.content_hash()[:_ID_HASH_HEX]}"

    def to_bytes(self) -> bytes:
        """Return the manifest file's content."""
        return json.dumps({"id": self.build_id(), **self._fields()}, indent=1, ensure_ascii=False).encode() + b"\n"

    def _fields(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "created_at": self.created_at,
            "encoder": asdict(self.encoder),
            "splitter": asdict(self.splitter),
            "terms": self.terms,
            "dense": asdict(self.dense),
            "documents": [  # by hand: a build may hold many thousands, and asdict copies each field of each
                {name: getattr(document, name) for name in _DOCUMENT_FIELDS} for document in self.documents
            ],
            "files": self.files,
            **({"collection": asdict(self.collection)} if self.collection else {}),
        }


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the build in a folder, and check that it fits the folder's name.

    Raises:
        BuildDamagedError: it is missing, not a manifest, or was changed.
    """
    path = folder / MANIFEST_FILE
    try:
        value = json.loads(path.read_bytes())
        if (form := value.pop("format")) != _FORMAT:
            raise BuildFormError(
                f"{path}: expected format {_FORMAT}, got {form}: another version of Greenlit made this build; run "
                "greenlit ingest to make a new one"
            )
        given = value.pop("id")
        manifest = Manifest(
            created_at=value.pop("created_at"),
            encoder=EncoderInfo(**value.pop("encoder")),
            splitter=SplitterInfo(**value.pop("splitter")),
            terms=value.pop("terms"),
            dense=DenseInfo(**value.pop("dense")),
            documents=tuple(DocumentInfo(**document) for document in value.pop("documents")),
            files=dict(value.pop("files")),
            collection=CollectionInfo(**of) if (of := value.pop("collection", None)) else None,
        )
        expected = manifest.build_id()
    except OSError as error:
        raise BuildDamagedError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BuildDamagedError(f"{path} is not a manifest: {error}") from error
    if not folder.name == given == expected or value:
        raise BuildDamagedError(f"{path} was changed: the build's id should be {expected}, its folder is {folder.name}")
    return manifest


def live_documents(builds: Path) -> int:
    """Return how many documents the live build holds; 0 if there is none that can be read."""
    try:
        return len(read_manifest(builds / current_build_id(builds)).documents)
    except BuildError:
        return 0

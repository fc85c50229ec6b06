"""Published builds: which one is current, and opening one only if every byte is as its manifest says.

`indexes/builds/<id>/` holds `manifest.json`, `passages.sqlite`, `dense.faiss`, `lexical/`, `sentences/`, `pieces/` and
`originals/<sha256>`; `indexes/builds/current` holds the id of the live one. Writing builds is the writer's part
(`ingest.publish`).
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.candidates import Candidates, Collections, LocalCandidates
from indexes.dense import DenseIndex
from indexes.durable import written_beside
from indexes.encoder import Encoder
from indexes.errors import BuildDamagedError, BuildMismatchError
from indexes.lexical import LexicalIndex
from indexes.live import CURRENT_FILE, PASSAGES_FILE, current_build_id
from indexes.manifest import MANIFEST_FILE, Manifest, read_manifest
from indexes.passages import PassageStore
from indexes.pieces import PieceIndex
from indexes.sentences import SentenceIndex

__all__ = [
    "CURRENT_FILE",
    "DENSE_FILE",
    "LEXICAL_FOLDER",
    "ORIGINALS_FOLDER",
    "PASSAGES_FILE",
    "PIECES_FOLDER",
    "READERS_FILE",
    "SENTENCES_FOLDER",
    "Build",
    "Originals",
    "current_build_id",
    "hash_files",
    "open_build",
]

DENSE_FILE = "dense.faiss"
LEXICAL_FOLDER = "lexical"
SENTENCES_FOLDER = "sentences"
PIECES_FOLDER = "pieces"
ORIGINALS_FOLDER = "originals"
READERS_FILE = "readers.npy"  # the class of each document (`indexes.milvus_filter`), of a build with a collection
_LARGE = 1 << 20  # bytes

Originals = Callable[[str], bytes]  # by hash, from where builds lie that are not whole here; raises a BuildError


@dataclass(frozen=True, slots=True)
class Build:
    """An opened build.

    `candidates` finds what is looked at for a question. `document_of_row` gives each row's position in `documents`, a
    list of (document, sha256). `manifest_hash` (hex) stands for the whole build in the record of a question.
    `elsewhere` gives originals that are not in its folder; without it all are.
    """

    build_id: str
    folder: Path
    manifest: Manifest
    manifest_hash: str
    passages: PassageStore
    dense: DenseIndex
    lexical: LexicalIndex
    sentences: SentenceIndex
    pieces: PieceIndex
    candidates: Candidates
    documents: tuple[tuple[str, str], ...]
    document_of_row: NDArray[np.int64]
    elsewhere: Originals | None = None

    def original(self, sha256: str) -> bytes:
        """Return the bytes of an approved original.

        Raises:
            BuildDamagedError: they are missing or are not the approved ones.
        """
        path = self.folder / ORIGINALS_FOLDER / sha256
        fetched = self.elsewhere is not None and not path.exists()
        try:
            content = self.elsewhere(sha256) if self.elsewhere and fetched else path.read_bytes()
        except OSError as error:
            raise BuildDamagedError(f"{path} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BuildDamagedError(f"{path} is not what was approved: run greenlit ingest to make a new build")
        if fetched:
            # Written outside of the build, which another process may be opening: a file too many damages it.
            outside = self.folder.parent / sha256
            with contextlib.suppress(OSError), written_beside(outside, content, mode=0o600) as beside:
                beside.replace(path)  # the next one finds it here
        return content


def open_build(
    folder: Path,
    *,
    encoder: Encoder | None = None,
    collections: Collections | None = None,
    originals: Originals | None = None,
) -> Build:
    """Open a build after checking every file against the manifest.

    Args:
        folder: the build's folder, named by its id.
        encoder: the encoder that will ask; `None` opens a build only to read it.
        collections: where candidates come from, if the build has a collection there; without, they come from its own
            indexes, by an exact search. Nothing is called there yet.
        originals: gives those that are not in the folder; without it all have to be.

    Raises:
        BuildDamagedError: a file is missing, changed, or too many; or the parts do not fit together.
        BuildFormError: another version made the build, or its collection.
        BuildMismatchError: the build was made with another encoder; the message names both.
    """
    if not folder.is_dir():
        raise BuildDamagedError(f"the build {folder.name} is missing from {folder.parent}: run greenlit ingest")
    manifest = read_manifest(folder)
    if encoder is not None:
        _check_encoder(folder, manifest, encoder)
    _check_files(folder, manifest, but_originals=originals is not None)
    passages = PassageStore(folder / PASSAGES_FILE)
    sizes = passages.document_sizes()
    document_of_row = np.repeat(np.arange(len(sizes)), sizes)
    dense, lexical = DenseIndex.read(folder / DENSE_FILE), LexicalIndex.read(folder / LEXICAL_FOLDER)
    candidates: Candidates = LocalCandidates(dense, lexical)
    if collections and manifest.collection:
        candidates = collections.candidates(
            manifest.collection,
            dense=dense,
            lexical=lexical,
            documents=document_of_row,
            classes=_classes(folder / READERS_FILE, len(sizes)),
        )
    build = Build(
        build_id=folder.name,
        folder=folder,
        manifest=manifest,
        manifest_hash=manifest.content_hash(),
        passages=passages,
        dense=dense,
        lexical=lexical,
        sentences=SentenceIndex.read(folder / SENTENCES_FOLDER),
        pieces=PieceIndex.read(folder / PIECES_FOLDER),
        candidates=candidates,
        documents=tuple(passages.document_ids()),
        document_of_row=document_of_row,
        elsewhere=originals,
    )
    _check_parts(build)
    return build


def hash_files(folder: Path, *, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the SHA-256 (hex) of every file under a folder by relative path, the manifest left out.

    Args:
        folder: the folder; its large files are read side by side.
        given: hashes that are taken as they are, by relative path; such a file is not read.
    """
    sizes = dict(_files(str(folder), ""))
    sizes.pop(MANIFEST_FILE, None)
    hashes = {name: known for name in sizes if (known := (given or {}).get(name))}
    large = sorted(
        (name for name, size in sizes.items() if size > _LARGE and name not in hashes), key=sizes.__getitem__
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # threads start with the first large file
        read = pool.map(_sha256, [f"{folder}/{name}" for name in reversed(large)])
        hashes |= {name: _sha256(f"{folder}/{name}") for name in sizes.keys() - hashes.keys() - set(large)}
        hashes |= dict(zip(reversed(large), read, strict=True))
    return {name: hashes[name] for name in sorted(hashes)}


def _files(folder: str, prefix: str) -> Iterator[tuple[str, int]]:
    """List the files under a folder: relative path and size."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield f"{prefix}{entry.name}", entry.stat().st_size


def _sha256(path: str) -> str:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (a build may hold many thousands of originals)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _classes(path: Path, documents: int) -> NDArray[np.int32]:
    try:
        classes: NDArray[np.int32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BuildDamagedError(f"{path} cannot be read: {error}") from error
    if classes.dtype != np.int32 or classes.shape != (documents,):
        raise BuildDamagedError(
            f"{path}: expected a class for each document ({documents}), got {classes.dtype} of {classes.shape}"
        )
    return classes


def _check_encoder(folder: Path, manifest: Manifest, encoder: Encoder) -> None:
    made_with = manifest.encoder
    if (made_with.digest, made_with.dimensions) != (encoder.digest, encoder.dimensions):
        raise BuildMismatchError(
            f"the build {folder.name} was made with the encoder {made_with.name} ({made_with.dimensions} dimensions, "
            f"digest {made_with.digest[:12]}), but {encoder.name} ({encoder.dimensions} dimensions, digest "
            f"{encoder.digest[:12]}) is loaded: run greenlit ingest, or set GREENLIT_ENCODER back"
        )


def _check_files(folder: Path, manifest: Manifest, *, but_originals: bool) -> None:
    try:
        actual = hash_files(folder)
    except OSError as error:
        raise BuildDamagedError(f"the build {folder.name} cannot be read: {error}") from error
    for name in sorted(manifest.files.keys() | actual.keys()):
        if but_originals and name not in actual and name.startswith(f"{ORIGINALS_FOLDER}/"):
            continue
        if manifest.files.get(name) != actual.get(name):
            raise BuildDamagedError(
                f"the build {folder.name} is damaged: {name} should have SHA-256 {manifest.files.get(name)}, "
                f"got {actual.get(name)}; run greenlit ingest to make a new build"
            )


def _check_parts(build: Build) -> None:
    rows = {
        "passages": build.passages.rows,
        "documents": len(build.document_of_row),
        "dense": len(build.dense),
        "lexical": len(build.lexical),
        "sentences": len(build.sentences),
        "pieces": len(build.pieces),
        "manifest": build.manifest.passages,
    }
    dimensions = {
        "dense": build.dense.dimensions,
        "sentences": build.sentences.dimensions,
        "pieces": len(build.pieces.projection),
        "manifest": build.manifest.encoder.dimensions,
    }
    sentences = {"sentences": len(build.sentences.spans), "pieces": build.pieces.sentences}
    for what, found in (("passages", rows), ("sentences", sentences), ("dimensions", dimensions)):
        if len(set(found.values())) != 1:
            raise BuildDamagedError(f"the parts of the build {build.build_id} do not fit together: {what} {found}")

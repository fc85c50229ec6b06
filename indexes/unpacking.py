"""Gives packed builds back: whole, byte for byte, or a document of one. See `indexes.packing`."""

import contextlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.blocks import parted
from indexes.builds import (
    DENSE_FILE,
    LEXICAL_FOLDER,
    ORIGINALS_FOLDER,
    PASSAGES_FILE,
    PIECES_FOLDER,
    SENTENCES_FOLDER,
    Build,
    Originals,
    open_build,
)
from indexes.dense import DenseIndex
from indexes.documents import Document, Passage, Section, locator_from_json
from indexes.durable import linked_or_copied
from indexes.errors import BuildDamagedError, BuildError, NoBuildError
from indexes.lexical import LexicalIndex
from indexes.manifest import MANIFEST_FILE, CollectionInfo, DenseInfo, DocumentInfo, EncoderInfo, Manifest, SplitterInfo
from indexes.pack import Pack
from indexes.passages import SplitDocument, write_passages
from indexes.pieces import PassagePieces, write_pieces
from indexes.readings import notes_from_json
from indexes.scratch import scratch_folder
from indexes.sentences import PassageSentences, write_sentences
from indexes.units import Series, Unit, UnitKind

SQLITE_VERSION_AT = 96  # where an SQLite file says which version of the library wrote it
OF_SENTENCES = tuple(field.name for field in fields(PassageSentences) if field.name != "vectors")


Fetch = Callable[[str, Path], Path]  # has a build of an id in a folder, from where builds lie; returns its path


@contextlib.contextmanager
def past_build(
    builds: Path, build_id: str, *, scratch: Path, fetch: Fetch | None = None, originals: Originals | None = None
) -> Iterator[Build]:
    """Lend a build by its id, from its own folder or out of the pack, checked either way and closed at the end.

    Args:
        builds: the folder of builds.
        build_id: the id of the build.
        scratch: a folder in which a packed build lies while it is lent; what a crash left there is removed first.
        fetch: has a build in a folder that is not here, where `builds` mirrors an object store.
        originals: gives those of such a build.

    Raises:
        NoBuildError: there is none of that id.
        BuildError: it does not open.
        OSError: the disk refuses.
    """
    with contextlib.ExitStack() as lent:
        try:
            build = open_build(builds / build_id, originals=originals)
        except BuildError:  # it may have been packed this very moment
            pack = lent.enter_context(Pack.reading(builds))
            packed = pack is not None and pack.head(build_id) is not None
            if not packed and fetch is None:
                if (builds / build_id).is_dir():
                    raise
                raise NoBuildError(f"the build {build_id} is not in {builds}") from None
            into = lent.enter_context(scratch_folder(scratch))
            if pack is not None and packed:
                build = open_build(unpack_build(pack, build_id, into))
            elif fetch is not None:
                build = open_build(fetch(build_id, into), originals=originals)
        lent.callback(build.passages.close)
        yield build


def unpack_build(pack: Pack, build_id: str, into: Path) -> Path:
    """Put a packed build together, and return its folder; `open_build` holds it against its manifest.

    Args:
        pack: open to be read; holds the build.
        build_id: the id of the build.
        into: the folder in which the build's folder is made.

    Raises:
        BuildDamagedError: the pack is damaged.
        OSError: the disk refuses.
    """
    folder = into / build_id
    packed = _Packed(pack, build_id)
    manifest = packed.manifest()
    (folder / ORIGINALS_FOLDER).mkdir(parents=True)
    for sha256 in {info.sha256 for info in manifest.documents}:
        linked_or_copied(pack.originals / sha256, folder / ORIGINALS_FOLDER / sha256)
    write_passages(folder / PASSAGES_FILE, (document.split for document in packed.documents()))
    with (folder / PASSAGES_FILE).open("r+b") as file:  # written by another version of SQLite it would be the same else
        file.seek(SQLITE_VERSION_AT)
        file.write(struct.pack(">I", packed.head["sqlite"]))
    dense = [one["dense"] for one in packed.vectors()] or [np.zeros((0, manifest.encoder.dimensions), np.float16)]
    DenseIndex.from_vectors(np.concatenate(dense)).write(folder / DENSE_FILE)
    LexicalIndex.from_terms(terms for document in packed.documents() for terms in document.terms()).write(
        folder / LEXICAL_FOLDER
    )
    write_sentences(
        folder / SENTENCES_FOLDER,
        packed.sentences(),
        sentences=packed.head["sentences"],
        dimensions=manifest.encoder.dimensions,
    )
    pieces = (PassagePieces(one["pieces"], one["places"]) for one in packed.vectors())
    write_pieces(folder / PIECES_FOLDER, pieces, projection=packed.projection)
    for name, blocks in packed.whole():
        (folder / name).write_bytes(b"".join(blocks))
    (folder / MANIFEST_FILE).write_bytes(manifest.to_bytes())
    return folder


def packed_document(pack: Pack, build_id: str, document: str) -> SplitDocument | None:
    """Return a document of a packed build with its passages, units and series; `None` if the build does not hold it.

    Raises:
        BuildDamagedError: the pack is damaged.
    """
    block = pack.named(build_id, document)
    return None if block is None else _Document(block).split


def packed_manifest(pack: Pack, build_id: str) -> Manifest:
    """Return the manifest of a packed build; reads each of its documents.

    Raises:
        BuildDamagedError: the pack is damaged.
    """
    return _Packed(pack, build_id).manifest()


class _Packed:
    """A packed build, read again for each of its files, so that it is never whole in memory."""

    def __init__(self, pack: Pack, build_id: str) -> None:
        head = pack.head(build_id)
        if head is None:
            raise BuildDamagedError(f"the build {build_id} is not packed")
        self.head = head
        self._pack = pack
        self._numbers = pack.numbers(build_id)
        self._first = sum(count for _, count in head["whole"])

    @property
    def projection(self) -> NDArray[np.float32]:
        return parted(self._pack.block(self._numbers[self._first]))[1]["projection"]

    def _places(self) -> Iterator[tuple[int, list[int]]]:
        """Yield the number of each document's block, and those of its passages' vectors."""
        at = self._first + 1
        for passages in self.head["passages"]:
            end = at + 1 + passages
            yield self._numbers[at], self._numbers[at + 1 : end]
            at = end

    def documents(self) -> Iterator["_Document"]:
        """Yield each document."""
        return (_Document(self._pack.block(number)) for number, _ in self._places())

    def vectors(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the vectors of each passage."""
        for _, numbers in self._places():
            yield from (parted(self._pack.block(number))[1] for number in numbers)

    def sentences(self) -> Iterator[PassageSentences]:
        """Yield what is kept of the sentences of each passage."""
        for number, numbers in self._places():
            document = _Document(self._pack.block(number))
            for at, of_passage in enumerate(numbers):
                rest = {name: document.arrays[f"{at}.{name}"] for name in OF_SENTENCES}
                yield PassageSentences(vectors=parted(self._pack.block(of_passage))[1]["sentences"], **rest)

    def whole(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the files that are kept whole."""
        at = 0
        for name, count in self.head["whole"]:
            yield name, (self._pack.block(number) for number in self._numbers[at : at + count])
            at += count

    def manifest(self) -> Manifest:
        infos = tuple(DocumentInfo(**document.said["info"]) for document in self.documents())
        originals = {f"{ORIGINALS_FOLDER}/{info.sha256}": info.sha256 for info in infos}
        files = self.head["files"] | originals
        return Manifest(
            created_at=self.head["created_at"],
            encoder=EncoderInfo(**self.head["encoder"]),
            splitter=SplitterInfo(**self.head["splitter"]),
            terms=self.head["terms"],
            dense=DenseInfo(**self.head["dense"]),
            documents=infos,
            files={name: files[name] for name in sorted(files)},
            collection=CollectionInfo(**of) if (of := self.head.get("collection")) else None,
        )


class _Document:
    """The block of a document, read."""

    def __init__(self, block: bytes) -> None:
        self.said, self.arrays = parted(block)

    @property
    def split(self) -> SplitDocument:
        said, info = self.said, self.said["info"]
        of = {"document": info["document"], "sha256": info["sha256"], "title": info["title"]}
        text = said["text"]
        return SplitDocument(
            document=Document(
                **of,
                text=text,
                sections=tuple(Section(start, end, locator_from_json(loc)) for start, end, loc in said["sections"]),
                notes=notes_from_json(said["notes"]),
            ),
            passages=tuple(
                Passage(
                    passage_id=name, **of, start=start, end=end, text=text[start:end], locator=locator_from_json(loc)
                )
                for name, start, end, loc in said["passages"]
            ),
            units=tuple(
                Unit(s, e, UnitKind(kind), _label(label), series) for s, e, kind, label, series in said["units"]
            ),
            series=tuple(
                Series(s, e, UnitKind(kind), _label(label), items) for s, e, kind, label, items in said["series"]
            ),
        )

    def terms(self) -> Iterator[list[str]]:
        for passage in self.said["terms"]:
            yield [term for term, count in passage for _ in range(count)]


def _label(label: list[int] | None) -> tuple[int, int] | None:
    return None if label is None else (label[0], label[1])

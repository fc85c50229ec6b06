"""Takes a build apart into blocks, and sees that they put it together again, byte for byte.

A build is (1) what its manifest says besides its documents, (2) a block with the projection of its word pieces, (3) for
each document a block with all that is not vectors, and for each of its passages one with the vectors. So builds that
differ in a sentence share all but the block of that document and those of one or two passages; and vectors that only
moved, because a document is read a little otherwise, are kept as what they moved by. The files of a build are
made of these by the same functions that made them first, and are held against the manifest. A file that does not come
out the same, such as an index in lists, is kept whole.
"""

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.blocks import joined
from indexes.builds import ORIGINALS_FOLDER, PASSAGES_FILE, Build, hash_files
from indexes.durable import linked_or_copied, sync_folder
from indexes.errors import BuildDamagedError
from indexes.lexical import LexicalIndex
from indexes.manifest import DocumentInfo, Manifest
from indexes.pack import Block, Pack
from indexes.passages import SplitDocument
from indexes.sentences import PassageSentences
from indexes.unpacking import OF_SENTENCES, SQLITE_VERSION_AT, unpack_build

_WHOLE_BYTES = 1 << 20  # of a block of a file that is kept whole


def pack_build(pack: Pack, build: Build, *, aside: Path) -> None:
    """Pack a build that is open, and see that it comes out as it went in.

    Args:
        pack: open to be changed.
        build: the build; its folder stays as it is.
        aside: an empty folder on the disk of the builds, for a trial.

    Raises:
        BuildDamagedError: it does not come out as it went in.
        OSError: the disk refuses.
    """
    originals = {info.sha256 for info in build.manifest.documents}
    for sha256 in originals:
        linked_or_copied(build.folder / ORIGINALS_FOLDER / sha256, pack.originals / sha256)
    sync_folder(pack.originals)
    likes = _passages_of_the_newest(pack)
    pack.add(build.build_id, _head(build, ()), _blocks(build, (), likes))
    if whole := _otherwise(unpack_build(pack, build.build_id, aside / "once"), build.manifest):
        pack.add(build.build_id, _head(build, whole), _blocks(build, whole, likes))
        if still := _otherwise(unpack_build(pack, build.build_id, aside / "again"), build.manifest):
            raise BuildDamagedError(
                f"expected the build {build.build_id} out of the pack as it went in, {still[0]} is not"
            )


def _head(build: Build, whole: Collection[str]) -> dict[str, Any]:
    manifest = build.manifest
    with (build.folder / PASSAGES_FILE).open("rb") as file:
        (sqlite,) = struct.unpack(">I", file.read(SQLITE_VERSION_AT + 4)[SQLITE_VERSION_AT:])
    return {
        "created_at": manifest.created_at,
        "encoder": asdict(manifest.encoder),
        "splitter": asdict(manifest.splitter),
        "terms": manifest.terms,
        "dense": asdict(manifest.dense),
        "collection": asdict(manifest.collection) if manifest.collection else None,
        "files": {n: h for n, h in manifest.files.items() if not n.startswith(f"{ORIGINALS_FOLDER}/")},
        "sqlite": sqlite,
        "passages": [info.passages for info in manifest.documents],
        "sentences": len(build.sentences.spans),
        "whole": [[name, -(-(build.folder / name).stat().st_size // _WHOLE_BYTES)] for name in sorted(whole)],
    }


def _passages_of_the_newest(pack: Pack) -> dict[str, list[int]]:
    """Return the numbers of the blocks of each document's passages in the newest build that is packed."""
    found: dict[str, list[int]] = {}
    names = pack.names()
    for build_id in pack.build_ids()[-1:]:
        numbers, head = pack.numbers(build_id), pack.head(build_id) or {"whole": [], "passages": []}
        at = sum(count for _, count in head["whole"]) + 1
        for passages in head["passages"]:
            found[names[numbers[at]]] = numbers[at + 1 : at + 1 + passages]
            at += 1 + passages
    return found


def _blocks(build: Build, whole: Collection[str], likes: Mapping[str, list[int]]) -> Iterator[Block]:
    """Take a build apart.

    Args:
        build: the build.
        whole: the files that are kept as they are.
        likes: the numbers of packed blocks that those of a document's passages may be nearly the same as.
    """
    for name in sorted(whole):
        with (build.folder / name).open("rb") as file:
            while content := file.read(_WHOLE_BYTES):
                yield Block(content)
    yield Block(joined({}, {"projection": build.pieces.projection}))
    terms = _terms_by_row(build.lexical)
    row = 0
    for info in build.manifest.documents:
        split = build.passages.split_document(info.document)
        if split is None:
            raise BuildDamagedError(
                f"'{info.document}' is not in the build {build.build_id}, though its manifest says so"
            )
        rows = range(row, row := row + len(split.passages))
        sentences = [build.sentences.of_row(one) for one in rows]
        yield Block(_of_document(info, split, sentences, [next(terms) for _ in rows]), info.document, info.sha256)
        like = iter(likes.get(info.document, ()))
        for one, of_row in zip(rows, sentences, strict=True):
            numbers = slice(int(build.sentences.first[one]), int(build.sentences.first[one + 1]))
            pieces = build.pieces.of_row(one, numbers)
            vectors = build.dense.vectors(np.array([one], np.int64)).astype(np.float16)
            arrays: dict[str, NDArray[Any]]
            arrays = {"dense": vectors, "sentences": of_row.vectors, "pieces": pieces.vectors, "places": pieces.places}
            yield Block(joined({}, arrays), like=next(like, None))


def _of_document(
    info: DocumentInfo, split: SplitDocument, sentences: list[PassageSentences], terms: list[list[tuple[str, int]]]
) -> bytes:
    document = split.document
    said = {
        "info": asdict(info),
        "text": document.text,
        "sections": [[one.start, one.end, one.locator.as_json()] for one in document.sections],
        "notes": [note.as_json() for note in document.notes],
        "passages": [[one.passage_id, one.start, one.end, one.locator.as_json()] for one in split.passages],
        "units": [[one.start, one.end, one.kind, one.label, one.series] for one in split.units],
        "series": [[one.start, one.end, one.kind, one.label, one.items] for one in split.series],
        "terms": terms,
    }
    arrays = {f"{at}.{name}": getattr(one, name) for at, one in enumerate(sentences) for name in OF_SENTENCES}
    return joined(said, arrays)


def _terms_by_row(lexical: LexicalIndex) -> Iterator[list[tuple[str, int]]]:
    """Yield the terms of each row, in order, with how often each stands there."""
    postings = lexical.postings
    words = postings.terms()
    numbers = np.repeat(np.arange(len(words)), np.diff(postings.starts))
    order = np.argsort(postings.rows, kind="stable")  # terms stay in order within a row
    ends = np.cumsum(np.bincount(postings.rows, minlength=len(lexical)))
    for start, end in pairwise([0, *ends.tolist()]):
        part = order[start:end]
        yield [(words[n], c) for n, c in zip(numbers[part].tolist(), postings.counts[part].tolist(), strict=True)]


def _otherwise(folder: Path, manifest: Manifest) -> list[str]:
    """Return the files of a build that did not come out as its manifest says.

    Raises:
        BuildDamagedError: one is too many, or an original is another than it was: somebody wrote into the pack.
    """
    got = hash_files(folder)
    names = sorted(name for name in manifest.files.keys() | got.keys() if manifest.files.get(name) != got.get(name))
    for name in names:
        if name.startswith(f"{ORIGINALS_FOLDER}/"):
            raise BuildDamagedError(f"{name} of the packed builds was changed: put it back from a backup")
        if name not in manifest.files:
            raise BuildDamagedError(
                f"expected the build {folder.name} out of the pack as it went in, it has {name} besides"
            )
    return names

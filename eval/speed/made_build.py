"""Builds of any size to measure on, made of real passages: each is repeated with other words and a noisy vector.

A made passage is a real one with one sentence exchanged, one added, and two code words that few others have; its vector
is the real one's, moved by noise to a cosine of about 0.8. So words are as frequent, and vectors as close, as in real
text, without encoding a million passages. A made document holds a hundred of them. A part of the documents is in a
second source that everybody may read who is asked about as having little.

Only made builds skip parsing and encoding; indexes, files, check and publication are the real ones.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.clock import utc_now
from indexes.coarse import InBytes, in_bytes
from indexes.documents import Document, Locator, Passage, Section, passage_id
from indexes.encoder import Encoder
from indexes.events import Approval
from indexes.manifest import SplitterInfo
from indexes.passages import SplitDocument
from indexes.pieces import Stored
from indexes.register import REGISTER_FILE, append_events
from indexes.units import Span, Unit
from ingest.describe import describe
from ingest.encode import KeptPieces
from ingest.index_pieces import index_pieces
from ingest.index_sentences import index_sentences
from ingest.index_vectors import index_vectors, sample_sentences
from ingest.index_words import index_words
from ingest.publish import Content, staging

STAFF, FEW = frozenset({"staff"}), frozenset({"few"})
_PASSAGES_A_DOCUMENT = 100
_FEW_OF = 100  # every so many-th document is in the source that the group "few" may read
_NOISE = 0.75  # the length of the noise beside a unit vector: a cosine of 0.8 with the real passage
_CHUNK = 50_000
_SEED = 11
_CODES = 5000
_ADDED = 2  # sentences of a made passage beyond those of the real one
_STEP = 7  # between the vectors that two passages' sentences begin with


@dataclass(frozen=True, slots=True)
class Base:
    """Real passages: titles, sentences, unit vectors, shape (passages, dimensions), word pieces as a build has them."""

    titles: list[str]
    sentences: list[list[str]]
    vectors: NDArray[np.float32]
    pieces: list[Stored]
    projection: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Made:
    """What making a build took, and the seconds of its parts."""

    folder: Path
    vectors: Path
    seconds: dict[str, float]


def read_base(build: Build) -> Base:
    """Take the passages of a real build that hold at least one whole sentence."""
    titles, sentences, rows = [], [], []
    row = 0
    for document, _ in build.documents:
        split = build.passages.split_document(document)
        for passage in split.passages if split else ():
            units = build.passages.units(passage) if split else []
            held = [passage.text[unit.start - passage.start : unit.end - passage.start] for unit in units]
            if held:
                titles.append(passage.title)
                sentences.append(held)
                rows.append(row)
            row += 1
    vectors = build.dense.vectors(np.array(rows, dtype=np.int64))
    pieces = [build.pieces.of_row(row, slice(0, 0)).vectors for row in rows]
    return Base(titles, sentences, vectors, pieces, build.pieces.projection)


class MadeDocuments(Sequence[SplitDocument]):
    """Documents that are made when they are read, the same ones every time."""

    def __init__(self, base: Base, passages: int) -> None:
        """Make so many passages."""
        self._base = base
        self._passages = passages

    def __len__(self) -> int:
        return (self._passages + _PASSAGES_A_DOCUMENT - 1) // _PASSAGES_A_DOCUMENT

    @overload
    def __getitem__(self, number: int) -> SplitDocument: ...
    @overload
    def __getitem__(self, number: slice) -> list[SplitDocument]: ...
    def __getitem__(self, number: int | slice) -> SplitDocument | list[SplitDocument]:
        """Return a document by its number, or some."""
        if isinstance(number, slice):
            return [self._made(at) for at in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self._made(number)

    def __iter__(self) -> Iterator[SplitDocument]:
        return (self._made(number) for number in range(len(self)))

    def name(self, number: int) -> tuple[str, str]:
        """Return a document's id and hash."""
        document = f"{'few' if number % _FEW_OF == 0 else 'made'}/{number:06}.md"
        return document, hashlib.sha256(document.encode()).hexdigest()

    def sentence_count(self) -> int:
        """Return how many sentences all passages hold."""
        sizes = np.array([len(sentences) + _ADDED for sentences in self._base.sentences])
        return int(sizes[np.arange(self._passages) % len(sizes)].sum())

    def _made(self, number: int) -> SplitDocument:
        chance = random.Random(_SEED + number)  # nosec B311  # noqa: S311  (no secret)
        document, sha256 = self.name(number)
        first = number * _PASSAGES_A_DOCUMENT
        rows = range(first, min(first + _PASSAGES_A_DOCUMENT, self._passages))
        blocks, spans, units, length = [], list[Span](), list[Unit](), 0
        for row in rows:
            start = length
            for sentence in self._varied(row, chance):
                units.append(Unit(length, length + len(sentence)))
                blocks.append(sentence)
                length += len(sentence) + 1
            spans.append((start, length - 1))
        text, title = "\n".join(blocks), self._base.titles[rows[0] % len(self._base.titles)]
        where = Locator("document")
        passages = tuple(
            Passage(
                passage_id(document, sha256, start, end), document, sha256, title, start, end, text[start:end], where
            )
            for start, end in spans
        )
        whole = Document(document, sha256, title, text, (Section(0, len(text), where),))
        return SplitDocument(whole, passages, tuple(units))

    def _varied(self, row: int, chance: random.Random) -> list[str]:
        texts = self._base.sentences
        sentences = list(texts[row % len(texts)])
        sentences[chance.randrange(len(sentences))] = chance.choice(chance.choice(texts))
        code = f"Reference n{chance.randrange(self._passages)} of shelf k{chance.randrange(_CODES)}."
        return [*sentences, chance.choice(chance.choice(texts)), code]


def make_vectors(base: Base, passages: int, path: Path) -> NDArray[np.float16]:
    """Write the vectors of made passages into a NumPy file, shape (passages, dimensions), and map it."""
    drawn = np.random.default_rng(_SEED)
    dimensions = base.vectors.shape[1]
    made = np.lib.format.open_memmap(path, "w+", np.float16, (passages, dimensions))
    for start in range(0, passages, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, passages))
        noise = drawn.standard_normal((len(rows), dimensions), dtype=np.float32)
        moved = base.vectors[rows % len(base.vectors)] + noise * np.float32(_NOISE / np.sqrt(dimensions))
        made[rows] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    made.flush()
    return made


def make_build(base: Base, passages: int, *, root: Path, encoder: Encoder) -> Made:
    """Make a library and a published build of so many passages under a folder; nothing is parsed or encoded."""
    documents, seconds = MadeDocuments(base, passages), dict[str, float]()
    vectors = make_vectors(base, passages, root / "vectors.npy")
    _write_library(documents, root / "library")
    sample = documents[:: max(1, len(documents) // 50)]
    started = time.monotonic()
    dense, info = index_vectors(vectors, setting="auto", queries=lambda: encoder.encode(sample_sentences(sample)))
    seconds["dense"] = time.monotonic() - started
    started = time.monotonic()
    lexical = index_words(documents, live=None, carried=())
    seconds["lexical"] = time.monotonic() - started
    manifest = describe(
        documents,
        encoder=encoder,
        splitter=SplitterInfo("made", 1, 220, 30),
        dense_index="auto",
        now=utc_now(),
    )
    started = time.monotonic()
    with staging(root / "builds") as aside:
        build_id = aside.publish(
            Content(
                documents=documents,
                dense=dense,
                lexical=lexical,
                sentences=index_sentences(documents, vectors=_any_vectors(base), lent=None),
                sentence_count=documents.sentence_count(),
                pieces=index_pieces(documents, kept=_any_pieces(base), lent=None),
                projection=base.projection,
                manifest=replace(manifest, dense=info),
            )
        )
    seconds["sentences, files, check"] = time.monotonic() - started
    return Made(root / "builds" / build_id, root / "vectors.npy", seconds)


def _any_vectors(base: Base) -> Callable[[Passage, Sequence[Span]], InBytes]:
    """Return what gives sentences some vectors: those of real passages, one after the other."""
    real, given = in_bytes(base.vectors), count(step=_STEP)

    def vectors(passage: Passage, spans: Sequence[Span]) -> InBytes:
        del passage
        vectors: InBytes = real[(next(given) + np.arange(len(spans))) % len(real)]
        return vectors

    return vectors


def _any_pieces(base: Base) -> Callable[[Passage, Sequence[Span]], KeptPieces]:
    """Return what gives passages the word pieces of real ones, one after the other, evenly spread over their texts."""
    given = cycle(base.pieces)

    def kept(passage: Passage, spans: Sequence[Span]) -> KeptPieces:
        del spans
        vectors = next(given)
        starts = np.linspace(passage.start - passage.end, -1, len(vectors)).astype(np.int32)
        return KeptPieces(np.stack([starts, starts + 1], axis=1), vectors)

    return kept


def _write_library(documents: MadeDocuments, library: Path) -> None:
    library.mkdir(parents=True)
    entry = '[[source]]\nname = "{}"\nkind = "folder"\ngroups = [{}]\n'
    sources = entry.format("made", '"staff"') + "\n" + entry.format("few", '"staff", "few"')
    (library / "sources.toml").write_text(sources, encoding="utf-8")
    approval = partial(
        Approval, title="", by="eval@greenlit.example", at=utc_now(), expires=date.max, groups=("staff", "few")
    )
    names = (documents.name(number) for number in range(len(documents)))
    append_events(library / REGISTER_FILE, [approval(document, sha256) for document, sha256 in names])

"""Small builds of which a test knows every sentence, and what ranks and asks them.

`open_made` makes a build of documents that are given as passages of sentences: nothing is parsed or split, so a test
says itself where a passage or a sentence ends. `RANKING` stays as it is, whatever weights ship.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.builds import DENSE_FILE, LEXICAL_FOLDER, PASSAGES_FILE, PIECES_FOLDER, SENTENCES_FOLDER, Build
from indexes.candidates import LocalCandidates
from indexes.coarse import in_bytes
from indexes.dense import DenseIndex
from indexes.documents import Document, Locator, Passage, Section, passage_id
from indexes.encoder import Span
from indexes.lexical import LexicalIndex
from indexes.manifest import SplitterInfo
from indexes.passages import PassageStore, SplitDocument, write_passages
from indexes.pieces import PieceIndex, stored, write_pieces
from indexes.sentences import SentenceIndex, write_sentences
from indexes.standing import Grant
from indexes.units import Unit
from ingest.describe import describe
from ingest.encode import EncoderText, KeptPieces
from ingest.encoded_texts import encoder_texts
from ingest.index_pieces import index_pieces, projection_for
from ingest.index_sentences import index_sentences
from ingest.index_words import index_words
from ingest.split import Splitter
from ingest.units.finding import find_units
from service.answering.boundary import Scope
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import Retrieved, retrieve
from tests.support.fakes import NOON, HashingEncoder

Whole = Sequence[str]  # a passage of whole sentences
Made = Mapping[str, Sequence[Whole | str]]  # passages by document; a bare text is a passage without a whole sentence


def weights(names: Sequence[str], **given: float) -> NDArray[np.float64]:
    """Return weights by name, in the order of features; those that are not given are zero."""
    assert given.keys() <= set(names)
    return np.array([given.get(name, 0.0) for name in names])


RANKING = Ranking(
    weights(PASSAGE_FEATURES, cosine=5, sentence_cosine=4, coverage=6, pairs=2, numbers=2, document=1, log_length=0.3),
    weights(SENTENCE_FEATURES, cosine=6, coverage_in_context=6, coverage_nearby=0.5, passage=0.5),
)


def made_document(name: str, passages: Sequence[Whole | str]) -> SplitDocument:
    """Return a document whose passages lie one after the other, an empty line between them."""
    text, spans, units = "", [], []
    for passage in passages:
        start = len(text)
        for number, sentence in enumerate([passage] if isinstance(passage, str) else passage):
            text += " " * bool(number)
            if not isinstance(passage, str):
                units.append(Unit(len(text), len(text) + len(sentence)))
            text += sentence
        spans.append((start, len(text)))
        text += "\n\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    title, locator = Path(name).stem, Locator("document")
    held = tuple(
        Passage(passage_id(name, sha256, start, end), name, sha256, title, start, end, text[start:end], locator)
        for start, end in spans
    )
    document = Document(name, sha256, title, text, (Section(0, len(text), locator),))
    return SplitDocument(document, held, tuple(units))


def read_document(name: str, *passages: str) -> SplitDocument:
    """Return a document whose units are found in it as at ingest, lists, tables and questions too."""
    text, spans = "", []
    for passage in passages:
        spans.append((len(text), len(text) + len(passage)))
        text += f"{passage}\n\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    title, locator = Path(name).stem, Locator("document")
    held = tuple(
        Passage(passage_id(name, sha256, start, end), name, sha256, title, start, end, text[start:end], locator)
        for start, end in spans
    )
    document = Document(name, sha256, title, text, (Section(0, len(text), locator),))
    return SplitDocument(document, held, *find_units(document))


@contextlib.contextmanager
def open_made(made: Made) -> Iterator[Build]:
    """Lend a build of some documents, made with a `HashingEncoder`; rows are in the order given."""
    with open_split([made_document(name, passages) for name, passages in made.items()]) as build:
        yield build


@contextlib.contextmanager
def open_split(documents: Sequence[SplitDocument]) -> Iterator[Build]:
    """Lend a build of documents that are split already, made with a `HashingEncoder`; rows are in the order given."""
    encoder, splitter = HashingEncoder(), Splitter(HashingEncoder())
    texts = encoder_texts(documents, splitter)
    vectors, of_spans, pieces = encoder.encode_with_spans([text.text for text in texts], [text.spans for text in texts])
    rows = iter(of_spans)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_passages(folder / PASSAGES_FILE, documents)
        DenseIndex.from_vectors(vectors).write(folder / DENSE_FILE)
        index_words(documents, live=None, carried=()).write(folder / LEXICAL_FOLDER)
        write_sentences(
            folder / SENTENCES_FOLDER,
            index_sentences(documents, vectors=lambda _passage, _spans: in_bytes(next(rows)), lent=None),
            sentences=sum(len(text.spans) for text in texts),
            dimensions=encoder.dimensions,
        )
        projection, held = projection_for(encoder), iter(zip(texts, pieces, strict=True))

        def kept(_passage: Passage, _spans: Sequence[Span]) -> KeptPieces:
            text, of_text = next(held)
            return KeptPieces(of_text.spans - np.int32(len(text.text)), stored(of_text.vectors, projection))

        index = index_pieces(documents, kept=kept, lent=None)
        write_pieces(folder / PIECES_FOLDER, index, projection=projection)
        passages = PassageStore(folder / PASSAGES_FILE)
        info = SplitterInfo("made by hand", 1, 220, 30)
        with contextlib.closing(passages):
            dense, lexical = DenseIndex.read(folder / DENSE_FILE), LexicalIndex.read(folder / LEXICAL_FOLDER)
            yield Build(
                build_id="made",
                folder=folder,
                manifest=describe(documents, encoder=encoder, splitter=info, dense_index="auto", now=NOON),
                manifest_hash="0" * 64,
                passages=passages,
                dense=dense,
                lexical=lexical,
                candidates=LocalCandidates(dense, lexical),
                sentences=SentenceIndex.read(folder / SENTENCES_FOLDER),
                pieces=PieceIndex.read(folder / PIECES_FOLDER),
                documents=tuple(passages.document_ids()),
                document_of_row=np.repeat(np.arange(len(documents)), passages.document_sizes()),
            )


def a_scope(build: Build, *, hidden: Collection[str] = ()) -> Scope:
    """Return a scope over all documents of a build but the hidden ones."""
    visible = np.array([document not in hidden for document, _ in build.documents], dtype=np.bool_)
    rows = visible[build.document_of_row]
    day = date(2027, 1, 1)
    grants = {
        document: Grant(document, sha256, "", frozenset(), approved_by=(), approved_on=day, expires=day)
        for document, sha256 in build.documents
        if document not in hidden
    }
    return Scope(
        grants=grants,
        rows=rows,
        lexical=build.lexical.scope(rows),
        register_position=0,
        filter_hash="f" * 64,
        pairs=b"",
        made_at=NOON,
        valid_until=datetime.max.replace(tzinfo=UTC),
    )


def found(text: str, build: Build, scope: Scope | None = None, *, ranking: Ranking = RANKING, k: int = 10) -> Retrieved:
    """Return what is retrieved for a question, of all of a build unless a scope is given."""
    seen = a_scope(build) if scope is None else scope
    return retrieve(text, build=build, scope=seen, encoder=HashingEncoder(), ranking=ranking, k=k)


def whole_texts(*texts: str) -> list[EncoderText]:
    """Return texts of which each is one sentence, as they are encoded."""
    return [EncoderText(text, ((0, len(text)),)) for text in texts]

"""The word pieces of a build: which sentence each belongs to, and that carried ones are as if made anew."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.builds import PIECES_FOLDER, Build, current_build_id
from indexes.encoder import Pieces, SentenceTransformersEncoder, Vectors
from indexes.pieces import QuestionPieces, projected
from indexes.stretches import no_pieces
from indexes.units import Span
from ingest import index_pieces as index_pieces_module
from ingest.index_pieces import projection_for
from tests.support.answering_parts import Made, open_made
from tests.support.fakes import HashingEncoder, TinyLibrary

MADE: Made = {
    "legal/a.md": [["Keep masters for years.", "Lunch."], ["Ask the team.", "!?"]],
    "legal/b.md": ["a passage without a sentence"],
}


def _match(build: Build, *words: str) -> list[float]:
    """Return the token match of every sentence with some words, which weigh the same."""
    pieces: Pieces = HashingEncoder().encode_with_pieces([" ".join(words)])[1][0]
    weights = np.full(len(words), 1 / len(words), np.float32)
    question = QuestionPieces(projected(pieces.vectors, build.pieces.projection), weights)
    found = build.pieces.token_match(question, np.arange(build.pieces.sentences))
    return [round(float(one), 1) for one in found]


def test_a_word_is_found_in_the_sentence_that_holds_it_and_there_alone() -> None:
    with open_made(MADE) as build:
        assert np.argmax(_match(build, "masters")) == 0
        assert _match(build, "masters")[0] == _match(build, "Lunch")[1] == _match(build, "team", "ask")[2] == 1
        assert _match(build, "team")[3] == 0, "marks hold no word"
        assert _match(build, "sentence", "without")[4] == 1, "a passage without a whole sentence is one"
        assert max(_match(build, "md", "legal")) < 0.9, "what stands before the passage is not its own"


FIRST = {
    "legal/a.md": "# Vendors\n\nAsk the legal team. Vendors are reviewed.\n\n## Review\n\nA review takes ten days.\n",
    "legal/b.txt": "Lunch is served at noon. Nobody waits.",
}


def _add(library: TinyLibrary) -> None:
    library.add("legal/0.txt", "This one stands before all others. It moves their rows.")


def _change(library: TinyLibrary) -> None:
    library.add("legal/b.txt", "Dinner is served at six. Nobody waits.")


def _revoke(library: TinyLibrary) -> None:
    library.revoke("legal/a.md")


def _files(library: TinyLibrary) -> dict[str, bytes]:
    """Return the files of the word pieces of the live build."""
    folder = library.builds / current_build_id(library.builds) / PIECES_FOLDER
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("change", [_add, _change, _revoke])
def test_carried_pieces_are_those_made_anew_byte_for_byte(
    library: TinyLibrary, tmp_path: Path, change: Callable[[TinyLibrary], None]
) -> None:
    anew = TinyLibrary(tmp_path / "anew")
    for document, text in FIRST.items():
        library.add(document, text)
        anew.add(document, text)
    library.ingest()
    for one in (library, anew):
        change(one)
        one.ingest()
    assert _files(library) == _files(anew)
    assert len(_files(library)["vectors.npy"]) > 128 + 32 * 5, "there are some"


def test_what_is_carried_is_not_looked_up_again(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    for document, text in FIRST.items():
        library.add(document, text)
    library.ingest()
    _add(library)
    asked: list[Sequence[Span]] = []
    places = index_pieces_module._places

    def noting(pieces: NDArray[np.int32], spans: Sequence[Span]) -> NDArray[np.int64]:
        asked.append(spans)
        return places(pieces, spans)

    monkeypatch.setattr(index_pieces_module, "_places", noting)
    library.ingest()
    assert asked == [[(0, 34), (35, 55)]]


class _Halving(HashingEncoder):
    """The same weights on a machine of another arithmetic."""

    def __init__(self) -> None:
        super().__init__()
        self.dtype = "bfloat16"

    def encode_with_pieces(self, texts: Sequence[str]) -> tuple[Vectors, list[Pieces]]:
        vectors, pieces = super().encode_with_pieces(texts)
        return vectors, [Pieces(one.spans, one.vectors.round(1)) for one in pieces]


def test_after_a_change_of_arithmetic_pieces_are_made_anew(library: TinyLibrary, tmp_path: Path) -> None:
    for document, text in FIRST.items():
        library.add(document, text)
    anew = TinyLibrary(tmp_path / "anew", encoder=_Halving())
    shutil.copytree(library.folder, anew.folder, dirs_exist_ok=True)
    library.ingest()
    before = _files(library)
    library.encoder = _Halving()
    for one in (library, anew):
        one.ingest()
    assert _files(library) == _files(anew) != before


def test_a_projection_is_the_same_every_time_and_no_wider_than_needed() -> None:
    for dimensions in (16, 96):
        encoder = HashingEncoder(dimensions=dimensions)
        projection = projection_for(encoder)
        assert projection.shape == (dimensions, min(dimensions, 64))
        np.testing.assert_array_equal(projection, projection_for(encoder))
        np.testing.assert_allclose(projection.T @ projection, np.eye(projection.shape[1]), atol=1e-5)


def test_a_projection_keeps_what_the_pieces_of_texts_differ_in(real_encoder: SentenceTransformersEncoder) -> None:
    projection = projection_for(real_encoder)
    texts = ["Who approves a new vendor?", "The security team reviews every supplier within ten days, or says why not."]
    question, passage = (one.vectors.astype(np.float32) for one in real_encoder.encode_with_pieces(texts)[1])
    whole, kept = question @ passage.T, projected(question, projection) @ projected(passage, projection).T
    assert projection.shape == (384, 64)
    assert np.corrcoef(whole.ravel(), kept.ravel())[0, 1] > 0.8


def test_an_encoder_that_has_no_pieces_has_a_projection_nevertheless() -> None:
    class Wordless(HashingEncoder):
        def encode_with_pieces(self, texts: Sequence[str]) -> tuple[Vectors, list[Pieces]]:
            return self.encode(texts), [no_pieces(self.dimensions)] * len(texts)

    assert projection_for(Wordless(dimensions=96)).shape == (96, 64)

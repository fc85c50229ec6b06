"""Made builds are real builds: of as many passages as were asked for, each at its span, the same every time."""

from pathlib import Path

import numpy as np
import pytest

from eval.speed.made_build import FEW, STAFF, Base, MadeDocuments, make_build, make_vectors, read_base
from indexes.builds import current_build_id, open_build
from indexes.clock import utc_now
from service.answering.boundary import Boundary
from tests.support.fakes import HashingEncoder, TinyLibrary

ENCODER = HashingEncoder()


@pytest.fixture
def base(library: TinyLibrary) -> Base:
    library.add("legal/a.md", "# Masters\n\nKeep masters for ten years. Then review them.\n")
    library.add("legal/b.md", "# Lunch\n\nLunch is served at noon. Guests are welcome. Tell the kitchen.\n")
    library.ingest()
    build = open_build(library.builds / current_build_id(library.builds))
    return read_base(build)


def test_real_passages_are_taken_with_their_sentences_and_vectors(base: Base) -> None:
    assert base.titles == ["Masters", "Lunch"]
    assert base.sentences[0] == ["Keep masters for ten years.", "Then review them."]
    np.testing.assert_allclose(np.linalg.norm(base.vectors, axis=1), 1, atol=1e-2)


@pytest.mark.parametrize("passages", [1, 100, 250])
def test_made_documents_hold_as_many_passages_as_were_asked_for_each_at_its_span(base: Base, passages: int) -> None:
    documents = MadeDocuments(base, passages)
    assert sum(len(split.passages) for split in documents) == passages
    assert sum(len(split.units) for split in documents) == documents.sentence_count()
    assert len(documents) == len(list(documents)) == -(-passages // 100)
    for number, split in enumerate(documents):
        assert (split.document.document, split.document.sha256) == documents.name(number)
        assert all(passage.text == split.document.text[passage.start : passage.end] for passage in split.passages)
        assert all("\n" not in split.document.text[start:end] for start, end in split.spans)


def test_made_documents_are_the_same_every_time_and_differ_among_each_other(base: Base) -> None:
    documents = MadeDocuments(base, 250)
    assert documents[1] == documents[1] == documents[0:3][1] == list(documents)[1]
    assert len({passage.text for split in documents for passage in split.passages}) == 250
    with pytest.raises(IndexError):
        documents[3]


def test_made_vectors_are_near_the_real_ones(base: Base, tmp_path: Path) -> None:
    vectors = make_vectors(base, 300, tmp_path / "vectors.npy").astype(np.float32)
    cosines = np.einsum("ij,ij->i", vectors, base.vectors[np.arange(300) % len(base.vectors)])
    assert 0.75 < cosines.mean() < 0.85
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-2)


def test_a_made_build_opens_and_its_library_draws_both_scopes(base: Base, tmp_path: Path) -> None:
    made = make_build(base, 250, root=tmp_path, encoder=ENCODER)
    build = open_build(made.folder, encoder=ENCODER)
    assert build.passages.rows == 250
    boundary = Boundary(library=tmp_path / "library", now=utc_now, notice=pytest.fail, on_change=lambda _: None)
    assert boundary.scope(build, STAFF).rows.all()
    few = boundary.scope(build, FEW).rows
    assert np.flatnonzero(few).tolist() == list(range(100))
    stored = np.load(made.vectors)
    np.testing.assert_array_equal(build.dense.vectors(np.arange(250)), stored.astype(np.float32))
    assert set(made.seconds) == {"dense", "lexical", "sentences, files, check"}
    build.passages.close()

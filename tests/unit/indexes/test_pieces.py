"""Token match: for each word piece of a question the best cosine in a sentence, by weight; and its files."""

from pathlib import Path

import numpy as np
import pytest

from indexes.coarse import from_half_bytes
from indexes.errors import BuildDamagedError
from indexes.pieces import PassagePieces, PieceIndex, QuestionPieces, projected, stored, write_pieces
from indexes.stretches import unit

SAME = np.eye(4, dtype=np.float32)  # a projection that leaves everything as it is
EAST, NORTH, UP = np.eye(4, dtype=np.float32)[:3]


def _passage(*sentences: list[np.ndarray]) -> PassagePieces:
    """Return a passage whose sentences follow one another."""
    ends = np.cumsum([len(sentence) for sentence in sentences])
    vectors = np.array([vector for sentence in sentences for vector in sentence], np.float32).reshape(-1, 4)
    starts = np.concatenate([[0], ends[:-1]])
    return PassagePieces(stored(vectors, SAME), np.stack([starts, ends], axis=1).astype(np.int64))


def _index(folder: Path, *passages: PassagePieces) -> PieceIndex:
    write_pieces(folder / "pieces", passages, projection=SAME)
    return PieceIndex.read(folder / "pieces")


def _asked(*pieces: tuple[np.ndarray, float]) -> QuestionPieces:
    vectors = np.array([vector for vector, _ in pieces], np.float32).reshape(-1, 4)
    return QuestionPieces(vectors, np.array([weight for _, weight in pieces], np.float32))


def _all(index: PieceIndex) -> np.ndarray:
    return np.arange(index.sentences)


def test_each_piece_of_a_question_counts_its_best_cosine_in_a_sentence_by_its_weight(tmp_path: Path) -> None:
    between = unit((EAST + NORTH)[None])[0]
    index = _index(tmp_path, _passage([EAST, UP], [UP, between]), _passage([-EAST]))
    found = index.token_match(_asked((EAST, 0.75), (NORTH, 0.25)), _all(index))
    np.testing.assert_allclose(found, [0.75, 2**-0.5, -0.75], atol=0.1)
    assert found.dtype == np.float32


def test_sentences_are_matched_in_the_order_asked_for_and_as_often(tmp_path: Path) -> None:
    index = _index(tmp_path, _passage([EAST], [NORTH], [UP]))
    found = index.token_match(_asked((NORTH, 1.0)), np.array([2, 1, 1, 0]))
    np.testing.assert_allclose(found, [0, 1, 1, 0], atol=0.01)


def test_a_sentence_without_word_pieces_matches_nothing(tmp_path: Path) -> None:
    index = _index(tmp_path, _passage([], [EAST], []), _passage([]), _passage([EAST], []))
    found = index.token_match(_asked((EAST, 1.0)), _all(index))
    assert found.tolist() == [0, 1, 0, 0, 1, 0]


def test_a_question_without_word_pieces_matches_nothing(tmp_path: Path) -> None:
    index = _index(tmp_path, _passage([EAST], [NORTH]))
    assert index.token_match(_asked(), _all(index)).tolist() == [0, 0]
    assert index.token_match(_asked((EAST, 1.0)), np.zeros(0, np.int64)).shape == (0,)


def test_sentences_may_share_word_pieces(tmp_path: Path) -> None:
    vectors = stored(np.stack([EAST, NORTH, UP]), SAME)
    index = _index(tmp_path, PassagePieces(vectors, np.array([[0, 3], [1, 3], [0, 1]])))
    found = index.token_match(_asked((EAST, 0.5), (UP, 0.5)), _all(index))
    np.testing.assert_allclose(found, [1, 0.5, 0.5], atol=0.01)


def test_the_sentences_of_a_passage_together_match_what_none_of_them_does_alone(tmp_path: Path) -> None:
    index = _index(tmp_path, _passage([EAST], [NORTH]), _passage([]), _passage([UP]))
    asked = _asked((EAST, 0.5), (NORTH, 0.5))
    assert [index.passage_match(asked, row) for row in range(3)] == pytest.approx([1, 0, 0], abs=0.01)
    assert index.passage_match(_asked(), 0) == 0


def test_a_passage_is_given_back_as_it_was(tmp_path: Path) -> None:
    passages = [_passage([EAST], [NORTH, UP]), _passage([]), _passage([UP], [])]
    index = _index(tmp_path, *passages)
    assert (len(index), index.sentences) == (3, 5)
    for row, (given, sentences) in enumerate(zip(passages, (slice(0, 2), slice(2, 3), slice(3, 5)), strict=True)):
        back = index.of_row(row, sentences)
        np.testing.assert_array_equal(back.vectors, given.vectors)
        np.testing.assert_array_equal(back.places, given.places)


def test_no_passages_are_an_index_too(tmp_path: Path) -> None:
    index = _index(tmp_path)
    assert (len(index), index.sentences, index.vectors.shape) == (0, 0, (0, 2))


def test_kept_vectors_are_near_the_projected_ones() -> None:
    drawn = np.random.default_rng(1).standard_normal((50, 8)).astype(np.float32)
    projection = np.linalg.qr(np.random.default_rng(2).standard_normal((8, 4)))[0].astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(projected(drawn, projection), axis=1), 1, atol=1e-5)
    kept, expected = from_half_bytes(stored(drawn, projection), 4), projected(drawn, projection)
    assert np.vecdot(unit(kept), expected).min() > 0.97


def test_a_file_that_is_missing_or_another_is_damage(tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    _index(tmp_path, _passage([EAST], [NORTH]))
    for name in ("projection", "vectors", "first", "places"):
        path = folder / f"{name}.npy"
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(BuildDamagedError, match=rf"pieces is not an index of word pieces: .*{name}\.npy"):
            PieceIndex.read(folder)
        path.write_bytes(b"not an array")
        with pytest.raises(BuildDamagedError, match="pieces is not an index of word pieces"):
            PieceIndex.read(folder)
        np.save(path, np.zeros((2, 2), np.float64))
        with pytest.raises(BuildDamagedError, match=rf"{name}\.npy should have \d dimensions of"):
            PieceIndex.read(folder)
        path.write_bytes(content)
    assert len(PieceIndex.read(folder)) == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("vectors", np.zeros((1, 2), np.uint8)),
        ("vectors", np.zeros((2, 3), np.uint8)),
        ("first", np.array([0, 3])),
        ("first", np.zeros(0, np.int64)),
        ("places", np.array([[0, 1], [1, 3]])),
        ("places", np.array([[-1, 1], [1, 2]])),
        ("places", np.array([[0, 1, 2]])),
        ("projection", np.zeros((4, 2), np.float32)),
    ],
)
def test_files_that_do_not_fit_together_are_damage(tmp_path: Path, name: str, values: np.ndarray) -> None:
    _index(tmp_path, _passage([EAST], [NORTH]))
    np.save(tmp_path / "pieces" / f"{name}.npy", values)
    with pytest.raises(BuildDamagedError, match="pieces is not an index of word pieces"):
        PieceIndex.read(tmp_path / "pieces")

"""Each text is encoded once; vectors are kept, privately, and only for as long as a build holds them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexes.encoder import Vectors
from ingest.encode import VectorCache
from ingest.errors import PublishError
from tests.fakes import HashingEncoder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors.sqlite"


def _encode(path: Path, encoder: HashingEncoder, texts: Sequence[str]) -> Vectors:
    with VectorCache(path, encoder) as cache:
        return cache.encode(texts, lambda _: None)


def test_vectors_stand_in_the_order_of_their_texts(path: Path, hashing_encoder: HashingEncoder) -> None:
    texts = ["a longer text about masters", "short", "a longer text about masters", "middle one"]
    vectors = _encode(path, hashing_encoder, texts)
    expected = HashingEncoder().encode(texts).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(vectors, expected)
    assert vectors.dtype == np.float32


def test_a_text_is_encoded_once_however_often_it_occurs(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, ["same", "same", "other"])
    assert sorted(hashing_encoder.encoded) == ["other", "same"]


def test_a_vector_that_was_kept_is_the_one_that_was_made(path: Path, hashing_encoder: HashingEncoder) -> None:
    made = _encode(path, hashing_encoder, ["one", "two"])
    kept = _encode(path, hashing_encoder, ["two", "one", "three"])
    np.testing.assert_array_equal(kept[:2], made[::-1])
    assert sorted(hashing_encoder.encoded) == ["one", "three", "two"]


def test_more_texts_than_a_batch_or_a_statement_holds(path: Path, hashing_encoder: HashingEncoder) -> None:
    texts = [f"text {number}" for number in range(1000)]
    made = _encode(path, hashing_encoder, texts)
    np.testing.assert_array_equal(_encode(path, hashing_encoder, texts), made)
    assert len(hashing_encoder.encoded) == 1000


def test_no_texts_give_no_vectors(path: Path, hashing_encoder: HashingEncoder) -> None:
    assert _encode(path, hashing_encoder, []).shape == (0, hashing_encoder.dimensions)


def test_another_encoder_or_another_arithmetic_shares_nothing(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, ["one"])
    other, halved = HashingEncoder(name="other"), HashingEncoder()
    halved.dtype = "bfloat16"
    for encoder in (other, halved):
        _encode(path, encoder, ["one"])
        assert encoder.encoded == ["one"]


def test_progress_counts_every_text_once(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, ["0", "1"])
    done: list[int] = []
    with VectorCache(path, hashing_encoder) as cache:
        cache.encode([str(number % 300) for number in range(400)], done.append)
    assert done[0] >= 2, "what was known is done at once"
    assert sum(done) == 400


def test_a_crash_costs_only_the_batch_it_happened_in(path: Path) -> None:
    class Crash(BaseException):
        """Not an error that anybody handles."""

    class CrashingEncoder(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if len(self.encoded) >= 512:
                raise Crash
            return super().encode(texts)

    texts = [f"text {number:04}" for number in range(600)]
    with pytest.raises(Crash):
        _encode(path, CrashingEncoder(), texts)
    healthy = HashingEncoder()
    _encode(path, healthy, texts)
    assert len(healthy.encoded) == 600 - 512


def test_what_a_build_does_not_hold_is_forgotten(path: Path, hashing_encoder: HashingEncoder) -> None:
    with VectorCache(path, hashing_encoder) as cache:
        cache.encode(["kept", "withdrawn"], lambda _: None)
        cache.keep_only(["kept"])
        cache.keep_only(["kept"])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (1,)
    again = HashingEncoder()
    _encode(path, again, ["kept", "withdrawn"])
    assert again.encoded == ["withdrawn"]


def test_what_is_forgotten_is_gone_from_the_file_too(path: Path, hashing_encoder: HashingEncoder) -> None:
    vector = _encode(path, hashing_encoder, ["withdrawn"]).astype(np.float16).tobytes()
    assert vector in path.read_bytes()
    with VectorCache(path, hashing_encoder) as cache:
        cache.keep_only([])
    assert vector not in path.read_bytes()


def test_the_kept_vectors_are_for_their_owner_only(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, ["one"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_kept_vector_of_the_wrong_length_is_made_anew(path: Path, hashing_encoder: HashingEncoder) -> None:
    made = _encode(path, hashing_encoder, ["one"])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE vectors SET vector = x'0001'")
    np.testing.assert_array_equal(_encode(path, hashing_encoder, ["one"]), made)


def test_a_damaged_file_is_an_error_that_says_what_to_do(path: Path, hashing_encoder: HashingEncoder) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PublishError, match=r"vectors\.sqlite cannot be read or written .*delete that file; then run"):
        _encode(path, hashing_encoder, ["one"])


def test_a_place_that_cannot_hold_the_file_is_an_error(path: Path, hashing_encoder: HashingEncoder) -> None:
    path.parent.touch()
    with pytest.raises(PublishError, match=r"cannot be read or written \(.*File exists"):
        _encode(path, hashing_encoder, ["one"])

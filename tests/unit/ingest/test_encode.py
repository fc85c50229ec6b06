"""Each passage is encoded once, with its sentences; vectors are kept, privately, while a build holds them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexes.coarse import InBytes, in_bytes
from indexes.encoder import Pieces, Span, Vectors
from ingest.encode import EncoderText, VectorCache, forget
from ingest.engine import LocalEngine
from ingest.errors import PublishError
from ingest.index_pieces import projection_for
from ingest.split import Splitter
from tests.support.answering_parts import whole_texts
from tests.support.fakes import DirectParser, HashingEncoder

TEXT = "Rules\nKeep masters. Ask the team."
TWO = EncoderText(TEXT, ((6, 19), (20, 33)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors.sqlite"


def _cache(path: Path, encoder: HashingEncoder) -> VectorCache:
    here = LocalEngine(parser=DirectParser(), splitter=Splitter(encoder), encoder=encoder)
    return VectorCache(path, encoder, making=here, projection=projection_for(encoder))


def _encode(path: Path, encoder: HashingEncoder, texts: Sequence[EncoderText]) -> Vectors:
    with _cache(path, encoder) as cache:
        return cache.encode(texts, lambda _: None)


def _halves(*texts: str) -> Vectors:
    return HashingEncoder().encode(texts).astype(np.float16).astype(np.float32)


def _bytes(*texts: str) -> InBytes:
    return in_bytes(HashingEncoder().encode(texts))


def test_vectors_stand_in_the_order_of_their_texts(path: Path, hashing_encoder: HashingEncoder) -> None:
    texts = ["a longer text about masters", "short", "a longer text about masters", "middle one"]
    vectors = _encode(path, hashing_encoder, whole_texts(*texts))
    np.testing.assert_array_equal(vectors, _halves(*texts))
    assert vectors.dtype == np.float32


def test_a_text_is_encoded_once_however_often_it_occurs(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, whole_texts("same", "same", "other"))
    assert sorted(hashing_encoder.encoded) == ["other", "same"]


def test_a_vector_that_was_kept_is_the_one_that_was_made(path: Path, hashing_encoder: HashingEncoder) -> None:
    made = _encode(path, hashing_encoder, whole_texts("one", "two"))
    kept = _encode(path, hashing_encoder, whole_texts("two", "one", "three"))
    np.testing.assert_array_equal(kept[:2], made[::-1])
    assert sorted(hashing_encoder.encoded) == ["one", "three", "two"]


def test_more_texts_than_a_batch_or_a_statement_holds(path: Path, hashing_encoder: HashingEncoder) -> None:
    texts = whole_texts(*(f"text {number}" for number in range(1000)))
    made = _encode(path, hashing_encoder, texts)
    np.testing.assert_array_equal(_encode(path, hashing_encoder, texts), made)
    assert len(hashing_encoder.encoded) == 1000


def test_no_texts_give_no_vectors(path: Path, hashing_encoder: HashingEncoder) -> None:
    assert _encode(path, hashing_encoder, []).shape == (0, hashing_encoder.dimensions)


def test_another_encoder_or_another_arithmetic_shares_nothing(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, whole_texts("one"))
    other, halved = HashingEncoder(name="other"), HashingEncoder()
    halved.dtype = "bfloat16"
    for encoder in (other, halved):
        _encode(path, encoder, whole_texts("one"))
        assert encoder.encoded == ["one"]


def test_progress_counts_every_text_once(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, whole_texts("0", "1"))
    done: list[int] = []
    with _cache(path, hashing_encoder) as cache:
        cache.encode(whole_texts(*(str(number % 300) for number in range(400))), done.append)
    assert done[0] >= 2, "what was known is done at once"
    assert sum(done) == 400


# Sentences


def test_a_passage_and_its_sentences_come_of_one_pass(path: Path, hashing_encoder: HashingEncoder) -> None:
    with _cache(path, hashing_encoder) as cache:
        cache.encode([TWO, *whole_texts("Lunch.")], lambda _: None)
        sentences = cache.sentences(TWO)
        np.testing.assert_array_equal(sentences, _bytes("Keep masters.", "Ask the team."))
        np.testing.assert_array_equal(cache.sentences(*whole_texts("Lunch.")), _bytes("Lunch."))
    assert sentences.dtype == np.int8
    assert sentences.shape == (2, hashing_encoder.dimensions)
    assert sorted(hashing_encoder.encoded) == ["Lunch.", TEXT]


def test_the_same_text_with_other_sentences_is_encoded_again_and_both_are_kept(
    path: Path, hashing_encoder: HashingEncoder
) -> None:
    other = EncoderText(TEXT, ((6, 33),))
    made = _encode(path, hashing_encoder, [TWO])
    np.testing.assert_array_equal(_encode(path, hashing_encoder, [other, TWO]), np.concatenate([made, made]))
    assert hashing_encoder.encoded == [TEXT, TEXT]
    with _cache(path, hashing_encoder) as cache:
        assert len(cache.sentences(TWO)) == 2
        np.testing.assert_array_equal(cache.sentences(other), _bytes("Keep masters. Ask the team."))


@pytest.mark.parametrize("column", ["vector", "sentences"])
@pytest.mark.parametrize("damaged", ["x'0001'", "x''", "substr({}, 3)", "CAST({} || x'0001' AS BLOB)"])
def test_kept_vectors_of_the_wrong_length_are_made_anew(
    path: Path, hashing_encoder: HashingEncoder, column: str, damaged: str
) -> None:
    made = _encode(path, hashing_encoder, [TWO])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE passages SET {column} = {damaged.format(column)}")  # noqa: S608  (a test's own)
    with _cache(path, hashing_encoder) as cache:
        np.testing.assert_array_equal(cache.encode([TWO], lambda _: None), made)
        np.testing.assert_array_equal(cache.sentences(TWO), _bytes("Keep masters.", "Ask the team."))


# A crash


class _Crash(BaseException):
    """Not an error that anybody handles."""


def test_a_crash_costs_only_the_batch_it_happened_in(path: Path) -> None:
    class CrashingEncoder(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if len(self.encoded) >= 512:
                raise _Crash
            return super().encode(texts)

    texts = whole_texts(*(f"text {number:04}" for number in range(600)))
    with pytest.raises(_Crash):
        _encode(path, CrashingEncoder(), texts)
    healthy = HashingEncoder()
    with _cache(path, healthy) as cache:
        cache.encode(texts, lambda _: None)
        assert len(healthy.encoded) == 600 - 512
        for text in texts:
            np.testing.assert_array_equal(cache.sentences(text), _bytes(text.text))


def test_a_crash_between_passages_and_sentences_leaves_neither(path: Path) -> None:
    class CrashingEncoder(HashingEncoder):
        def encode_with_spans(
            self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
        ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
            super().encode_with_spans(texts, spans)
            raise _Crash

    with pytest.raises(_Crash):
        _encode(path, CrashingEncoder(), [TWO])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM passages").fetchone() == (0,)


# What is not kept


def test_what_is_forgotten_is_gone_and_made_anew(path: Path, hashing_encoder: HashingEncoder) -> None:
    forget(path)  # there is none yet
    _encode(path, hashing_encoder, [TWO])
    path.with_name(f"{path.name}-journal").touch()  # a crash leaves one
    forget(path)
    assert list(path.parent.iterdir()) == []
    _encode(path, hashing_encoder, [TWO])
    assert hashing_encoder.encoded == [TEXT, TEXT]


def test_what_cannot_be_forgotten_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(PublishError, match=r"cannot be removed .*: delete that file"):
        forget(path)


def test_the_kept_vectors_are_for_their_owner_only(path: Path, hashing_encoder: HashingEncoder) -> None:
    _encode(path, hashing_encoder, whole_texts("one"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_an_error_that_says_what_to_do(path: Path, hashing_encoder: HashingEncoder) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PublishError, match=r"vectors\.sqlite cannot be read or written .*delete that file; then run"):
        _encode(path, hashing_encoder, whole_texts("one"))


def test_vectors_that_an_earlier_version_kept_in_another_form_are_made_anew(
    path: Path, hashing_encoder: HashingEncoder
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE passages (key BLOB PRIMARY KEY, vector BLOB NOT NULL, sentences BLOB NOT NULL)"
        )
        connection.execute("INSERT INTO passages VALUES (x'00', x'00', x'00')")
    made = _encode(path, hashing_encoder, whole_texts("one"))
    np.testing.assert_array_equal(_encode(path, hashing_encoder, whole_texts("one")), made)
    assert hashing_encoder.encoded == ["one"]


def test_a_place_that_cannot_hold_the_file_is_an_error(path: Path, hashing_encoder: HashingEncoder) -> None:
    path.parent.touch()
    with pytest.raises(PublishError, match=r"cannot be read or written \(.*File exists"):
        _encode(path, hashing_encoder, whole_texts("one"))

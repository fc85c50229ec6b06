"""The sentences of passages: read as they were written, by row, and never from damaged files."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexes.errors import BuildDamagedError
from indexes.sentences import PassageSentences, SentenceIndex, codes, write_sentences

DIMENSIONS = 3
_TERMS = st.lists(st.sampled_from(["vendor", "été", "10", "the"]), max_size=4)
_PASSAGES = st.lists(st.tuples(st.lists(_TERMS, min_size=1, max_size=4), _TERMS), max_size=6)


def _passage(sentences: Sequence[Sequence[str]], context: Sequence[str], at: int = 0) -> PassageSentences:
    """Return a passage whose sentences stand from `at` on; each vector tells where."""
    count = len(sentences)
    labels = [sentence[:n] for n, sentence in enumerate(sentences)]
    return PassageSentences(
        spans=np.array([(at + 10 * n, at + 10 * n + 9) for n in range(count)], np.int32),
        kinds=np.arange(count, dtype=np.uint8),
        labels=np.array([(n - 1, n - 1) for n in range(count)], np.int32),
        series=np.array([n - 1 for n in range(count)], np.int32),
        vectors=np.array([[at // 8, n, 127] for n in range(count)], np.int8).reshape(count, DIMENSIONS),
        sizes=np.array([len(sentence) for sentence in sentences], np.int64),
        terms=codes([term for sentence in sentences for term in sentence]),
        label_sizes=np.array([len(label) for label in labels], np.int64),
        label_terms=codes([term for label in labels for term in label]),
        context=codes(context),
    )


def _write(folder: Path, passages: Sequence[PassageSentences]) -> SentenceIndex:
    count = sum(len(passage.spans) for passage in passages)
    write_sentences(folder, passages, sentences=count, dimensions=DIMENSIONS)
    return SentenceIndex.read(folder)


PASSAGES = [
    _passage([["a", "b"], [], ["c"]], ["title"], 0),
    _passage([["d"]], [], 100),
    _passage([[], ["e", "e", "f"]], ["title", "more"], 200),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sentences"


@pytest.fixture
def index(folder: Path) -> SentenceIndex:
    return _write(folder, PASSAGES)


def _assert_same(one: PassageSentences, other: PassageSentences) -> None:
    for field in fields(PassageSentences):
        found, expected = getattr(one, field.name), getattr(other, field.name)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), field.name
        np.testing.assert_array_equal(found, expected, err_msg=field.name)


@given(made=_PASSAGES)
def test_each_passage_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[list[list[str]], list[str]]]
) -> None:
    passages = [_passage(sentences, context, 100 * at) for at, (sentences, context) in enumerate(made)]
    index = _write(tmp_path_factory.mktemp("index") / "sentences", passages)
    assert len(index) == len(passages)
    for row, passage in enumerate(passages):
        _assert_same(index.of_row(row), passage)


def test_what_was_read_can_be_written_again_byte_for_byte(index: SentenceIndex, folder: Path, tmp_path: Path) -> None:
    _write(tmp_path / "again", [index.of_row(row) for row in range(len(index))])
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_an_index_of_nothing(folder: Path) -> None:
    index = _write(folder, [])
    assert len(index) == 0
    numbers, begins = index.of_rows(np.zeros(0, np.int64))
    assert (len(numbers), len(begins)) == (0, 0)
    assert index.cosines(np.ones(DIMENSIONS, np.float32), numbers).shape == (0,)
    assert [len(part) for part in index.codes(numbers)] == [0, 0]
    assert [len(part) for part in index.label_codes(numbers)] == [0, 0]
    assert [len(part) for part in index.context_codes(numbers)] == [0, 0]


@pytest.mark.parametrize(
    ("rows", "numbers", "begins"),
    [
        ([0, 1, 2], [0, 1, 2, 3, 4, 5], [0, 3, 4]),
        ([1], [3], [0]),
        ([0, 2], [0, 1, 2, 4, 5], [0, 3]),
        ([2, 0], [4, 5, 0, 1, 2], [0, 2]),
        ([], [], []),
    ],
)
def test_the_sentences_of_some_rows_row_by_row(
    index: SentenceIndex, rows: list[int], numbers: list[int], begins: list[int]
) -> None:
    got = index.of_rows(np.array(rows, np.int64))
    assert [part.tolist() for part in got] == [numbers, begins]


def test_the_terms_of_some_sentences_and_of_some_contexts(index: SentenceIndex) -> None:
    found, begins = index.codes(np.array([0, 1, 3, 4, 5]))
    assert found.tolist() == codes(["a", "b", "d", "e", "e", "f"]).tolist()
    assert begins.tolist() == [0, 2, 2, 3, 3]
    found, begins = index.context_codes(np.array([1, 2]))
    assert (found.tolist(), begins.tolist()) == (codes(["title", "more"]).tolist(), [0, 0])


def test_the_terms_of_the_labels_of_some_sentences(index: SentenceIndex) -> None:
    found, begins = index.label_codes(np.array([0, 2, 5, 3]))
    assert found.tolist() == codes(["c", "e"]).tolist()
    assert begins.tolist() == [0, 0, 1, 2]


def test_cosines_are_those_of_the_sentences_asked_for(index: SentenceIndex) -> None:
    vector = np.array([0.6, 0.8, 0], np.float32)
    scores = index.cosines(vector, np.array([5, 0, 3]))
    assert scores.dtype == np.float32
    kept = np.array([[25, 1, 127], [0, 0, 127], [12, 0, 127]])
    np.testing.assert_allclose(scores, kept @ vector / np.linalg.norm(kept, axis=1), rtol=1e-6)


def test_a_code_is_the_crc_32_of_the_term() -> None:
    assert codes([]).shape == (0,)
    assert codes(["vendor", "été"]).tolist() == [zlib.crc32(b"vendor"), zlib.crc32("été".encode())]
    assert codes(["a"]).dtype == np.uint32


def test_passages_are_gone_through_once_and_their_vectors_written_as_they_come(folder: Path) -> None:
    write_sentences(folder, iter(PASSAGES), sentences=6, dimensions=DIMENSIONS)
    _assert_same(SentenceIndex.read(folder).of_row(2), PASSAGES[2])


@pytest.mark.parametrize("count", [5, 7])
def test_another_number_of_sentences_than_was_announced_is_an_error(folder: Path, count: int) -> None:
    with pytest.raises(ValueError, match=f"expected {count} sentences, got 6"):
        write_sentences(folder, PASSAGES, sentences=count, dimensions=DIMENSIONS)


def test_a_fault_on_the_way_is_told_as_it_is(folder: Path) -> None:
    def break_down() -> Sequence[PassageSentences]:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_sentences(folder, (one for _ in range(1) for one in break_down()), sentences=6, dimensions=DIMENSIONS)


# Damage

FILES = [field.name for field in fields(SentenceIndex)]


def _remove(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _cut_within_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def _garble(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 no array")


def _saved(change: Callable[[NDArray[np.generic]], NDArray[np.generic]]) -> Callable[[Path], None]:
    return lambda path: np.save(path, change(np.load(path)), allow_pickle=True)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing": _remove,
    "empty": _empty,
    "cut off": _cut_off,
    "cut within its header": _cut_within_the_header,
    "no array": _garble,
    "another type": _saved(lambda values: values.astype(np.float64)),
    "narrower type": _saved(lambda values: values.astype(np.bool_)),
    "objects": _saved(lambda values: values.astype(object)),
    "one row less": _saved(lambda values: values[:-1]),
    "one row more": _saved(lambda values: np.concatenate([values, values[-1:]])),
    "no rows": _saved(lambda values: values[:0]),
    "another shape": _saved(lambda values: values[None]),
    "no shape": _saved(lambda values: values.reshape(-1)[0].reshape(())),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_damage(
    index: SentenceIndex, folder: Path, name: str, damage: Callable[[Path], None]
) -> None:
    del index
    damage(folder / f"{name}.npy")
    with pytest.raises(BuildDamagedError, match="sentences is not a sentence index: "):
        SentenceIndex.read(folder)


@pytest.mark.parametrize("name", ["spans", "labels"])
def test_spans_of_three_numbers_are_damage(index: SentenceIndex, folder: Path, name: str) -> None:
    np.save(folder / f"{name}.npy", np.zeros((len(index.spans), 3), np.int32))
    with pytest.raises(BuildDamagedError, match=r"expected sizes .*, got "):
        SentenceIndex.read(folder)


def test_a_folder_that_is_not_there_is_damage(folder: Path) -> None:
    with pytest.raises(BuildDamagedError, match=r"is not a sentence index: .*No such file"):
        SentenceIndex.read(folder)

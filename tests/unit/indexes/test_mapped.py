"""An array comes back as it was written, read only; what is no such file is an error in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.mapped import mapped

ARRAYS: list[NDArray[Any]] = [
    np.arange(7, dtype=np.int64),
    np.arange(12, dtype=np.uint8).reshape(6, 2),
    np.asfortranarray(np.arange(12, dtype=np.float16).reshape(6, 2)),
    np.zeros(0, np.int32),
    np.zeros((0, 5), np.uint32),
    np.array(3, np.float32),
    np.arange(4, dtype=">u4"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}-{array.shape}")
def test_an_array_comes_back_as_it_was_written(tmp_path: Path, array: NDArray[Any]) -> None:
    np.save(tmp_path / "a.npy", array)
    for _ in range(2):  # its header was read before, then
        found = mapped(tmp_path / "a.npy")
        assert (found.dtype, found.shape, type(found)) == (array.dtype, array.shape, np.ndarray)
        np.testing.assert_array_equal(found, array)
        assert not found.flags.writeable


def test_two_files_with_one_header_are_two_arrays(tmp_path: Path) -> None:
    for name, value in (("a", 1), ("b", 2)):
        np.save(tmp_path / f"{name}.npy", np.full(3, value))
    assert [mapped(tmp_path / f"{name}.npy").tolist() for name in "ab"] == [[1, 1, 1], [2, 2, 2]]


def test_a_longer_header_is_read_too(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, np.arange(5), version=(2, 0))
    assert mapped(tmp_path / "a.npy").tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _whole: b"", "(?i)magic|empty|EOF"),
        (lambda _whole: b"not an array at all", "magic string is not correct"),
        (lambda whole: whole[:9], "EOF"),
        (lambda whole: whole[:40], "EOF|header"),
        (lambda whole: whole[:-1], r"a\.npy is shorter than the array of int64 of shape \(7,\) that it names"),
        (lambda whole: whole.replace(b"<i8", b"|O8"), "descr|objects|dtype"),
        (lambda whole: whole.replace(b"(7,)", b"(-7,)"), "shape|negative"),
        (lambda whole: whole[:6] + b"\3\0" + whole[8:], r"version 1\.0 or 2\.0 of NumPy's form, got \(3, 0\)"),
    ],
)
def test_what_is_no_array_is_an_error(tmp_path: Path, change: Callable[[bytes], bytes], words: str) -> None:
    path = tmp_path / "a.npy"
    np.save(path, ARRAYS[0])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=words):
        mapped(path)


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="expected an array of numbers, got one of Python's objects"):
        mapped(tmp_path / "a.npy")


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mapped(tmp_path / "a.npy")

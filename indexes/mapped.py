"""Arrays of a build that lie in NumPy's files: mapped, to be read and never written.

`numpy.load` maps a file too, but interprets its header as Python anew, resolves its path, and makes a subclass that
costs on each slice: 0.12 ms a file, and 0.02 ms here. A build has some twenty such files, and is opened by every
command and whenever documents change. Whether a file is the one that the manifest names was checked before.
"""

import functools
import io
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADERS = {
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}  # by version of the form: how many bytes say how long the header is, and what reads it


def mapped(path: Path) -> NDArray[Any]:
    """Return the array of a `.npy` file, its bytes read when they are needed.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no array of numbers, or shorter than it says.
    """
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"{path.name} should be of version 1.0 or 2.0 of NumPy's form, got {version}")
        counted = file.read(_HEADERS[version][0])
        header = file.read(int.from_bytes(counted, "little"))
        shape, fortran_order, dtype = _read(version, counted + header)
        start = file.tell()
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return np.ndarray(shape, dtype, buffer=memory, offset=start, order="F" if fortran_order else "C")
    except TypeError as error:
        raise ValueError(f"{path.name} is shorter than the array of {dtype} of shape {shape} that it names") from error


@functools.lru_cache(maxsize=256)
def _read(version: tuple[int, int], header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, order and type; headers of builds are alike, and reading one takes longest."""
    shape, fortran_order, dtype = _HEADERS[version][1](io.BytesIO(header))
    if dtype.hasobject:
        raise ValueError("expected an array of numbers, got one of Python's objects")
    return shape, fortran_order, dtype

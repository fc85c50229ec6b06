"""What a block of a packed build looks like inside: a line of JSON, and arrays behind it, as they are in memory."""

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def joined(said: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return a block that says something in JSON and holds arrays by name."""
    shapes = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
    line = json.dumps({"said": said, "arrays": shapes}, ensure_ascii=False).encode()
    return b"".join([line, b"\n", *(np.ascontiguousarray(array).tobytes() for array in arrays.values())])


def parted(block: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return what `joined` was given; the arrays are views of the block."""
    line, _, _ = block.partition(b"\n")
    value, at = json.loads(line), len(line) + 1
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, shape in value["arrays"]:
        array = np.frombuffer(block, np.dtype(kind), math.prod(shape), at)
        arrays[name] = array.reshape(shape)
        at += array.nbytes
    return value["said"], arrays

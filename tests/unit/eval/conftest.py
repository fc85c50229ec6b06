"""What tests of the judge share: documents are read in this process, and the same bytes once.

`quality/test_libraries.py` shows that what is measured is otherwise read in the limited process.
"""

import contextlib
import functools
from collections.abc import Iterator

import pytest

import eval.quality.libraries
from ingest.loading.registry import load_document


class ReadHere:
    """A parser of this process, which remembers what it read."""

    load = staticmethod(functools.lru_cache(maxsize=256)(load_document))


@pytest.fixture(scope="module", autouse=True)
def read_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eval.quality.libraries, "LoaderProcess", lambda: contextlib.nullcontext(ReadHere()))
        yield

"""A minute that lasts: what counts callers in memory sees a clock that stands until a test moves it.

Otherwise a minute that ends between two questions lets one more through, as it should.
"""

from types import SimpleNamespace

import limits.storage.memory
import pytest


class Minute:
    """A clock, at the beginning of a minute."""

    def __init__(self) -> None:
        self.now = 1_795_000_020.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> Minute:
    """The clock by which callers are counted in memory."""
    clock = Minute()
    monkeypatch.setattr(limits.storage.memory, "time", SimpleNamespace(time=clock))
    return clock

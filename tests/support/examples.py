"""How much is tried where anything could be tried: a little each time, much more with TEST_THOROUGH=1."""

import os

THOROUGH = os.environ.get("TEST_THOROUGH") == "1"


def examples(usual: int, *, thorough: int) -> int:
    """Return how many examples are tried: the usual number, or that of a thorough run."""
    return thorough if THOROUGH else usual

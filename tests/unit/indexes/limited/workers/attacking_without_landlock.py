"""The attacks where the kernel has no Landlock: what the filter holds alone."""

import importlib
from collections.abc import Sequence

from indexes.limited import landlock


def _none(readable: Sequence[str]) -> int:
    raise landlock.NoLandlockError(f"no Landlock for {len(readable)} folders: left out by a test")


if __name__ == "__main__":
    landlock.restrict = _none
    attacks = importlib.import_module("attacking_worker")
    attacks.serve(attacks.answer)

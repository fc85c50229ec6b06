"""The attacks where the kernel has no Landlock: what the filter holds alone."""

from collections.abc import Sequence

import attacking_worker

from indexes.limited import fences
from indexes.limited.landlock import NoLandlockError


def _none(_readable: Sequence[str]) -> int:
    raise NoLandlockError("no Landlock: left out by a test")


if __name__ == "__main__":
    fences.restrict = _none
    attacking_worker.serve(attacking_worker.answer)

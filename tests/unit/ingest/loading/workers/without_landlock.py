"""The child that parses, where the kernel has no Landlock."""

from collections.abc import Sequence

from indexes.limited import fences
from indexes.limited.child import serve
from indexes.limited.landlock import NoLandlockError
from ingest.loading import worker


def _none(_readable: Sequence[str]) -> int:
    raise NoLandlockError("no Landlock: left out by a test")


if __name__ == "__main__":
    fences.restrict = _none
    serve(worker.answer)

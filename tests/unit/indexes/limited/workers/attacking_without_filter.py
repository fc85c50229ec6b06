"""The attacks where the kernel filters no calls: what Landlock holds alone."""

import attacking_worker

from indexes.limited import fences
from indexes.limited.filter import NoFilterError


def _none() -> None:
    raise NoFilterError("no filter for system calls: left out by a test")


if __name__ == "__main__":
    fences.install = _none
    attacking_worker.serve(attacking_worker.answer)

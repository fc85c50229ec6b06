"""The attacks where the kernel filters no calls: what Landlock holds alone."""

import importlib

from indexes.limited import filter as calls


def _none() -> None:
    raise calls.NoFilterError("no filter for system calls: left out by a test")


if __name__ == "__main__":
    calls.install = _none
    attacks = importlib.import_module("attacking_worker")
    attacks.serve(attacks.answer)

"""Copies of logs that pass for the log itself: what a snapshot of the disk would be, and a power cut is.

A signer's memory tells whether it was copied (`service.audit.checkpoints.memory`). A test that stands for a machine
that stopped, and copies the folder to go on with, says so with `make_itself`. Nothing else may.
"""

import json
from pathlib import Path

from service.audit.checkpoints import memory


def memory_file(keys: Path) -> Path:
    """Return the file of the signer's memory that counts."""
    return max(keys.glob("signed-*.json"), key=lambda path: int(path.stem.partition("-")[2]))


def make_itself(keys: Path) -> None:
    """Let the memories in a copied folder of keys be the files that the log wrote."""
    for path in keys.glob("signed-*.json"):
        with path.open("r+b") as file:
            value = json.load(file) | {"file": list(memory._identity(file.fileno()))}
            file.seek(0)
            file.write(json.dumps(value).encode() + b"\n")
            file.truncate()

"""Where the temporary files of tests go: into memory, where the machine has room for them there.

The tests make thousands of small stores and builds, each of which asks the disk to keep what it writes. Nothing cuts
the power here, so the wait for a real disk shows nothing. Without such a place tests are slower, and not different.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - a place of Linux, not a file of ours
_ROOM_BYTES = 2 << 30


def use_memory() -> None:
    """Name memory as the place of temporary files, for this process and its children, unless TMPDIR names another."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM_BYTES:
        return
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None

"""Folders and files that only their owner may open, and that survive a power cut once made.

Does not tighten a folder that somebody made before: that is their choice, and the files inside are closed anyway.
"""

import os
import stat
from pathlib import Path

from indexes.durable import sync_folder


def make_private_folder(folder: Path) -> None:
    """Make a folder, and its parents, with mode 0700 where they are missing; their names are durable on return.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def make_private_file(path: Path) -> None:
    """Make an empty file with mode 0600 if it is missing; take group and others off one that is there.

    Raises:
        OSError: it cannot be made, or belongs to somebody else.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        path.chmod(0o600)
    sync_folder(path.parent)

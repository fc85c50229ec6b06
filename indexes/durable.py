"""Small files that are whole or not there, whatever happens: a crash, a full disk, a power cut.

In order: (1) the bytes go into a new file beside, `.<name>.<16 hex digits>`, (2) they are made durable, (3) that file
gets the name in one step, (4) the folder is made durable. So whoever looks finds what was there before, or all of the
new, and never a half. `replace_file` puts the new in the place of the old; `create_file` lets the old stand.

An error removes the file beside. It leaves the old in its place, unless it came from step 4: then the new is there, and
a power cut may yet bring the old back. Only a crash leaves the file beside; `remove_left_over` takes it away.

Takes no lock, makes no folder, keeps no file open for long, and knows no error of its own: an OSError goes up as it is,
for the caller to put into words.
"""

import contextlib
import glob
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

_RANDOM_BYTES = 8  # no two files beside a path ever have the same name


def replace_file(path: Path, content: bytes, *, mode: int) -> None:
    """Give a file new content; it is durable when this returns. A link on the path is replaced, not followed.

    Args:
        path: the file, which may be missing, in a folder that exists.
        content: all that it shall hold.
        mode: who may open it, such as 0o600; the umask takes away from that.

    Raises:
        OSError: see the module.
    """
    with written_beside(path, content, mode=mode) as beside:
        beside.replace(path)
    sync_folder(path.parent)


def create_file(path: Path, content: bytes, *, mode: int) -> bool:
    """Create a file if nothing has its name; tell whether it was created. Durable when this returns, whoever made it.

    Of several that do it at once one creates it. See `replace_file` for the arguments.

    Raises:
        OSError: see the module.
    """
    created = False
    with written_beside(path, content, mode=mode) as beside:
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)  # unlike a rename, it never takes the place of another
            created = True
        beside.unlink()  # here, because a second name that stays has to be told: it may be a key's
    sync_folder(path.parent)  # the loser too: it is about to use a name that the winner may not have synced yet
    return created


@contextlib.contextmanager
def written_beside(path: Path, content: bytes | Callable[[int], bytes], *, mode: int) -> Iterator[Path]:
    """Lend a durable file beside a path, to be given a name; what is still there at the end is removed.

    For whoever does the last two steps in another way than `replace_file`. The content may be made of the descriptor
    of the new file, which keeps what it is when it gets its name.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(_RANDOM_BYTES)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content if isinstance(content, bytes) else content(file.fileno()))
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        with contextlib.suppress(OSError):  # another error tells more; and without one, there is nothing left to remove
            beside.unlink(missing_ok=True)


def linked_or_copied(source: Path, path: Path) -> None:
    """Give a file a second name, or copy it where the disk has no links; what has the name already is left.

    Durable but for the name, until `sync_folder`.

    Raises:
        OSError: the disk refuses.
    """
    if path.exists():
        return
    try:
        os.link(source, path)
    except FileExistsError:
        return
    except OSError:  # another disk, or one without links
        with written_beside(path, source.read_bytes(), mode=0o600) as beside:
            beside.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: it cannot be.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_left_over(path: Path) -> None:
    """Remove what crashes left beside a path; only for whoever keeps others from writing it meanwhile.

    Raises:
        OSError: it cannot be removed.
    """
    for beside in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 2 * _RANDOM_BYTES}"):
        beside.unlink(missing_ok=True)

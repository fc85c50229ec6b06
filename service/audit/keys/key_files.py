"""Key files: exactly 32 secret bytes each, mode 0600, for their owner only.

A key is made whole or not at all, and its name is durable before anybody uses it. It is read through no link, and
refused when everybody may open it, when it is not 32 bytes, and when it holds only zeros: then it was being destroyed.
Knows nothing of what a key is for (`keyring`); names come from code, never from data.
"""

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from indexes.durable import create_file, sync_folder
from indexes.private_files import make_private_folder
from service.audit.errors import AuditKeyError

KEY_BYTES = 32  # as wide as SHA-256, and what AES-256 and Ed25519 take
KEY_SUFFIX = ".key"
# no link, and no waiting for somebody to write into a pipe that stands where a key should
_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK


def create_key(folder: Path, name: str) -> bytes:
    """Make a key and return it.

    Args:
        folder: where keys are kept; made with mode 0700 if missing.
        name: the key's file name.

    Raises:
        AuditKeyError: there is a key of this name, or it cannot be made.
    """
    key = _create(folder, name)
    if key is None:
        raise AuditKeyError(
            f"expected to make the key {folder / name}, but it exists: it is left as it is; "
            "use it, or move it away if nothing was ever made with it"
        )
    return key


def create_missing_key(folder: Path, name: str) -> bool:
    """Make a key if there is none of this name; tell whether it was made.

    Of several that do it at once one makes it, and all use that one.

    Raises:
        AuditKeyError: it cannot be made.
    """
    return not key_exists(folder, name) and _create(folder, name) is not None


def load_or_create_key(folder: Path, name: str) -> bytes:
    """Return the key of this name, making it if there is none.

    Args:
        folder: where keys are kept; made with mode 0700 if missing.
        name: the key's file name.

    Raises:
        AuditKeyError: the key cannot be read or made, can be read by everybody, or is not 32 bytes.
    """
    create_missing_key(folder, name)
    return read_key(folder, name)


def read_key(folder: Path, name: str) -> bytes:
    """Return the key of this name.

    Raises:
        AuditKeyError: it is missing, cannot be read, is no file of its own, may be opened by everybody, is not 32
            bytes, or was being destroyed.
    """
    path = folder / name
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _CAREFULLY), "rb") as file:
            _check(path, os.fstat(file.fileno()))
            key = file.read(KEY_BYTES)
    except FileNotFoundError as error:
        raise AuditKeyError(
            f"the key {path} is missing: expected the {KEY_BYTES} bytes made before; put it back (greenlit restore "
            "COPIES), or, if nobody has it any more, say so with greenlit restore --here --reason TEXT"
        ) from error
    except OSError as error:
        raise _unusable(path, "read", error) from error
    _check_size(path, len(key))  # somebody may have cut it in between, and half a key is a key to AES
    if not any(key):
        raise AuditKeyError(
            f"the key {path} holds only zeros: it was being destroyed, and what it opened is gone for good; "
            "destroy it again, or restore it from a backup if that was a mistake"
        )
    return key


def file_of(key_id: str) -> str:
    """Return the name of a key's file."""
    return key_id + KEY_SUFFIX


def key_exists(folder: Path, name: str) -> bool:
    """Tell whether something has this name, be it a usable key or not.

    Raises:
        AuditKeyError: the folder cannot be looked into.
    """
    return key_state(folder, name) is not None


def key_state(folder: Path, name: str) -> tuple[int, ...] | None:
    """Return what is another when a key's file is changed or replaced; `None` if nothing has this name.

    Raises:
        AuditKeyError: the folder cannot be looked into.
    """
    path = folder / name
    try:
        at = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(path, "looked for", error) from error
    return at.st_dev, at.st_ino, at.st_mode, at.st_size, at.st_mtime_ns, at.st_ctime_ns


def key_names(folder: Path, prefix: str) -> list[str]:
    """Return the file names of the keys that begin with a prefix, sorted; none when the folder is missing.

    Raises:
        AuditKeyError: the folder cannot be listed.
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(folder, "searched for keys", error) from error
    whole = (name for name in names if not name.startswith("."))  # with a dot: half-made
    return sorted(name for name in whole if name.startswith(prefix) and name.endswith(KEY_SUFFIX))


def destroy_key(folder: Path, name: str) -> bool:
    """Overwrite a key with zeros and remove it, durably; tell whether it was there.

    The zeros are best effort: a file system that writes elsewhere, a drive that moves blocks and every backup may keep
    the old bytes. Whoever promises erasure sees to the backups too.

    Raises:
        AuditKeyError: it cannot be removed, or is no file of its own: what a link points to is not ours to overwrite.
    """
    path = folder / name
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise _not_a_file(path)
        with contextlib.suppress(OSError):  # a file that cannot be written can still be removed
            _overwrite(path)
        path.unlink()
        sync_folder(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unusable(path, "destroyed", error) from error
    return True


def _create(folder: Path, name: str) -> bytes | None:
    """Make a key that is either whole or not there; where the name is taken, that key stays, and none is returned."""
    path, key = folder / name, secrets.token_bytes(KEY_BYTES)
    try:
        make_private_folder(folder)
        return key if create_file(path, key, mode=0o600) else None
    except OSError as error:
        raise _unusable(path, "made", error) from error


def _check(path: Path, status: os.stat_result) -> None:
    """Look at what was opened before any of it is read, so that no frame of a refusal holds a secret."""
    if not stat.S_ISREG(status.st_mode):
        raise _not_a_file(path)
    if status.st_mode & stat.S_IRWXO:
        raise AuditKeyError(
            f"everybody on this machine may open the key {path} (mode {stat.S_IMODE(status.st_mode):04o}): "
            "expected mode 0600; treat what it protects as known, then chmod 600"
        )
    _check_size(path, status.st_size)


def _check_size(path: Path, size: int) -> None:
    if size != KEY_BYTES:
        raise AuditKeyError(
            f"expected the key {path} to be {KEY_BYTES} bytes, got {size}: "
            "restore it from a backup; another key opens nothing, and gives everybody another pseudonym"
        )


def _overwrite(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | _CAREFULLY)
    try:
        os.write(descriptor, bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, done: str, error: OSError) -> AuditKeyError:
    if error.errno == errno.ELOOP:
        return _not_a_file(path)
    return AuditKeyError(
        f"{path} cannot be {done} ({error.strerror}): "
        "see that this account may use the folder of the keys, and that its disk has room"
    )


def _not_a_file(path: Path) -> AuditKeyError:
    return AuditKeyError(
        f"expected the key {path} to be a file of its own, got a link or something else: put the key itself there"
    )

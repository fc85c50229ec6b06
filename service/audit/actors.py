"""Pseudonyms: who asked, so that the log can tell two people apart and nobody can read a name in it.

HMAC-SHA-256 under a key that lives outside the log, `<keys>/actor.key`, made on first use and readable by its owner
only. Without the key a pseudonym cannot be matched to a guessed name. Resolves nobody: that takes two people and a
record of its own.
"""

import contextlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from service.audit.canonical import canonical_json
from service.audit.errors import AuditKeyError
from service.audit.private_files import make_private_folder, sync_folder

KEY_BYTES = 32  # as wide as the hash
ACTOR_PREFIX = "actor-"
ACTOR_HEX = 32  # 128 bits: no two people share a pseudonym by chance
ACTOR_KEY_FILE = "actor.key"


class Pseudonyms:
    """Makes pseudonyms under one key of 32 bytes."""

    def __init__(self, *, key: bytes) -> None:
        self._key = key

    def actor(self, subject: str) -> str:
        """Return the pseudonym of a subject (a user id, as sign-in gives it): `actor-` and 32 hex digits."""
        return ACTOR_PREFIX + self._digest(b"actor", subject.encode("utf-8", "surrogatepass"))[:ACTOR_HEX]

    def groups_hash(self, groups: Iterable[str]) -> str:
        """Return a keyed hash (64 hex digits) of a set of groups; their order and repetition do not matter.

        Keyed as well, because a rare set of groups can be guessed and names its only member.
        """
        return self._digest(b"groups", canonical_json({"groups": sorted(set(groups))}))

    def _digest(self, purpose: bytes, content: bytes) -> str:
        return hmac.digest(self._key, purpose + b"\0" + content, "sha256").hex()


def load_or_create_key(folder: Path, name: str = ACTOR_KEY_FILE) -> bytes:
    """Return the key of this name, making it if there is none.

    Args:
        folder: where keys are kept; made with mode 0700 if missing.
        name: the key's file name.

    Raises:
        AuditKeyError: the key cannot be read or made, can be read by everybody, or is not 32 bytes.
    """
    path = folder / name
    try:
        make_private_folder(folder)
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as error:
        raise AuditKeyError(
            f"the key {path} cannot be read or made ({error.strerror}): give this account access to the folder"
        ) from error


def _create(path: Path) -> None:
    """Make a key that is either whole or not there; if two processes do it at once, the first one's key stays."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        key = file.read(KEY_BYTES + 1)
    if mode & stat.S_IRWXO:
        raise AuditKeyError(
            f"everybody on this machine may open the key {path} (mode {stat.S_IMODE(mode):04o}): "
            "expected mode 0600; treat the pseudonyms made with it as known, then chmod 600"
        )
    if len(key) != KEY_BYTES:
        raise AuditKeyError(
            f"expected the key {path} to be {KEY_BYTES} bytes, got {'more' if len(key) > KEY_BYTES else len(key)}: "
            "restore it from a backup; a new key gives everybody a new pseudonym"
        )
    return key

"""What of an installation a backup holds, by its place; nothing is read here but names.

Of the state everything is copied that is not left out by name, so that what is added to it later is not forgotten. Left
out are sessions (everybody signs in anew), where the running service listens, locks, what databases keep beside them,
files that were moved into a database, and hidden files, which are half made. Of the library it is what was
decided, not the documents: these lie where the organisation keeps and copies its documents. Builds are made anew by
`greenlit ingest`; those that records rest on are copied only when asked for.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexes.pack import PACK_FOLDER
from indexes.previews import PREVIEWS_FOLDER, WORKER_FILE
from indexes.register import REGISTER_FILE
from indexes.sources import SOURCES_FILE
from service.access.private_file import MOVED
from service.access.rules import ACCESS_FILE
from service.access.session_store import SESSIONS_FILE
from service.audit.storage.sqlite_store import STORE_FILE
from service.models.models_file import MODELS_FILE

KEYS, STATE, LIBRARY, BUILDS = "keys", "state", "library", "builds"  # folders of a backup
LOG = f"{STATE}/{STORE_FILE}"
DECIDED = (REGISTER_FILE, SOURCES_FILE, ACCESS_FILE, MODELS_FILE)
_NOT_STATE = {SESSIONS_FILE, "service.json"}
_NOT_BUILDS = {PREVIEWS_FOLDER, WORKER_FILE, "cache"}  # made anew when they are needed
# MOVED ends the name of what went into a database: texts that are erased there stay in it, keys that are revoked live.
_BESIDE = (".lock", "-wal", "-shm", "-journal", MOVED)
_DATABASE = ".sqlite"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of an installation; the keys may lie within the state."""

    state: Path
    keys: Path
    library: Path
    builds: Path

    def of(self, name: str) -> Path:
        """Return where a file of a backup belongs here, by its name in the backup such as `keys/signing.key`."""
        part, _, rest = name.partition("/")
        return {KEYS: self.keys, STATE: self.state, LIBRARY: self.library, BUILDS: self.builds}[part] / rest


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an installation: its name in a backup, where it lies, and whether a database writes it."""

    name: str
    path: Path

    @property
    def is_database(self) -> bool:
        """Whether it may be copied only as its database allows, and is never read as it lies there."""
        never_changes = self.name.startswith(f"{BUILDS}/") and not self.name.startswith(f"{BUILDS}/{PACK_FOLDER}/")
        return self.path.suffix == _DATABASE and not never_changes


def files_of(places: Places, part: str) -> list[Found]:
    """Return the files of one part, in order of their names; none where its folder is missing.

    Raises:
        OSError: a folder cannot be listed.
    """
    if part == LIBRARY:
        return [Found(f"{part}/{name}", path) for name in DECIDED if (path := places.library / name).is_file()]
    root = places.of(f"{part}/")
    apart = {path.absolute() for path in (places.keys, places.library, places.builds)} - {root.absolute()}
    found = [Found(f"{part}/{path.relative_to(root).as_posix()}", path) for path in _walk(root, apart)]
    return sorted((one for one in found if not _left_out(one)), key=lambda one: one.name)


def links_of(places: Places) -> list[Path]:
    """Return the links in state and keys, which are not followed: what they point to is not copied."""
    roots = [root for root in (places.state, places.keys) if root.is_dir()]
    return sorted({path for root in roots for path in root.rglob("*") if path.is_symlink()})


def _left_out(one: Found) -> bool:
    part, first, *_ = one.name.split("/")
    return (part == STATE and one.path.name in _NOT_STATE) or (part == BUILDS and first in _NOT_BUILDS)


def _walk(root: Path, apart: set[Path]) -> Iterator[Path]:
    if not root.is_dir():
        return
    with os.scandir(root) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if path.absolute() not in apart:
                yield from _walk(path, apart)
        elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(_BESIDE):
            yield path

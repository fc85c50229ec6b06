"""What a library looks like from outside, so that a change is noticed: names, sizes and times, no content.

A look costs a `stat` for each file and reads none but the allowlist, when that changed. It is held against the look
before; what a change means is not told here. Where a look sees nothing new there is nothing new, but for a file that is
written twice within a tick of the disk's clock and keeps its size.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexes.errors import SourcesError
from indexes.names import MAX_NAME_CHARS
from indexes.register_state import RegisterPlace
from indexes.sources import SOURCES_FILE, Sources, read_sources

_Signature = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the register, and the allowlist as the disk describes it, and a digest over the files."""

    register: tuple[object, ...]
    allowlist: _Signature
    files: bytes


class Looker:
    """Looks at one library again and again. One thread at a time."""

    def __init__(self, library: Path, register: RegisterPlace) -> None:
        """Remember where it and its register are; nothing is looked at before `look`."""
        self._library = library
        self._register = register
        self._allowlist: _Signature | None = None
        self._sources: Sources = {}

    def look(self) -> Look:
        """Return what there is to see now. What cannot be read looks like nothing, and is told by who reads it."""
        allowlist = _signature(self._library / SOURCES_FILE)
        if allowlist != self._allowlist:
            self._sources = self._read_sources()
            self._allowlist = allowlist
        digest = hashlib.blake2b(digest_size=16)
        for source in self._sources.values():
            for line in _walk(source.folder, source.name):
                digest.update(os.fsencode(line))
        return Look(self._register.look(), allowlist, digest.digest())

    def _read_sources(self) -> Sources:
        try:
            return read_sources(self._library)
        except SourcesError:
            return {}


def _walk(folder: Path | str, prefix: str) -> Iterator[str]:
    """Yield a line for each file; the same files are passed over as by `indexes.library`, and no link is followed."""
    if len(prefix) > MAX_NAME_CHARS:
        return
    try:
        with os.scandir(folder) as found:
            entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        yield f"{prefix}\0{error.errno}\n"
        return
    for entry in entries:
        name = f"{prefix}/{entry.name}"
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, name)
            else:
                seen = entry.stat(follow_symlinks=False)
                yield f"{name}\0{seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_nlink}\n"
        except OSError as error:  # it went away meanwhile: the next look tells
            yield f"{name}\0{error.errno}\n"


def _signature(path: Path) -> _Signature:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

"""Libraries that are dear to make: made once in a process, then written out from memory for every other test.

`grown` does not share a folder: each test gets files of its own, the same bytes as if they had been made for it.
"""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from tests.support.copied_logs import make_itself
from tests.support.fakes import HashingEncoder, TinyLibrary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Grown:
    """What became of a library: its files, the time, what its encoder and its parser were given, and what was said."""

    folders: tuple[tuple[str, int], ...]
    files: tuple[tuple[str, int, bytes], ...]
    at: datetime
    database: str  # a copy of its database as it was then; empty where there is none
    encoded: tuple[str, ...]
    parsed: tuple[str, ...]
    result: Any


_KEPT: dict[tuple[object, ...], _Grown] = {}


def grown(library: TinyLibrary, grow: Callable[[TinyLibrary], T]) -> T:
    """Let a library grow as a function does it; where the same grew from the same before, its files are written out.

    Args:
        library: as it is now, with its clock; nothing of it is open.
        grow: adds to it, and closes what it opens; what it does depends on nothing else.

    Returns:
        What the function returned, the first time.
    """
    if not isinstance(library.encoder, HashingEncoder):
        return grow(library)  # with the real one
    encoder, places = library.encoder, library.places
    key = (
        *(grow, library.clock(), encoder.name, encoder.dimensions),
        *(places.rest_on, places.lines(), _digest(library.root)),
    )
    if key not in _KEPT:
        encoded, parsed = len(library.encoder.encoded), len(library.parser.parsed)
        result = grow(library)
        _KEPT[key] = _read(library, encoded, parsed, result)
        return result
    _write(_KEPT[key], library)
    same: T = _KEPT[key].result
    return same


def _digest(root: Path) -> str:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    whole = [(path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _read(library: TinyLibrary, encoded: int, parsed: int, result: object) -> _Grown:
    root, paths = library.root, sorted(library.root.rglob("*"))
    assert not any(path.is_symlink() for path in paths), "a link would be kept as what it leads to"
    return _Grown(
        folders=tuple((str(path.relative_to(root)), _mode(path)) for path in paths if path.is_dir()),
        files=tuple((str(path.relative_to(root)), _mode(path), path.read_bytes()) for path in paths if path.is_file()),
        at=library.clock(),
        database=library.places.snapshot(library.builds),
        encoded=tuple(library.encoder.encoded[encoded:]),
        parsed=tuple(library.parser.parsed[parsed:]),
        result=result,
    )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _write(kept: _Grown, library: TinyLibrary) -> None:
    """Write it out, by names and not by paths: a folder for each of a thousand tests."""
    library.places.begin_from(kept.database)
    root, keys = f"{library.root}/", set()
    for folder, mode in kept.folders:
        path = library.root / folder
        path.mkdir(exist_ok=True)
        path.chmod(mode)
    for name, mode, content in kept.files:
        file = os.open(root + name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            assert os.write(file, content) == len(content)
            os.fchmod(file, mode)
        finally:
            os.close(file)
        folder, _, last = name.rpartition("/")
        if last.startswith("signed-") and last.endswith(".json"):
            keys.add(library.root / folder)
    for each in keys:
        make_itself(each)
    library.clock.at = kept.at
    library.encoder.encoded.extend(kept.encoded)
    library.parser.parsed.extend(kept.parsed)

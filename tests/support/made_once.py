"""Libraries that are dear to make: made once in a process, then written out from memory for every other test.

`grown` does not share a folder: each test gets files of its own, the same bytes as if they had been made for it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.fakes import TinyLibrary


@dataclass(frozen=True, slots=True)
class _Grown:
    """What became of a library: its files with their modes, and what its encoder and its parser were given."""

    folders: tuple[Path, ...]
    files: tuple[tuple[Path, int, bytes], ...]
    encoded: tuple[str, ...]
    parsed: tuple[str, ...]


_KEPT: dict[tuple[object, ...], _Grown] = {}


def grown(library: TinyLibrary, grow: Callable[[TinyLibrary], object]) -> TinyLibrary:
    """Let a library grow as a function does it; where the same grew from the same before, its files are written out.

    Args:
        library: as it is now, with its clock.
        grow: adds to it; what it does depends on nothing else.
    """
    key = (grow, library.clock(), library.encoder.name, library.encoder.dimensions, _digest(library.root))
    if key in _KEPT:
        _write(_KEPT[key], library)
        return library
    encoded, parsed = len(library.encoder.encoded), len(library.parser.parsed)
    grow(library)
    paths = sorted(library.root.rglob("*"))
    assert not any(path.is_symlink() for path in paths), "a link would be kept as what it leads to"
    _KEPT[key] = _Grown(
        folders=tuple(path.relative_to(library.root) for path in paths if path.is_dir()),
        files=tuple(
            (path.relative_to(library.root), path.stat().st_mode, path.read_bytes()) for path in paths if path.is_file()
        ),
        encoded=tuple(library.encoder.encoded[encoded:]),
        parsed=tuple(library.parser.parsed[parsed:]),
    )
    return library


def _digest(root: Path) -> str:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    whole = [(path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _write(kept: _Grown, library: TinyLibrary) -> None:
    for folder in kept.folders:
        (library.root / folder).mkdir(parents=True, exist_ok=True)
    for name, mode, content in kept.files:
        path = library.root / name
        path.write_bytes(content)
        path.chmod(mode)
    library.encoder.encoded.extend(kept.encoded)
    library.parser.parsed.extend(kept.parsed)

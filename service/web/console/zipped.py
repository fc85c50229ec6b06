"""An export as one file that somebody can carry: a zip of the folder that `greenlit audit export` writes.

The lines come for several files in turn, and a zip holds one file after another. So the records, which are most of it,
leave as they come; what belongs to the others is kept in memory meanwhile, compressed: texts of questions go into no
temporary file. The manifest with the hash of each file comes last, so what was cut short has none, and is no zip.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.audit.errors import ExportError
from service.audit.reading.export import LEAVES_FILE, MANIFEST_FILE

_CHUNK_BYTES = 64 * 1024


class _Sink:
    """What a zip is written to: not a file, but what is still to be sent."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, content: bytes) -> int:
        self._waiting += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self, least: int = 1) -> Iterator[bytes]:
        """Give what waits, once it is enough."""
        if len(self._waiting) >= least:
            yield bytes(self._waiting)
            self._waiting.clear()


class _Kept:
    """A file of an export that waits for its turn, compressed."""

    def __init__(self) -> None:
        self._packing = zlib.compressobj(level=1)
        self._packed = bytearray()
        self.hash = hashlib.sha256()

    def add(self, content: bytes) -> None:
        self.hash.update(content)
        self._packed += self._packing.compress(content)

    def content(self) -> Iterator[bytes]:
        """Give all of it; nothing can be added after."""
        self._packed += self._packing.flush()
        unpacking = zlib.decompressobj()
        for start in range(0, len(self._packed), _CHUNK_BYTES):
            yield unpacking.decompress(self._packed[start : start + _CHUNK_BYTES])
        yield unpacking.flush()


def zipped(lines: Iterable[Mapping[str, str]]) -> Iterator[bytes]:
    """Give the bytes of a zip of an export.

    Args:
        lines: as `Exports.lines` gives them.

    Raises:
        ExportError: while bytes are taken: the lines do not end with their manifest. Besides, whatever `lines` raises.
    """
    sink, kept, manifest = _Sink(), dict[str, _Kept](), None
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # it only writes
        leaves = hashlib.sha256()
        with archive.open(LEAVES_FILE, "w", force_zip64=True) as records:
            for line in lines:
                name, content = line["file"], f"{line['line']}\n".encode()
                if name == MANIFEST_FILE:
                    manifest = json.loads(content)
                elif name == LEAVES_FILE:
                    leaves.update(content)
                    records.write(content)
                    yield from sink.take(_CHUNK_BYTES)
                else:
                    kept.setdefault(name, _Kept()).add(content)
        if manifest is None:
            raise ExportError("the export is not whole (it ended before its manifest): export again")
        for name in manifest["files"]:
            if name != LEAVES_FILE:
                yield from _one(archive, sink, name, kept.setdefault(name, _Kept()))
        whole = json.dumps(_with_hashes(manifest, leaves.hexdigest(), kept), indent=2)
        archive.writestr(MANIFEST_FILE, f"{whole}\n")
    yield from sink.take()


def _one(archive: zipfile.ZipFile, sink: _Sink, name: str, kept: _Kept) -> Iterator[bytes]:
    with archive.open(name, "w", force_zip64=True) as file:
        for part in kept.content():
            file.write(part)
            yield from sink.take(_CHUNK_BYTES)


def _with_hashes(manifest: dict[str, Any], leaves: str, kept: Mapping[str, _Kept]) -> dict[str, Any]:
    hashes = {name: leaves if name == LEAVES_FILE else kept[name].hash.hexdigest() for name in manifest["files"]}
    return {**manifest, "files": hashes}

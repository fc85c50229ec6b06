"""What an ingestion expects of each worker, so that a build does not depend on which machine did what.

Both sides write down what of them decides the bytes of a build: encoder, arithmetic, splitter, readers, Greenlit's
version, and its source, which may change without the version. A worker that differs does nothing. How documents are
read safely is not compared but told: the limits of the limited child are the ingestion's. That two kinds of processor
compute the same to the last bit is not known by this.
"""

import dataclasses
import hashlib
import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from indexes.encoder import Encoder
from indexes.limited.sandbox import SandboxSetting
from indexes.manifest import EncoderInfo, SplitterInfo
from ingest.loading.formats import FORMATS, loader_version

_ROOMS = ("indexes", "ingest")
_CODE_HEX = 16


@dataclass(frozen=True, slots=True)
class Here:
    """What of a machine decides the bytes of a build.

    `code` stands for the source of what reads, splits and encodes; `readers` are their versions by extension.
    """

    greenlit: str
    code: str
    encoder: EncoderInfo
    splitter: SplitterInfo
    readers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What whoever starts an ingestion has, and the limits of the child that parses (seconds, bytes)."""

    here: Here
    parse_timeout_s: float
    parse_memory_bytes: int
    sandbox: SandboxSetting

    @property
    def encoder(self) -> EncoderInfo:
        """The encoder that is to be loaded."""
        return self.here.encoder

    def as_json(self) -> dict[str, Any]:
        """Return what `agreed_from_json` reads."""
        return dataclasses.asdict(self)

    def differs(self, found: Here) -> str:
        """Say in words what is found otherwise on another machine; nothing if all is the same."""
        expected, got = dataclasses.asdict(self.here), dataclasses.asdict(found)
        return "; ".join(
            f"expected {name} {_words(expected[name], got[name])}, got {_words(got[name], expected[name])}"
            for name in expected
            if expected[name] != got[name]
        )


def found_here(encoder: Encoder, splitter: SplitterInfo) -> Here:
    """Return what this machine has."""
    return Here(
        greenlit=importlib.metadata.version("greenlit"),
        code=code_here(),
        encoder=EncoderInfo(encoder.name, encoder.digest, encoder.dtype, encoder.dimensions),
        splitter=splitter,
        readers={extension: loader_version(f"a{extension}") for extension in FORMATS},
    )


@lru_cache(maxsize=1)
def code_here() -> str:
    """Return what stands for the source of the rooms that make builds, as it lies on this machine."""
    digest, root = hashlib.sha256(), Path(__file__).resolve().parents[2]
    for room in _ROOMS:
        for path in _sources(root / room):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:_CODE_HEX]


def _sources(package: Path) -> Iterator[Path]:
    """Yield the modules of a package, in order; data that lies beside them, such as builds, is not gone through."""
    if (package / "__init__.py").is_file():
        yield from sorted(package.glob("*.py"))
        for within in sorted(path for path in package.iterdir() if path.is_dir()):
            yield from _sources(within)


def agreed_from_json(value: dict[str, Any]) -> Agreed:
    """Read what `Agreed.as_json` wrote."""
    here = value["here"]
    encoder, splitter = EncoderInfo(**here["encoder"]), SplitterInfo(**here["splitter"])
    return Agreed(**{**value, "here": Here(here["greenlit"], here["code"], encoder, splitter, here["readers"])})


def _words(one: Any, other: Any) -> str:
    """Return what of a value differs from another."""
    if not isinstance(one, dict):
        return str(one)
    return ", ".join(f"{key} {value}" for key, value in one.items() if value != other.get(key)) or "nothing more"

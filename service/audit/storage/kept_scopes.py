"""How a store keeps the lists of what could be seen: packed, and most as what they differ by from another.

A list has a line for each document that somebody may see, and after a decision on one document the next list differs
in one line. So a list is kept whole (zlib) from time to time, its *base*, and the others as the lines that went and
those that came. A base is never a difference itself: any list takes two reads at most. What was kept as it is, by an
older version, is read as well; no list begins with either mark, since names of documents hold no control characters.

What comes out is held against its hash by whoever reads it (`LeafReader.scope`), so nothing here has to be believed.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from service.audit.errors import AuditUnavailableError
from service.audit.storage.store import KeptScope

_WHOLE, _DIFFERENCE = b"\x00", b"\x01"
_WORTH_IT = 8  # a difference takes less than this part of the list, where all of it packed takes about half
_MOST_BASES = 4  # lists of several groups are in use at once
_MOST_KNOWN = 1024  # hashes of 64 characters
_MOST_BYTES = 1 << 28  # of a list; a store that was tampered with may claim any length

Raw = Callable[[str], bytes | None]


class KeptScopes:
    """What a writer has to know of the scopes that its store holds."""

    def __init__(self, raw: Raw, newest: Callable[[], str | None]) -> None:
        """Know nothing yet.

        Args:
            raw: gives what is kept under a filter hash, as it is kept.
            newest: gives the filter hash of a late answer, whose list is likely to be near the next.
        """
        self._raw, self._newest = raw, newest
        self._known: set[str] = set()  # that the store holds; a scope never goes
        self._bases: dict[str, bytes] = {}  # lists that are kept whole, the latest last
        self._unwritten: dict[str, bytes] = {}  # lists that are about to be kept whole: nothing stands on them yet
        self._looked = False  # for a base among what is kept already

    def new(self, scopes: Iterable[KeptScope]) -> dict[str, bytes]:
        """Return what is to be kept of scopes that the store does not hold yet, packed, by filter hash.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        self._unwritten.clear()
        found = {scope.filter_hash: scope.pairs for scope in scopes if scope.filter_hash not in self._known}
        if found and not self._looked:
            self._looked = True
            self._look()
        there = {name for name in found if self._raw(name) is not None}
        self._learn(there)
        return {name: self._packed(name, pairs) for name, pairs in found.items() if name not in there}

    def written(self, names: Iterable[str]) -> None:
        """Know that these are in the store now."""
        self._learn(names)
        for name, pairs in self._unwritten.items():
            with suppress(AuditUnavailableError):  # then nothing will stand on it
                kept = self._raw(name) or b""
                if kept.startswith(_WHOLE):  # another writer may have kept it meanwhile, as a difference
                    self._bases[name] = pairs
        self._unwritten.clear()
        while len(self._bases) > _MOST_BASES:
            del self._bases[next(iter(self._bases))]

    def _learn(self, names: Iterable[str]) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known.update(names)

    def _packed(self, name: str, pairs: bytes) -> bytes:
        for base, lines in reversed(self._bases.items()):
            if kept := _difference(base, lines, pairs):
                return kept
        self._unwritten[name] = pairs
        return _WHOLE + zlib.compress(pairs)

    def forget(self) -> None:
        """Know nothing any more: the store may be another, or not hold what was about to be added."""
        self._known.clear()
        self._bases.clear()
        self._unwritten.clear()
        self._looked = False

    def _look(self) -> None:
        name = self._newest()
        kept = self._raw(name) if name else None
        if name and kept and kept.startswith(_DIFFERENCE):
            name = str(_said(kept).get("base", ""))
            kept = self._raw(name)
        if name and kept and kept.startswith(_WHOLE):
            self._bases[name] = unpacked(kept, self._raw)


def unpacked(kept: bytes, raw: Raw) -> bytes:
    """Return the list that was kept so; what was altered comes as it is kept, and so has another hash.

    Args:
        kept: as a store holds it.
        raw: gives what is kept under a filter hash.
    """
    try:
        if kept.startswith(_WHOLE):
            return _inflated(kept)
        if kept.startswith(_DIFFERENCE):
            said = _said(kept)
            base = raw(said["base"]) or b""
            return _put_together(_inflated(base), said) if base.startswith(_WHOLE) else kept
    except (zlib.error, ValueError, KeyError, TypeError, IndexError):
        pass
    return kept


def _difference(name: str, base: bytes, pairs: bytes) -> bytes | None:
    """Return what a list differs by from a base; `None` if that would not be worth it, or order is lost."""
    before, now = base.split(b"\n"), pairs.split(b"\n")
    there, stays = set(before), set(now)
    gone = [number for number, line in enumerate(before) if line not in stays]
    came = [[number, line.decode()] for number, line in enumerate(now) if line not in there]
    if sum(len(str(line)) for _, line in came) * _WORTH_IT > 2 * len(pairs):
        return None  # hashes pack into half: without packing it is seen that it takes too much
    said: dict[str, Any] = {"base": name, "gone": gone, "came": came}
    kept = _DIFFERENCE + zlib.compress(json.dumps(said, separators=(",", ":")).encode())
    return kept if len(kept) * _WORTH_IT < len(pairs) and _put_together(base, said) == pairs else None


def _put_together(base: bytes, said: Mapping[str, Any]) -> bytes:
    gone, came = set(said["gone"]), {number: line.encode() for number, line in said["came"]}
    stays = (line for number, line in enumerate(base.split(b"\n")) if number not in gone)
    lines: list[bytes] = []
    for line in stays:
        while (new := came.pop(len(lines), None)) is not None:
            lines.append(new)
        lines.append(line)
    while (new := came.pop(len(lines), None)) is not None:
        lines.append(new)
    return b"\n".join(lines)


def _said(kept: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(_inflated(kept))
    return said


def _inflated(kept: bytes) -> bytes:
    reader = zlib.decompressobj()
    content = reader.decompress(memoryview(kept)[1:], _MOST_BYTES)
    if not reader.eof or reader.unused_data:
        raise ValueError("cut short, or more than was kept")
    return content

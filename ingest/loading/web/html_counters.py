"""What style sheets write into a page: texts before and after elements, and the counters that number them.

Counters are kept as CSS has it: `counter-reset` begins one that holds for the element's siblings and what is in them,
`counter-increment` goes on with the innermost. Of what is written only letters and digits count: bullets, arrows and
icons say nothing. Pictures and attributes are not written.
"""

import re

from ingest.loading.counting import printed

_PART = re.compile(
    r'"([^"]*)"|counters\(\s*([\w-]+)\s*,\s*"([^"]*)"\s*(?:,\s*([\w-]+)\s*)?\)'
    r"|counter\(\s*([\w-]+)\s*(?:,\s*([\w-]+)\s*)?\)|([a-z-]+\([^)]*\)|[^\s\"]+)"
)
_NAMES = re.compile(r"([A-Za-z_][\w-]*)(?:\s+([-+]?\d{1,6}))?")
_MAX_OPEN = 200  # counters within each other


class Counters:
    """The counters of one page while it is walked."""

    def __init__(self) -> None:
        self._open: dict[str, list[tuple[int, int]]] = {}  # name: depth at which it was begun, value

    def enter(self, depth: int, *, resets: str, sets: str, counts: str) -> None:
        """Take note of an element that begins.

        Args:
            depth: of the element.
            resets: its `counter-reset`.
            sets: its `counter-set`.
            counts: its `counter-increment`.
        """
        for name, number in _named(resets, 0):
            found = self._open.setdefault(name, [])
            while found and found[-1][0] >= depth:
                found.pop()
            if len(found) < _MAX_OPEN:
                found.append((depth, number))
        for name, number in _named(counts, 1):
            self._change(name, depth, number, add=True)
        for name, number in _named(sets, 0):
            self._change(name, depth, number, add=False)

    def close(self, depth: int) -> None:
        """Take note that an element ends: counters that were begun within it end too."""
        for found in self._open.values():
            while found and found[-1][0] > depth:
                found.pop()

    def text(self, content: str) -> str:
        """Return what `content` writes; empty if it is nothing that can be read."""
        written = ""
        for found in _PART.finditer(content):
            if found[1] is not None:
                written += found[1]
            elif found[2]:
                numbers = [printed(value, found[4] or "") for _, value in self._open.get(found[2], [(0, 0)])]
                if None in numbers:
                    return ""
                written += found[3].join(filter(None, numbers))
            elif found[5]:
                number = printed(self._open.get(found[5], [(0, 0)])[-1][1], found[6] or "")
                if number is None:
                    return ""
                written += number
        return written if any(sign.isalnum() for sign in written) else ""

    def _change(self, name: str, depth: int, number: int, *, add: bool) -> None:
        found = self._open.setdefault(name, [])
        if not found:
            found.append((depth, 0))
        begun, value = found[-1]
        found[-1] = (begun, value + number if add else number)


def _named(value: str, otherwise: int) -> list[tuple[str, int]]:
    if value in {"", "none"}:
        return []
    return [(name, int(number) if number else otherwise) for name, number in _NAMES.findall(value)]

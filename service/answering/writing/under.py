"""What the items of a list stand under, in a model's text: its lead-in, else the heading above it.

An item is said and checked with it: "upload scripts" under "You must not:" is the opposite of what it says alone.
"""

from dataclasses import dataclass

_TEXT, _HEADING = -1, -2  # how far in a lead-in stands that is no item; and a heading


@dataclass(frozen=True, slots=True)
class _Above:
    indent: int
    text: str
    ids: tuple[str, ...]


class Under:
    """What stands above the line that is being read."""

    def __init__(self) -> None:
        self._above: list[_Above] = []
        self._is_fresh = False  # nothing was said since the last lead-in that is no item

    def heading(self, text: str) -> None:
        """Begin a stretch under a heading; an empty one says nothing."""
        self._above = [_Above(_HEADING, text, ())] if text else []
        self._is_fresh = False

    def lead_in(self, text: str, ids: tuple[str, ...], *, indent: int | None) -> None:
        """Take a lead-in, with the ids that it cites; `indent` of an item that is one, `None` for other text."""
        if indent is None:
            self._above = [one for one in self._above if one.indent == _HEADING]
            if text:
                self._above.append(_Above(_TEXT, text, ids))
            self._is_fresh = True
        else:
            self._leave(indent)
            self._above.append(_Above(indent, text, ids))

    def item(self, text: str, ids: tuple[str, ...], *, indent: int) -> tuple[str, tuple[str, ...]]:
        """Return what an item says and cites, with what it stands under."""
        self._leave(indent)
        self._is_fresh = False
        return self._joined(text, ids)

    def sentence(self, text: str, ids: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Return what a sentence says and cites that is no item: right after a lead-in it goes on with it."""
        if self._is_fresh:
            text, ids = self._joined(text, ids)
        self._above = [one for one in self._above if one.indent == _HEADING]
        self._is_fresh = False
        return text, ids

    def _leave(self, indent: int) -> None:
        self._above = [one for one in self._above if one.indent < indent]

    def _joined(self, text: str, ids: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        over = [one for one in self._above if one.indent != _HEADING] or self._above
        words = [one.text.rstrip(":： ") for one in over]
        cited = [one for above in over for one in above.ids]
        return ": ".join([*words, text]), tuple(dict.fromkeys([*ids, *cited]))

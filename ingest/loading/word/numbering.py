"""The automatic numbers of a Word document, as they are printed: "3.2", "(b)", "Article I", "Step 4:".

A list is an instance (`w:num`) of a definition (`w:abstractNum`). Instances of one definition count on together, unless
an instance begins anew: its `startOverride` counts the first time that it is used on a level. A level begins anew when
one above it was used (`lvlRestart` says which). A level's text says which levels' numbers it shows; one of bullets
shows nothing. A level above that was left out counts as used once: after 1.1 without a 1 comes 2, as in Word.
What cannot be told is `UNKNOWN`: no number is shown, because a wrong one would be worse. Knows nothing of text.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from ingest.loading.word.numerals import numeral
from ingest.loading.word.styles import NumberingRef, Styles
from ingest.loading.word.symbols import MEANING, in_symbols
from ingest.loading.word.xml import integer, is_on, local_name, qn, value

BULLET = "-"
UNKNOWN = "?"  # of a marker: there is a number on the page, and it is not known which
_PLACE = re.compile(r"%([1-9])")
_MAX_LINKS = 10  # definitions that refer to styles that refer to definitions
_MAX_DEPTH = 9
_MAX_TEXT_CHARS = 60  # of a level's text; Word allows 31
_LAST_RESTART = 7  # Word ignores what goes beyond


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how it counts, and what it shows."""

    kind: str = "decimal"
    start: int = 1
    text: str = ""
    style: str = ""
    legal: bool = False
    restart: int | None = None  # 1-based; 0 is never
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """An instance of a list: which definition counts for it, its levels, and where it begins anew."""

    definition: str
    levels: dict[int, Level]
    restarts: dict[int, int]


class Numbering:
    """The lists of one document; how far they have counted is `Counting`'s."""

    def __init__(self, root: Any, styles: Styles, *, english: bool) -> None:
        """Read the lists.

        Args:
            root: the root of the numbering part, or None.
            styles: where lists are linked to styles.
            english: whether numbers in words are in English.
        """
        self._styles = styles
        self.english = english
        self._definitions: dict[str, Any] = {}
        self._instances: dict[str, Any] = {}
        for child in root if root is not None else ():
            name = local_name(child)
            if name == "abstractNum":
                self._definitions.setdefault(child.get(qn("w:abstractNumId"), ""), child)
            elif name == "num":
                self._instances.setdefault(child.get(qn("w:numId"), ""), child)
        self._levels: dict[str, tuple[str, dict[int, Level]]] = {}
        self._known: dict[str, List | None] = {}

    def list_of(self, list_id: str) -> List | None:
        """Return a list by the id that paragraphs name, None if there is no such list."""
        if list_id not in self._known:
            self._known[list_id] = self._read(list_id)
        return self._known[list_id]

    def _read(self, list_id: str) -> List | None:
        instance = self._instances.get(list_id)
        if instance is None:
            return None
        definition, levels = self._defined(value(instance, "w:abstractNumId") or "")
        own, restarts = dict(levels), {}
        for override in instance.iterchildren(qn("w:lvlOverride")):
            depth = integer(override.get(qn("w:ilvl")), 0)
            level = override.find(qn("w:lvl"))
            if level is not None:
                own[depth] = _level(level)
            start = value(override, "w:startOverride")
            if start is not None:
                restarts[depth] = integer(start, 1)
                own[depth] = replace(own.get(depth, Level()), start=restarts[depth])
        return List(definition, own, restarts)

    def _defined(self, definition: str) -> tuple[str, dict[int, Level]]:
        """Return the definition that counts and its levels; one may be named by a list style."""
        if definition in self._levels:
            return self._levels[definition]
        name, element = definition, self._definitions.get(definition)
        for _ in range(_MAX_LINKS):
            link = value(element, "w:numStyleLink") if element is not None else None
            if link is None:
                break
            numbering = self._styles.of_style(link).numbering
            instance = self._instances.get(numbering.list_id) if numbering is not None else None
            if instance is None:
                break
            name = value(instance, "w:abstractNumId") or ""
            element = self._definitions.get(name)
        levels = {}
        for level in element.iterchildren(qn("w:lvl")) if element is not None else ():
            levels[integer(level.get(qn("w:ilvl")), 0)] = _level(level)
        self._levels[definition] = (name, levels)
        return name, levels


def _level(element: Any) -> Level:
    kind = "decimal"
    for said in element.iter(qn("w:numFmt")):  # a format of later versions stands in an alternative, before the other
        kind = said.get(qn("w:val"), "decimal")
        if kind == "custom":
            kind = f"custom:{said.get(qn('w:format'), '')}"
        break
    fonts = element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    text = (value(element, "w:lvlText") or "")[:_MAX_TEXT_CHARS]
    restart = value(element, "w:lvlRestart")
    return Level(
        kind=kind,
        start=integer(value(element, "w:start"), 0 if element.find(qn("w:start")) is None else 1),
        text=in_symbols(fonts.get(qn("w:ascii")), text)[0] if fonts is not None else text,
        style=value(element, "w:pStyle") or "",
        legal=is_on(element.find(qn("w:isLgl"))),
        restart=None if restart is None else integer(restart, 0),
        hidden=is_on(element.find(f"{qn('w:rPr')}/{qn('w:vanish')}")),
    )


class Counting:
    """How far the lists have counted in one story of a document: its body, its notes, its text boxes."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, int]] = set()

    def marker(self, reference: NumberingRef | None, style_id: str) -> str | None:
        """Count a paragraph and return the mark that it bears.

        Args:
            reference: the list that it belongs to.
            style_id: its style, to which a level of the list may be linked.

        Returns:
            "-" for a bullet, a number as printed, `UNKNOWN`, "" for an item that shows no mark, and None for what is no
            list item.
        """
        if reference is None or reference.list_id == "0":  # list 0 takes a paragraph out of its style's list
            return None
        if not reference.list_id.isdigit():  # a style that is a list by its name alone
            return BULLET
        found = self._numbering.list_of(reference.list_id)
        if found is None:
            return None
        depth = min(max(_depth(found, reference, style_id), 0), _MAX_DEPTH - 1)
        self._count(reference.list_id, found, depth)
        return self._shown(found, depth)

    def _count(self, list_id: str, found: List, depth: int) -> None:
        counts = self._counts[found.definition]
        for above in range(depth):  # one that was left out counts as used
            counts.setdefault(above, found.levels.get(above, Level()).start)
        first = (list_id, depth) not in self._begun
        self._begun.add((list_id, depth))
        if first and depth in found.restarts:
            counts[depth] = found.restarts[depth]
        else:
            counts[depth] = counts.get(depth, found.levels.get(depth, Level()).start - 1) + 1
        for deeper in [one for one in counts if one > depth]:
            restart = found.levels.get(deeper, Level()).restart
            if restart is None or not 0 <= restart <= min(deeper, _LAST_RESTART) or depth < restart:
                del counts[deeper]

    def _shown(self, found: List, depth: int) -> str:
        level = found.levels.get(depth, Level())
        if level.kind == "bullet":
            sign = level.text.strip()
            return sign if sign in MEANING and sign else BULLET
        if level.hidden:
            return ""
        unknown = False

        def number(match: re.Match[str]) -> str:
            nonlocal unknown
            of = int(match[1]) - 1
            shown = found.levels.get(of, Level())
            if of > depth or shown.kind == "bullet":
                return ""
            count = self._counts[found.definition].get(of, shown.start)
            kind = "decimal" if level.legal and shown.kind != "none" else shown.kind
            text = numeral(kind, count, english=self._numbering.english)
            unknown = unknown or text is None
            return text or ""

        text = _PLACE.sub(number, level.text)
        return UNKNOWN if unknown else text


def _depth(found: List, reference: NumberingRef, style_id: str) -> int:
    """Return a paragraph's level: what it says itself, else the level that its style is linked to."""
    if reference.style:
        for wanted in dict.fromkeys((style_id, reference.style)):
            for depth, level in found.levels.items():
                if level.style and level.style == wanted:
                    return depth
    return reference.depth or 0

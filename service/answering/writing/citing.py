"""Citations in a model's text: which passages are meant, and the text without them.

A citation is a bracket with nothing in it but ids, numbers and words such as "passage" or "and"; or an id that stands
by itself. Round brackets need an id that was offered or looks like one: "(b)" and "(2024)" are text. What cites
anything that was not offered is taken off and counted.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

ID = re.compile(r"p[0-9a-f]{8}")  # how ids look, see `offering`
MOST_CHARS = 160  # of a citation; a longer bracket is text
_GROUP = re.compile(rf"[\[【(][\[^]?([^\[\]【】()\n]{{1,{MOST_CHARS}}})(?:\]\]|[\]】)])(?:\([^()\s]{{0,300}}\))?")
_OPENS = "[【("
_CLOSED = re.compile(r"[\]】)]")
_PARTS = re.compile(r"[\s,;|&+/]+")
_WORDS = frozenset(
    "and und et y passage passages passages: source sources document doc id ids see ref cf quelle quellen".split()
)
_AROUND = "`'\"*_#^:.§"
_NAMED = re.compile(r"(?:id|passage|source|doc|document|ref)[=:#-]", re.IGNORECASE)
_LOOKS_CITED = re.compile(r"(?=[\w-]*\d)[A-Za-z]{0,12}[-_]?[0-9a-fA-F]{1,16}")
_BARE = re.compile(rf"(?<![\w-]){ID.pattern}(?![\w-])")
_LINK = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)|\[([^\[\]\n]+)\]\([^()\n]*\)")
_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?](?:\s|$))")


@dataclass(frozen=True, slots=True)
class Cited:
    """A text without its citations, the ids that were offered, and how many other things it cites."""

    text: str
    ids: tuple[str, ...]
    not_offered: int


def without_citations(text: str, offered: Collection[str]) -> Cited:
    """Take the citations off a text.

    Args:
        text: a sentence of a model's, or a longer stretch of it.
        offered: the ids that the model was given.
    """
    ids: list[str] = []
    unknown = 0

    def taken(found: re.Match[str]) -> str:
        nonlocal unknown
        cited = _read(found, offered)
        if cited is None:
            return found[0]
        ids.extend(cited[0])
        unknown += cited[1]
        return " "

    def bare(found: re.Match[str]) -> str:
        nonlocal unknown
        if found[0] in offered:
            ids.append(found[0])
        else:
            unknown += 1
        return " "

    text = _GROUP.sub(taken, text)
    text = _LINK.sub(lambda found: found[1] or "", text)  # where a link leads is nothing that was approved
    text = _BARE.sub(bare, text)
    for one in offered:  # wherever it stands, and whatever shape it has: an id is nothing to read
        if one in text:
            text = text.replace(one, " ")
            ids.append(one)
    return Cited(_BEFORE_STOP.sub("", text), tuple(dict.fromkeys(ids)), unknown)


def after_citations(line: str, start: int, *, whole: bool, offered: Collection[str]) -> int | None:
    """Return where what stands at `start` goes on after blanks and citations.

    `None` if more of the line has to be seen for it; never of one that is there as a `whole`.
    """
    at = start
    while True:
        while at < len(line) and line[at] in " \t":
            at += 1
        if at == len(line) or line[at] not in _OPENS:
            return at
        found = _GROUP.match(line, at)
        if not whole and (found is None or found.end() == len(line)) and _may_go_on(line, at, found):
            return None
        if found is None or _read(found, offered) is None:
            return at
        at = found.end()


def ends_cited(stretch: str, offered: Collection[str]) -> bool:
    """Tell whether a stretch ends with a citation."""
    stretch = stretch.rstrip()
    begin = max(stretch.rfind(bracket) for bracket in _OPENS)
    return begin >= 0 and after_citations(stretch, begin, whole=True, offered=offered) == len(stretch)


def _may_go_on(line: str, at: int, found: re.Match[str] | None) -> bool:
    """Tell whether a bracket may still become a citation, or one that is there a longer one: "[id]](" or a link."""
    return found is not None or (len(line) - at <= MOST_CHARS and not _CLOSED.search(line, at))


def _read(found: re.Match[str], offered: Collection[str]) -> tuple[list[str], int] | None:
    """Return what a bracket cites: ids that were offered, and how many others; `None` if it is text."""
    parts = [_NAMED.sub("", part).strip(_AROUND) for part in _PARTS.split(found[1])]
    meant = [part for part in parts if part and part.lower() not in _WORDS]
    known = [part for part in meant if part in offered]
    others = [part for part in meant if part not in offered]
    is_round = found[0].startswith("(")
    if not meant or not all((ID if is_round else _LOOKS_CITED).fullmatch(part) for part in others):
        return None
    return known, len(others)

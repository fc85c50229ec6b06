"""Lines of a model's text: what a line is, its mark, and its words without Markdown and entities.

A mark at the beginning tells what a line is: an item, a heading, a row, the edge of a stretch of code. Nothing here
knows sentences or citations.
"""

import html
import re
from dataclasses import dataclass
from enum import Enum, auto

from service.answering.writing.plain import cleaned

HEAD_CHARS = 8  # of a line: with so many its mark can be told
_MOST_BOLD = 200  # characters of a heading
FENCE = "```"  # before and after a stretch of code
_FENCE = re.compile(rf"\s*{FENCE}")
_HEADING = re.compile(r"\s*#{1,6}\s*")
_ITEM = re.compile(
    r"(\s*)(?:>\s*)*(?:[-*+•‣◦▪●–—](?=\s)|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,4})[.)](?=\s))\s+(?:\[[ xX]\]\s+)?"
)
_QUOTED = re.compile(r"\s*(?:>\s*)+")
_ROW = re.compile(r"\s*\|")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}|[\s|:+-]+")
_BOLD_LINE = re.compile(r"\s*(\*\*|__)(?P<text>(?:(?!\1|[.!?]\s).)+)\1\s*:?\s*")
_MAY_BE_BOLD = re.compile(r"\s*(?:\*|_|(\*\*|__)(?:(?!\1|[.!?]\s).)*(?:\1\s*:?\s*)?)")
_STRONG = re.compile(r"(\*\*\*|\*\*|___|__|~~)(?=\S)(.+?)(?<=\S)\1")
_LIGHT = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")
_TICKS = re.compile(r"`+")
_LEFT_OVER = re.compile(r"\*\*|__(?!\w)|(?<!\w)__|~~")
_CODE = re.compile(
    r"^\s*(?:import|from|def|class|return|const|let|var|function|sudo|curl|wget|\$|>>>|#!|//)\s*\S.*$"
    r"|[\w\])]\s*\([^()]*\)\s*[;{]?\s*$|\w+\.\w+\(|\w\(\s*[\"'\[{]|[{};]\s*$|^\s*[\w.\[\]\"', ]+\s[+-]?=\s\S"
    r"|=>|\w=[\"'\w]|&&|\|\||::|==|</"
)
_SURELY_CODE = re.compile(
    r"^\s*(?:import|from)\s+[\w.]+(?:\s*,|\s+import\b|\s+as\b|\s*;|\s*\.?\s*$)|\w\.\w+\(|\w\([\"'\[{]"
)
_PROSE = re.compile(r"[^\W\d_]{2,}(?:[\s,]+[^\W\d_]{2,}){4,}")


class Kind(Enum):
    """What a line is."""

    TEXT = auto()
    ITEM = auto()
    HEADING = auto()
    ROW = auto()
    FENCE = auto()
    NOTHING = auto()  # empty, or a rule


@dataclass(frozen=True, slots=True)
class Head:
    """What a line begins with: its kind, how far it stands in, and where its words begin."""

    kind: Kind
    indent: int
    start: int


def head_of(line: str) -> Head:
    """Return what a line begins with; its first `HEAD_CHARS` after the blanks, or all of it, have to be there."""
    indent = len(line) - len(line.lstrip())
    if not line.strip() or _RULE.fullmatch(line):
        return Head(Kind.NOTHING, indent, len(line))
    if _FENCE.match(line):
        return Head(Kind.FENCE, indent, len(line))
    for pattern, kind in ((_HEADING, Kind.HEADING), (_ITEM, Kind.ITEM), (_ROW, Kind.ROW), (_QUOTED, Kind.TEXT)):
        if found := pattern.match(line):
            return Head(kind, indent, found.end())
    return Head(Kind.TEXT, indent, indent)


def is_bold(line: str) -> bool:
    """Tell whether a line is bold as a whole, as headings are that use no mark; without a full stop."""
    found = _BOLD_LINE.fullmatch(line) if len(line) <= _MOST_BOLD else None
    return found is not None and not re.search(r"[.!?]\s*$", found["text"])


def may_be_bold(line: str) -> bool:
    """Tell whether a line of which more may come may yet be bold as a whole."""
    return len(line) <= _MOST_BOLD and _MAY_BE_BOLD.fullmatch(line) is not None


def plain_words(text: str) -> str:
    """Return a text without Markdown and entities, white space as single blanks."""
    text = cleaned(html.unescape(text))
    for _ in range(2):  # bold within italic
        text = _STRONG.sub(r"\2", text)
    text = _LIGHT.sub(lambda found: found[1] or found[2], text)
    text = _LEFT_OVER.sub("", _TICKS.sub("", text))
    text = re.sub(r"\s*\|\s*", ", ", text.strip().strip("|"))
    return " ".join(text.split())


def looks_like_code(text: str) -> bool:
    """Tell whether a text is code rather than words: it has the signs of code and no five words in a row."""
    return bool(_SURELY_CODE.search(text)) or (bool(_CODE.search(text)) and not _PROSE.search(text))

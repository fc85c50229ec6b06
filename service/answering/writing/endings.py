"""Where a sentence ends in a line that may still grow. It does not matter in which pieces the line comes.

A stop ends a sentence where white space or a citation comes after it, then a word that does not begin small, and the
word before is no abbreviation ("No. 5", "e.g."). The citations after a stop belong to the sentence before it. So an end
is known when the first word of the next sentence is there, or the end of the line.
"""

import re
from collections.abc import Collection

from indexes.abbreviations import goes_on
from service.answering.writing.citing import after_citations, without_citations

LOOK_AHEAD = 240  # characters after a stop that may have to be seen
_STOP = re.compile(r"[.!?…]+|[。！？]+")
_FULL_WIDTH = "。！？"
_CLOSES = re.compile(r"[\"'”’»)\]*_`~]*")
_OPENS = "\"'“„‘«(*_`[ "
_LONG_WORD = 40
_ONLY_A_MARK = re.compile(r"[*_\s]*\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxlcIVXLC]{1,6})[.)]+")
_TAIL = 80  # of a sentence: what tells an abbreviation


def sentence_end(line: str, start: int, *, whole: bool, offered: Collection[str]) -> int | None:
    """Return where the sentence that begins at `start` ends, with its citations; `None` if nobody can tell yet.

    Args:
        line: what is there of the line.
        start: where the sentence begins.
        whole: the line has ended; then its end is an end.
        offered: the ids that the model was given.
    """
    for found in _STOP.finditer(line, start):
        closed = _closed(line, found.end())
        after = after_citations(line, closed, whole=whole, offered=offered)
        if after is None:
            return None
        if after == len(line):
            return after if whole else None
        following = line[after : after + _LONG_WORD + 1]
        if not whole and len(following) <= _LONG_WORD and not re.search(r"[^\W_]\S*\s", following):
            return None
        is_apart = after > closed or found[0][-1] in _FULL_WIDTH
        if is_apart and _begins(line[max(start, found.end() - _TAIL) : closed], following, offered):
            return after
    return len(line) if whole else None


def _closed(line: str, end: int) -> int:
    """Return where what closes ends; a bracket that begins a citation does not close."""
    found = _CLOSES.match(line, end)
    return found.end() if found else end


def is_ended(sentence: str) -> bool:
    """Tell whether a text without citations ends with a stop."""
    return bool(re.search(r"[.!?…。！？][\"'”’»)\]*_`~\s]*$", sentence))


def _begins(sentence: str, following: str, offered: Collection[str]) -> bool:
    """Tell whether a new sentence begins after a stop."""
    first = following.lstrip(_OPENS)[:1]
    if first.islower():
        return False
    bare = without_citations(sentence, offered).text.rstrip("*_`~ ")
    return not _ONLY_A_MARK.fullmatch(bare) and not goes_on(bare, following)

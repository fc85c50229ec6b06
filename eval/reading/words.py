"""Words of a text, for comparing two readings of one document: how many of one are found in the other, and in order.

A word is a run of letters and digits, in lower case, in Unicode's form NFKC; punctuation, spaces and line ends count
nothing. Of Markdown its marks, link addresses and comments are taken away first: they are notation, and no reader sees
them. Judges no meaning: a wrong word counts as one that lacks and one that is too many.
"""

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_TASK = re.compile(r"(?<=[-*] )\[[ xX]\](?=\s)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_EQUATION = re.compile(r"\$\$|\$[^$\n]*\\[a-zA-Z]+[^$\n]*\$")


def words_of(text: str) -> list[str]:
    """Return the words of a plain text, in order."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def words_of_markdown(text: str) -> list[str]:
    """Return the words of a text in Markdown that a reader of the page would see."""
    shown = _LINK.sub(r"\1", _COMMENT.sub(" ", text))
    return words_of(html.unescape(_ESCAPED.sub(r"\1", _TASK.sub(" ", shown))))


def has_equations(markdown: str) -> bool:
    """Tell whether a text in Markdown holds equations in LaTeX, whose commands are no words of the page."""
    return bool(_EQUATION.search(markdown))


def found(wanted: Sequence[str], read: Sequence[str]) -> int:
    """Return how many of the wanted words were read, each as often as it was."""
    return (Counter(wanted) & Counter(read)).total()


def in_order(wanted: Sequence[str], read: Sequence[str]) -> int:
    """Return how many of the wanted words were read in their order: the longest common subsequence.

    Exact, and quick for long documents: the row of the usual table is one large integer (Hyyrö, 2004).
    """
    places: dict[str, int] = defaultdict(int)
    for place, word in enumerate(wanted):
        places[word] |= 1 << place
    full = (1 << len(wanted)) - 1
    row = full
    for word in read:
        matched = row & places.get(word, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(wanted) - row.bit_count()


def lacking(wanted: Sequence[str], read: Sequence[str]) -> Counter[str]:
    """Return the wanted words that were not read, as often as they lack.

    Where two readings part a word otherwise ("co author", "coauthor") nothing lacks: two neighbours on one side that
    are one word on the other are taken as read.
    """
    lacks, spare = Counter(wanted) - Counter(read), Counter(read) - Counter(wanted)
    _forgive(lacks, spare, read)
    for pair, count in Counter(_neighbours(wanted, lacks)).items():
        whole = "".join(pair)
        forgiven = min(count, spare[whole], lacks[pair[0]], lacks[pair[1]])
        if forgiven > 0:
            _take(lacks, pair, forgiven)
            spare[whole] -= forgiven
    return +lacks


def _forgive(lacks: Counter[str], spare: Counter[str], read: Sequence[str]) -> None:
    """Take out the words that were read in two pieces."""
    for pair, count in Counter(_neighbours(read, spare)).items():
        whole = "".join(pair)
        forgiven = min(count, lacks[whole], spare[pair[0]], spare[pair[1]])
        if forgiven > 0:
            lacks[whole] -= forgiven
            _take(spare, pair, forgiven)


def _neighbours(text: Sequence[str], among: Counter[str]) -> Iterable[tuple[str, str]]:
    return (pair for pair in pairwise(text) if among[pair[0]] > 0 and among[pair[1]] > 0)


def _take(counts: Counter[str], pair: tuple[str, str], times: int) -> None:
    for word in pair:
        counts[word] -= times

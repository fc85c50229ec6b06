"""Where sentences begin and end in a stored text, as exact character spans.

A newline ends a sentence (the stored text has one only at the end of a block); within a line the trained Punkt model
decides (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", 2006), told better in four ways:

1. It reads quotation marks and ellipses as it was trained to: each is shown to it as one character that it knows.
2. What it parts too early is put together: after an abbreviation (`abbreviations`), after a number that counts what
   follows ("7.3. The ..."), and where speech is followed by who said it (`"Stop!" he said`).
3. What it leaves together is parted before a word that begins sentences ("... of at most 3 m. The wall ...").
4. A closing mark that it gives to what follows goes back.

The model's data comes with llama-index-core: nothing is downloaded.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import llama_index.core
import nltk.data
from nltk.tokenize.punkt import PunktTokenizer

from indexes.abbreviations import goes_on
from indexes.units import Span

_LINE = re.compile(r"[^\n]+")
_SEEN_AS = str.maketrans(
    dict.fromkeys("“”‟", '"')
    | dict.fromkeys("‘’", "'")
    | dict.fromkeys("„«‚‹", "(")
    | dict.fromkeys("»›", ")")
    | {"…": "."}
)
# What counts what follows it: "7.3.", "(b)", "iv.", "§ 12.", "Art. 5."; only these before a stop are no sentence.
_ONLY_A_MARK = re.compile(
    r"(?:(?:§+|Art\.|Article|Artikel|Sec\.|Section|Clause|Rule|Nr\.|No\.|Ziff\.|Point|Punkt)\s*)?"
    r"\(?(?:\d{1,3}(?:\.\d{1,3})*(?:\s?[a-z])?|[a-zA-Z]|[ivxlc]{1,6}|[IVXLC]{1,6})[.)]+"
)
_TAIL_CHARS = 100  # of a sentence: what tells whether it ended stands in them
_WORDS = re.compile(r"\w")
_SAID = re.compile(r"(?:[.!?…][\"'”’“»)]+|!)$")  # speech that ends, or a name such as "Yahoo!"
_LEFT_TOGETHER = re.compile(
    r"(?<=[\w)%\"'”»])\.[\"'”’»)]*\s+"
    r"(?=(?:The|This|These|They|It|We|You|If|When|Der|Die|Das|Wir|Wenn|Le|Les|Il|Nous)\s)"
)
_CLOSING = re.compile(r"[»”)\]]+(?=\s|$)")
_CLOSING_AT_ONCE = re.compile(r"[\"'«»“”‘’‹›)\]]+")  # whatever it opens elsewhere: a stop stands right before it
_DATA = Path(llama_index.core.__file__).parent / "_static" / "nltk_cache"


@cache
def _punkt() -> PunktTokenizer:
    if str(_DATA) not in nltk.data.path:
        nltk.data.path.append(str(_DATA))
    return PunktTokenizer("english")


def sentence_spans(text: str, *, offset: int = 0) -> list[Span]:
    """Return the `[start, end)` spans of the sentences of a text, in order, without outer blanks.

    Args:
        text: a part of a stored text, without list marks.
        offset: where that part begins in the whole; added to every span.
    """
    return [
        (offset + line.start() + start, offset + line.start() + end)
        for line in _LINE.finditer(text)
        for start, end in _line_spans(line.group())
    ]


def _line_spans(line: str) -> list[Span]:
    spans: list[Span] = []
    for proposed, end in _proposed(line):
        start = _after_closing(line, spans, proposed, end)
        sentence = line[start:end].strip()
        if not sentence:
            continue
        first = line.index(sentence, start)
        last = first + len(sentence)
        if spans and _is_one(line[max(spans[-1][0], spans[-1][1] - _TAIL_CHARS) : spans[-1][1]], sentence):
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return spans


def _proposed(line: str) -> Iterator[Span]:
    """Return the stretches that the model sees as sentences, parted where it leaves two together."""
    for start, end in _punkt().span_tokenize(line.translate(_SEEN_AS)):
        ends = [found.end() for found in _LEFT_TOGETHER.finditer(line, start, end)]
        yield from pairwise([start, *ends, end])


def _after_closing(line: str, spans: list[Span], start: int, end: int) -> int:
    """Give a closing mark with which a stretch begins to the sentence before, and return where the stretch begins."""
    blank = len(line[start:end]) - len(line[start:end].lstrip())
    at_once = bool(spans) and spans[-1][1] == start and not blank
    found = (_CLOSING_AT_ONCE if at_once else _CLOSING).match(line, start + blank, end)
    if not spans or not found:
        return start
    spans[-1] = (spans[-1][0], found.end())
    return found.end()


def _is_one(sentence: str, following: str) -> bool:
    """Tell whether the model ended a sentence too early."""
    if following[0] in ",;:" or not _WORDS.search(following):
        return True
    if sentence.endswith(("…", "...")):
        return not following.lstrip("\"'“„‘«([")[:1].isupper()
    if following[0].islower() and _SAID.search(sentence):
        return True
    return bool(_ONLY_A_MARK.fullmatch(sentence)) or goes_on(sentence, following)

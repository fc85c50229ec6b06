"""Where sentences begin and end in a stored text, as exact character spans.

A newline ends a sentence (the stored text has one only at the end of a block); within a line the trained Punkt model
decides (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", 2006). It was trained on news, where
"Dr." and "Inc." are common; that "e.g." and "No. 4" end nothing it is told here. Its data comes with llama-index-core:
nothing is downloaded.
"""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import llama_index.core
import nltk.data
from nltk.tokenize.punkt import PunktTokenizer

from indexes.passages import Span

_LINE = re.compile(r"[^\n]+")
_LIST_MARK = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s+")
# Abbreviations that the model does not know: those that never end a sentence, those that go on with a number, and those
# that go on with a small letter.
_NEVER_LAST = re.compile(r"(?<!\w)(?:e\.g|i\.e|cf|viz|approx|incl|excl)\.$", re.IGNORECASE)
_BEFORE_NUMBER = re.compile(r"(?<!\w)(?:art|ca|ch|ext|figs?|max|min|nos?|para|pp|secs?|tel|vol)\.$", re.IGNORECASE)
_BEFORE_SMALL = re.compile(r"(?<!\w)(?:al|dept|est|etc|max|min|resp|tel)\.$", re.IGNORECASE)
_DATA = Path(llama_index.core.__file__).parent / "_static" / "nltk_cache"


@cache
def _punkt() -> PunktTokenizer:
    if str(_DATA) not in nltk.data.path:
        nltk.data.path.append(str(_DATA))
    return PunktTokenizer("english")


def sentence_spans(text: str, *, offset: int = 0) -> list[Span]:
    """Return the `[start, end)` spans of the sentences of a text, in order, without list marks and outer blanks.

    Args:
        text: a part of a stored text.
        offset: where that part begins in the whole; added to every span.
    """
    spans: list[Span] = []
    for line in _LINE.finditer(text):
        mark = _LIST_MARK.match(line.group())
        body_start = line.start() + (mark.end() if mark else 0)
        for start, end in _line_spans(text[body_start : line.end()]):
            spans.append((offset + body_start + start, offset + body_start + end))
    return spans


def _line_spans(line: str) -> list[Span]:
    spans: list[Span] = []
    for start, end in _punkt().span_tokenize(line):
        sentence = line[start:end].strip()
        if not sentence:
            continue
        first = line.index(sentence, start)
        last = first + len(sentence)
        if spans and _goes_on(line[slice(*spans[-1])], sentence):
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return spans


def _goes_on(sentence: str, following: str) -> bool:
    """Tell whether the model ended a sentence too early."""
    if following[0].isdigit() and _BEFORE_NUMBER.search(sentence):
        return True
    if following[0].islower() and _BEFORE_SMALL.search(sentence):
        return True
    return bool(_NEVER_LAST.search(sentence))


def sentence_pieces(text: str) -> list[str]:
    """Cut a text at the beginnings of its sentences; the pieces joined are the text again."""
    starts = [start for start, _ in sentence_spans(text)]
    cuts = [0, *starts[1:], len(text)] if starts else [0, len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]

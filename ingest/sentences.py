"""Where sentences begin and end in a stored text, as exact character spans.

A newline ends a sentence (the stored text has one only at the end of a block); within a line the trained Punkt model
decides, which knows that "e.g." and "No. 4" end nothing (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary
Detection", 2006). Its data comes with llama-index-core: nothing is downloaded.
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
        for start, end in _punkt().span_tokenize(text[body_start : line.end()]):
            sentence = text[body_start + start : body_start + end]
            lead = len(sentence) - len(sentence.lstrip())
            if sentence.strip():
                first = offset + body_start + start + lead
                spans.append((first, first + len(sentence.strip())))
    return spans


def sentence_pieces(text: str) -> list[str]:
    """Cut a text at the beginnings of its sentences; the pieces joined are the text again."""
    starts = [start for start, _ in sentence_spans(text)]
    cuts = [0, *starts[1:], len(text)] if starts else [0, len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]

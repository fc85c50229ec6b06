"""Text to the terms of the lexical index: lower-cased, stemmed English words and numbers.

The same function serves passages and questions. `content_terms` leaves out words that carry no subject of their own,
which is what the evidence is weighed by.
"""

import re
import unicodedata
from functools import lru_cache
from threading import local

import Stemmer

# Letters and digits of any script; inside a word an apostrophe, or a point or comma between digits (23.976, 10,000).
_WORD = re.compile(r"(?:\d+(?:[.,]\d+)+|[^\W_]+(?:['’][^\W_]+)*)")
TERMS_VERSION = 2  # raise it when `terms` cuts the same text otherwise: a build carries over what older ones hold
# Raised figures are notes and powers, and join no number or word ("6 months²", "10⁶"), but for units such as "m²".
_RAISED = re.compile(r"(?<!\b[a-zµ]m)(?<!\b[ms])(?<!\bft)(?<!\byd)(?<!\bin)(?<=\w)(?=[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺])(?<![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_FRACTION = re.compile(r"(\d*)([¼½¾])")
_QUARTERS = {"¼": ".25", "½": ".5", "¾": ".75"}
_STEMMED_WORDS = 1 << 16  # about 10 MB when full

STOP_WORDS = frozenset(
    """a about after again all also am an and any are as at be because been before being between both but by can could
    did do does doing done down during each either else few for from further get gets getting give go goes got had has
    have having he her here hers him his how i if in into is it its itself just let like made make may me might more
    most much must my need needs neither no nor not now of off on once one only or other our ours out over own per
    please same shall she should so some such tell than that the their theirs them then there these they this those
    through to too under until up upon us use used using very want wants was we were what when where whether which
    while who whom whose why will with within without would you your yours""".split()
)

_thread = local()


def words(text: str) -> list[str]:
    """Return the lower-cased words and numbers of a text, in order."""
    if not text.isascii():
        text = _RAISED.sub(" ", _FRACTION.sub(lambda found: (found[1] or "0") + _QUARTERS[found[2]], text))
    return [match.replace("’", "'") for match in _WORD.findall(unicodedata.normalize("NFKC", text).lower())]


def terms(text: str) -> list[str]:
    """Return the stemmed terms of a text, in order, stop words included."""
    return [_stem(word) for word in words(text)]


def content_terms(text: str) -> list[str]:
    """Return the distinct stemmed terms of a text that are not stop words, in order of first use."""
    return list(dict.fromkeys(_stem(word) for word in words(text) if word not in STOP_WORDS))


@lru_cache(maxsize=_STEMMED_WORDS)
def _stem(word: str) -> str:
    stemmer = getattr(_thread, "stemmer", None)
    if stemmer is None:  # a stemmer may not be shared between threads
        stemmer = _thread.stemmer = Stemmer.Stemmer("english", 0)
    stemmed: str = stemmer.stemWord(word.removesuffix("'s"))
    return stemmed

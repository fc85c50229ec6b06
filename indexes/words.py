"""Text to the terms of the lexical index: lower-cased, stemmed English words and numbers.

What is written in several ways is one term: in texts as in questions, "W-8BEN" is `w8ben`, "10k" and "10,000" are
`10000`, "colour" is `color`; a name that would be a stop word keeps its capitals (`IT`, `US`, `MAY`). `content_terms`
leaves out words that carry no subject of their own, which is what the evidence is weighed by. Every content term of a
text is among its terms. How things are written is known in `indexes.forms`, `indexes.dates` and `indexes.spellings`.
"""

import re
import unicodedata
from functools import lru_cache
from threading import local

import Stemmer

from indexes.forms import written
from indexes.spellings import MARK, spelled, together

# Letters and digits of any script; inside a word an apostrophe, or a point or comma between digits (23.976, 10,000).
_WORD = re.compile(r"(?:\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*)")
_WORD_OR_TERM = re.compile(rf"(?:{MARK}\S+|{_WORD.pattern})")
TERMS_VERSION = 3  # raise it when `terms` cuts the same text otherwise: a build carries over what older ones hold
# Raised figures are notes and powers, and join no number or word ("6 months²", "10⁶"), but for units such as "m²".
_RAISED = re.compile(r"(?<!\b[a-zµ]m)(?<!\b[ms])(?<!\bft)(?<!\byd)(?<!\bin)(?<=\w)(?=[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺])(?<![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_FRACTION = re.compile(r"(\d*)([¼½¾])")
_QUARTERS = {"¼": ".25", "½": ".5", "¾": ".75"}
_STEMMED_WORDS = 1 << 16  # about 10 MB when full
_CUT_TEXTS = 1 << 8  # some 3 MB when full of passages; a question is cut some twenty times while it is answered

STOP_WORDS = frozenset(
    """a about after again all also am amongst an and any are as at be because been before being between both but by
    can could did do does doing done down during each either else few for from further get gets getting give go goes
    got had has have having he her here hers him his how i if in into is it its itself just let like made make many
    may me might more most much must my need needs neither no nor not now of off on once one only or other our ours
    out over own per please same shall she should so some such tell than that the their theirs them then there these
    they this those through to too under until up upon us use used using very want wants was we were what when where
    whether which while whilst who whom whose why will with within without would you your yours""".split()
)

_thread = local()


def words(text: str) -> list[str]:
    """Return the lower-cased words and numbers of a text as they are written, in order."""
    return _WORD.findall(_plain(text).lower())


def terms(text: str) -> list[str]:
    """Return the terms of a text, stop words included: those in order, then what it may be found by besides, once."""
    in_order, besides = _cut(text)
    found = [_term(word) for word in in_order]
    if besides:
        held = set(found)
        found += [term for term in dict.fromkeys(map(_term, besides)) if term not in held]
    return found


def terms_in_order(text: str) -> list[str]:
    """Return the terms of a text that stand in it one after the other, stop words included."""
    return [_term(word) for word in _cut(text)[0]]


def content_terms(text: str) -> list[str]:
    """Return the distinct terms of a text that are not stop words, in order of first use.

    An identifier is one of them, without its parts: one that nothing holds would be missed as often as it has parts.
    """
    return list(dict.fromkeys(_term(word) for word in _cut(text)[0] if word not in STOP_WORDS))


def _plain(text: str) -> str:
    if text.isascii():
        return text
    text = _RAISED.sub(" ", _FRACTION.sub(lambda found: (found[1] or "0") + _QUARTERS[found[2]], text))
    return unicodedata.normalize("NFKC", text).replace(MARK, " ").replace("‐", "-").replace("’", "'")


@lru_cache(maxsize=_CUT_TEXTS)
def _cut(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a text in order, and what it may be found by besides; each in one form."""
    form = written(_plain(text))
    return tuple(together(_WORD_OR_TERM.findall(form.text.lower()))), (*form.parts, *form.beside)


@lru_cache(maxsize=_STEMMED_WORDS)
def _term(word: str) -> str:
    if word.startswith(MARK):
        return word[1:].upper()
    stemmer = getattr(_thread, "stemmer", None)
    if stemmer is None:  # a stemmer may not be shared between threads
        stemmer = _thread.stemmer = Stemmer.Stemmer("english", 0)
    stemmed: str = stemmer.stemWord(spelled(word.removesuffix("'s")))
    return stemmed

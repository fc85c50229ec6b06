"""Whether a rewriting of a follow-up still asks what was asked, told by its words: for one that somebody else made.

1  it is one question on one line, of plain text, and not much longer than what it is made of
2  it adds nothing: each of its words stands in the question or in one before it, but for words that only join
3  it drops nothing: each word of the question stands in it, in the same order, but for those that only point back
4  it denies as often as the question does; where that goes on with another ("And for freelancers?"), as often as both

One that is the question over again is none. Words are compared as the index compares them (`indexes.words`). Who does
what to whom is not understood, and of another language than English every word counts. Nothing is looked up, and
nothing is mended: what fails is not used.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from indexes.words import STOP_WORDS, content_terms, terms, terms_in_order, words
from service.answering.understanding.follow_up import goes_on

MOST_CHARS = 600  # of a rewriting, and of a question that may be rewritten by others than rules
_MORE_CHARS = 40  # than the question and the longest before it together: for words that join


class Fault(StrEnum):
    """Why a rewriting is not used; as a code, for the record."""

    NO_QUESTION = "no_question"  # nothing, several lines or sentences, a statement, or signs that nobody typed
    TOO_LONG = "too_long"
    ADDS = "adds"  # a word that nobody typed
    DROPS = "drops"  # a word of the question, or their order
    DENIES = "denies"  # what was not denied, or the reverse
    INSTRUCTS = "instructs"  # tells whoever answers what to say
    SAME = "same"  # as the question: whether it leans is not said
    LEANS = "leans"  # it is said to stand alone, and nothing in it asks by itself


# Words that join, and say nothing by themselves; all are stop words.
_JOINING = frozenset(
    """a an the and or of for to in on at by with from about as into is are was were be been being do does did doing
    has have had having it its itself he she his him her hers they them their theirs i we you me us my our ours your
    yours this that these those there which what""".split()
)
# What a follow-up says, and one that stands alone need not.
_POINTING = _JOINING | frozenset("also just so then please again same such other else here too but own".split())
_POINTING_TERMS = frozenset(content_terms("others another okay ok thanks well plus"))
_POINTS_BACK = re.compile(
    r"^(?:(?:and|but|or|so|also|plus)\b[\s,]*)?(?:what|how)\s+about\b|\bwhat\s+if\b"
    r"|\bones\b|\bone\b(?=\s*(?:[?.!,;]|$|(?:is|are|was|were|do|does|did|has|have|can|may|must|should|will|in|on|for)\b))",
    re.IGNORECASE,
)
_CANNOT = re.compile(r"\bcan(?:['’]t|not)\b", re.IGNORECASE)
_WILL_NOT = re.compile(r"\bwon['’]t\b", re.IGNORECASE)
_NOT = re.compile(r"n['’]t\b", re.IGNORECASE)
_SHORT = re.compile(r"(?<=\w)['’](?:s|re|ve|ll|d|m)\b", re.IGNORECASE)
_DENYING = frozenset("not no never nobody none nothing nowhere neither nor without unless except".split())
_SENTENCES = re.compile(r"[.!?;]+\s+(?=\S)")
_SIGNS = frozenset(" ?.,:'’()-")
_LEAST_WORDS = 2


def fault_of(rewriting: str, text: str, earlier: Sequence[str]) -> Fault | None:
    """Return why a rewriting is not to be used; `None` if nothing is wrong with it.

    Args:
        rewriting: as somebody made it, without outer blanks.
        text: the question as it was typed.
        earlier: the questions before it that it may lean on, the newest last; at least one.
    """
    typed = " ".join((text, *earlier))
    if terms_in_order(rewriting) == terms_in_order(text):
        return Fault.SAME
    if not _asks(rewriting, text, typed):
        return Fault.NO_QUESTION
    if len(rewriting) > min(MOST_CHARS, len(text) + max(map(len, earlier)) + _MORE_CHARS):
        return Fault.TOO_LONG
    said, wanted = _said(rewriting), _said(_POINTS_BACK.sub(" ", text))
    if said - _JOINING - _held(typed):
        return Fault.ADDS
    if wanted - _POINTING - _POINTING_TERMS - _held(rewriting) or not _in_order(text, rewriting):
        return Fault.DROPS
    expected = _denials(text) + (_denials(_gone_on_with(earlier)) if goes_on(text) else 0)
    return Fault.DENIES if _denials(rewriting) != expected else None


def _asks(rewriting: str, text: str, typed: str) -> bool:
    """Tell whether a rewriting is one line of a question, of no other signs and no more sentences than were typed."""
    if len(words(rewriting)) < _LEAST_WORDS or "\n" in rewriting:
        return False
    if text.rstrip().endswith("?") and not rewriting.endswith("?"):
        return False
    if any(not char.isalnum() and char not in _SIGNS and char not in typed for char in rewriting):
        return False
    return len(_SENTENCES.findall(rewriting)) <= len(_SENTENCES.findall(text))


def _said(text: str) -> frozenset[str]:
    """Return the words of a text that say something: its terms with content, and stop words that do."""
    text = _apart(text)
    return frozenset(content_terms(text)) | {word for word in words(text) if word in STOP_WORDS - _JOINING}


def _held(text: str) -> frozenset[str]:
    text = _apart(text)
    return frozenset(terms(text)) | frozenset(words(text))


def _apart(text: str) -> str:
    """Return a text with each "not" as a word of its own, and without "'s" and the like."""
    text = _NOT.sub(" not", _WILL_NOT.sub("will not", _CANNOT.sub("can not", text)))
    return _SHORT.sub("", text)


def _in_order(text: str, rewriting: str) -> bool:
    """Tell whether the words of a question that have content stand in a rewriting in the same order."""
    left, wanted = iter(terms_in_order(_apart(rewriting))), content_terms(_apart(_POINTS_BACK.sub(" ", text)))
    return all(term in left for term in wanted if term not in _POINTING_TERMS)


def _denials(text: str) -> int:
    return sum(word in _DENYING for word in words(_apart(text)))


def _gone_on_with(earlier: Sequence[str]) -> str:
    """Return the question that a follow-up goes on with: the newest that asks something by itself."""
    return next((one for one in reversed(earlier) if not goes_on(one)), earlier[-1])

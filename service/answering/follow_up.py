"""Rewrites a question that leans on the one before, so that it stands alone. By rules: nothing is guessed or generated.

A word that points back (it, its, they, this ...) is replaced by what the last question was about: its last noun phrase
with an article, or its words without the asking ones. Takes nothing from an answer or a document, and knows no record.
"""

import re
from collections.abc import Sequence

_MOST_CHARS = 200  # of what is put in: a longer subject was not understood as one
_ASKING = frozenset(
    "what which who whom whose when where why how is are was were do does did can could may might must shall should "
    "will would have has had am i we you be been much many long often far soon".split()
)
_BACK = frozenset("it its they them their this that these those".split())
_ENDS = frozenset(
    "is are was were do does did can could may might must shall should will would have has had be been in on at for by "
    "with without from to into during after before if when while that which who and or but take takes mean means apply "
    "applies cost costs need needs".split()
)
_DETERMINER = re.compile(r"\b(?:the|a|an|our|my|your|any|each|every)\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_][\w'’-]*")
_NOT_POINTING = re.compile(
    r"\bit\s+(?:possible|allowed|permitted|necessary|required|true|ok|okay|fine|safe|legal)\b", re.IGNORECASE
)
_OWNING = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:it|they|them)\b|\b(?:this|that|these|those)\b(?=\s*(?:[?.!,]|$|\s(?:is|are|was|were|do|does|did|can|may|must|"
    r"should|will|apply|applies|cost|costs|take|takes|mean|means)\b))",
    re.IGNORECASE,
)


def stand_alone(text: str, earlier: Sequence[str]) -> str | None:
    """Return a follow-up as a question that stands alone; `None` if it does so already, or nobody can tell how.

    Args:
        text: the question.
        earlier: the questions before it, the newest last, each as it was understood.
    """
    if not earlier or _NOT_POINTING.search(text) or not (_POINTING.search(text) or _OWNING.search(text)):
        return None
    subject = _subject(earlier[-1])
    if not subject or len(subject) > _MOST_CHARS:
        return None
    owned = _OWNING.sub(lambda _: f"{subject}'s", text)
    rewritten = owned if owned != text else _POINTING.sub(lambda _: subject, text, count=1)
    return rewritten[:1].upper() + rewritten[1:]


def _subject(question: str) -> str:
    """Return what a question is about, in its own words."""
    phrases = [_phrase(question, found) for found in _DETERMINER.finditer(question)]
    named = [phrase for phrase in phrases if phrase]
    if named:
        return named[-1]
    return " ".join(word for word in _WORD.findall(question) if word.lower() not in _ASKING | _BACK)


def _phrase(question: str, found: re.Match[str]) -> str:
    words = []
    for word in re.finditer(r"\S+", question[found.end() :]):
        bare = word[0].rstrip("?.!,;:")
        if bare.lower() in _ENDS:
            break
        words.append(bare)
        if bare != word[0]:
            break
    return f"{found[0].strip().lower()} {' '.join(words)}" if words and words[0] else ""

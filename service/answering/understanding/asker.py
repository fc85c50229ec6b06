"""What a question says of whoever asks it, or for whom: "Can Maria ...", "a trainee in Bergen", "I am an editor".

Such words are about the asker, not about what is asked: a rule that holds for all answers them too. Persons' names are
taken out of what is searched for (`without_persons`): no document that names a Maria is meant. Groups and places stay
in it, as a rule may be theirs alone, but are no names that the evidence needs (`of_the_asker`). Where no rule here says
so, a name is part of the subject: "Who is Maria Holm?" asks for her. Which of them no quote holds, `missing` tells.
"""

import re
from functools import lru_cache

from indexes.words import STOP_WORDS, content_terms
from service.answering.understanding.names import (
    EVERYBODY,
    FIRST_NAMES,
    GROUP_OF,
    HONORIFICS,
    PLACES,
    RELATIONS,
    group_of,
    one_of_them,
)

_AUXILIARY = r"(?:can|could|may|might|must|should|shall|does|do|is|are|will|would|am)"  # of what is so now
_NAME = r"[^\W\d_][\w'’-]*"
_MORE = r"(?:\s+(?-i:[A-Z])[\w'’-]*)?"  # a surname
_HONORIFIC = rf"(?:(?:{'|'.join(sorted(HONORIFICS))})\.?\s+)?"
_PERSON = rf"{_HONORIFIC}{_NAME}{_MORE}"
# What only somebody does, as it is asked whether he may: then a capitalised word before it is a person.
_ACTS = (
    r"(?:apply|attend|be\s+paid|book|borrow|bring|buy|carry|claim|come|cycle|drink|drive|eat|expense|fly|get|go|have\s+to"
    r"|join|keep|leave|live|need\s+to|order|park|quit|register|rent|resign|sign\s+up|sleep|smoke|spend|stay|swap|take"
    r"|travel|walk|wear|work\s+from)\b"
)
_ALLOWED = r"(?:allowed|entitled|eligible|permitted)\b"
_RELATION = rf"(?:my|our|his|her|their)\s+(?:\w+\s+)?(?:{'|'.join(sorted(RELATIONS))})"
_GROUP = "|".join(sorted(map(re.escape, GROUP_OF), key=len, reverse=True))
_SUBJECT = re.compile(
    rf"(?P<before>\b(?P<aux>{_AUXILIARY})\s+)(?P<name>{_PERSON}(?:\s*(?:,|and)\s+{_PERSON})*)"
    r"(?P<after>\s+(?P<next>[a-z]+(?:\s+[a-z]+)?))",
    re.IGNORECASE,
)
_RELATED = re.compile(rf"(?P<who>\b{_RELATION}),?\s+(?P<name>{_PERSON})", re.IGNORECASE)
_INTRODUCED = re.compile(
    rf"^(?:(?:hi|hello|hey)\b[,!. ]*)?(?:(?:i\s+am|i[’']?m|my\s+name\s+is|this\s+is|here\s+is)\s+)"
    rf"(?P<name>{_NAME}{_MORE})"
    r"(?P<rest>[^,.;:!?]*)[,.;:!]\s*",
    re.IGNORECASE,
)
# Where only a name of the list is taken for a person's.
_TOLD_OF = re.compile(
    rf"(?P<before>(?:^|[.!?]\s+)|\b(?:if|when|once|because|unless|until|whether|that|after|before)\s+)(?P<name>{_PERSON})"
    r"(?=\s+(?:is|was|has|had|can|may|does|lives?|works?|wants?|needs?|asks?|gets?|goes|leaves?|falls?|loses?|lost)\b)",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:i|we|me|us|my|our)\b", re.IGNORECASE)
_FOR = re.compile(rf"\s+(?:for|with)\s+(?P<name>{_PERSON})(?=\s*(?:[?.,!]|$))", re.IGNORECASE)
_ENDS = (
    r"(?=\s*(?:[,.;:!?]|$|\b(?:and|so|but|when|what|how|where|who|which|do|does|may|can|must|should|am|is|are|will)\b))"
)
# Where whoever asks says who he is, or for whom he asks.
_SITUATIONS = (
    re.compile(r"\b(?:i\s+am|i[’']?m|we\s+are|we[’']re|he\s+is|she\s+is|they\s+are)\s+(?P<said>(?:an?\s|the\s|one\s|in\s|at\s"
               rf"|from\s|based\s|both\s|not\s)?[^,.;:!?]{{1,80}}?){_ENDS}", re.IGNORECASE),
    re.compile(r"\b(?:i|we|he|she|they)\s+(?:work|works|live|lives|sit|sits|am\s+based|are\s+based)\s+(?P<said>[^,.;:!?]{1,60}?)"
               rf"{_ENDS}", re.IGNORECASE),
    re.compile(rf"\bas\s+(?P<said>(?:an?\s|the\s)?[^,.;:!?]{{1,50}}?){_ENDS}", re.IGNORECASE),
    re.compile(rf"\b{_AUXILIARY}\s+(?P<said>(?:an?\s+|the\s+|our\s+|my\s+|all\s+|any\s+)?[^,.;:!?]{{1,60}}?)\s+"
               rf"(?:be\s+allowed|allowed|entitled|eligible|permitted|use\b|{_ACTS})", re.IGNORECASE),
    re.compile(rf"\b(?P<said>{_RELATION})\b", re.IGNORECASE),
    re.compile(rf"\b{_AUXILIARY}\s+(?P<said>(?:(?:an?|the|our|my|all|any)\s+)?(?:[\w-]+\s+){{0,2}}?(?:{_GROUP})s?"
               rf"(?:\s+(?:in|at|from|based\s+in)\s+(?:the\s+)?[\w-]+{_MORE})?)\b(?=\s+\w)", re.IGNORECASE),
)  # fmt: skip
_NO_PERSONS = PLACES | EVERYBODY | STOP_WORDS
_WHO = EVERYBODY | RELATIONS
_PLACE = re.compile(r"\b(?:in|from|at|to)\s+(?:the\s+)?[A-Z]")
_KNOWN_PLACE = re.compile(rf"\b(?:{'|'.join(sorted(PLACES, key=len, reverse=True))})\b")
_KEPT = 1 << 6  # questions; each is looked at several times while it is answered
_SHORTEST = 3  # letters of a name that is not listed: "IT" and "US" are none
_MOST_WORDS = 7  # of a phrase that says who somebody is


@lru_cache(maxsize=_KEPT)
def without_persons(text: str) -> str:
    """Return a question as it would be asked by anybody: "Can Maria borrow a bicycle?" is "Can I borrow a bicycle?".

    The text itself where it names no person as the one who asks, or for whom.
    """
    said = _INTRODUCED.sub(_introduced, text)
    said = _RELATED.sub(lambda found: found["who"] if _is_person(found["name"]) else found.group(), said)
    said = _SUBJECT.sub(_asked_for, said)
    said = _TOLD_OF.sub(lambda found: f"{found['before']}I" if _is_listed(found["name"]) else found.group(), said)
    if _FIRST_PERSON.search(said):
        said = _FOR.sub(lambda found: "" if _is_listed(found["name"]) else found.group(), said)
    return said if content_terms(said) else text


def of_the_asker(text: str) -> frozenset[str]:
    """Return the terms of a question that say who asks, or for whom: groups of people and places, not what is asked."""
    found: set[str] = set()
    rest = text
    for pattern in _SITUATIONS:
        for match in pattern.finditer(text):
            said = match["said"]
            if len(said.split()) <= _MOST_WORDS and _says_who(said):
                found.update(content_terms(said))
                rest = rest.replace(said, " ")
    return frozenset(found) - frozenset(content_terms(rest))  # what is asked about as well is asked about


def _introduced(found: re.Match[str]) -> str:
    """Leave out "I am Anna, "; of "I am Tom in Oslo, " what is said beside the name stays."""
    if not _is_person(found["name"]):
        return found.group()
    rest = found["rest"].strip()
    return f"I am {rest}, " if rest else ""


def _asked_for(found: re.Match[str]) -> str:
    names = re.split(r"\s*,\s*|\s+and\s+", found["name"])
    allowed = re.match(_ALLOWED, found["next"], re.IGNORECASE)
    if found["aux"].lower() in ("is", "are", "am") and not allowed:  # "Who is Maria Holm in ..."
        return found.group()
    may = found["aux"].lower() not in ("do", "does", "will", "would")  # "How does Cody work?"
    acts = allowed or (may and re.match(_ACTS, found["next"], re.IGNORECASE))
    persons = [_is_person(name) if acts else _is_listed(name) for name in names]
    return f"{found['before']}I{found['after']}" if all(persons) else found.group()


def _is_listed(name: str) -> bool:
    """Tell whether a name is a person's by the list, or by its title; one that is a common word is not in the list."""
    first, *more = name.split()
    low = first.lower().rstrip(".")
    return low in FIRST_NAMES or (low in HONORIFICS and bool(more))


def _is_person(name: str) -> bool:
    """Tell whether a name is a person's where one is expected: also by its capital, where nothing speaks against it."""
    first = name.split(maxsplit=1)[0]
    low = first.lower()
    if _is_listed(name):
        return True
    is_written_as_one = first[:1].isupper() and not first.isupper() and len(first) >= _SHORTEST
    return is_written_as_one and low not in _NO_PERSONS and group_of(low) is None


def _says_who(said: str) -> bool:
    words = re.findall(r"[\w’'-]+", said)
    return any(group_of(word) or one_of_them(word) in _WHO for word in words) or _place_in(said)


def _place_in(said: str) -> bool:
    return _PLACE.search(said) is not None or _KNOWN_PLACE.search(said.lower()) is not None

"""A question that leans on the ones before, rewritten to stand alone: by rules, for English.

1  does it lean? It goes on where the last one ended ("And for freelancers?"), holds a pronoun that nothing in it
   explains ("Is it treatable?"), asks "of what?" ("What are the exceptions?"), or says too little ("Since when?")
2  what do people talk about? The subject of the newest question that has one of its own (`subjects`)
3  say it: in the last question's words, in the pronoun's place, or in brackets behind the question

A question that names what it is about stays as it is. Nothing here looks anything up: earlier questions are words to
understand this one by, never evidence.
"""

import re
from collections.abc import Sequence

from indexes.words import content_terms
from service.answering.understanding.subjects import (
    ACTIONS,
    AUXILIARIES,
    PREPOSITIONS,
    RELATIONAL,
    singular,
    subject_of,
    tokens,
    without_article,
)

EARLIER = 5  # questions that are looked back on

_LEADS = r"(?:and|but|or|so|also|plus)\b[\s,]*"
_GOES_ON = re.compile(
    rf"^(?:{_LEADS})?(?:(?:what|how)\s+about|what\s+if\s+it[’']s)\s+(?P<about>.+?)[\s?.!]*$|^{_LEADS}(?P<rest>.+?)[\s?.!]*$"
    rf"|^(?P<bare>(?:{'|'.join(PREPOSITIONS)})\s[^,.?!]+?)[\s?.!]*$",
    re.IGNORECASE,
)
_ASK_WORD = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b", re.IGNORECASE)
_ONLY_ASKS = re.compile(
    rf"^(?:{_LEADS})?(?:(?:{'|'.join(PREPOSITIONS)})\s+)?(?:what|which|whom|whose|who|when|where|why|how\s+\w+|how)"
    r"(?:\s+(?!is\b|are\b|do\b|does\b|was\b|were\b)[a-z]+)?[\s?.!]*$",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:[Ii]ts|[Tt]heir|[Hh]is|[Hh]er(?=\s+[a-z]))\b")
_ONE = re.compile(r"\b(?:[Ii]t|[Tt]hey|[Tt]hem|[Hh]e|[Ss]he|[Hh]im|[Hh]er|[Tt]heirs)\b(?![’'])")
_SHORT = re.compile(r"\b(?:[Ii]t|[Tt]hat|[Hh]e|[Ss]he)[’']s\b")
_DID = r"(?:is|are|was|were|does|do|did|can|could|will|must|should)"
_SAYS = r"(?:mean|apply|work|change|affect|allowed|true|also|for|to|in|on|the|a)"
_THIS = re.compile(
    rf"^(?:this|that|these|those)\b|\b(?P<before>{_DID}\s+)(?:this|that|these|those)"
    rf"(?=\s+(?:[a-z]+\s*)?[?.!]*$|\s+{_SAYS}\b)|\b(?:this|that|these|those)(?=\s*[?.!]*$)",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:this|that|these|those|such)\s+(?P<noun>[a-z][\w-]*)", re.IGNORECASE)
_BEST = r"\bthe\s+(?:\w+est|most\s+\w+|best|worst)\s*(?:$|[?.!,]|(?:ever|in|on|to|and|or|for|of\s+(?:all|them))\b)"
_ONES = re.compile(
    rf"{_BEST}|\b(?:which|what|other|another|the|any)\s+(?:[\w-]+\s+)?ones?\b(?!\s+of)"
    r"|\b(?:else|otherwise|instead)\b|\b(?:the\s+)?(?:same|others?)\s*[?.!]*$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!\bbe )\bthere\b(?!\s+(?:is|are|was|were|any|a|an|be|to)\b)", re.IGNORECASE
)
# Of these forms the subject is what is asked about, not who acts.
_ABOUT_IT = re.compile(
    r"^(?:what|who)\s+(?:is|are|was|were)\b|^(?:is|are|was|were)\b|\b(?:i|we|you|one)\b", re.IGNORECASE
)
# "It" and "this" that stand for nothing said before.
_EMPTY = re.compile(
    r"\b(?:is|was)\s+it\s+(?:not\s+)?(?:[a-z]+\s+)?to\b|\bit\s+(?:is\s+|was\s+)?(?:true|possible|ok|okay|fine|allowed|necessary|permitted|legal|enough|required|mean|take|matter|count)\s+"
    r"(?:a\s+\w+\s+)?(?:that|to|for|if|when|whether|of)\b|\bwhat\s+time\s+is\s+it\b"
    r"|\b(?:this|that)\s+(?:year|month|week|quarter|day|morning|evening|season|time|tool|company)\b|\bit\s+(?:department|security|support|team)\b",
    re.IGNORECASE,
)
_NO_TOPIC = "it|this|that|these|those|them|they|him|her|its|their|the|all|both|which|whom|what|any|(?:day|time|year)s?"
# A word for something done is a noun there: "days of leave", "who decides about travel".
_TOPIC = re.compile(rf"\b(?:of|about)\s+(?:(?:my|our|your|any)\s+)?(?!(?:{_NO_TOPIC})\b)[a-z]{{3,}}\b", re.IGNORECASE)
_EXPLAINED = re.compile(r"[,;]|\b(?:and|if|when|once|before|after|but|or|that|who|because)\b", re.IGNORECASE)
_LITTLE, _LONG = 3, 6  # content terms of a question that may lack one; of one that says enough


def stand_alone(text: str, earlier: Sequence[str]) -> str | None:
    """Return a question rewritten so that it stands alone; `None` if it does already, or if nothing before explains it.

    Args:
        text: the question as it was typed.
        earlier: the questions before it in the same conversation, as they were typed, the newest last.
    """
    last, subject = "", ""
    for question in earlier:
        rewritten = _rewritten(question, last, subject) if last else None
        subject = _subject_after(question, rewritten, subject)
        last = rewritten or question
    return _rewritten(text, last, subject) if last else None


def goes_on(text: str) -> bool:
    """Tell whether a question only goes on where the one before ended: "And for freelancers?", "Since when?"."""
    if _ONLY_ASKS.match(text.strip()):
        return True
    found = _GOES_ON.match(text.strip())
    return found is not None and bool(found["about"] or not _ASK_WORD.search(next(filter(None, found.groups()))))


def _subject_after(question: str, rewritten: str | None, before: str) -> str:
    """Return what is talked about after a question: of its own words, unless it only asks more of the same."""
    own = subject_of(question)
    goes_on = _GOES_ON.match(question.strip())
    return (own or before) if rewritten is None or (goes_on and goes_on["about"]) else before


def _rewritten(text: str, last: str, subject: str) -> str | None:
    if _ONLY_ASKS.match(text.strip()):
        return f"{_stem(last)}: {text.strip()[:1].lower()}{text.strip()[1:]}"
    goes_on = _GOES_ON.match(text.strip())
    if goes_on is None:
        return _leaning(text, subject) if subject else None
    more = next(filter(None, goes_on.groups()))
    if goes_on["about"] or not _ASK_WORD.search(more):
        return _continued(last, subject, more)
    if goes_on["rest"] and subject:  # "And who approves it?"
        return _leaning(f"{more[:1].upper()}{more[1:]}?", subject)
    return None


def _leaning(text: str, subject: str) -> str | None:
    if re.search(r"[.!?;]\s+\S", text):  # what a second sentence points at mostly stands in the first
        return None
    if all(word in text.lower() for word in without_article(subject).lower().split()):
        return None
    if again := _named_again(text, subject):
        return again
    if (said := _said_of(text, subject)) is not None:
        return said
    if _points(text) or _asks_of_what(text) or _says_too_little(text):
        return f"{text.rstrip('?.! ')} ({subject})?"
    return None


def _said_of(text: str, subject: str) -> str | None:
    """Put the subject in the place of pronouns that nothing in the question explains."""
    open_text = _EMPTY.sub(lambda found: "\0" * len(found.group()), text)
    if len(content_terms(text)) > _LONG:
        return None
    said = text
    for pattern, form in ((_OWN, _owning(subject)), (_SHORT, f"{subject} is"), (_ONE, subject), (_THIS, subject)):
        found = pattern.search(open_text)
        if found and not _is_explained(text[: found.start()]):
            said = text[: found.start()] + (found.groupdict().get("before") or "") + form + text[found.end() :]
            break
    return None if said == text else said[:1].upper() + said[1:]


def _named_again(text: str, subject: str) -> str | None:
    """Put the whole name where only its last word is said again: "the experiment" for "the Stanford Experiment"."""
    name = without_article(subject)
    *before, head = name.split()
    if not before:
        return None
    found = re.search(rf"\bthe\s+{re.escape(head)}\b(?!\s+of\b)", text, re.IGNORECASE)
    return text[: found.start()] + f"the {name}" + text[found.end() :] if found else None


def _is_explained(before: str) -> bool:
    """Tell whether what stands before a pronoun names what it stands for: "What is X, and why is it ..."."""
    if _has_name(before) or len(content_terms(before)) >= _LITTLE:
        return True
    _, _, after_first = before.strip().partition(" ")
    clauses = [part for part in _EXPLAINED.split(before) if part.strip()]
    return bool(_EXPLAINED.search(after_first)) and bool(clauses) and bool(subject_of(clauses[0]))


def _owning(subject: str) -> str:
    return f"{subject}'" if subject.endswith("s") else f"{subject}'s"


def _points(text: str) -> bool:
    if len(content_terms(text)) > _LITTLE or _has_name(text):
        return False
    open_text = _EMPTY.sub("", text)
    return bool(_ONES.search(open_text) or _PLACE.search(open_text) or _POINTS.match(_after_question_word(open_text)))


def _after_question_word(text: str) -> str:
    found = _POINTS.search(text)
    return text[found.start() :] if found and not _is_explained(text[: found.start()]) else ""


def _asks_of_what(text: str) -> bool:
    """Tell whether a noun asks "of what?" and nothing answers: "What are the main themes?"."""
    words = [word.lower() for word in tokens(text)]
    content = content_terms(text)
    if len(content) > _LITTLE or _has_name(text):
        return False
    for index, word in enumerate(words):
        if index < 1 or words[index - 1] not in _LIGHT:  # a verb ("What causes ..."), or told by the word before
            continue
        told = index + 1 < len(words) and words[index + 1] in ("of", "for", "to", "between", "in")
        if singular(word) in RELATIONAL and not told:
            return True
    return False


_LIGHT = frozenset(
    """the a an any some other are is there main key first last common different possible popular typical side how
    many important best most famous modern good more these usual exact""".split()
)


def _says_too_little(text: str) -> bool:
    """Tell whether a question has no noun of its own: "Since when?", "Who approves?", but not "days of leave"."""
    asks = _ASK_WORD.search(text) or text.split(" ", 1)[0].lower() in AUXILIARIES
    return bool(asks) and not _has_name(text) and set(content_terms(text)) <= ACTIONS and not _TOPIC.search(text)


def _has_name(text: str) -> bool:
    return any((word[:1].isupper() and word != "I") or word[:1].isdigit() for word in tokens(text)[1:])


def _stem(last: str) -> str:
    """Return the last question without its end, and without what was asked about besides."""
    return re.sub(r": [^:]{1,80}$", "", last.rstrip("?.! "))


def _continued(last: str, subject: str, more: str) -> str | None:
    """Ask the last question again about something else; not one that asked nothing itself."""
    if (goes_on := _GOES_ON.match(last)) and goes_on["about"]:
        return None
    stem = _stem(last)
    first = more.split(" ", 1)[0].lower()
    if first in PREPOSITIONS:
        shorter = re.sub(rf"\s{first}\s(?:[\w'’-]+\s?){{1,4}}$", "", stem, flags=re.IGNORECASE)
        return f"{shorter} {more}?"
    words = [word for word in tokens(more.lower()) if word not in _LIGHT]
    if subject and all(singular(word) in RELATIONAL for word in words):
        return f"What are {more} ({subject})?"
    if subject and _ABOUT_IT.search(stem) and f" {subject}" in stem and f"({subject}" not in stem:
        return f"{stem.replace(f' {subject}', f' {more}', 1)}?"
    return f"{stem}: {more}?"

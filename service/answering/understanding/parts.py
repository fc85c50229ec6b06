"""A question of several parts: "How much may a hotel night cost, and when do I need a medical certificate?".

`parts_of` splits a text where it certainly asks twice: two question marks, a list of questions, an "and" that is
followed by a question of its own. Each part is looked up by itself (`steps`). What only might be two questions ("salt
and pepper", "what it costs and how to apply") is one. At most `MOST_PARTS` are looked up; `parts_beyond` names the
others, of which nobody knows whether a document answers them.
"""

import re

from indexes.words import content_terms
from service.answering.understanding.asker import without_persons
from service.answering.understanding.follow_up import stand_alone
from service.answering.understanding.subjects import ACTIONS, AUXILIARIES

MOST_PARTS = 3  # so that each has three passages among the ten of a record, and an answer stays short
_LONGEST = 80  # characters of a part as it is named

_ASKS = r"(?:what|which|who|whom|whose|when|where|why|how)"
_AUX = rf"(?:{'|'.join(sorted(map(re.escape, AUXILIARIES)))})"
_PRONOUN = r"(?:i|we|you|he|she|they|it|there)"
_ARTICLE = r"(?:the|an?|my|our|your|this|that|these)"
_WHOM = rf"(?:{_PRONOUN}|{_ARTICLE}|one|someone|somebody|anyone|people|staff)"
# A question of its own: "when do I ...", "how much may a hotel ...", "who approves ...", "can I ..."; not "when I am
# ill", "what the limit is", "how to apply".
_OPENS = (
    rf"(?:(?:at|by|for|from|in|on|to|until|with)\s+)?(?:"
    rf"{_ASKS}(?!\s+{_ARTICLE}\b)(?:[’']s|(?:\s+(?!{_PRONOUN}\b)[\w-]+){{0,4}}?\s+{_AUX})\b"
    rf"|(?:who|which\s+\w+|what)\s+(?!to\b)[a-z]+s\b|(?:what|how)\s+about\b"
    rf"|(?:can|could|do|does|may|might|must|shall|should|will)\s+{_WHOM}\b|(?:am|are|is)\s+{_PRONOUN}\b)"
)
_AND = re.compile(rf"\s*[,;]?\s+(?:and|plus)\s+(?:also\s+)?(?={_OPENS})", re.IGNORECASE)
_COMMA = re.compile(rf"\s*[,;]\s+(?:(?:and|plus)\s+(?:also\s+)?)?(?={_OPENS})|{_AND.pattern}", re.IGNORECASE)
_MARKED = re.compile(r"(?<=[?])\s*(?:and\s+|also,?\s+)?(?=\S)", re.IGNORECASE)
_LISTED = re.compile(r"^\s*(?:[-*•–]|\(?(?:\d{1,2}|[a-z])[.)])\s+", re.MULTILINE | re.IGNORECASE)
_IS_OPENED = re.compile(rf"\s*(?:and\s+|also,?\s+)?{_OPENS}", re.IGNORECASE)
_LEAST_LETTERS = 3


def parts_of(text: str) -> tuple[str, ...]:
    """Return the questions that a text asks, in order, each as it is looked up; the text alone if it asks one.

    A part that leans on the one before is rewritten to stand alone ("and who approves it?").
    """
    asked: list[str] = []
    for part in _split(text):
        alone = stand_alone(part, asked) if asked else None
        asked.append(alone or part)
    return tuple(asked) if len(asked) > 1 else (text,)


def parts_beyond(text: str) -> tuple[str, ...]:
    """Return the parts of a text beyond those that are looked up, in order, as they are named; nothing if none is."""
    return tuple(shortened(part) for part in parts_of(without_persons(text))[MOST_PARTS:])


def shortened(part: str) -> str:
    """Return a part as it is named where it is not answered: without its mark, of some length at most."""
    bare = part.strip().rstrip("?.! ")
    return bare if len(bare) <= _LONGEST else f"{bare[:_LONGEST].rsplit(' ', 1)[0]} …"


def _split(text: str) -> list[str]:
    """Return the parts of a text as typed; none of them asks nothing."""
    listed = [line.strip() for line in _LISTED.split(text) if line.strip()]
    if len(listed) > 1 and sum(_is_question(line) for line in listed) > 1:
        introduced = 0 if _is_question(listed[0]) else 1
        pieces = listed[introduced:]
    else:
        pieces = [piece.strip() for piece in _MARKED.split(text) if piece.strip()]
    found: list[str] = []
    for clause in (clause for piece in pieces for clause in _clauses(piece)):
        is_own = _is_question(clause) and _says_something(clause)  # not "Why?", nor what is told after a question
        if found and not (is_own and _says_something(found[-1])):
            found[-1] = f"{found[-1]} {clause}"
        else:
            found.append(clause)
    return found


def _clauses(sentence: str) -> list[str]:
    """Split a sentence where an "and" begins a question of its own, and what stands before it is one too."""
    joints = _COMMA if _AND.search(sentence) else _AND  # "How much is a, when is b, and who does c?"
    found, begin = [], 0
    for joint in joints.finditer(sentence):
        before = sentence[begin : joint.start()]
        if _IS_OPENED.match(re.split(r"[.!:]\s+", before)[-1]) and _says_something(before):
            found.append(f"{before.strip()}?")
            begin = joint.end()
    last = sentence[begin:].strip()
    return [*found, f"{last[:1].upper()}{last[1:]}" if found else last]


def _is_question(line: str) -> bool:
    return line.rstrip().endswith("?") or _IS_OPENED.match(line) is not None


def _says_something(part: str) -> bool:
    """Tell whether a part has a word of its own that can be looked up: "Why?" has none."""
    return bool(set(content_terms(part)) - ACTIONS) or (
        len(content_terms(part)) > 0 and len(part.split()) >= _LEAST_LETTERS
    )

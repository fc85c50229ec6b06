"""What in a model's text is no sentence of an answer, told by its words: small talk, refusals, questions, the prompt.

Rules for English and, of refusals, German, French and Spanish too. Where they miss one it is checked like any sentence,
and falls there: no passage says "I hope this helps".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from service.answering.writing.claims import Flaw
from service.answering.writing.lines import looks_like_code

DECLINED = "NO_ANSWER"  # what the model is asked to write where the passages do not answer
_DECLINED = re.compile(r"\bNO[_ -]ANSWER\b")
_GRAM = 7  # words in a row that the prompt and a sentence share, and that no passage holds
_WORD = re.compile(r"[^\W_]+")
_IN_MARKS = re.compile(r"[\"“„«][^\"”“»]*[\"”“»]")
_ADDRESS = re.compile(r"[^\s\"“”]*(?:://|\w\.[^\W\d_]{2,})[^\s\"“”]*")
_SAID = re.compile(r"[^\W\d_]{2,}|\d+")
_LEAST_WORDS = 2
_TALK = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|great question|good question|thank you|thanks|hello|hi|dear \w+"
    r"|yes|no|correct|understood|answer|end|done|ja|nein|oui|non|sí)[\s,.!:;-]*"
    r"|(?:i hope|let me know|feel free|please let me|(?:i['’]m )?happy to help|is there anything|as an ai"
    r"|as a language model|i am an ai|i['’]m an ai"
    r"|if you (?:have|need) (?:any|more|further) [^.!?]*(?:let me know|feel free|ask me))[^.!?]*[.!?]*"
    r"|(?:here|below) (?:is|are) [^.!?:]*[.!:]*"
    r"|(?:the|this|these) (?:\w+ )?(?:passages?|excerpts?|questions?) (?:is|are|was|were|refers?|describes?)\b.*",
    re.IGNORECASE,
)
_SORRY = r"(?:(?:unfortunately|i['’]m sorry|i am sorry|sorry|i apologi[sz]e|but|however)[,.]? )*"
_GIVEN = r"(?:(?:you )?(?:provided|given|offered|above|supplied|shared|available|cited) )"
_SAY = r"(?:answer|mention|say|specif|address|discuss|indicate|tell|state)"
_HOLD = rf"(?:{_SAY}|contain|includ|provid|cover|give|describe|have)"
_NOT = r"(?:does not|do not|doesn['’]t|don['’]t|did not|didn['’]t|cannot|never) (?:\w+ly |directly )?"
_REFUSES = re.compile(
    rf"{_SORRY}(?:(?:the |these |those |this |any of the |none of the |my )*(?:"
    rf"(?:{_GIVEN}+(?:\w+ )?(?:documents?|sources?|texts?|information|materials?)|passages?|excerpts?|context"
    rf"|(?:documents?|sources?|texts?|information) {_GIVEN}+)(?: {_GIVEN})? ?{_NOT}{_HOLD}"
    rf"|(?:documents?|sources?|texts?|passages?|excerpts?) (?:{_GIVEN})?(?:{_NOT}{_SAY}|contains? no\b|answers?\b"
    r"|says? nothing)"
    r"|(?:passages?|excerpts?|context) (?:\w+ )?(?:contains? no|gives? no|says? nothing|lacks?"
    r"|(?:is|are) not (?:clear|enough|sufficient|relevant|related|about)))"
    r"|i (?:am (?:unable|not able)|cannot|can['’]t|could not|couldn['’]t|do not|don['’]t|did not|have no)\b"
    r"|(?:there is|there are) (?:no (?:information|answer|mention|evidence)\b(?! desk)|not enough information)"
    r"|i['’]?m? (?:sorry|unable|not able)\b|i apologi[sz]e"
    r"|(?:die|in den|aus den) (?:\w+ )?(?:passagen|quellen|abschnitte\w*) (?:\w+ )*(?:keine?|nicht)\b"
    r"|(?:ich|wir) (?:kann|können|weiß) (?:\w+ )*nicht\b"
    r"|(?:je|nous) ne (?:peux|pouvons|sais|trouve)|les (?:passages|sources) (?:\w+ )*ne "
    r"|no (?:puedo|encuentro|sé)\b|los (?:pasajes|fragmentos) no )",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"(?:(?:yes|no|sure|certainly|of course|ja|nein)[,.:;!]\s+|(?:answer|response|a|final answer|sentence \d+)\s*:\s+"
    r"|(?:according to|based on|as (?:stated|said|per)(?: in| by)?|from)\b\s*(?:the |these |this )?"
    r"(?:(?:provided|given|offered|above|following|approved) )*"
    r"(?:(?:passages?|documents?|sources?|excerpts?|context|text|information)"
    r"(?: (?:provided|given|offered|above))?)?\s*,\s*"
    r"|(?:the |this |these )?(?:\w+ )?(?:passages?|excerpts?) (?:says?|states?|mentions?|indicates?|explains?) that\s+"
    r"|the answer is(?: that)?:?\s+)+",
    re.IGNORECASE,
)
_NEUTRAL = re.compile(
    r"(?:(?:the )?(?:short |final |direct )?(?:answer|response|summary|overview|key points|details|conclusion|notes?"
    r"|sources?|references|citations?|explanation|result)|in (?:short|summary|conclusion)"
    r"|(?:sure|certainly|of course)\b.*|here (?:is|are|’s|'s)\b.*|antwort|zusammenfassung|réponse|respuesta"
    r"|(?:based on|according to) (?:the )?(?:\w+ )?(?:passages?|documents?|sources?|excerpts?|context|text)(?:,.*)?"
    r")\s*:?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What tells a piece of the prompt: runs of `_GRAM` words that stand in it and in nothing that was approved."""

    grams: frozenset[tuple[str, ...]] = frozenset()

    def leaks(self, text: str) -> bool:
        """Tell whether a text repeats a run of the prompt's words."""
        return not self.grams.isdisjoint(grams(text))


def known_of(prompts: Iterable[str], approved: Iterable[str]) -> Known:
    """Return what tells a piece of some prompts, but for what stands in approved texts."""
    told = {gram for prompt in prompts for gram in grams(prompt)}
    return Known(frozenset(told - {gram for text in approved for gram in grams(text)}))


def grams(text: str) -> set[tuple[str, ...]]:
    """Return the runs of `_GRAM` words of a text."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return {tuple(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1)}


def is_declined(text: str) -> bool:
    """Tell whether a text is the word for "they do not answer", or holds it."""
    return bool(_DECLINED.search(text))


def is_fragment(text: str) -> bool:
    """Tell whether a sentence holds fewer than two words outside of quotation marks; a number or an address is one."""
    return len(_SAID.findall(_IN_MARKS.sub(" ", _ADDRESS.sub(" address ", text)))) < _LEAST_WORDS


def is_neutral(heading: str) -> bool:
    """Tell whether a heading or lead-in says nothing that what stands under it would need."""
    return bool(_NEUTRAL.fullmatch(heading.strip(" *_")))


def without_opening(text: str) -> str:
    """Return a sentence without what only says where it comes from: "Answer: ...", "According to the passages, ...".

    A "yes" or "no" goes too: it answers the question's words, which nobody checks; what is said after it is checked.
    """
    rest = text[found.end() :] if (found := _OPENING.match(text)) else text
    return rest[:1].upper() + rest[1:] if rest != text else text


def flaw_of(text: str, known: Known) -> Flaw | None:
    """Return what disqualifies a sentence by its words alone; `None` if nothing does."""
    if is_declined(text) or _REFUSES.match(text):
        return Flaw.DECLINES
    if _TALK.fullmatch(text):
        return Flaw.TALK
    if text.rstrip("\"'”’»)").endswith(("?", "？")):
        return Flaw.QUESTION
    if known.leaks(text):
        return Flaw.LEAK
    return Flaw.CODE if looks_like_code(text) else None

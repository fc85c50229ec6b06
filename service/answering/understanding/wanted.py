"""What kinds of answer a question wants: a number, a time, somebody, a place, a rule, steps and so on (`Want`).

Told from the words of the question alone, in English and for the commonest forms in German and French. A question of
two parts wants the kinds of both; one typed as keywords wants what its words name ("hotel limit": a number), or nothing
in particular. Nothing is looked up here, and nothing is decided: a kind weighs beside everything else (`features`).
"""

import re
from collections.abc import Sequence
from enum import StrEnum


class Want(StrEnum):
    """A kind of answer."""

    NUMBER = "number"
    TIME = "time"
    FREQUENCY = "frequency"
    PERSON = "person"
    PLACE = "place"
    RULE = "rule"
    STEP = "step"
    DEFINITION = "definition"
    LIST = "list"
    REASON = "reason"


# What stands before a question and is none of it; a question without it is told the same.
_PREFACE = re.compile(
    r"\b(?:(?:can|could|would|will) (?:you|somebody|anyone|someone)(?: please)? "
    r"(?:tell|explain|show|say|give|remind|help)\w*(?: me| us)?(?: to)?(?: know)?|do (?:you|we) know|please|"
    r"i(?:'d| would) like to know|i (?:want|need) to know|does anyone know|any idea|tell me|kindly)\b[,:]?"
)
# Question words as they are often mistyped.
_TYPOS = {
    "waht": "what", "wat": "what", "whta": "what", "hwat": "what", "whats": "what is", "what's": "what is",
    "wehn": "when", "whne": "when", "hwen": "when", "wen": "when", "wher": "where", "whre": "where",
    "where's": "where is", "wheres": "where is", "whos": "who is", "who's": "who is", "hwo": "how", "hoe": "how",
    "hw": "how", "mcuh": "much", "muhc": "much", "mnay": "many", "mayn": "many", "lnog": "long", "cna": "can",
    "cant": "can not", "can't": "can not", "mst": "must", "wich": "which", "whcih": "which", "whihc": "which",
    "wihch": "which", "shoud": "should", "shuold": "should", "alowed": "allowed", "allwoed": "allowed", "wy": "why",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

_NUMBER = re.compile(
    r"\bhow (?:many|much|long|high|large|big|heavy|far|fast|old|deep|wide|tall|warm|hot|cold|loud|thick|strong|"
    r"small|few)\b|"
    r"\bhow (?!(?:to|do|does|did|can|could|should|must|would|shall|is|are|was|were|may|will|has|have|many|much|often|"
    r"soon|early|late|come|else|about|best|well|\w+ly) )\w+ "
    r"(?:do|does|is|are|must|may|can|should|has|have|will)\b|"
    r"\b(?:what|which) (?:\w+ ){0,2}(?:age|percentage|share|number|amount|size|sum|temperature|weight|height|speed|"
    r"distance|rate|price|quantity|length|width|capacity|volume|level|version|value|grade|score|code)\b|"
    r"\bwhat (?:do|does|must|should|will|would|did) .*\b(?:pay|cost|earn|owe|charge)\b|"
    r"\b(?:limits?|maximum|minimum|max|min|cap|allowance|budget|price|cost|costs|fee|fees|salary|pay rate|daily rate|"
    r"per diem|threshold|quota|percent|discount|fine|rent|deposit|surcharge|premium|wage|bonus|number of|amount of|"
    r"notice period|retention period|length|size|weight|temperature|percentage)\b|"
    r"\bwie (?:viele?|hoch|lange|gro(?:ß|ss)|weit|schwer|alt|teuer)\b|\bcombien\b"
)
_TIME = re.compile(
    r"\b(?:when|how long|how often|how soon|how late|how early|how quickly|how frequently|how regularly|deadline|due|"
    r"until when|by when|since when|opening hours|opening times|hours of|notice period|retention period|time limit|"
    r"duration|schedule|frequency|(?:what|which) (?:times?|dates?|days?|months?|years?|hours?|weeks?|periods?)|"
    r"how (?:many|much) (?:\w+ )?(?:time|minutes|hours|days|nights|weeks|months|years|notice))\b|"
    r"\b(?:wann|wie lange|wie oft|bis wann|seit wann|quand|à quelle heure|jusqu'à quand)\b|"
    r"^(?!.*\b(?:when|what|who|where|how)\b).*\b(?:hours|times?)\s*$"
)
# "when" that begins a condition, not a question: "What do I do when the alarm rings?"
_CONDITION = re.compile(
    r"(?<=\w )when (?:i|we|you|my|our|your|the|a|an|it|there|someone|somebody|they|he|she|\w+ing)\b"
)
_TIME_ASKED = re.compile(
    r"\b(?:when|how (?:long|often|soon|late|early|quickly)|(?:what|which) (?:time|date|day|deadline))\b"
)
_FREQUENCY = re.compile(
    r"\b(?:how (?:often|frequently|regularly)|(?:at )?(?:what|which) intervals?|frequency|wie oft|wie häufig)\b"
)
# Days or hours asked for are a time, not a list.
_TIMES = re.compile(r"\b(?:what|which) (?:times|dates|days|hours|weeks|months|years|intervals)\b")
_PERSON = re.compile(
    r"\b(?:who|whom|whose|"
    r"(?:which|what) (?:\w+ )?(?:team|department|person|people|role|manager|office|officer|unit|group|committee|"
    r"colleague|director|board|body|desk|function)|"
    r"responsible|in charge|contact person|owner of|approver|wer|wem|wen|wessen|zuständig|qui|à qui)\b"
)
_PLACE = re.compile(
    r"\b(?:where|contact|phone|telephone|extension|e-?mail|address|hotline|helpdesk|help desk|"
    r"(?:which|what) (?:\w+ )?(?:room|building|floor|place|page|site|website|folder|system|tool|portal|channel|form|"
    r"street|location|city|country|number do i call)|number (?:of|for) the|how (?:do|can|should) (?:i|we|you|one) "
    r"(?:reach|contact|call|get hold of|get to|get in touch)|reach|wo|wohin|woher|où|wer ist erreichbar)\b"
)
_RULE = re.compile(
    r"(?:^|[,.;?!] )(?:and |or |but |if so )?(?:so )?(?:may|can|must|do|does|is|are|am|should|shall|will|have|has|"
    r"could|would|did|was|"
    r"were|might|need|darf|dürfen|kann|können|muss|müssen|soll|sind|ist|hat|puis-je|peut-on|dois-je|"
    r"est-ce)\b(?! \w+$)|"
    r"\b(?:allowed|permitted|forbidden|prohibited|mandatory|obligatory|compulsory|entitled|eligible|supposed to|"
    r"legal|"
    r"ok to|okay to|banned|illegal|erlaubt|verboten|pflicht)\b"
)
_STEP = re.compile(
    r"\bhow (?:to|do|does|can|should|must|would|shall|is|are|may|will)\b(?! (?:i|we|you) (?:reach|contact|call)\b)|"
    r"\bwhat (?:do|should|must|shall|can|to|have|has|happens|needs?|is|are|am) (?:i |we |you |one |staff |they )?"
    r"(?:have to |need to |to )?(?:do|be done|happen|next|happens|supposed)\b|\bwhat (?:now|next)\b|\bwhat happens\b|"
    r"\bwhat to do\b|"
    r"\bwhat should (?:happen|i|we|you|staff|employees)\b|\b(?:steps?|procedure|process|instructions?|how-to|"
    r"way to|way of|"
    r"guide to|method)\b|"
    r"\b(?:wie (?:kann|muss|soll|melde|mache|bekomme|stelle|reiche|geht|gehe|wird|werden)|was (?:tun|muss|mache|"
    r"soll)|"
    r"comment|que faire)\b"
)
_DEFINITION = re.compile(
    r"\bwhat (?:is|are) an? [\w' -]{2,30} and (?:what|how|who|when|where|can|must|may)\b|"
    r"\bwhat (?:does|do|is meant|do (?:we|you) mean)\b.*\b(?:mean|means|meant|stand for|by|refer to|say)\b|"
    r"\b(?:define|definition|meaning|what counts as|what qualifies as|what is considered|was (?:ist|bedeutet|"
    r"heißt|sind)|"
    r"qu'est-ce)\b|"
    r"\bwhat (?:is|are) (?:an? |the |our |your )?(?!\w+(?:ed|en)\b)(?:[\w'’-]+ ?){1,4}$|^(?:who|"
    r"what) is [\w'’-]+ ?[\w'’-]*$"
)
_LIST = re.compile(
    r"(?:^|[,.;?!] |\band )lists?\b|"
    r"\b(?:which ones|name (?:all|the)|all (?:the|of the)|types? of|kinds? of|sorts? of|examples? of|"
    r"categories|what else|what (?:all|are)|which (?:are|of)|what (?:kinds?|types?|sorts?|things?|documents?|items?)|"
    r"(?:what|which) (?:[\w'’-]+ ){0,2}?(?!this\b|is\b|does\b|was\b|has\b|business\b|access\b|process\b|"
    r"address\b)[\w'’-]+[^s\W]s "
    r"(?:do|are|must|should|can|may|have|need|count|apply|belong|were|will|make|does|is)\b|"
    r"(?:what|which) \w+ (?:can|may|must|should) (?:not )?be|steps?|stages|phases|criteria|requirements|"
    r"principles|responsibilities|exceptions|reasons|options|benefits|"
    r"welche|quels|quelles|was sind)\b|"
    r"\bwhat (?:must|should|may|can|shall|do|have) (?:i|we|you|one|they|staff|visitors|guests) "
    r"(?:(?:not|have to|need to|also|to) )*+(?!do\b|mean\b|be\b|call\b|pay\b|owe\b|earn\b)\w+|"
    r"\bwhat (?:does|do|must|should|may|can) (?!(?:i|we|you|one|they) )(?:[\w'’-]+ ){1,5}?"
    r"(?:have to |need to |has to )?do\b|"
    r"\bwhat (?:does|do|did|should|must|may|can)\b.*\b(?:include|contain|cover|"
    r"consist|involve|comprise)"
)  # fmt: skip
_REASON = re.compile(
    r"\b(?:why|what for|reason|reasons|purpose|how come|rationale|warum|wieso|weshalb|wozu|pourquoi)\b|"
    r"\bwhat is .*\bfor$"
)
# Something that happened to whoever asks, told without a question.
_HAPPENED = re.compile(r"^(?:i|i've|i'm|i am|my|our|we|we've|someone|somebody|there(?:'s| is| was)|ich|mein\w*|j'ai)\b")
_TOLD = (
    (Want.NUMBER, _NUMBER),
    (Want.TIME, _TIME),
    (Want.PERSON, _PERSON),
    (Want.PLACE, _PLACE),
    (Want.RULE, _RULE),
    (Want.STEP, _STEP),
    (Want.LIST, _LIST),
    (Want.REASON, _REASON),
)


def wanted(text: str) -> frozenset[Want]:
    """Return the kinds of answer that a question wants; none where it does not say."""
    asked = _plain(text)
    found = {want for want, told in _TOLD if told.search(asked)}
    if (Want.STEP in found or _CONDITION.search(asked)) and not _TIME_ASKED.search(_CONDITION.sub(" ", asked)):
        found.discard(Want.TIME)  # "What do I do when ...": a condition
    if _FREQUENCY.search(asked):
        found = (found - {Want.TIME, Want.NUMBER}) | {Want.FREQUENCY}
    if _TIMES.search(asked):
        found.discard(Want.LIST)
    if _DEFINITION.search(asked) and not found - {Want.PERSON, Want.RULE}:
        found.add(Want.DEFINITION)
    if not found and _HAPPENED.search(asked):
        found.add(Want.STEP)
    return frozenset(found)


def wants_series(wants: Sequence[Want] | frozenset[Want]) -> bool:
    """Tell whether a list or a procedure as a whole is what is asked for, where there is one."""
    return Want.LIST in wants or Want.STEP in wants


def _plain(text: str) -> str:
    """Return a question in small letters, with one space between words, without preface or typing errors."""
    lowered = text.lower().replace("’", "'")
    mended = _WORD.sub(lambda word: _TYPOS.get(word[0], word[0]), lowered)
    spaced = re.sub(r"\s*([?!.,;:])\s*", r"\1 ", " ".join(_PREFACE.sub(" ", mended).split()))
    return spaced.strip(" ?!.,;:")

"""Which headings state something: contracts, keynotes and leaflets style whole sentences as headings.

A heading that ends with a full stop or an exclamation mark after three words is taken for a sentence. One without is
taken for one if it is written as sentences are, mostly in small letters, and has a verb: a word that is one in English,
German, French or Spanish and nothing else ("may", "muss", "doit", "debe"), or what comes before an object ("pays a",
"zahlt eine": an article or a number after a small word that is no preposition), or an amount of something with an
article ("The deposit amounts to 900 euros"). A question states nothing, nor does what
ends with a colon. Knows no grammar: a long title may be taken for a sentence, and is then quoted as it stands.
"""

import re
from itertools import pairwise

from indexes.abbreviations import ends_abbreviated

_MIN_WORDS_ENDED = 3  # "No smoking." and "General provisions." look alike: two words say too little to tell
_MIN_WORDS_OPEN = 5
_MOSTLY_SMALL = 0.5  # of the words after the first: German writes two in five large, a title nearly all
_NUMBER = re.compile(r"\s*(?:§+\s*)?(?:\(?[0-9]+(?:\.[0-9]+)*[.)]?|\(?[a-zA-Z][.)]|\(?[ivxlcIVXLC]+[.)])\s+")
_WORD = re.compile(r"[^\W_]+(?:['’.,:-][^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_CLOSING = "\"'”’»)] "
_ASKS = frozenset(
    "how what when where which who whom whose why wie was wann wo wer wen wem welche welcher welches warum wozu "
    "comment quel quelle quels quelles quand où qui pourquoi que cómo cuál cuándo dónde quién qué".split()
)
_VERBS = frozenset(
    # English, German, French, Spanish: words that are verbs wherever they stand
    "is are was were be been may must shall should can cannot could would will has have had does do did isn't aren't "
    "don't doesn't can't won't mustn't ist sind war waren wird werden wurde wurden darf dürfen muss müssen soll "
    "sollen kann können hat haben gilt gelten est sont était étaient doit doivent peut peuvent sera seront ont es son "
    "fue debe deben puede pueden será serán está están tiene tienen".split()
)
_DENIES = frozenset(["not", "never", "nicht", "nie", "kein", "keine", "pas", "jamais"])
_FORBIDS = frozenset(["no", "never", "kein", "keine", "niemals", "ningún", "ninguna", "aucun", "aucune", "nunca"])
_IN_CLAUSE = frozenset(  # what opens a clause within a title: "Additional steps that you may need to take"
    "that who which whose if when before after once where while "
    "dass wenn bevor nachdem qui dont si quand que cuando".split()
)
_BEFORE_OBJECTS = frozenset(
    "a an the each every all any no its their his her ein eine einen einem einer kein keine keinen die das den dem un "
    "une le la les chaque una el los las cada".split()
)
_NO_VERBS = frozenset(  # small words that an article or a number often follows
    "about above across after against along among and around as at before behind below between beyond but by down "
    "during except for from if in inside into like near of off on onto or out outside over per since than through to "
    "toward towards under until up upon versus via vs when where while with within without plus only also both all "
    "half not that which who because so whether a an the ab als auf aus außer bei bis bzw durch entlang für gegen "
    "gegenüber hinter im ins ist je mit nach neben oder ohne pro seit sowie statt über um und unter von vom vor "
    "während wegen wenn wie zu zum zur zwischen dass à au aux avec avant après chez contre comme dans de depuis des "
    "dès du en entre et hors jusque malgré mais ni ou par parmi pendant pour sans sauf selon sous sur vers que qui al "
    "ante bajo con contra del desde durante hacia hasta para por según sin sobre tras y e o u pero section chapter "
    "part article page step appendix annex version number day days week month year level phase form type abschnitt "
    "kapitel teil artikel seite schritt chapitre partie étape sección capítulo parte paso".split()
)


def is_statement(heading: str) -> bool:
    """Tell whether a heading's line says something that can be quoted.

    Args:
        heading: one cleaned line.
    """
    bare = heading.rstrip(_CLOSING)
    number = _NUMBER.match(bare)
    words = _WORD.findall(bare, number.end() if number else 0)
    if not words or asks(heading) or bare.endswith(":"):
        return False
    if bare.endswith(("...", "…")):
        return False
    if bare.endswith((".", "!")) and not ends_abbreviated(bare):
        return len(words) >= _MIN_WORDS_ENDED
    return len(words) >= _MIN_WORDS_OPEN and _reads_as_sentence(words)


def asks(heading: str) -> bool:
    """Tell whether a heading's line is a question by its mark."""
    return heading.rstrip(_CLOSING).endswith("?")


def _reads_as_sentence(words: list[str]) -> bool:
    lower = [word.lower() for word in words]
    if lower[0] in _FORBIDS or (lower[0] in _VERBS and lower[1] in _DENIES):
        return True  # "No smoking in the house", "Do not enter without a badge"
    if all(word.upper() == word for word in words):  # capitals say nothing of how it would be written
        words = lower
    small = sum(word[0].islower() or word[0].isdigit() for word in words[1:])
    if (
        small < _MOSTLY_SMALL * (len(words) - 1)
        or lower[0] in _ASKS
        or (lower[0] in _VERBS and lower[1] not in _DENIES)
    ):
        return False
    if lower[0].endswith("ing") and lower[1] not in _VERBS and not _DENIES.intersection(lower):
        return False  # "Entering the extra hours you will be working"
    if any(
        word in _VERBS and not _IN_CLAUSE.intersection(lower[max(at - 3, 0) : at])
        for at, word in enumerate(lower)
        if at
    ):
        return True
    if lower[0] in _BEFORE_OBJECTS and any(map(_is_amount, words[1:])):
        return True
    return any(_comes_before_object(*pair) for pair in pairwise(words[1:]))


def _comes_before_object(word: str, following: str) -> bool:
    if following.lower() not in _BEFORE_OBJECTS and not _is_amount(following):
        return False
    return word[0].islower() and word not in _NO_VERBS and not word.endswith("ing")


def _is_amount(word: str) -> bool:
    return word[0].isdigit() and not _YEAR.fullmatch(word)

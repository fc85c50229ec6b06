"""What a question is about, as a phrase of its own words: "caffeine" of "What are the effects of caffeine?".

By the order of words and closed lists, for English: questions are short and of few forms, and a tagger of parts of
speech would bring a model of its own. Where the form is not known, the phrase may be too long or too short, never words
that were not typed.
"""

import re

from indexes.words import content_terms

AUXILIARIES = frozenset(
    """is are was were be am do does did have has had can could may might must shall should will would isn't aren't
    doesn't don't didn't can't""".split()
)
PREPOSITIONS = tuple(
    """about above across after against along among around as at before behind below beside besides between beyond by
    despite during except for from in inside into like near of off on onto outside over past per since than through to
    toward towards under until up upon versus via with within without""".split()
)
# Nouns that ask "of what?" when nothing follows that says so.
RELATIONAL = frozenset(
    """advantage alternative amount argument aspect author basis beginning benefit candidate category cause character
    characteristic component con condition consequence contact content cost creation deadline definition difference
    disadvantage drawback duration effect end evidence example exception feature fee finding form format function
    future goal history impact implication importance influence invention kind length level limit limitation main
    maximum meaning member minimum name number objective one origin other outcome owner part penalty person point
    precondition price process pro purpose rate reason requirement restriction result risk role root rule side sign
    significance similarity size sort source stage step style symptom theme treatment trend type use usage variation
    version way word""".split()
)
_DETERMINERS = frozenset(
    "a an the some any our your my their his her its this that these those each every all no".split()
)
_BEING = frozenset("is are was were be isn't aren't".split())
_ARTICLES = frozenset("a an the".split())
_PEOPLE = frozenset("i you we me us one people someone somebody anyone anybody".split())
_STANDS_FOR = frozenset("it they them he she him her its their his this that these those there".split())
_GRADES = frozenset("and common famous first interesting key negative popular positive possible typical".split())
_TIMES = frozenset("day week month year time summer winter morning general moment today now".split())
# What is said of a subject, not part of it.
_SAID = frozenset(
    """allowed available bad best better dangerous different difficult due easy effective enough good hard harmful
    important known legal mandatory more necessary needed permitted possible ready required safe similar too treatable
    useful valid worth""".split()
)
_QUANTITIES = frozenset("many much long often far old big more most several few other different good important".split())
_ENDS_CLAUSE = frozenset(
    """also and because but how if not now or so that then there what when where which while who whom whose
    why""".split()
)
_ENDS_PHRASE = frozenset(PREPOSITIONS) - {"of"} | AUXILIARIES | _ENDS_CLAUSE
# What follows the subject of a question with "do", "can", "may" ...
_VERBS = frozenset(
    """affect allow answer appear apply approve archive arrive ask attend become begin belong book break bring build buy
    call cause change charge check choose claim clear collect come compare contain cook copy cost count cover create
    damage decide delete deliver depend destroy develop die differ discover do eat edit end expire export feel file
    find fly get give go grow handle happen have help hire hold impact include influence invent join keep kill know
    label last leave live look lose make mean meet move name need offer open order originate own pay play post produce
    protect provide publish put reach read receive record reduce refuse register relate release remove renew report
    request require respond restrict review run save say scan see sell send serve share shift show sign solve spend
    spread start stay stop store submit support survive take talk tell terminate train transfer travel treat try
    upload use view wait want watch wear weigh win work write""".split()
)
ACTIONS = frozenset(content_terms(" ".join((*_VERBS, *_QUANTITIES, *_SAID, *_TIMES))))  # stemmed: no noun among them
_DONE = frozenset("built done found given held kept known made paid put seen sent shown sold taken written".split())
_FRAME = re.compile(
    r"^(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:tell(?:\s+me)?|describe|explain|summari[sz]e|list|show(?:\s+me)?)\s+"
    r"(?:(?:a\s+bit\s+)?more\s+|something\s+)?(?:about\s+)?|^(?:what|how)\s+about\s+|^(?:and|but|so|or)\s+",
    re.IGNORECASE,
)
_IS = re.compile(r"^(?:what|who|which|whose)(?:[’']s|\s+(?:is|are|was|were))\s+", re.IGNORECASE)
_WORD = re.compile(r"[\w&/]+(?:[’'.-][\w]+)*[’']?|[,;:()]")
_MAX_WORDS = 7


def tokens(text: str) -> list[str]:
    """Return the words of a text as typed, and the signs that end a phrase."""
    return _WORD.findall(text)


def subject_of(question: str) -> str:
    """Return what a question is about, in its own words and without an article; "" where no rule says."""
    in_brackets = re.search(r"\(([^()]+)\)\??$", question)  # as a follow-up was rewritten
    return in_brackets.group(1) if in_brackets else _asked_about(question)


def _asked_about(question: str) -> str:
    first = re.split(r"(?<=[?.!])\s", question.strip(), maxsplit=1)[0].rstrip("?.! ")
    rest, framed = _FRAME.subn("", first, count=1)
    defined = _IS.sub("", rest, count=1)
    if defined != rest or (framed and not _asks(rest)):
        return _phrase(tokens(defined), verbs=False) or _name_in(first)
    words = tokens(rest)
    if len(words) < 2:  # noqa: PLR2004  (one word asks, and is about nothing)
        return ""
    at = next((index for index, word in enumerate(words) if word.lower() in AUXILIARIES), None)
    if at is None:  # "What causes throat cancer", "Which teams survived"
        return _object(words[2:]) or ("" if _is_verb(words[1].lower()) else _phrase(words[1:], verbs=True))
    if at > 1 and words[0].lower() in ("when", "where", "why", "if", "whether"):  # "when the city was founded"
        return _phrase(words[1:at], verbs=False)
    acted = words[at + 1 :]
    if acted and acted[0].lower() in _PEOPLE:
        asked = _phrase(_counted(words[1:at]), verbs=False) if words[0].lower() in ("what", "which", "how") else ""
        return _object(acted[2:]) or asked or _name_in(first)
    is_being = words[at].lower() in _BEING  # what follows is said of the subject, and is no verb
    return _phrase(acted, verbs=True, base=not is_being) or _object(acted) or _name_in(first)


def is_plural(phrase: str) -> bool:
    """Tell whether a phrase reads as several."""
    words = phrase.lower().split()
    return " and " in phrase or (bool(words) and words[-1].endswith("s") and not words[-1].endswith(("ss", "us", "is")))


def singular(word: str) -> str:
    """Return a noun as it stands in the lists here."""
    word = word.lower()
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _asks(text: str) -> bool:
    return bool(re.match(r"(?:what|which|who|when|where|why|how)\b", text, re.IGNORECASE))


def _counted(words: list[str]) -> list[str]:
    return words[1:] if words and words[0].lower() in _QUANTITIES else words


def _object(words: list[str]) -> str:
    """Return the phrase after a verb and what belongs to it."""
    while words and words[0].lower() in {*_ENDS_PHRASE, "of", *_PEOPLE}:
        words = words[1:]
    return _phrase(words, verbs=False)


def without_article(phrase: str) -> str:
    """Return a phrase without its article."""
    first, _, rest = phrase.partition(" ")
    return rest if first.lower() in _ARTICLES else phrase


def _phrase(words: list[str], *, verbs: bool, base: bool = True) -> str:
    """Return the noun phrase that begins here; of "the causes of X" only X.

    `verbs` says that what is said of it may follow, `base` that a verb's base form may.
    """
    kept: list[str] = []
    for index, word in enumerate(words):
        low, named = word.lower(), word[:1].isupper()
        if low in _STANDS_FOR or low in _PEOPLE or not re.match(r"[\w&]", word):
            break
        if low in _DETERMINERS:
            if kept and kept[-1].lower() not in (*_ARTICLES, "of"):
                break
            kept.append(word)
        elif low in _ENDS_PHRASE and not named and not _joins(kept, words[index : index + 2]):
            if not kept and low in PREPOSITIONS:
                continue
            if low not in (*PREPOSITIONS, "and") or not _only_asks(kept):
                break
            kept = []
        elif verbs and _core(kept) and not named and (_is_verb(low, base=base) or low in _SAID or _is_name(kept)):
            break
        else:
            kept.append(word)
    return " ".join(_narrowed(kept))


def _joins(kept: list[str], two: list[str]) -> bool:
    """Tell whether an "and" stands inside a name: "Lewis and Clark"."""
    return bool(kept) and kept[-1][:1].isupper() and two[0].lower() == "and" and len(two) > 1 and two[1][:1].isupper()


def _narrowed(kept: list[str]) -> list[str]:
    if "of" in kept:
        at = len(kept) - 1 - kept[::-1].index("of")
        if _only_asks([word for word in kept[:at] if word != "of"]):
            kept = kept[at + 1 :]
    while kept and kept[-1].lower() in ("of", "and", *_DETERMINERS):
        kept = kept[:-1]
    core = _core(kept)
    if not core or len(kept) > _MAX_WORDS or _only_asks(core) or (len(core) == 1 and core[0].lower() in _TIMES):
        return []
    return kept if kept[0].lower() in _ARTICLES else core


def _core(kept: list[str]) -> list[str]:
    at = next((index for index, word in enumerate(kept) if word.lower() not in _DETERMINERS), len(kept))
    return kept[at:]


def _is_name(kept: list[str]) -> bool:
    return all(word[:1].isupper() for word in _core(kept))


def _is_verb(word: str, *, base: bool = True) -> bool:
    is_base = base and (word in _VERBS or word.removesuffix("s") in _VERBS)
    return is_base or word in _DONE or word.endswith(("ed", "ly"))


def _only_asks(words: list[str]) -> bool:
    return bool(words) and all(_asks_of_what(word) for word in words)


def _asks_of_what(word: str) -> bool:
    low = word.lower()
    return singular(low) in RELATIONAL or low in _QUANTITIES or low in _DETERMINERS or low in _GRADES


def _name_in(question: str) -> str:
    """Return the first run of capitalised words that does not begin the question."""
    found = re.search(r"(?<=\s)(?:[A-Z][\w'-]*)(?:\s+(?:of\s+)?[A-Z0-9][\w'-]*)*", question)
    return found.group() if found else ""

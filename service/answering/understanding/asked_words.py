"""The words of a question that matter: names, identifiers, numbers, places, groups of people, as they were typed.

By capital letters, digits and closed lists (`names`), in one pass over the words, longest first: "New York", "version
3.0", "under 16", "a freelance editor". Where a whole question is in capitals, or written like a title, they tell
nothing. Whether a document holds a word is for `missing` to see.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from indexes.words import STOP_WORDS, content_terms, terms
from service.answering.understanding.asker import without_persons
from service.answering.understanding.names import EVERYBODY, HONORIFICS, PLACES, group_of, one_of_them
from service.answering.understanding.subjects import AUXILIARIES

TOKEN = re.compile(r"[^\W_](?:[\w’'&/-]|[.,](?=\d))*")
_SENTENCE = re.compile(r"(?:^|[.!?:]\s+|\n)[\W_]*")
JOINS = frozenset("of the &".split())  # inside a name: "Bank of England"
_COUNTED = frozenset(
    """annex appendix article chapter class clause edition floor form grade issue level line model part paragraph phase
    platform release room rule schedule section stage step tier version zone""".split()
)
_PLACES_BEGIN = frozenset(place.split()[0] for place in PLACES)
_VERSIONS = frozenset("article clause edition form release section version".split())
_AGES = frozenset("age aged below over under".split())
_NOT_NAMES = frozenset("i i'm i'd i've i'll ok okay am pm hi hello dear thanks thank yes no".split())
_NEVER_NAMES = STOP_WORDS | AUXILIARIES | EVERYBODY | HONORIFICS  # where a capital letter alone speaks for a name
_KEPT = 1 << 6  # questions; each is looked at before it is answered and after
_LEAST_OF_A_TITLE = 2  # words after the first
_OWN = frozenset("my our his her their your".split())
_ANYBODY = EVERYBODY | frozenset("any new of normal ordinary regular simple".split())
# Whoever asks says as whom: "as a works council member, ...".
_AS = re.compile(r"as\s+an?\s+(?P<who>[a-z-]+(?: [a-z-]+){0,3}?)(?=,|\s+(?:in|at|from)\s)", re.IGNORECASE)
_AMOUNT = re.compile(r"\d[\d.,]*(?:st|nd|rd|th|s|[’']s|[a-z]{1,3}|%)?", re.IGNORECASE)
_OWNING = re.compile(r"[’']s?$")
_YEAR = re.compile(r"(?:19|20)\d\d")

_Tokens = Sequence[re.Match[str]]


class Kind(StrEnum):
    """What a word that matters is."""

    NAME = "name"
    PLACE = "place"
    GROUP = "group"  # of people
    VERSION = "version"  # one of several by its number: "version 3.0", "clause F"
    COUNTED = "counted"  # another thing with its number: "room 12", "under 16"
    NUMBER = "number"  # an identifier or a year
    AMOUNT = "amount"  # a figure that may be the asker's own: "200 euros"


@dataclass(frozen=True, slots=True)
class AskedWord:
    """Words of a question that matter: as typed, where they begin, and what they are looked up by."""

    typed: str
    start: int
    kind: Kind

    @property
    def terms(self) -> list[str]:
        """The terms it is looked up by; all of them, where it has only stop words ("IT", "US")."""
        return content_terms(self.typed) or terms(self.typed)


@lru_cache(maxsize=_KEPT)
def words_that_matter(text: str) -> tuple[AskedWord, ...]:
    """Return the names, identifiers, numbers, places and groups of people of a question, in order.

    Persons as whom, or for whom, it is asked are not among them (`asker`); words that ask neither.
    """
    plain = without_persons(text)
    tokens = list(TOKEN.finditer(plain))
    starts = {match.end() for match in _SENTENCE.finditer(plain)}
    capitals = _capitals_tell(tokens)
    found: list[AskedWord] = []
    at = 0
    while at < len(tokens):
        end, kind = _run(tokens, at, plain, starts=starts, capitals=capitals)
        if kind:
            typed = _bare(plain[tokens[at].start() : tokens[end - 1].end()])
            found.append(AskedWord(typed, tokens[at].start(), kind))
        at = max(end, at + 1)
    return tuple(found)


def _run(
    tokens: Sequence[re.Match[str]], at: int, text: str, *, starts: set[int], capitals: bool
) -> tuple[int, Kind | None]:
    """Return where what begins at a token ends, and what kind it is; `None` where it does not matter."""
    token = tokens[at].group()
    low = token.lower()
    following = tokens[at + 1].group() if at + 1 < len(tokens) else ""
    if low in _COUNTED and (following[:1].isdigit() or (following.isupper() and len(following) == 1)):
        return at + 2, Kind.VERSION if low in _VERSIONS else Kind.COUNTED
    if low in _AGES and following.isdigit():
        return at + 2, Kind.COUNTED
    if _bare(low) in _PLACES_BEGIN:
        for end in range(min(at + 3, len(tokens)), at, -1):  # "new york" before "york"
            if _bare(text[tokens[at].start() : tokens[end - 1].end()]).lower() in PLACES:
                return end, Kind.PLACE
    if capitals and _is_name(token, starts=tokens[at].start() in starts):
        return _name_end(tokens, at, text), Kind.NAME
    if any(char.isdigit() for char in token):
        return at + 1, Kind.AMOUNT if _AMOUNT.fullmatch(token) and not _YEAR.fullmatch(token) else Kind.NUMBER
    return _people_end(tokens, at, text)


def _people_end(tokens: _Tokens, at: int, text: str) -> tuple[int, Kind | None]:
    """Return the token after words for people: "a freelance editor", or whoever it is asked "as"."""
    end = at
    while end < len(tokens) and group_of(tokens[end].group()) and (end == at or text[tokens[end].start() - 1] == " "):
        end += 1
    if end > at:
        is_related = at > 0 and tokens[at - 1].group().lower() in _OWN  # "my boss" is somebody
        return end, None if is_related else Kind.GROUP
    said = _AS.match(text, tokens[max(at - 2, 0)].start()) if at > 1 else None
    if said is None or said.start("who") != tokens[at].start():
        return at + 1, None
    if all(one_of_them(word) in _ANYBODY for word in said["who"].split()):
        return at + 1, None
    return next((n + 1 for n, token in enumerate(tokens) if token.end() == said.end("who")), at + 1), Kind.GROUP


def _name_end(tokens: _Tokens, at: int, text: str) -> int:
    """Return the token after a name of several words: "New York", "Bank of England", "ISO 27001"."""
    end = at + 1
    while end < len(tokens):
        between, token = text[tokens[end - 1].end() : tokens[end].start()], tokens[end].group()
        if between != " ":
            break
        if _is_name(token, starts=False) or token[0].isdigit():
            end += 1
        elif token.lower() in JOINS and end + 1 < len(tokens) and _is_name(tokens[end + 1].group(), starts=False):
            end += 2  # "of", and then the name goes on
        else:
            break
    return end


def _is_name(token: str, *, starts: bool) -> bool:
    low = token.lower().replace("’", "'")
    if low in _NOT_NAMES or not token[0].isupper():
        return False
    if sum(char.isupper() for char in token) > 1:  # "IT", "US", "eBay" too
        return True
    return not starts and low not in _NEVER_NAMES


def _capitals_tell(tokens: _Tokens) -> bool:
    """Tell whether capital letters mean names here: not where a whole question is written in them, or as a title."""
    typed = [token.group() for token in tokens if token.group()[0].isalpha()][1:]
    is_shouted = all(word.isupper() for word in typed)
    small = [word for word in typed if word.lower() in STOP_WORDS and (is_shouted or not word.isupper())]
    if small:
        return 2 * sum(word[0].isupper() for word in small) < len(small)
    return len(typed) < _LEAST_OF_A_TITLE or not all(word[0].isupper() for word in typed)


def _bare(typed: str) -> str:
    return _OWNING.sub("", typed)

"""What a text says, as tokens: its words in one form, in clauses, for what is compared word by word.

Numbers, dates, amounts of money and identifiers have one form (`indexes.forms`), number words are figures, and each
word has its stem (`alike`). A clause ends at a mark other than a colon, or before a word that begins another. Nothing
is weighed here.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from indexes.forms import written
from indexes.spellings import MARK, spelled
from service.answering.supported.alike import is_light, stem

_TOKEN = re.compile(rf"{MARK}\S+|\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*|[,;.!?()]")
_SPACED = re.compile(r"(?<=\w)\s+'\s*(?=(?:s|t|re|ve|ll|d|m)\b)|(?<=n)\s+(?='t\b)")
_ACCENTS = re.compile("[\u0300-\u036f]")  # "Pokémon" is written without one as often
_FRACTIONS = {"¼": ".25", "½": ".5", "¾": ".75"}
_FRACTION = re.compile("(\\d*)([¼½¾])")
_ENDS = frozenset(",;.!?()")
# Before these words another clause begins, if the one before has a word with content.
_BEGINS = frozenset(
    "but unless except if when while whereas because although unless until after before who which".split()
)
_GOES_ON = frozenset(
    """may must can cannot could should shall will is are was were has have it they he she we you there nobody no not
    never in on at for from with without if when after before only the a an this these""".split()
)
_WORDS_OF_NUMBERS = {
    "one": "1", "zero": "0", "twentieth": "20th", "twelfth": "12th", "eleventh": "11th", "seventh": "7th",
    "eighth": "8th", "ninth": "9th", "dozen": "12",
}  # fmt: skip
_COUNTED_BY_ONE = frozenset("to or in person item case thing".split())
_TIMES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_UNITS_OF_TENS = re.compile(r"[2-9]0")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Said:
    """The tokens of a text, marks left out: `words` lower-cased, `terms` their stems, `clauses` the number of each."""

    words: tuple[str, ...]
    terms: tuple[str, ...]
    clauses: tuple[int, ...]

    @cached_property
    def held(self) -> frozenset[str]:
        """All terms."""
        return frozenset(self.terms)

    @cached_property
    def heavy(self) -> tuple[int, ...]:
        """The places of tokens that have content: no stop word, no word of modality."""
        return tuple(at for at, word in enumerate(self.words) if not is_light(word))

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The distinct terms that have content, in order of first use."""
        return tuple(dict.fromkeys(self.terms[at] for at in self.heavy))

    @cached_property
    def by_clause(self) -> dict[int, frozenset[str]]:
        """The terms with content of each clause."""
        made: dict[int, set[str]] = {clause: set() for clause in self.clauses}
        for at in self.heavy:
            made[self.clauses[at]].add(self.terms[at])
        return {clause: frozenset(terms) for clause, terms in made.items()}


def unaccented(text: str) -> str:
    """Return a text without accents and compatibility forms, with one apostrophe and one hyphen."""
    if text.isascii():
        return text
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare).replace("’", "'").replace("‐", "-")


def say(text: str) -> Said:
    """Read a text."""
    plain = unaccented(_FRACTION.sub(lambda found: (found[1] or "0") + _FRACTIONS[found[2]], text)).replace(MARK, " ")
    tokens = _TOKEN.findall(written(_SPACED.sub(lambda found: found[0].strip(), plain)).text)
    words: list[str] = []
    clauses: list[int] = []
    clause, filled = 0, False
    for at, token in enumerate(tokens):
        if token in _ENDS:
            clause, filled = clause + filled, False
            continue
        word = token[1:].upper() if token.startswith(MARK) else token.lower()
        if word[0].isdigit():
            word = word.replace("'s", "s")  # "the 1960's"
        following = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
        if filled and (word in _BEGINS or (word in ("and", "or") and following in _GOES_ON)):
            clause, filled = clause + 1, False
        filled = filled or not is_light(word)
        words.append(word)
        clauses.append(clause)
    return _with_numbers(words, clauses)


def _with_numbers(words: list[str], clauses: list[int]) -> Said:
    """Put numbers together that are written in several words, and make figures of them."""
    made: list[tuple[str, str, int]] = []
    for at, word in enumerate(words):
        figure = _figure(word, words[at + 1] if at + 1 < len(words) else "", words[at - 1] if at else "")
        before = made[-1][1] if made else ""
        if word in _TIMES and _FIGURE.fullmatch(before):
            made[-1] = (made[-1][0], _plain(Decimal(before) * _TIMES[word]), made[-1][2])
        elif len(figure) == 1 and figure.isdigit() and not word.isdigit() and _UNITS_OF_TENS.fullmatch(before):
            made[-1] = (made[-1][0], before[0] + figure, made[-1][2])
        elif figure:
            made.append((word, figure, clauses[at]))
        else:
            made.append((word, word if word[0].isupper() else stem(word), clauses[at]))
    return Said(tuple(one[0] for one in made), tuple(one[1] for one in made), tuple(one[2] for one in made))


def _figure(word: str, following: str, before: str) -> str:
    """Return a word as a figure, "" if it is none; "one" is one where it counts: "one day", not "one of them"."""
    if word == "one":
        return "1" if following in _COUNTED_BY_ONE or (following and not is_light(following)) else ""
    if word == "second":  # a rank, or a stretch of time
        is_rank = before not in ("per", "each", "every", "a", "one") and following.isalpha() and not is_light(following)
        return "2nd" if is_rank else ""
    if word in _WORDS_OF_NUMBERS:
        return _WORDS_OF_NUMBERS[word]
    return _form(word)


@lru_cache(maxsize=1 << 15)
def _form(word: str) -> str:
    form = spelled(word) if word[0].isdigit() or not word[0].isupper() else word
    if not form[0].isdigit():
        return ""
    return _plain(Decimal(form)) if _FIGURE.fullmatch(form) else form


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")

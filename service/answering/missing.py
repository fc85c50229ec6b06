"""What of a question nothing cited holds: names, numbers, places, groups of people. The honest face of a near miss.

Order of work: find the words of a question that matter (`words_that_matter`); look each up in what is cited: the quote,
the paragraph it stands in, its title and its headings; name those that stand nowhere, as they were typed.
`lacks_the_subject` says when what is missing is what was asked about, so that an answer would be of something else.

A pure function of the question's text and of what is cited: an answer that is shown again gives the same words. It
looks at nothing else, so it cannot tell what other documents hold. It knows words, not meanings: of common nouns, verbs
and what another word may stand for it says nothing.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from indexes.words import STOP_WORDS, content_terms, terms, words
from service.answering.answers import Citation
from service.answering.asker import without_persons
from service.answering.names import EVERYBODY, HONORIFICS, PLACES, group_of
from service.answering.parts import MOST_PARTS, parts_of, shortened, unasked
from service.answering.subjects import ACTIONS, AUXILIARIES, RELATIONAL, subject_of

MOST = 5  # words, names and parts that are named with an answer

_TOKEN = re.compile(r"[^\W_](?:[\w’'&/-]|[.,](?=\d))*")
_SENTENCE = re.compile(r"(?:^|[.!?:]\s+|\n)[\W_]*")
_JOINS = frozenset("of the &".split())  # inside a name: "Bank of England"
_COUNTED = frozenset(
    """annex appendix article chapter class clause edition floor form grade issue level line model part paragraph phase
    platform release room rule schedule section stage step tier version zone""".split()
)
_VERSIONS = frozenset("article clause edition form release section version".split())
_AGES = frozenset("age aged below over under".split())
# The last word of a name that an office or a body goes by: "the Board" is the AI Review Board again.
_BODIES = frozenset(
    """agency agreement association board bureau centre center chair code college commission committee company contract
    council court department desk directive director division form foundation fund group guide guideline handbook
    institute law ltd manager manual ministry office officer panel plan policy programme program project regulation
    rule school scheme service society standard team tool trust union unit university""".split()
)
_SAYS_LITTLE = ACTIONS | frozenset(content_terms(" ".join((*RELATIONAL, *_BODIES))))  # of a subject: it is of any
_OF_A_PLACE = ("n", "an", "ian", "ean", "ish", "ese", "s", "'s", "y")  # "German" and "Germany"
_NOT_NAMES = frozenset("i i'm i'd i've i'll ok okay am pm hi hello dear thanks thank yes no".split())
_LEAST_OF_A_TITLE = 2  # words after the first
_AMOUNT = re.compile(r"\d[\d.,]*(?:st|nd|rd|th|s|[’']s|[a-z]{1,3}|%)?", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LEAST_INITIALS = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words of a question that matter: as typed, where they begin, and what they are looked up by."""

    typed: str
    start: int
    kind: str  # name, number, counted, group, place

    @property
    def terms(self) -> list[str]:
        """The terms it is looked up by; all of them, where it has only stop words ("IT", "US")."""
        return content_terms(self.typed) or terms(self.typed)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is cited, as words are looked up in it."""

    terms: frozenset[str]
    compact: str  # letters and digits alone
    groups: frozenset[str]
    initials: frozenset[str]
    names: frozenset[str]  # capitalised words, in small letters
    has_number: bool


def not_mentioned(text: str, cited: Sequence[Citation], unanswered: Collection[str] | None = None) -> tuple[str, ...]:
    """Return what a question asks that nothing cited holds: its words that matter, as typed, and whole parts of it.

    Args:
        text: the question, as it was searched for.
        cited: what the answer cites; with nothing cited nothing is missing.
        unanswered: those of its parts (`parts`) that were not answered; `None` where that is to be seen from what is
            cited: a part of which it holds no word was not.

    Returns:
        At most `MOST`, each once: parts first, then words in their order.
    """
    if not cited:
        return ()
    parts = parts_of(without_persons(text))
    looked_up = parts[:MOST_PARTS]
    seen = _seen(_held(cited))
    if unanswered is None:
        unanswered = [part for part in looked_up if len(parts) > 1 and not seen.terms & _subject_terms(part)]
    left_out = [shortened(part) for part in looked_up if part in unanswered]
    named = [word.typed for part in looked_up if part not in unanswered for word in _missing(part, seen)]
    return tuple(dict.fromkeys((*left_out, *unasked(parts), *named)))[:MOST]


def lacks_the_subject(text: str, cited: Sequence[Citation]) -> bool:
    """Tell whether what is missing is what was asked about: an answer would be about something else.

    That is so where a name or an identifier is missing that the question is about and nothing else of what it is about
    is held either; or where a version, a clause, a form is asked for by its number and another one is cited.

    Args:
        text: one part of a question, as it was searched for.
        cited: what would answer it; with nothing cited nothing is missing.
    """
    if not cited:
        return False
    seen = _seen(_held(cited))
    lacking = _missing(text, seen)
    if any(wanted.kind == "version" for wanted in lacking):
        return True
    about = subject_of(without_persons(text))
    named = [wanted for wanted in lacking if wanted.kind in ("name", "number") and wanted.typed in about]
    return bool(named) and not any(term in seen.terms for term in content_terms(about) if term not in _SAYS_LITTLE)


def words_that_matter(text: str) -> list[Wanted]:
    """Return the names, identifiers, numbers, places and groups of people of a question, in order.

    Persons as whom, or for whom, it is asked are not among them (`asker`); words that ask neither.
    """
    plain = without_persons(text)
    tokens = list(_TOKEN.finditer(plain))
    starts = {match.end() for match in _SENTENCE.finditer(plain)}
    capitals = _capitals_tell(tokens)
    found: list[Wanted] = []
    at = 0
    while at < len(tokens):
        end, kind = _run(tokens, at, plain, starts=starts, capitals=capitals)
        if kind:
            typed = _bare(plain[tokens[at].start() : tokens[end - 1].end()])
            found.append(Wanted(typed, tokens[at].start(), kind))
        at = max(end, at + 1)
    return found


def _missing(text: str, seen: _Seen) -> list[Wanted]:
    return [wanted for wanted in words_that_matter(text) if not _holds(seen, wanted)]


def _subject_terms(part: str) -> frozenset[str]:
    return frozenset(content_terms(part)) - _SAYS_LITTLE


def _run(tokens: Sequence[re.Match[str]], at: int, text: str, *, starts: set[int], capitals: bool) -> tuple[int, str]:
    """Return where what begins at a token ends, and what kind it is; "" where it does not matter."""
    token = tokens[at].group()
    low = token.lower()
    following = tokens[at + 1].group() if at + 1 < len(tokens) else ""
    if low in _COUNTED and (following[:1].isdigit() or (following.isupper() and len(following) == 1)):
        return at + 2, "version" if low in _VERSIONS else "counted"
    if low in _AGES and following.isdigit():
        return at + 2, "counted"
    for end in range(min(at + 3, len(tokens)), at, -1):  # "new york" before "york"
        if _bare(text[tokens[at].start() : tokens[end - 1].end()]).lower() in PLACES:
            return end, "place"
    if capitals and _is_name(token, starts=tokens[at].start() in starts):
        return _name_end(tokens, at, text), "name"
    if any(char.isdigit() for char in token):
        return at + 1, "amount" if _AMOUNT.fullmatch(token) and not _YEAR.fullmatch(token) else "number"
    return at + 1, "group" if group_of(token) else ""


def _name_end(tokens: Sequence[re.Match[str]], at: int, text: str) -> int:
    """Return the token after a name of several words: "New York", "Bank of England", "ISO 27001"."""
    end = at + 1
    while end < len(tokens):
        between, token = text[tokens[end - 1].end() : tokens[end].start()], tokens[end].group()
        if between != " ":
            break
        if _is_name(token, starts=False) or token[0].isdigit():
            end += 1
        elif token.lower() in _JOINS and end + 1 < len(tokens) and _is_name(tokens[end + 1].group(), starts=False):
            end += 2  # "of", and then the name goes on
        else:
            break
    return end


def _is_name(token: str, *, starts: bool) -> bool:
    low = token.lower().replace("’", "'")
    if low in _NOT_NAMES or low in EVERYBODY or low in HONORIFICS or not token[0].isupper():
        return False
    shouted = sum(char.isupper() for char in token) > 1
    return shouted or (not starts and low not in STOP_WORDS and low not in AUXILIARIES)


def _capitals_tell(tokens: Sequence[re.Match[str]]) -> bool:
    """Tell whether capital letters mean names here: not where a whole question is written in them, or as a title."""
    typed = [token.group() for token in tokens if token.group()[0].isalpha()][1:]
    is_shouted = all(word.isupper() for word in typed)
    small = [word for word in typed if word.lower() in STOP_WORDS and (is_shouted or not word.isupper())]
    if small:
        return 2 * sum(word[0].isupper() for word in small) < len(small)
    return len(typed) < _LEAST_OF_A_TITLE or not all(word[0].isupper() for word in typed)


def _held(cited: Iterable[Citation]) -> str:
    """Return what is cited, and what stands over it: the quotes with their paragraphs, titles and headings."""
    parts: dict[str, None] = {}
    for citation in cited:
        quote, passage = citation.verified.quote, citation.verified.passage
        start, end = quote.start - passage.start, quote.end - passage.start
        before, after = passage.text.rfind("\n", 0, start) + 1, passage.text.find("\n", end)
        parts.update(dict.fromkeys((passage.title, *passage.locator.headings, quote.text)))
        parts[passage.text[before : after if after >= 0 else len(passage.text)]] = None
    return "\n".join(parts)


def _seen(held: str) -> _Seen:
    typed = [token.group() for token in _TOKEN.finditer(held)]
    return _Seen(
        terms=frozenset(terms(held)),
        compact=_compact(held),
        groups=frozenset(group for word in typed if (group := group_of(word))),
        initials=frozenset(_initials(typed)),
        names=frozenset(word.lower() for word in typed if word[0].isupper()),
        has_number=any(char.isdigit() for char in held),
    )


def _holds(seen: _Seen, wanted: Wanted) -> bool:
    if wanted.kind == "amount":
        return seen.has_number  # a figure of the asker's own is held beside the document's
    if wanted.kind == "group":
        return group_of(wanted.typed) in seen.groups or set(wanted.terms) <= seen.terms
    if wanted.kind in ("version", "counted") or any(char.isdigit() for char in wanted.typed):
        compact = _compact(wanted.typed)
        return set(wanted.terms) <= seen.terms or (not compact.isdigit() and compact in seen.compact)
    *_, head = wanted.terms
    if set(wanted.terms) <= seen.terms or (head in seen.terms and words(wanted.typed)[-1] in _BODIES):
        return True
    return _is_short_for(wanted.typed, seen) or (len(wanted.terms) == 1 and _is_form_of(wanted.typed, seen))


def _is_short_for(typed: str, seen: _Seen) -> bool:
    """Tell whether a name is written by its initials here, or its initials in full there."""
    parts = [word for word in typed.split() if word.lower() not in _JOINS]
    return typed in seen.initials or (
        len(parts) >= _LEAST_INITIALS and "".join(word[0] for word in parts).lower() in seen.terms
    )


def _is_form_of(typed: str, seen: _Seen) -> bool:
    """Tell whether a place is there as what comes from it, or the other way round: "German" and "Germany"."""
    low = typed.lower()
    return any(
        min(len(low), len(name)) > _LEAST_INITIALS
        and longer.startswith(shorter)
        and longer[len(shorter) :] in _OF_A_PLACE
        for name in seen.names
        for shorter, longer in (sorted((low, name), key=len),)
    )


def _initials(typed: Sequence[str]) -> Iterable[str]:
    """Yield the initials of each run of two to five capitalised words."""
    for at in range(len(typed)):
        run = []
        for word in typed[at : at + 7]:
            if word[0].isupper():
                run.append(word[0])
            elif word.lower() not in _JOINS:
                break
            if len(run) >= _LEAST_INITIALS:
                yield "".join(run)


def _bare(typed: str) -> str:
    return re.sub(r"[’']s?$", "", typed)


def _compact(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())

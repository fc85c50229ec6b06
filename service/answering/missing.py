"""What of a question nothing cited holds: names, numbers, places, groups of people. The honest face of a near miss.

Order of work: find the words of a question that matter (`asked_words`); look each up in what is cited: the quote,
the paragraph it stands in, its title and its headings; name those that stand nowhere, as they were typed.
`lacks_the_subject` says when what is missing is what was asked about, so that an answer would be of something else.

A pure function of the question's text and of what is cited: an answer that is shown again gives the same words. It
looks at nothing else, so it cannot tell what other documents hold. It knows words, not meanings: of common nouns, verbs
and what another word may stand for it says nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from indexes.documents import Passage
from indexes.words import content_terms, terms, words
from service.answering.answers import Citation
from service.answering.drafts import Quote
from service.answering.understanding.asked_words import JOINS, TOKEN, AskedWord, Kind, words_that_matter
from service.answering.understanding.asker import without_persons
from service.answering.understanding.names import group_of
from service.answering.understanding.parts import MOST_PARTS, parts_of, shortened
from service.answering.understanding.subjects import ACTIONS, RELATIONAL, subject_of

MOST = 5  # words, names and parts that are named with an answer

# The last word of a name that an office or a body goes by: "the Board" is the AI Review Board again.
_BODIES = frozenset(
    """agency agreement association board bureau centre center chair code college commission committee company contract
    council court department desk directive director division form foundation fund group guide guideline handbook
    institute law ltd manager manual ministry office officer panel plan policy programme program project regulation
    rule school scheme service society standard team tool trust union unit university""".split()
)
_SAYS_LITTLE = ACTIONS | frozenset(content_terms(" ".join((*RELATIONAL, *_BODIES))))  # of a subject: it is of any
_OF_A_PLACE = ("n", "an", "ian", "ean", "ish", "ese", "s", "'s", "y")  # "German" and "Germany"
_LEAST_INITIALS = 2


class _Seen:
    """What is cited, as words are looked up in it; made as far as it is looked at, as most questions name nothing."""

    def __init__(self, held: str) -> None:
        self._held = held

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self._held))

    @cached_property
    def compact(self) -> str:
        """Letters and digits alone."""
        return _compact(self._held)

    @cached_property
    def groups(self) -> frozenset[str]:
        return frozenset(group for word in self._typed if (group := group_of(word)))

    @cached_property
    def initials(self) -> frozenset[str]:
        return frozenset(_initials(self._typed))

    @cached_property
    def names(self) -> frozenset[str]:
        """Capitalised words, in small letters."""
        return frozenset(word.lower() for word in self._typed if word[0].isupper())

    @cached_property
    def has_number(self) -> bool:
        return any(char.isdigit() for char in self._held)

    @cached_property
    def _typed(self) -> list[str]:
        return [token.group() for token in TOKEN.finditer(self._held)]


def not_mentioned(text: str, cited: Sequence[Citation], unanswered: Collection[str] | None = None) -> tuple[str, ...]:
    """Return what a question asks that nothing cited holds: its words that matter, as typed, and whole parts of it.

    Args:
        text: the question, as it was searched for.
        cited: what the answer cites; with nothing cited nothing is missing.
        unanswered: those of its parts (`parts`) that were not answered; `None` where that is to be seen from what is
            cited: a part of which it holds no word was not.

    Returns:
        At most `MOST`, each once: parts first, then words in their order. A part that was not looked up is none of
        them: nobody knows what holds it.
    """
    if not cited:
        return ()
    parts = parts_of(without_persons(text))
    looked_up = parts[:MOST_PARTS]
    seen = _Seen(_held((one.verified.quote, one.verified.passage) for one in cited))
    if unanswered is None:
        unanswered = [part for part in looked_up if len(parts) > 1 and not seen.terms & _subject_terms(part)]
    left_out = [shortened(part) for part in looked_up if part in unanswered]
    named = [asked.typed for part in looked_up if part not in unanswered for asked in _missing(part, seen)]
    return tuple(dict.fromkeys((*left_out, *named)))[:MOST]


def lacks_the_subject(text: str, cited: Sequence[Citation]) -> bool:
    """Tell whether what is missing is what was asked about: an answer would be about something else.

    That is so where a name or an identifier is missing that the question is about and nothing else of what it is about
    is held either; or where a version, a clause, a form is asked for by its number and another one is cited.

    Args:
        text: one part of a question, as it was searched for.
        cited: what would answer it; with nothing cited nothing is missing.
    """
    return lacks_subject(text, [(one.verified.quote, one.verified.passage) for one in cited])


def lacks_subject(text: str, quotes: Sequence[tuple[Quote, Passage]]) -> bool:
    """Tell what `lacks_the_subject` does, by quotes and their passages."""
    if not quotes:
        return False
    seen = _Seen(_held(quotes))
    lacking = _missing(text, seen)
    if not lacking:
        return False
    if any(asked.kind is Kind.VERSION for asked in lacking):
        return True
    about = subject_of(without_persons(text))
    named = [asked for asked in lacking if asked.kind in (Kind.NAME, Kind.NUMBER) and asked.typed in about]
    return bool(named) and not any(term in seen.terms for term in content_terms(about) if term not in _SAYS_LITTLE)


def _missing(text: str, seen: _Seen) -> list[AskedWord]:
    return [asked for asked in words_that_matter(text) if not _holds(seen, asked)]


def _subject_terms(part: str) -> frozenset[str]:
    return frozenset(content_terms(part)) - _SAYS_LITTLE


def _held(cited: Iterable[tuple[Quote, Passage]]) -> str:
    """Return what is cited, and what stands over it: the quotes with their paragraphs, titles and headings."""
    parts: dict[str, None] = {}
    for quote, passage in cited:
        start, end = quote.start - passage.start, quote.end - passage.start
        before, after = passage.text.rfind("\n", 0, start) + 1, passage.text.find("\n", end)
        parts.update(dict.fromkeys((passage.title, *passage.locator.headings, quote.text)))
        parts[passage.text[before : after if after >= 0 else len(passage.text)]] = None
    return "\n".join(parts)


def _holds(seen: _Seen, asked: AskedWord) -> bool:
    if asked.kind is Kind.AMOUNT:
        return seen.has_number  # a figure of the asker's own is held beside the document's
    if asked.kind is Kind.GROUP:
        return all(group_of(one) in seen.groups or set(terms(one)) <= seen.terms for one in asked.typed.split())
    if asked.kind in (Kind.VERSION, Kind.COUNTED) or any(char.isdigit() for char in asked.typed):
        compact = _compact(asked.typed)
        return set(asked.terms) <= seen.terms or (not compact.isdigit() and compact in seen.compact)
    if not asked.terms:
        return True
    *_, head = asked.terms
    if set(asked.terms) <= seen.terms or (head in seen.terms and words(asked.typed)[-1] in _BODIES):
        return True
    return _is_short_for(asked.typed, seen) or (len(asked.terms) == 1 and _is_form_of(asked.typed, seen))


def _is_short_for(typed: str, seen: _Seen) -> bool:
    """Tell whether a name is written by its initials here, or its initials in full there."""
    initials = "".join(word[0] for word in typed.split() if word.lower() not in JOINS)
    return typed in seen.initials or (
        len(initials) >= _LEAST_INITIALS and bool({initials, initials.lower()} & seen.terms)
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
                run.append(word if word.isupper() else word[0])
            elif word.lower() not in JOINS:
                break
            if len(run) >= _LEAST_INITIALS:
                yield "".join(run)


def _compact(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())

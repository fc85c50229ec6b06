"""Which of the documents that were found is in force, and what follows for those that are not.

In order: (1) which of the hits' documents are superseded by an approval in the asker's scope, (2) which have a later
edition in it by date and title (`editions`), or do not hold yet, (3) whether the question asks for the older one, by
its year, its version or in words: then nothing is put back, (4) hits of what is put back come after those of the
document in force, and are left out of a draft where that one bears on the question as much, (5) what is cited of an
older one says so.

Everything is taken from the asker's scope: a document that they may not read puts nothing back and is not named.
Nothing here finds or weighs passages.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum, StrEnum

from indexes.builds import Build
from service.answering.answers import Citation, joined
from service.answering.boundary import Scope
from service.answering.editions.dated import DATE, Day, compared, day_of
from service.answering.editions.namesakes import Edition, Editions, editions_of
from service.answering.finding.retrieve import Hit, Retrieved

# The cosine of the best passage of the document in force with the question may be this much less than that of the older
# one's best: the same clause in other words was 0.00 to 0.07 below, of a clause that was dropped what is left 0.25.
_NEARLY = 0.1
_KIND = (
    r"(?:version|edition|polic(?:y|ies)|rules?|rates?|limits?|one|ones|document|guid\w+|handbook|regulations?|procedures?"
    r"|terms|wording|text|agreement|contract|plan)"
)
_OLDER = re.compile(
    rf"\b(?:(?:old|older|previous|former|earlier|prior|superseded|outdated|past)\s+(?:\w+\s+){{0,2}}?{_KIND}"
    r"|previously|formerly|used\s+to\s+be|in\s+the\s+past|back\s+then|both\s+versions"
    r"|what(?:'s|\s+has|\s+have|\s+was|\s+is)?\s+(?:been\s+)?(?:changed|new|different)"
    r"|how\s+(?:has|have|did)\b[^?.]{0,80}\bchanged?|changed?s?\s+(?:since|between|from)"
    r"|differences?\s+(?:between|from|to)|differs?|compared?\s+(?:to|with)|history)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\b(?:before|until|till|prior\s+to|up\s+to|earlier\s+than)\s+(?:\w+\s+){0,2}?$", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\s*(?:[€$£%]|euros?|eur|dollars?|usd|pounds?|gbp|percent|km|kilomet|miles|hours|words|char|people)"
)
_ASKED_VERSION = re.compile(r"(?<![a-z0-9])(?:version|v|edition|revision)[\s.]{0,2}(\d+(?:\.\d+)*)", re.IGNORECASE)


class Why(StrEnum):
    """Why another document comes before one."""

    OLDER = "an older version"
    DRAFT = "a draft"
    COMING = "not in force yet"
    LATER = "not in force at that time"  # the one that the question asks for


@dataclass(frozen=True, slots=True)
class Behind:
    """A document that another, `by`, comes before; `is_put_back` is false where the question asks for this one."""

    document: str
    by: str
    why: Why = Why.OLDER
    is_put_back: bool = True


class Asked(IntEnum):
    """What a question asks for of a document that is not in force and the one that is."""

    CURRENT = 0
    BOTH = 1
    OTHER = 2


def in_force(text: str, hits: Iterable[Hit], *, build: Build, scope: Scope) -> dict[str, Behind]:
    """Return which documents of some hits are not in force, by their names.

    Args:
        text: the question's text.
        hits: what was found for it.
        build: the build that it was found in.
        scope: what the asker may see; nothing else is looked at.
    """
    found: dict[str, Behind] = {}
    editions = editions_of(build)
    today = _day(scope.made_at.date())
    documents = dict.fromkeys(hit.passage.document for hit in hits)
    times: Times | None = None
    for document in documents:
        by = scope.replaced.get(document)
        behind = Behind(document, by) if by else _behind(document, editions, scope, today)  # 1, 2
        if behind is None:
            continue
        times = times or times_of(text)
        asked = asks_for(times, editions.edition(document), editions.edition(behind.by))  # 3
        found[document] = replace(behind, is_put_back=asked is Asked.CURRENT)
        if asked is Asked.OTHER and behind.by in documents:
            found.setdefault(behind.by, Behind(behind.by, document, Why.LATER))
    return found


def _behind(document: str, editions: Editions, scope: Scope, today: Day) -> Behind | None:
    """Return what is to be said of a document by date and title; `None` if it is in force, as far as anybody knows."""
    others = [one for one in editions.namesakes(document) if one in scope.grants and one not in scope.replaced]
    if len(others) < 2 or document not in scope.grants:  # noqa: PLR2004 - itself and another
        return None
    holding = [one for one in others if compared(editions.edition(one).dated.since, today) <= 0]
    if later := [one for one in holding if editions.is_later(one, document)]:
        why = Why.DRAFT if editions.edition(document).dated.draft else Why.OLDER
        return Behind(document, _last(later, editions), why)
    earlier = [] if document in holding else [one for one in holding if editions.is_later(document, one)]
    return Behind(document, _last(earlier, editions), Why.COMING) if earlier else None


def _last(documents: Sequence[str], editions: Editions) -> str:
    """Return the one that no other is later than; the first by name of several."""
    left = [one for one in documents if not any(editions.is_later(other, one) for other in documents)]
    return min(left or documents)


def _day(day: date) -> Day:
    return day.year, day.month, day.day


@dataclass(frozen=True, slots=True)
class Times:
    """What a question says of time: dates, each with whether what was before it is meant; versions; an older one."""

    days: tuple[tuple[Day, bool], ...]
    versions: tuple[Day, ...]
    is_of_older: bool


def times_of(text: str) -> Times:
    """Return what a question says of time."""
    found = [date for date in DATE.finditer(text) if not _AMOUNT.match(text, date.end())]
    return Times(
        days=tuple((day_of(date), bool(_BEFORE.search(text[: date.start()]))) for date in found),
        versions=tuple(tuple(int(part) for part in said.split(".")) for said in _ASKED_VERSION.findall(text)),
        is_of_older=bool(_OLDER.search(text)),
    )


def asks_for(times: Times, behind: Edition, current: Edition) -> Asked:
    """Return what a question asks for: the document that is not in force, by its time or version, or both by naming it.

    Args:
        times: what it says of time.
        behind: the document that is not in force.
        current: the one that is.
    """
    ours, theirs = behind.dated, current.dated
    if times.is_of_older or (times.days and not (ours.since and theirs.since)):
        return Asked.BOTH  # or nobody knows which held then
    asked = {Asked.OTHER for version in times.versions if ours.version and compared(version, ours.version) == 0}
    asked |= {_at_its_time(day, ours.since, theirs.since, before=before) for day, before in times.days}
    return asked.pop() if len(asked) == 1 else Asked.BOTH if asked else Asked.CURRENT


def _at_its_time(day: Day, ours: Day, theirs: Day, *, before: bool) -> Asked:
    """Return which document held at a time that is asked for: the one that does not now, the other, or neither."""
    if compared(ours, theirs) > 0:  # it does not hold yet
        return Asked.OTHER if compared(day, ours) >= 0 else Asked.CURRENT
    against = compared(day, theirs)
    if against > 0 or (against == 0 and not before):
        return Asked.CURRENT
    return Asked.OTHER if compared(day, ours) >= 0 else Asked.BOTH


def in_order(found: Retrieved, behind: Mapping[str, Behind]) -> Retrieved:
    """Return what was found with the hits of what is put back after those of the document in force, ranked anew."""
    hits = list(found.hits)
    for document, one in behind.items():
        after = [at for at, hit in enumerate(hits, 1) if hit.passage.document == one.by]
        if one.is_put_back and after:
            ahead, rest = hits[: after[-1]], hits[after[-1] :]
            moved = [hit for hit in ahead if hit.passage.document == document]
            hits = [*(hit for hit in ahead if hit.passage.document != document), *moved, *rest]
    if tuple(hits) == found.hits:
        return found
    return replace(found, hits=tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)))


def leading(found: Retrieved, behind: Mapping[str, Behind]) -> Retrieved:
    """Return what was found without what is put back, where the document in force bears on the question as much."""
    best: dict[str, float] = {}
    for hit in found.hits:
        best[hit.passage.document] = max(hit.dense, best.get(hit.passage.document, hit.dense))
    out = {
        document
        for document, one in behind.items()
        if one.is_put_back and one.by in best and best[one.by] >= best[document] - _NEARLY
    }
    return _without(found, out) if out else found


def _without(found: Retrieved, out: AbstractSet[str]) -> Retrieved:
    hits = tuple(hit for hit in found.hits if hit.passage.document not in out)
    return replace(found, hits=hits, parts=tuple(_without(part, out) for part in found.parts))


def together(of_parts: Collection[Mapping[str, Behind]]) -> dict[str, Behind]:
    """Return what holds of the documents for all parts of a question: one may ask for a time, another for today."""
    found = {document: one for of_part in of_parts for document, one in of_part.items()}
    return {name: one for name, one in found.items() if len(of_parts) == 1 or one.why is not Why.LATER}


def noted(
    citations: Sequence[Citation], behind: Mapping[str, Behind], *, build: Build, scope: Scope
) -> tuple[Citation, ...]:
    """Return citations, of which those of a document that is not in force say so, and which one is."""
    notes = notes_of(behind, build=build, scope=scope)
    return tuple(replace(one, note=joined(notes.get(one.verified.passage.document), one.note)) for one in citations)


def notes_of(behind: Mapping[str, Behind], *, build: Build, scope: Scope) -> dict[str, str]:
    """Return what is to be said of documents that are not in force, in words.

    Args:
        behind: as `in_force` returned it.
        build: the build.
        scope: what the asker may see by now: what names another document is said only where that may still be read.
    """
    editions = editions_of(build)
    return {
        document: _in_words(one, editions.edition(document), editions.edition(one.by))
        for document, one in behind.items()
        if one.by in scope.grants
    }


def _in_words(one: Behind, own: Edition, current: Edition) -> str:
    since = current.dated.in_words()
    named = f"'{current.title}'{f' ({since})' if since and since not in current.title else ''}"
    if one.why is Why.LATER:
        return f"{one.why}: {named} was"
    from_then = f", but from {own.dated.in_words()}" if one.why is Why.COMING else ""
    return f"{one.why}{from_then}: {named} is in force"

"""What a document says of its own age: since when it holds, when it was written, its version. Pure functions of text.

Read are its title, its name, and the first lines of its text, where such things stand. A date is a year, or a year and
a month, or a day; two are compared as far as both go. What is not said is not guessed: a document that bears nothing of
this has no age.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

HEAD_CHARS = 700  # of a text; what a document says of its age stands at its beginning

Day = tuple[int, ...]  # year; year, month; or year, month, day

_MONTHS = (
    ("january", "januar", "jan"),
    ("february", "februar", "feb"),
    ("march", "märz", "mar"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "juni", "jun"),
    ("july", "juli", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oktober", "oct", "okt"),
    ("november", "nov"),
    ("december", "dezember", "dec", "dez"),
)
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
MONTHS = frozenset(_NUMBER_OF)
NAMES_OF_MONTHS = tuple(names[0].capitalize() for names in _MONTHS)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DAY_WORDS = rf"""
    (?P<compact>{_YEAR}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))(?!\d)
  | (?P<iso>{_YEAR}[-_/.]\d{{1,2}}(?:[-_/.]\d{{1,2}})?)(?!\d)
  | (?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>{_MONTH})\.?,?\s+(?P<year>{_YEAR})\b
  | (?P<us_month>{_MONTH})\.?\s+(?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<us_year>{_YEAR})\b
  | (?P<only_month>{_MONTH})\.?,?[\s_-]+(?P<month_year>{_YEAR})(?!\d)
  | (?P<numbers>\d{{1,2}}[/.]\d{{1,2}}[/.]{_YEAR})(?!\d)
  | (?P<month_number>\d{{1,2}})[/.](?P<number_year>{_YEAR})(?!\d)
  | (?P<bare>{_YEAR})(?![\d%])
"""
DATE = re.compile(rf"(?<![\d.,])(?=[\dadfjmnos])(?:{_DAY_WORDS})", re.IGNORECASE | re.VERBOSE)
_BEGINS = re.compile(
    r"\b(?:valid|effective|in\s+force|in\s+effect|appl(?:y|ies|icable)|takes?\s+effect|enters?\s+into\s+force"
    r"|comes?\s+into\s+(?:force|effect)|gültig|gilt|in\s+kraft)\b"
    r"(?:\W+(?:as|from|of|on|since|date|starting|beginning|with|effect|the|ab|seit|dem|is))*\W+",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\b(?:(?:last\s+)?(?:updated?|reviewed?|revised?|revision|modified|changed|amended|published|issued?|adopted)"
    r"|date[d]?|stand|status|as\s+of|as\s+at)\b(?:\W+(?:on|at|of|in|date|as|from|the))*\W+",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?<![a-z0-9])(?:version|ver|v|revision|rev|edition|issue)[\s.:_-]{0,3}(\d{1,3}(?:\.\d{1,3}){0,3})(?![\d.]*\d)",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(?:superseded|replaced)\s+by\b|\bno\s+longer\s+(?:valid|in\s+force|in\s+effect|applie[sd])", re.IGNORECASE
)
_REPLACES = re.compile(r"\b(?:replaces|supersedes|superseding)\b", re.IGNORECASE)
_OLD = frozenset("old older outdated obsolete superseded archived archive previous former retired deprecated".split())
_DRAFT = frozenset(("draft", "entwurf"))


@dataclass(frozen=True, slots=True)
class Dated:
    """What a document says of its age; empty or false where it says nothing.

    `begins` is since when it holds, `written` when it was written or looked through, `named` the date in its title or
    name. `over` tells that it calls itself past, `draft` a draft; `replaces` that it comes in the place of another.
    """

    begins: Day = ()
    written: Day = ()
    named: Day = ()
    version: Day = ()
    over: bool = False
    draft: bool = False
    replaces: bool = field(default=False, compare=False)

    @property
    def since(self) -> Day:
        """The best that is known of when it began to hold."""
        return self.begins or self.named or self.written

    def in_words(self) -> str:
        """Return it as a sentence names it: "January 2025", "version 3.1"; "" if there is nothing."""
        if day := self.since:
            return " ".join([*map(str, day[2:]), *(NAMES_OF_MONTHS[number - 1] for number in day[1:2]), str(day[0])])
        return f"version {'.'.join(map(str, self.version))}" if self.version else ""


def dated(document: str, title: str, head: str) -> Dated:
    """Return what a document says of its age.

    Args:
        document: its id, of which the names of folders and file are read.
        title: its title.
        head: the beginning of its text.
    """
    head, path = head[:HEAD_CHARS], PurePosixPath(document)
    names = [title, path.stem, *path.parts[1:-1]]
    words = {word for name in names for word in re.split(r"[\W_]+", name.casefold())}
    return Dated(
        begins=_after(_BEGINS, head) or _after(_BEGINS, title),
        written=_after(_WRITTEN, head),
        named=next((day for name in names if (day := first_day(name.replace("_", " ")))), ()),
        version=next((found for text in (*names, head) if (found := _version(text))), ()),
        over=bool(words & _OLD) or bool(_OVER.search(head)),
        draft=bool(words & _DRAFT),
        replaces=bool(_REPLACES.search(head)),
    )


def first_day(text: str) -> Day:
    """Return the first date in a text; () if there is none."""
    found = DATE.search(text)
    return day_of(found) if found else ()


def day_of(found: re.Match[str]) -> Day:
    """Return what a match of `DATE` says; of numbers that may be a day or a month, the year alone."""
    said: dict[str, str | None] = found.groupdict()
    if compact := said["compact"]:
        return _possible(int(compact[:4]), int(compact[4:6]), int(compact[6:]))
    if iso := said["iso"]:
        return _possible(*(int(part) for part in re.split(r"[-_/.]", iso)))
    if numbers := said["numbers"]:
        first, second, year = (int(part) for part in re.split(r"[/.]", numbers))
        if "." in numbers:
            return _possible(year, second, first)
        return (year, second, first) if first > 12 else (year, first, second) if second > 12 else (year,)  # noqa: PLR2004
    if month_number := said["month_number"]:
        return _possible(int(said["number_year"] or 0), int(month_number))
    year_of = said["bare"] or said["year"] or said["us_year"] or said["month_year"] or ""
    month = said["month"] or said["us_month"] or said["only_month"]
    return _possible(
        int(year_of), _NUMBER_OF[month.casefold()] if month else 0, int(said["day"] or said["us_day"] or 0)
    )


def _possible(year: int, month: int = 0, day: int = 0) -> Day:
    if not 1 <= month <= 12:  # noqa: PLR2004 - as months are
        return (year,)
    return (year, month, day) if 1 <= day <= 31 else (year, month)  # noqa: PLR2004


def compared(one: Day, other: Day) -> int:
    """Return which is later: 1 for the first, -1 for the second; 0 if that is not known."""
    most = min(len(one), len(other))
    return (one[:most] > other[:most]) - (one[:most] < other[:most])


def _after(lead: re.Pattern[str], text: str) -> Day:
    """Return the date that stands right after a lead; () if none does."""
    for found in lead.finditer(text):
        if date := DATE.match(text, found.end()):
            return day_of(date)
    return ()


def _version(text: str) -> Day:
    found = _VERSION.search(text)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()

"""Which documents of a build are editions of the same: what a document says of its age, held against its namesakes.

Two documents are editions of the same if (1) they are of one source, (2) their titles are the same but for years,
dates, versions and such words as "new" or "draft", (3) so are their folders and file names, or the later says that it
replaces another, (4) both say how old they are, and nothing that they say of it contradicts itself, (5) they have
enough of their words in common, and (6) their title is not that of a series, of which each stays what it is (minutes,
reports).

To take two for editions that are none hides a rule that holds, so whatever is in doubt is none. What an approval says
(`indexes.superseded`) needs nothing of this. Who may see which document is settled by whoever asks.
"""

import re
import threading
from dataclasses import dataclass
from pathlib import PurePosixPath
from weakref import WeakKeyDictionary, ref

from indexes.builds import Build
from indexes.passages import PassageStore
from indexes.sources import source_name
from service.answering.editions.dated import DATE, HEAD_CHARS, MONTHS, Dated, compared, dated

_MOST_CHARS = 20_000  # of a text, whose words are compared
# Shares of the words of the shorter one that the other has too, figures apart. Documents that only share a name have
# 0.1 to 0.3 of the first in common (handbook_18f, nara_preservation), editions 0.5 and more.
_WORDS_IN_COMMON = 0.35  # where both say since when they hold, or which version they are
_RUNS_IN_COMMON = 0.4  # of three words in a row, where they only bear a date
_AGE_WORDS = frozenset(
    "version ver v rev revision revised edition ed issue new newest old older current latest draft final updated "
    "update valid effective force superseded outdated obsolete archived archive previous former copy entwurf".split()
)
_SERIES = frozenset(
    "minutes meeting meetings report reports newsletter newsletters agenda release releases changelog news results "
    "accounts statement statements invoice invoices letter letters press bulletin journal log logs transcript "
    "transcripts incident incidents postmortem postmortems retrospective retrospectives survey surveys forecast "
    "weekly monthly quarterly annual sprint week day protocol protocols diary blog post posts interview interviews "
    "proceedings announcement announcements memo memos".split()
)
_JOINING = frozenset("a an and as at by for from in of on or since the to until with".split())
_LEAST_LETTERS = 4  # of a word that says something of what a text is about
_NUMBERED = re.compile(r"(?<![a-z0-9])(?:version|ver|v|revision|rev|edition|issue)[\s.:_-]{0,3}\d[\d.]*", re.IGNORECASE)
_NTH_EDITION = re.compile(r"\b\d+(?:st|nd|rd|th)\s+edition\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+")
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Edition:
    """One of several documents of the same title, and what it says of its age."""

    document: str
    title: str
    dated: Dated


class Editions:
    """The editions of one build; looked up when they are asked for, each pair once. Any thread may call."""

    def __init__(self, build: Build) -> None:
        """Put together what has the same title."""
        self._passages = ref(build.passages)  # whoever asks has the build open; it is not kept open for this
        namesakes: dict[tuple[str, ...], list[str]] = {}
        self._titles = {info.document: info.title for info in build.manifest.documents}
        for document, title in self._titles.items():
            if key := name_words(title):
                namesakes.setdefault((source_name(document), *key), []).append(document)
        self._namesakes = {one: tuple(group) for group in namesakes.values() if len(group) > 1 for one in group}
        self._editions: dict[str, Edition] = {}
        self._later: dict[tuple[str, str], bool] = {}

    def namesakes(self, document: str) -> tuple[str, ...]:
        """Return the documents of its source whose titles are the same but for their age, itself too; () if none."""
        return self._namesakes.get(document, ())

    def edition(self, document: str) -> Edition:
        """Return a document of the build with what it says of its age."""
        if document not in self._editions:
            title = self._titles[document]
            self._editions[document] = Edition(
                document, title, dated(document, title, self._text(document, HEAD_CHARS))
            )
        return self._editions[document]

    def is_later(self, one: str, other: str) -> bool:
        """Tell whether a document is a later edition of another."""
        if (one, other) not in self._later:
            order = order_of(self.edition(one), self.edition(other))
            self._later[one, other] = order > 0 and self._have_enough_in_common(one, other)
        return self._later[one, other]

    def _have_enough_in_common(self, one: str, other: str) -> bool:
        ours, theirs = self.edition(one).dated, self.edition(other).dated
        texts = [self._text(document, _MOST_CHARS) for document in (one, other)]
        if (ours.begins and theirs.begins) or (ours.version and theirs.version):
            return in_common(*texts, run=1) >= _WORDS_IN_COMMON
        return in_common(*texts, run=3) >= _RUNS_IN_COMMON

    def _text(self, document: str, most: int) -> str:
        passages = self._passages()
        return ((passages.text(document) if passages is not None else None) or "")[:most]


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a title or a file's name without what tells editions apart; () of a series, or of none."""
    bare = name.replace("_", " ")
    if _DIGIT.search(bare):  # as dates and versions have
        bare = _NTH_EDITION.sub(" ", DATE.sub(" ", _NUMBERED.sub(" ", bare)))
    words = [word.casefold() for word in _WORD.findall(bare)]
    if not _SERIES.isdisjoint(words):
        return ()
    return tuple(word for word in words if word not in _AGE_WORDS and word not in MONTHS and word not in _JOINING)


def order_of(one: Edition, other: Edition) -> int:
    """Return which of two of the same title is the later edition: 1 the first, -1 the second, 0 if that is not sure."""
    if _place(one.document) != _place(other.document):
        later = one if compared(one.dated.begins, other.dated.begins) > 0 else other
        both = one.dated.begins and other.dated.begins
        if not (both and later.dated.replaces):
            return 0
    if marked := (other.dated.over or other.dated.draft) - (one.dated.over or one.dated.draft):
        return marked  # whatever its date: a draft is of today, and not in force
    signs = {
        compared(one.dated.begins, other.dated.begins),
        compared(one.dated.named, other.dated.named),
        compared(one.dated.version, other.dated.version),
    } - {0}
    if not signs:
        signs = {compared(one.dated.written, other.dated.written)} - {0}
    return signs.pop() if len(signs) == 1 else 0


def _place(document: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of the folders and the name of a document's file, without what tells editions apart."""
    path = PurePosixPath(document)
    names = [*path.parts[1:-1], path.stem]
    return tuple(words for name in names if (words := name_words(name)))


def in_common(one: str, other: str, *, run: int) -> float:
    """Return the share of the shorter text's runs of so many words that the other has too; figures count as one."""
    ours, theirs = _runs(one, run), _runs(other, run)
    least = min(len(ours), len(theirs))
    return len(ours & theirs) / least if least else 0.0


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(_FIGURES.sub("0", text))]
    if length == 1:
        words = [word for word in words if len(word) >= _LEAST_LETTERS]
    return set(zip(*(words[at:] for at in range(length)), strict=False))


_lock = threading.Lock()
_of_build: WeakKeyDictionary[PassageStore, Editions] = WeakKeyDictionary()


def editions_of(build: Build) -> Editions:
    """Return the editions of a build: the same object for as long as it is open."""
    with _lock:
        if build.passages not in _of_build:
            _of_build[build.passages] = Editions(build)
        return _of_build[build.passages]

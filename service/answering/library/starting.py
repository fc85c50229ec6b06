"""Four questions that the library answers well, for an empty page: made from headings, others each day.

Order of work: the documents that somebody may read, in an order drawn anew each day; of each, its headings as questions
(`as_question`; most headings are none); of these the first that is answered from that document with enough evidence.
Nothing is asked in anybody's name, so nothing is recorded. The four are kept for as long as the day, the build and what
one may read stay the same.
"""

import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import date

from service.answering.library.reading import Within
from service.answering.pipeline import Answering

MOST = 4
_MOST_TRIED = 24  # questions weighed, some 20 ms each
_MOST_READ = 60  # documents whose headings are looked at
_TRIED_OF_ONE = 3  # headings of one document
_KEPT = 64  # people with other groups, and their days
_WORDS = range(1, 6)  # of a heading that names a subject
_LEAST_WORDS_ASKING = 4  # "Who may look" asks nothing by itself
_NUMBERING = re.compile(r"^\s*(?:§\s*)?(?:\d+(?:\.\d+)*|[A-Z])[.)]\s+")
_NO_SUBJECT = re.compile(r"[\d:;,/?!()\[\]<>{}]")
_DULL = frozenset(
    """annex appendix changes contact contacts definitions evidence exceptions fields frequent general introduction
    notes overview payment principles purpose questions records references scope short summary table two wording
    """.split()
)
_NOT_FIRST = frozenset(
    """after all an a at before beyond during for how if in my no not on our the these this those under when where which
    while why with within without we you your""".split()
)
_LEANING = frozenset("it its one that their them these they this those we you your".split())
_ASKING = re.compile(r"(?i)^(who|what)\s+(?!is\b|are\b)\w+\s+")
_TURNED = re.compile(r"(?i)^(what|when|how long|how often|where)\s+(.+)\s+(is|are)(?:\s+(.+))?$")


def as_question(heading: str) -> str | None:
    """Return a question that a section with this heading should answer; `None` if it makes none."""
    plain = _NUMBERING.sub("", heading).strip()
    words = plain.casefold().split()
    if plain.isupper() and len(words) > 1:  # as headings of plain text are written; one word may be an abbreviation
        plain = plain.capitalize()
    if not words or _NO_SUBJECT.search(plain) or set(words) & _LEANING or words[0] in _DULL:
        return None
    if turned := _TURNED.match(plain):
        asks, subject, verb, rest = turned.groups()
        return " ".join(part for part in (asks.capitalize(), verb.lower(), subject, rest) if part) + "?"
    if words[0] in ("who", "what"):
        return f"{plain}?" if len(words) >= _LEAST_WORDS_ASKING and _ASKING.match(plain) else None
    if words[0] in _NOT_FIRST or len(words) not in _WORDS:
        return None
    subject = plain if plain[1:2].isupper() else plain[0].lower() + plain[1:]
    return f"What are the rules for {subject}?"


class Starting:
    """Finds the questions of the day. Any thread may call."""

    def __init__(self, answering: Answering) -> None:
        """Take what answers: its steps find passages and weigh the evidence."""
        self._answering = answering
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, date], tuple[str, ...]] = {}

    def questions(self, within: Within) -> tuple[str, ...]:
        """Return up to four questions, each answered by another document that may be read."""
        key = (within.build.build_id, within.scope.filter_hash, within.at.date())
        with self._lock:  # whoever comes second waits instead of doing the same
            if key not in self._kept:
                if len(self._kept) >= _KEPT:
                    self._kept.clear()
                self._kept[key] = self._found(within)
            return self._kept[key]

    def _found(self, within: Within) -> tuple[str, ...]:
        found: list[str] = []
        tried = 0
        for document in _drawn(sorted(within.scope.grants), within.at.date())[:_MOST_READ]:
            for question in list(_asked_of(within, document))[:_TRIED_OF_ONE]:
                tried += 1
                if self._answers(question, document, within):
                    found.append(question)
                    break
            if len(found) == MOST or tried >= _MOST_TRIED:
                break
        return tuple(found)

    def _answers(self, question: str, document: str, within: Within) -> bool:
        hits = self._answering.steps.find(question, build=within.build, scope=within.scope)
        return (
            bool(hits.hits)
            and hits.hits[0].passage.document == document
            and self._answering.steps.weigh(hits, within.build).reason is None
        )


def _drawn(names: list[str], day: date) -> list[str]:
    """Return names in an order of the day's own."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{day.isoformat()}\0{name}".encode()).digest())


def _asked_of(within: Within, document: str) -> Iterator[str]:
    split = within.build.passages.split_document(document)
    if split is None:
        return
    title = split.document.title
    headings = dict.fromkeys(s.locator.headings[-1] for s in split.document.sections if s.locator.headings)
    for heading in _drawn([heading for heading in headings if heading != title], within.at.date()):
        if question := as_question(heading):
            yield question

"""What a sentence can rest on: the units of the passages that it cites, each with what stands over and before it.

With a build, the units that were found at ingest; without one, the lines of a passage cut at ends of sentences. Two
neighbours may be one statement where the second points back to the first. Spans are of the document's stored text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from indexes.builds import Build
from indexes.documents import Passage
from indexes.units import Span
from service.answering.choosing.leaning import leans
from service.answering.supported.amounts import Amount, amounts
from service.answering.supported.said import Said, say

# The end of a sentence: a mark behind a word of two letters or more, or a figure, that is no abbreviation.
_ABBREVIATED = "".join(rf"(?<!\b{word})" for word in "no vs dr mr mrs ms jr sr st art nr vol fig cf etc approx".split())
_SENTENCE = re.compile(
    rf"[^\n]+?(?:(?<!\b[^\W\d])(?<!\.[^\W\d]){_ABBREVIATED}[.!?][\"”’')\]]*(?=\s+[^\s.])|(?=\n)|\Z)", re.IGNORECASE
)
# A text that points back to the one before it: "in that case, ...", "with sales of a million, it is ...".
_BACK = re.compile(
    r"^(?:in (?:that|this|such) (?:case|event)|then|otherwise|after (?:that|this|such))\b"
    r"|^[^,;]*[,;] (?:it|they|he|she)\b",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\s*(?:§ ?)?\d+(?:\.\d+)*[.)]?\s+")  # of a heading: it counts nothing
_KEPT = 2048  # units whose words are kept: those of some two hundred passages


@dataclass(frozen=True, slots=True)
class Statement:
    """A unit, or two that belong together, with its words.

    Attributes:
        id: whose passage it is, as the prompt names it.
        place: its number within the passage.
        span: where it stands in the stored text.
        raw: as it is written.
        said: what it says.
        numbers: its numbers.
        above: the terms that stand over it: title, headings, label.
        label: what its label says, if that is no question.
        over: what stands over it, as it is written.
    """

    id: str
    place: int
    span: Span
    raw: str
    said: Said
    numbers: tuple[Amount, ...]
    above: frozenset[str]
    label: Said | None = None
    over: str = ""


@dataclass(frozen=True, slots=True)
class _Over:
    """What stands over a statement: as it is written, and its terms."""

    text: str
    terms: frozenset[str]


def statements(id_: str, passage: Passage, build: Build | None) -> list[Statement]:
    """Return what of a passage can bear a sentence: its units, then those that point back with the one before each."""
    headings = [_NUMBERING.sub("", heading) for heading in passage.locator.headings]
    stands = (passage.title, *headings)
    over = _Over(": ".join(filter(None, stands)), _read(" . ".join(stands))[0].held)
    units = _units(passage, build)
    found = [_statement(id_, place, passage, span, label, over) for place, (span, label) in enumerate(units)]
    pairs = [
        _statement(
            id_, place + 1, passage, (before.span[0], after.span[1]), "", _Over(before.over, before.above | after.above)
        )
        for place, (before, after) in enumerate(pairwise(found))
        if leans(after.raw) or _BACK.search(after.raw)
    ]
    return found + pairs


def forget() -> None:
    """Forget the words of units that were read before, as a measure of what reading costs needs it."""
    _read.cache_clear()


def _statement(id_: str, place: int, passage: Passage, span: Span, label: str, over: _Over) -> Statement:
    raw = passage.text[span[0] - passage.start : span[1] - passage.start]
    said, numbers = _read(raw)
    above = over.terms | _read(label)[0].held if label else over.terms
    asks = label.rstrip().endswith("?")
    says = _read(label)[0] if label and not asks else None
    stands = ": ".join(filter(None, (over.text, label.strip())))
    return Statement(id_, place, span, raw, said, numbers, above, says, stands)


@lru_cache(maxsize=_KEPT)
def _read(text: str) -> tuple[Said, tuple[Amount, ...]]:
    said = say(text)
    return said, tuple(amounts(said))


def _units(passage: Passage, build: Build | None) -> Sequence[tuple[Span, str]]:
    """Return the spans of the units of a passage with the text of each one's label."""
    if build is not None and (units := build.passages.units(passage)):
        return [(unit.span, _label(passage, unit.label)) for unit in units]
    return [
        ((passage.start + start, passage.start + start + len(text)), "")
        for found in _SENTENCE.finditer(passage.text)
        if (text := found.group().strip())
        for start in [found.start() + len(found.group()) - len(found.group().lstrip())]
    ]


def _label(passage: Passage, label: Span | None) -> str:
    if label is None or label[0] < passage.start or label[1] > passage.end:
        return ""
    return passage.text[label[0] - passage.start : label[1] - passage.start]

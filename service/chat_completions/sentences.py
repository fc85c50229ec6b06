"""An answer's sentences as Markdown, each with its numbers, and where in the text each number stands.

The leading sentence is a paragraph of its own. Lines of a list are a list, and texts of documents stay text
(`markdown`). Markdown counts the steps of a list by itself, so steps that do not follow each other are paragraphs that
begin with their numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from service.answering.answers import Answer, Sentence
from service.chat_completions.markdown import as_text
from service.clients.lines import Line

_APART = "\n\n"


@dataclass(slots=True)
class Written:
    """The text in pieces, a sentence each, and the place `[start, end)` in all of it of each citation's number."""

    pieces: list[str] = field(default_factory=list, repr=False)
    places: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    length: int = 0

    def add(self, text: str) -> None:
        """Add to the last piece."""
        self.pieces[-1] += text
        self.length += len(text)

    def cite(self, numbers: Sequence[int]) -> None:
        """Add the numbers of citations."""
        self.add(" " if numbers else "")
        for n in numbers:
            start = self.length
            self.add(f"[{n}]")
            self.places.append((n, (start, self.length)))


def written(answer: Answer, *, root: str, first: str = "") -> Written:
    """Return the sentences of an answer.

    Args:
        answer: no refusal.
        root: the address of this service, which the addresses of sources begin with.
        first: Markdown that stands in front of them, as a paragraph.
    """
    told = Written()
    if first:
        told.pieces.append("")
        told.add(f"{first}{_APART}")
    before: tuple[Line, ...] = ()
    for number, sentence in enumerate(answer.sentences):
        lines = answer.lines(sentence)
        told.pieces.append("")
        if number:
            told.add(" " if number > 1 and len(before) == len(lines) == 1 else _APART)
        _add(told, lines)
        if sentence.more:
            told.add(f"{_APART}*and {sentence.more} more: [read on in the source]({root}{_last(answer, sentence)})*")
        before = lines if not sentence.more else ()
    return told


def _add(told: Written, lines: Sequence[Line]) -> None:
    steps = [line.number for line in lines if line.kind == "step"]
    is_counted = all(after == before + 1 for before, after in pairwise(steps))
    for number, line in enumerate(lines):
        is_listed = line.kind == "item" or (line.kind == "step" and is_counted)
        if number:
            told.add("\n" if is_listed and lines[number - 1].kind == line.kind else _APART)
        told.add((line.mark if is_listed else line.mark.replace(".", "\\.")) + as_text(line.text))
        told.cite(line.citations)


def _last(answer: Answer, sentence: Sentence) -> str:
    return answer.citations[sentence.citations[-1] - 1].url

"""The text of a sentence line by line, for whoever shows an answer: which lines are a list, which numbers stand where.

A sentence says what its quotes say; each line of it is a line of a source. A mark that stands at the beginning of a
line (`- `, `3. `) is taken off it and told beside it, so that a list can be shown as one. Items are quoted without
their marks: where the mark in the document is known it counts, and lines under a lead-in, or three and more of them,
are a list in any case. Lines that are marked in another way (`b)`, `4.2`) stay as they are. Nothing is left out, and
nothing is added but marks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

_BULLET = re.compile(r"[-*+•‣◦▪●–]\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})\.\s+(?=\S)")
_OTHERWISE = re.compile(r"(?:\(\w{1,4}\)|\w{1,3}[.)]|\d{1,3}(?:\.\d{1,3})+\.?|step\s+\d+[.:]?)\s", re.IGNORECASE)
_ANY = re.compile(r"\s*((?:[-*+•‣◦▪●–]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]|\d{1,3}(?:\.\d{1,3})+\.?)\s+)")
_LEADS = (":", "：")
_MANY = 3  # lines that nothing leads in: two may be a term and what it means
_SECOND = 2
_LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a sentence, without its mark: of running text, an item of a list, or a step, which has its number.

    `citations` are the numbers of the quotes that end on it.
    """

    text: str = field(repr=False)
    kind: Literal["text", "item", "step"] = "text"
    number: int = 0
    citations: tuple[int, ...] = ()

    @property
    def mark(self) -> str:
        """What stands in front of it where text alone is shown."""
        return {"text": "", "item": "- ", "step": f"{self.number}. "}[self.kind]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote of a sentence: its number, its text, and the mark in front of it in the document, if that is known."""

    n: int
    text: str = field(repr=False)
    mark: str = ""


def lines_of(text: str, quotes: Iterable[Quoted]) -> tuple[Line, ...]:
    """Return the lines of a sentence.

    Args:
        text: what it says; lines end with newlines.
        quotes: its quotes, in order. One that stands nowhere in the text goes with the one that follows it, or is told
            on the last line.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    numbers, marks = _numbers(lines, quotes)
    marked = [mark + line for mark, line in zip(marks, lines, strict=True)] if len(lines) > 1 else lines
    return tuple(replace(line, citations=tuple(cited)) for line, cited in zip(_read(marked), numbers, strict=True))


def lines_in(sentence: Mapping[str, Any], citations: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return the lines of a sentence as the API gives it; `citations` are all those of its answer."""
    quotes = [Quoted(one["n"], str(one.get("quote", ""))) for one in citations if one["n"] in sentence["citations"]]
    return lines_of(sentence["text"], quotes)


def mark_before(text: str) -> str:
    """Return the mark at the end of what stands in front of a quote, up to where its line begins; empty if none."""
    found = _ANY.fullmatch(text.rpartition("\n")[2])
    return found[1] if found else ""


def either(words: Sequence[str]) -> str:
    """Return words as a choice: "New York, Bergen or trainees"; they are shown as they come."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def not_looked_up(questions: Sequence[str]) -> str:
    """Return what is said of questions that were one too many: the first as it comes, how many more; empty if none."""
    if not questions:
        return ""
    first, more = questions[0], len(questions) - 1
    others = f", and {more} further question{'s' * (more > 1)}" if more else ""
    return f"Not looked up: {first}{others}. {'Ask them one at a time' if more else 'Ask it by itself'}."


def ended(note: str) -> str:
    """Return a note with a full stop at its end, one in any case."""
    return f"{note.rstrip('.')}."


def _read(lines: Sequence[str]) -> list[Line]:
    if len(lines) <= 1:
        return [Line(line) for line in lines]
    read = [_marked(line) for line in lines]
    first = next((at for at, line in enumerate(read) if line.kind != "text"), None)
    if first is None:
        return _unmarked(read)
    if first and _lost_its_mark(read, first):
        read[first - 1] = replace(read[first], text=lines[first - 1], number=max(read[first].number - 1, 0))
    return read


def _marked(line: str) -> Line:
    if found := _BULLET.match(line):
        return Line(line[found.end() :], "item")
    if found := _NUMBER.match(line):
        return Line(line[found.end() :], "step", int(found[1]))
    return Line(line)


def _lost_its_mark(read: Sequence[Line], first: int) -> bool:
    """Tell whether the line before the first mark is of the list too: a quote begins behind its own mark."""
    before, marked = read[first - 1], read[first]
    if _leads(before) or marked.number == 1:
        return False
    return _leads(read[first - 2]) if first > 1 else marked.number == _SECOND


def _unmarked(read: list[Line]) -> list[Line]:
    led = _leads(read[0]) or read[1].text.startswith(_LEFT_OUT)  # words between it and the list are left out
    listed = read[1:] if led else read
    if not (led or len(read) >= _MANY) or any(_OTHERWISE.match(line.text) for line in listed):
        return read
    items = [line if line.text.strip() == _LEFT_OUT else replace(line, kind="item") for line in listed]
    return [*read[: len(read) - len(listed)], *items]


def _leads(line: Line) -> bool:
    return line.text.rstrip().endswith(_LEADS)


def _numbers(lines: Sequence[str], quotes: Iterable[Quoted]) -> tuple[list[list[int]], list[str]]:
    """Return which quotes end on each line, and the mark of the quote that it begins with.

    What stands between two quotes is a mark for words that were left out.
    """
    words = [(word, at) for at, line in enumerate(lines) for word in line.split()]
    numbers: list[list[int]] = [[] for _ in lines]
    marks = ["" for _ in lines]
    waiting: list[int] = []
    at = 0
    for quote in quotes:
        said = quote.text.split()
        begin = at
        while not _says(words, begin, said) and begin < len(words) and words[begin][0] == _LEFT_OUT:
            begin += 1
        waiting.append(quote.n)
        if said and _says(words, begin, said):
            at, line = begin + len(said), words[begin][1]
            if all(word == _LEFT_OUT for word, on in words[:begin] if on == line):
                marks[line] = quote.mark
            numbers[words[at - 1][1]] += waiting
            waiting = []
    if numbers:
        numbers[-1] += waiting
    return numbers, marks


def _says(words: Sequence[tuple[str, int]], begin: int, said: Sequence[str]) -> bool:
    return [word for word, _ in words[begin : begin + len(said)]] == list(said)

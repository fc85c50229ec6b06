"""Which lines of a plain text are headings: underlined, in capitals, or numbered in a text that numbers its parts.

- underlined with `===` (level 1) or `---` (level 2), or between two such rules: a single line, close in length;
- in capitals, on a line of its own, where most of the text is not: level 1 if it begins the text, else 2, and below
  that by its number ("3.1 PAYMENT");
- numbered ("3.1. Scope") or not, on a line of its own at the left edge, above text that is set in, as in the RFCs,
  where most of the text is.

Everything else is text: a heading that is taken for text can still be quoted, the other way round it could not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNDERLINE = re.compile(r"\s*(={3,}|-{3,}|~{3,}|\*{3,}|_{3,}|#{3,})\s*")
_NUMBERED = re.compile(
    r"(?:(?:Section|Chapter|Part|Article|Appendix|§)\s*)?(\d{1,2}(?:\.\d{1,2}){0,4}|[A-Z]|[IVX]{1,5})[.)]?\s+(?=\S)"
)
_LETTER = re.compile(r"[^\W\d_]")
_MIN_UNDERLINE = 0.6  # of the heading's length: a shorter line is a dash list or a rule
_MAX_CHARS = 90
_MANY_CAPITALS = 0.3  # of the lines: such a text is written in capitals, and they say nothing
_MIN_LETTERS = 3
_ENDS = (".", ",", ";", ":", "!", "?", "-")
_SET_IN = 0.4  # of the lines, in a text that is set in below its headings
_MIN_INSET = 2  # blanks by which an RFC sets its text in


@dataclass(frozen=True, slots=True)
class Headings:
    """What is usual in one text: whether capitals mark headings, and whether the text is set in below its headings."""

    by_capitals: bool
    by_number: bool

    def level(self, group: Sequence[str], following: Sequence[str], *, first: bool) -> int | None:
        """Return the level of a heading without a rule below it, or None.

        Args:
            group: the lines between two blank ones. The first of several is a heading only in capitals.
            following: the next group, or the other lines of this one.
            first: nothing stands before it.
        """
        line = group[0].strip()
        if len(line) > _MAX_CHARS or not following:
            return None
        number = _NUMBERED.match(line)
        depth = number[1].count(".") if number else 0
        title = line[number.end() :] if number else line
        if self.by_capitals and in_capitals(title) and (len(group) == 1 or not in_capitals(following[0])):
            return 2 + depth if number or not first else 1
        if len(group) > 1:
            return None
        at_edge = not group[0].startswith(" ") and (_inset(following) >= _MIN_INSET or _goes_deeper(line, following))
        if not self.by_number or not at_edge or title.endswith(_ENDS) or not title[0].isupper():
            return None
        return 2 + depth if number is None or number[1][0].isdigit() else None


def headings_of(groups: Sequence[Sequence[str]]) -> Headings:
    """Learn how a text marks its headings."""
    lines = [line for group in groups for line in group]
    capitals = sum(map(in_capitals, lines))
    inset = sum(line.startswith("  ") for line in lines)
    return Headings(
        by_capitals=capitals <= max(_MANY_CAPITALS * len(lines), 1) or _alone(groups),
        by_number=inset >= _SET_IN * len(lines),
    )


def _alone(groups: Sequence[Sequence[str]]) -> bool:
    """Tell whether every group in capitals is a single line, with one that is not behind it."""
    kinds = [all(map(in_capitals, group)) for group in groups]
    return all(
        not is_one or (len(group) == 1 and not after)
        for group, is_one, after in zip(groups, kinds, [*kinds[1:], True], strict=True)
    )


def in_capitals(line: str) -> bool:
    """Tell whether a line reads as a title in capitals."""
    letters = _LETTER.findall(line)
    return (
        len(letters) >= _MIN_LETTERS
        and not any(letter.islower() for letter in letters)
        and any(letter.isupper() for letter in letters)
        and any(len(word) >= _MIN_LETTERS and word.isalpha() for word in line.split())
        and not re.search(r"\s{2,}|[|\t]", line.strip())
    )


def underlined_level(lines: Sequence[str], number: int) -> int | None:
    """Return the level of the heading that line `number` underlines, if it does: a single line, close in length."""
    if number == 0 or not (found := _UNDERLINE.fullmatch(lines[number])):
        return None
    heading = lines[number - 1].strip()
    above = lines[number - 2].strip() if number > 1 else ""
    if not _LETTER.search(heading) or (above and not _UNDERLINE.fullmatch(above)):
        return None
    if len(found[1]) < _MIN_UNDERLINE * len(heading):
        return None
    return 1 if found[1][0] in "=#*" else 2


def _goes_deeper(line: str, following: Sequence[str]) -> bool:
    """Tell whether the next group is the first part of a numbered one: "2.1" after "2."."""
    above, below = _NUMBERED.match(line), _NUMBERED.match(following[0])
    return len(following) == 1 and bool(above and below and below[1].startswith(f"{above[1]}."))


def _inset(group: Sequence[str]) -> int:
    return min(len(line) - len(line.lstrip()) for line in group)

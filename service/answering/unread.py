"""What whoever reads a quote has to know: that its place, or all of its document, was not read whole. Pure functions.

Of a document's reading notes, only those count by which a reader sees something that the stored text does not hold:
(1) of the very place that is quoted; (2) of pages without text, wherever they are, since what they say may change what
any other page says; (3) those that name no place, which may be this one, unless they are of what stands beside the text
in any case (pictures, attachments). A picture on another page is no reason to doubt this one.

The words hold kinds, counts and places, and no text of the document.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from indexes.counting import counted
from indexes.documents import Locator
from indexes.readings import KINDS, ReadingNote, lacking_at

_NO_TEXT = "pages_without_text"
_NOT_LOOKED_AT = "pages_not_looked_at"
_NOT_JUDGED = "styles_not_judged"
_BESIDE_THE_TEXT = frozenset({"pictures", "attachments", "embedded"})
_ENDINGS = (" that are not read", ", whose text is not read")  # of a kind's words, where the sentence says it already
_NAMED_ONE_BY_ONE = 6  # pages; of more, those in a row are put together
_MOST_NAMED = 12


def note_at(notes: Sequence[ReadingNote], locator: Locator) -> str | None:
    """Return what a citation of a place has to say of its document's reading; `None` if nothing of it matters there.

    Args:
        notes: those of the document.
        locator: where in it the quote stands.
    """
    here = lacking_at(notes, locator.place())
    whole = [note for note in notes if note not in here and _is_of_the_whole(note)]
    said = [*_without_text([*here, *whole], locator), *_here(here, locator), *_of_the_whole(whole)]
    return "; ".join(said) or None


def _is_of_the_whole(note: ReadingNote) -> bool:
    nowhere = not note.where and note.kind not in _BESIDE_THE_TEXT
    return note.lacks and (note.kind == _NO_TEXT or nowhere)


def _without_text(notes: Iterable[ReadingNote], locator: Locator) -> list[str]:
    """Say which pages could not be read; where pages call themselves otherwise, that they are counted in the file."""
    of = "the file" if locator.printed else "this document"
    return [f"{_pages(note)} of {of} could not be read" for note in notes if note.kind == _NO_TEXT]


def _here(notes: Iterable[ReadingNote], locator: Locator) -> list[str]:
    place = "this part of the document"
    if locator.kind == "page":
        place = f"page {locator.page} of {'the file' if locator.printed else 'this document'}"
    elif locator.kind == "document":
        place = "this document"
    said = [f"{place} took too long to be looked at" for note in notes if note.kind == _NOT_LOOKED_AT]
    left = [_left_out(note) for note in notes if note.kind not in (_NO_TEXT, _NOT_LOOKED_AT)]
    return [*said, f"{place} was not read whole: {', '.join(left)}"] if left else said


def _of_the_whole(notes: Iterable[ReadingNote]) -> list[str]:
    said = ["hidden text of this document may have been read" for note in notes if note.kind == _NOT_JUDGED]
    left = [_left_out(note) for note in notes if note.kind not in (_NO_TEXT, _NOT_JUDGED)]
    return [*said, f"this document was not read whole: {', '.join(left)}"] if left else said


def _left_out(note: ReadingNote) -> str:
    """Return what was left out; how many is known of a place only where the note is of that one alone."""
    kind, is_counted = KINDS[note.kind], len(note.where) <= 1
    words = kind.one if is_counted and note.count == 1 else kind.many
    for ending in (*_ENDINGS, " that is not read"):
        words = words.removesuffix(ending)
    return f"{note.count} {words}" if is_counted else words


def _pages(note: ReadingNote) -> str:
    if not note.where:
        return counted(note.count, "page")
    numbers = sorted({int(place) for place in note.where if place.isdecimal()})
    named = _in_a_row(numbers) if len(numbers) > _NAMED_ONE_BY_ONE else [str(number) for number in numbers]
    if len(named) > _MOST_NAMED:
        named = [*named[:_MOST_NAMED], "more"]
    *first, last = named or ["?"]
    return f"page{'' if len(numbers) == 1 else 's'} {', '.join(first)}{' and ' if first else ''}{last}"


def _in_a_row(numbers: Sequence[int]) -> list[str]:
    """Return numbers with those that follow each other put together: "2 to 40", "43"."""
    named = []
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        together = len(found) > 2  # noqa: PLR2004 - two are shorter by themselves
        named += [f"{found[0]} to {found[-1]}"] if together else [str(number) for number in found]
    return named

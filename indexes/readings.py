"""The reading report: what of a document is not in its stored text, by kind, count and place.

A loader says what it left out, and an independent look, by other code, what it sees that the text lacks. Each kind has
its words here. A kind `lacks` if a reader of the document sees it and the stored text does not hold it: then quotes
from that place stand beside something that was not read, and say so. The others were left out because nobody sees them
(hidden, struck out, covered), or because they say nothing of their own (contents, navigation, repeated lines).

A note holds no text of the document: a kind, a count, and places. A place is what `Locator.place` returns: a page's
number ("3"), a heading path ("Pay › Bonus"), or empty for the document as a whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from indexes.counting import counted

MAX_NOTES = 60  # kinds of notes a document: there are fewer kinds
MAX_PLACES = 1_000  # of one note; more are counted, not named
MAX_PLACE_CHARS = 700
_SHOWN_PLACES = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """What a note says: of one, of many; and whether a reader sees what the stored text does not hold."""

    one: str
    many: str
    lacks: bool


KINDS: dict[str, Kind] = {
    # nobody can quote these, and a reader sees them
    "pages_without_text": Kind("page without text that can be read", "pages without text that can be read", True),
    "pages_not_looked_at": Kind(
        "page that took too long to be looked at", "pages that took too long to be looked at", True
    ),
    "pictures": Kind("picture, whose text is not read", "pictures, whose text is not read", True),
    "form_fields": Kind("filled form field that is not read", "filled form fields that are not read", True),
    "annotations": Kind("note on the page that is not read", "notes on the pages that are not read", True),
    "attachments": Kind("attached file that is not read", "attached files that are not read", True),
    "footnotes": Kind("note that is not read", "notes that are not read", True),
    "text_boxes": Kind("text box that is not read", "text boxes that are not read", True),
    "equations": Kind("equation that is not read", "equations that are not read", True),
    "charts": Kind("chart or diagram that is not read", "charts or diagrams that are not read", True),
    "numbers": Kind("automatic number that is not read", "automatic numbers that are not read", True),
    "symbols": Kind("symbol that is not read", "symbols that are not read", True),
    "embedded": Kind("embedded object that is not read", "embedded objects that are not read", True),
    "collapsed": Kind("collapsed word that is not read", "collapsed words that are not read", True),
    "styles_not_judged": Kind(
        "style sheet too large to be judged: hidden text may be stored",
        "style sheets too large to be judged: hidden text may be stored",
        True,
    ),
    "unlike_second_look": Kind(
        "word that a second look sees and the text lacks", "words that a second look sees and the text lacks", True
    ),
    # nobody sees these, or somebody took them back
    "hidden_layer": Kind("word in a layer that is switched off", "words in layers that are switched off", False),
    "covered_text": Kind("covered word", "covered words", False),
    "unseen_text": Kind("word that nobody sees", "words that nobody sees", False),
    "hidden_text": Kind("hidden word", "hidden words", False),
    "struck_text": Kind("word that is struck out", "words that are struck out", False),
    "deletions": Kind("deleted word", "deleted words", False),
    "comments": Kind("word of comments", "words of comments", False),
    # these say nothing of their own
    "running_lines": Kind("repeated header or footer line", "repeated header and footer lines", False),
    "contents_lines": Kind("line of a table of contents", "lines of a table of contents", False),
    "navigation": Kind("word of navigation", "words of navigation", False),
    "very_short": Kind("very short text", "very short texts", False),
}


@dataclass(frozen=True, slots=True)
class ReadingNote:
    """One line of the report: a kind of `KINDS`, how many, and the places (as `Locator.place`), if they are known."""

    kind: str
    count: int
    where: tuple[str, ...] = ()

    @property
    def lacks(self) -> bool:
        """Whether a reader of the document sees what the stored text does not hold."""
        return KINDS[self.kind].lacks

    def in_words(self) -> str:
        """Return the note as a person reads it: "3 pages without text that can be read: 2, 3, 4"."""
        kind = KINDS[self.kind]
        places = [place for place in self.where if place]
        named = ", ".join(places[:_SHOWN_PLACES])
        more = f" and {len(places) - _SHOWN_PLACES} more" if len(places) > _SHOWN_PLACES else ""
        said = counted(self.count, kind.one, kind.many)
        return f"{said}: {named}{more}" if named else said

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {"kind": self.kind, "count": self.count, "where": list(self.where)}


def note_from_json(value: Any) -> ReadingNote:
    """Read what `ReadingNote.as_json` wrote; it is checked, for it may come from a process that reads hostile files.

    Raises:
        ValueError: it is not such a note.
    """
    if not isinstance(value, dict) or set(value) != {"kind", "count", "where"}:
        raise ValueError("expected a note with kind, count and where")
    kind, count, where = value["kind"], value["count"], value["where"]
    if not isinstance(kind, str) or kind not in KINDS or type(count) is not int or count < 1:
        raise ValueError("expected a known kind of note and a count of at least 1")
    if not isinstance(where, list) or len(where) > MAX_PLACES:
        raise ValueError(f"expected at most {MAX_PLACES} places in a note")
    if not all(isinstance(place, str) and len(place) <= MAX_PLACE_CHARS for place in where):
        raise ValueError(f"expected places of at most {MAX_PLACE_CHARS} characters")
    return ReadingNote(kind, count, tuple(where))


def notes_from_json(value: Any) -> tuple[ReadingNote, ...]:
    """Read a list of notes.

    Raises:
        ValueError: as `note_from_json`, or there are too many.
    """
    if not isinstance(value, list) or len(value) > MAX_NOTES:
        raise ValueError(f"expected a list of at most {MAX_NOTES} notes")
    return tuple(note_from_json(one) for one in value)


class Notes:
    """Gathers what a loader leaves out: one note a kind, in the order of `KINDS`, its places in the order met."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._places: dict[str, dict[str, None]] = {}

    def add(self, kind: str, place: str = "", *, count: int = 1) -> None:
        """Count something that is left out; `kind` is one of `KINDS`, a count of 0 or less adds nothing."""
        if count <= 0:
            return
        self._counts[kind] = self._counts.get(kind, 0) + count
        places = self._places.setdefault(kind, {})
        if place and len(places) < MAX_PLACES:
            places[place[:MAX_PLACE_CHARS]] = None

    def finish(self) -> tuple[ReadingNote, ...]:
        """Return the notes."""
        return tuple(
            ReadingNote(kind, self._counts[kind], tuple(self._places[kind])) for kind in KINDS if kind in self._counts
        )


def lacking_at(notes: Iterable[ReadingNote], place: str) -> Sequence[ReadingNote]:
    """Return the notes that say that something a reader sees at a place is not in the stored text."""
    return [note for note in notes if note.lacks and place in note.where]

"""What is left out of a Word document, by kind and place, and what text is taken out of the document's parts.

Every piece of text that is looked at is taken from its element, whether it is stored or left out. What is still there
when the document was read through was never looked at: `second_look` finds it. So nothing is left out unsaid.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from indexes.readings import Notes
from ingest.characters import clean
from ingest.loading.word.xml import local_name, qn

SILENT = ""  # for `Left.out`: what nobody would miss: codes, prompts, the alternatives that were not chosen
CONTENTS = "contents_lines"
TEXT_NAMES = frozenset(["t", "delText", "v"])  # elements whose own text is, or was, on the page
_WORD = re.compile(r"[^\W_]+")


def count_words(text: str) -> int:
    """Return how many words a text has; signs alone count as one."""
    return len(_WORD.findall(text)) or int(bool(text.strip()))


def take(element: Any) -> str:
    """Return the text of an element and take it out of the document."""
    text = element.text or ""
    element.text = None
    return text


def take_all(element: Any) -> str:
    """Return all text within an element, and take it out; paragraphs and cells are parted by spaces."""
    pieces: list[str] = []
    for one in element.iter():
        name = local_name(one)
        if name in TEXT_NAMES:
            pieces.append(take(one))
        elif name == "sym" and one.get(qn("w:char")):
            pieces.append(" ")
            del one.attrib[qn("w:char")]
        elif name in {"p", "tc", "tab", "br"}:
            pieces.append(" ")
    return "".join(pieces)


class Left:
    """Counts what is left out; `place` tells where the reading stands."""

    def __init__(self, notes: Notes, place: Callable[[], str]) -> None:
        self._notes = notes
        self._place = place
        self._shown: Counter[str] = Counter()

    def shown(self, text: str) -> None:
        """Take note of text that is to be stored."""
        self._shown.update(_WORD.findall(clean(text)))

    def lost(self, stored: str) -> None:
        """Say how many words were to be stored and are not, each as often as it was."""
        self._notes.add("unlike_second_look", count=(self._shown - Counter(_WORD.findall(stored))).total())

    def thing(self, kind: str, count: int = 1) -> None:
        """Say that things of a kind are left out here."""
        self._notes.add(kind, self._place(), count=count)

    def text(self, kind: str, text: str) -> None:
        """Say that text is left out here: a line of contents, or words of another kind."""
        if kind != SILENT and text.strip():
            self.thing(kind, 1 if kind == CONTENTS else count_words(text))

    def out(self, kind: str, element: Any) -> None:
        """Leave out an element with all that it holds."""
        self.text(kind, take_all(element))

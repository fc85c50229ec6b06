"""Begins a question set of one's own: for sections of the live library a line to finish, with the quote that is there.

Each line holds a section's first full sentence as its quote, and a question that begins with TODO. The reader of sets
refuses such a line, so that a draft cannot be measured with by mistake. Writing good questions is a person's part.
"""

import json
from collections.abc import Iterator

from eval.quality.libraries import Place
from eval.quality.question_sets import TODO
from indexes.documents import Section
from indexes.passages import SplitDocument

_LEAST_WORDS = 6  # a shorter first sentence says too little to be asked for
_ENDS = ".!?"  # of a statement; a line without one is a heading or a cell of a table
_FROM_EACH = 4  # sections of a document: a set should reach over the whole library


def draft_lines(place: Place) -> Iterator[str]:
    """Return the lines of a draft, for each document that answers at most four, spread over its sections."""
    number = 0
    for name in sorted(place.scope.grants):
        split = place.build.passages.split_document(name)
        proposals = [found for section in split.document.sections if (found := _first(split, section))] if split else []
        step = max(1, -(-len(proposals) // _FROM_EACH))
        for section, quote in proposals[::step]:
            number += 1
            yield json.dumps(_line(number, name, section, quote), ensure_ascii=False)


def _line(number: int, document: str, section: Section, quote: str) -> dict[str, object]:
    where = section.locator.label() or document
    line: dict[str, object] = {
        "id": f"draft-{number:03}",
        "question": f"{TODO}: … ({where})",
        "answerable": True,
        "kind": "fact",
        "document": document,
        "quotes": [quote],
    }
    return line | ({"page": section.locator.page} if section.locator.page else {})


def _first(split: SplitDocument, section: Section) -> tuple[Section, str] | None:
    for start, end in split.spans:
        if section.start <= start and end <= section.end:
            quote = " ".join(split.document.text[start:end].split())
            if len(quote.split()) >= _LEAST_WORDS and quote[-1] in _ENDS:
                return section, quote
    return None

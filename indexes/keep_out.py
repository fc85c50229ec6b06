"""Which documents a source does not take in for what was not read of them: its `keep_out`, or what holds without one.

A source that sets `keep_out` names kinds of reading notes, and a document with one of them stays out, however little it
is of. An empty list keeps nothing out. A source that does not set it is kept as an archivist would keep it: a document
of which half of the pages or more have no text that can be read stays out, for a scan with a typed cover would be
answered from its cover alone. A contract with a scanned annex comes in, for its other pages are read, and says of each
page that was not read that it was not. What cannot be read at all never gets here: its loader refuses it.

Pure functions; the same rule for the ingestion and for whoever is shown a reading before.
"""

from collections.abc import Sequence

from indexes.counting import counted
from indexes.documents import Section
from indexes.readings import ReadingNote
from indexes.sources import Source

_BY_HALF = "pages_without_text"


def why_kept_out(source: Source, notes: Sequence[ReadingNote], sections: Sequence[Section]) -> str | None:
    """Say in words what keeps a document out of its source, as it was read; `None` if nothing does.

    Args:
        source: the document's source.
        notes: what of it is not in its stored text.
        sections: of its stored text.
    """
    if source.keep_out is not None:
        found = [note.in_words() for note in notes if note.kind in source.keep_out]
        return f"kept out by keep_out of source '{source.name}': {'; '.join(found)}" if found else None
    pages = {section.locator.page for section in sections if section.locator.page is not None}
    halves = [note for note in notes if note.kind == _BY_HALF and note.count >= len(pages)]
    found = [f"{note.in_words()} (of {counted(note.count + len(pages), 'page')})" for note in halves]
    if not found:
        return None
    return f"kept out, as source '{source.name}' has no keep_out that lets it in: {'; '.join(found)}"

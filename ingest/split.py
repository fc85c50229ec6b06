"""Split a document into passages: LlamaIndex's `SentenceSplitter` within each section, offsets made exact.

A passage never crosses a section, so it has one locator, and its text is exactly `text[start:end]` of the document.
What is encoded for a passage is `context` and text: the document's title and the nearest heading say what a paragraph
is about that does not say so itself.
"""

import re
from collections.abc import Iterator, Sequence

from llama_index.core.node_parser import SentenceSplitter

from indexes.documents import Document, Passage, Section, passage_id
from indexes.encoder import Encoder
from indexes.manifest import SplitterInfo
from indexes.passages import SplitDocument
from indexes.units import Span, Unit
from ingest.units.finding import find_units

# The encoder reads 256 tokens, two of them its own marks: passages of 220 leave room for the title and a heading.
_PASSAGE_TOKENS = 220
_OVERLAP_TOKENS = 30
_CUT = "\x1f"  # the unit separator of ASCII, a blank to Python; no stored text holds one
_BLANK = re.compile(r"\s*")
_VERSION = 3  # raise it when the same document would be split, or its context be made, otherwise


class Splitter:
    """Splits documents for one encoder, in whose tokens the sizes are counted."""

    def __init__(self, encoder: Encoder) -> None:
        """Prepare for an encoder; passages shrink with an encoder that reads less than the default one."""
        self._encoder = encoder
        passage_tokens = min(_PASSAGE_TOKENS, max(encoder.max_tokens - 36, 32))
        self.info = SplitterInfo(
            "SentenceSplitter", _VERSION, passage_tokens, min(_OVERLAP_TOKENS, passage_tokens // 4)
        )
        self._context_tokens = encoder.max_tokens - 2 - passage_tokens
        self._fitting: dict[str, str] = {}
        self._splitter = SentenceSplitter(
            chunk_size=self.info.passage_tokens,
            chunk_overlap=self.info.overlap_tokens,
            tokenizer=lambda text: encoder.tokenize(text.replace(_CUT, " ")),
            paragraph_separator="\n\n",
            chunking_tokenizer_fn=_pieces,
        )

    def split(self, document: Document) -> SplitDocument:
        """Return the document with its passages and units in reading order."""
        units, series = find_units(document)
        cut = _with_cuts(document.text, units)
        passages: list[Passage] = []
        for section in document.sections:
            text = cut[section.start : section.end]
            passages.extend(
                _passage(document, section, start, end) for start, end in _locate(text, self._splitter.split_text(text))
            )
        return SplitDocument(document, tuple(passages), units, series)

    def encoder_text(self, passage: Passage) -> str:
        """Return what is encoded for a passage: its context, as far as there is room for it, and its text."""
        about = context(passage)
        if about not in self._fitting:  # many passages share one context
            words = about.split()
            while words and len(self._encoder.tokenize(" ".join(words))) > self._context_tokens:
                words.pop()
            self._fitting[about] = " ".join(words)
        fitting = self._fitting[about]
        return f"{fitting}\n{passage.text}" if fitting else passage.text


def _with_cuts(text: str, units: Sequence[Unit]) -> str:
    """Return a text of the same length that shows the splitter where a passage may begin, and where it had better not.

    `_CUT` stands before each unit, and between a label and what stands below it instead of an empty line, so that
    both are one paragraph, which is kept together if there is room for it.
    """
    marked = list(text)
    before: Unit | None = None
    for unit in units:
        line = text.rfind("\n", 0, unit.start) + 1
        at = unit.start if before and before.end > line else line  # before the mark of an item, "A:" and the like
        if text[at - 2 : at] == "\n\n":
            if before and unit.label == before.span:
                marked[at - 2 : at] = " ", _CUT
        elif at and text[at - 1].isspace():
            marked[at - 1] = _CUT
        before = unit
    return "".join(marked)


def _pieces(text: str) -> list[str]:
    """Cut a paragraph where units begin; the pieces joined are the paragraph again."""
    first, *others = text.split(_CUT)
    return [piece for piece in (first, *(f"{_CUT}{other}" for other in others)) if piece]


def context(passage: Passage) -> str:
    """Return what a passage is about: the document's title, and the nearest heading that adds to it and to the text."""
    for heading in reversed(passage.locator.headings):
        if heading not in ("", passage.title) and not passage.text.startswith(heading):
            return f"{passage.title}: {heading}"
    return passage.title


def _locate(text: str, pieces: Sequence[str]) -> Iterator[Span]:
    """Find each piece in the section it was cut from, so that together they cover all of it.

    A piece begins at the latest place that leaves no gap after the one before. Where a text repeats itself that may be
    a later place than the piece was cut from; a piece that would add nothing new is left out.
    """
    covered = 0
    for piece in pieces:
        blank = _BLANK.match(text, covered)
        uncovered = blank.end() if blank else covered
        start = text.rindex(piece, 0, uncovered + len(piece))
        end = start + len(piece)
        if end > covered:
            yield start, end
            covered = end


def _passage(document: Document, section: Section, start: int, end: int) -> Passage:
    start, end = section.start + start, section.start + end
    return Passage(
        passage_id=passage_id(document.document, document.sha256, start, end),
        document=document.document,
        sha256=document.sha256,
        title=document.title,
        start=start,
        end=end,
        text=document.text[start:end],
        locator=section.locator,
    )

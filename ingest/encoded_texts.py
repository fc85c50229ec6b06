"""What of each passage is encoded, where its units stand in it, and what is kept of it; nothing is encoded here."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from indexes.coarse import InBytes
from indexes.documents import Passage
from indexes.passages import SplitDocument
from indexes.units import Span, Unit, UnitKind
from ingest.encode import EncoderText, KeptPieces, VectorCache
from ingest.split import Splitter


def encoder_texts(documents: Sequence[SplitDocument], splitter: Splitter) -> list[EncoderText]:
    """Return what is encoded for each passage, with its units' places, in the documents' order."""
    return [
        encoder_text(splitter.encoder_text(passage), passage, [unit.span for unit in units])
        for split in documents
        for passage, units in zip(split.passages, units_by_passage(split), strict=True)
    ]


def encoder_text(text: str, passage: Passage, spans: Sequence[Span]) -> EncoderText:
    """Move spans of a document's text to where they stand in what is encoded, which ends with the passage's text."""
    shift = len(text) - len(passage.text) - passage.start
    return EncoderText(text, tuple((start + shift, end + shift) for start, end in spans))


def units_by_passage(split: SplitDocument) -> list[list[Unit]]:
    """Return the units that lie wholly in each passage; for a passage that holds none, the passage itself."""
    starts = [unit.start for unit in split.units]
    found = []
    for passage in split.passages:
        reach = split.units[bisect_left(starts, passage.start) : bisect_left(starts, passage.end)]
        found.append([unit for unit in reach if unit.end <= passage.end] or [_whole(passage)])
    return found


def _whole(passage: Passage) -> Unit:
    """Return a passage as a unit; a part of something longer is never quoted."""
    return Unit(passage.start, passage.end, UnitKind.LABEL)


@dataclass(frozen=True, slots=True)
class KeptByPassage:
    """What was kept or made of passages, asked for by passage and the places of its units."""

    cache: VectorCache
    splitter: Splitter

    def sentences(self, passage: Passage, spans: Sequence[Span]) -> InBytes:
        """Return the vectors of its units."""
        return self.cache.sentences(self._text(passage, spans))

    def pieces(self, passage: Passage, spans: Sequence[Span]) -> KeptPieces:
        """Return its word pieces."""
        return self.cache.pieces(self._text(passage, spans))

    def _text(self, passage: Passage, spans: Sequence[Span]) -> EncoderText:
        return encoder_text(self.splitter.encoder_text(passage), passage, spans)

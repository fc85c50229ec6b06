"""Texts of a model, read in pieces of any size; the ids that it is given in tests."""

from collections.abc import Sequence

from service.answering.writing.claims import Claim
from service.answering.writing.reading import Reader
from service.answering.writing.telling import Known

A, B, C = "p0000000a", "p0000000b", "p0000000c"
NOTHING = Known()


def read(
    text: str, *, piece: int = 0, whole: bool = True, known: Known = NOTHING, ids: Sequence[str] = (A, B, C)
) -> list[Claim]:
    """Return the claims of a text, read in pieces of a size, at once with 0."""
    reader = Reader(offered=ids, known=known)
    size = piece or max(len(text), 1)
    claims = [claim for at in range(0, len(text), size) for claim in reader.feed(text[at : at + size])]
    return claims + reader.end(whole=whole)

"""How the engine, its driver and the workers speak: a message is several byte strings, each with its length.

Of a document only what cannot be made again from its text is sent; whoever receives it makes the rest, and holds what
came against the text. We pickle nothing. Knows no Ray.

A request is `READ` (what is read, as JSON; the bytes of each) or `ENCODE` (the projection; the texts, as JSON). A reply
begins with how it went: `DONE`, `REFUSED` (the document's fault), `NOT_STARTED` (the installation's), `FAILED` (the
engine's) or `CRASHED` (a worker died of it, again and again); all but `DONE` are followed by words. A `READ` that is
`DONE` is followed by a reply for each version.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from indexes.documents import Passage, passage_id
from indexes.encoder import Vectors
from indexes.limited.frames import LENGTH_BYTES, framed
from indexes.passages import SplitDocument
from indexes.units import Series, Span, Unit, UnitKind
from ingest.encode import EncoderText, Made
from ingest.engine import Version
from ingest.loading.frames import read_reply, reply
from ingest.parsed import Parsed
from ingest.titles import titled

READ, ENCODE = b"read", b"encode"
DONE, REFUSED, NOT_STARTED, FAILED, CRASHED = b"done", b"refused", b"not started", b"failed", b"crashed"
_PARTS_OF_MADE = 4


def packed(*parts: bytes) -> bytes:
    """Return byte strings as one."""
    return b"".join(framed(part) for part in parts)


def unpacked(message: bytes) -> list[bytes]:
    """Return the byte strings of a message.

    Raises:
        ValueError: it is no message.
    """
    parts, at = [], 0
    while at < len(message):
        end = at + LENGTH_BYTES + int.from_bytes(message[at : at + LENGTH_BYTES], "big")
        if end > len(message):
            raise ValueError("expected a message, got a part of one")
        parts.append(message[at + LENGTH_BYTES : end])
        at = end
    return parts


def versions_sent(versions: Sequence[Version]) -> bytes:
    """Return the request to read versions."""
    named = [{"document": one.document, "sha256": one.sha256, "title": one.title} for one in versions]
    return packed(READ, json.dumps(named).encode(), *(one.content for one in versions))


def versions_received(parts: Sequence[bytes]) -> list[Version]:
    """Return the versions of a request, without what is wanted."""
    named, *contents = parts
    return [Version(**one, content=content) for one, content in zip(json.loads(named), contents, strict=True)]


def split_sent(parsed: Parsed, split: SplitDocument) -> bytes:
    """Return the reply that carries a document and how it is split."""
    spans = {
        "passages": [[passage.start, passage.end] for passage in split.passages],
        "units": [[*unit.span, int(unit.kind), unit.label, unit.series] for unit in split.units],
        "series": [[one.start, one.end, int(one.kind), one.label, one.items] for one in split.series],
    }
    return packed(DONE, *reply(parsed), json.dumps(spans).encode())


def split_received(parts: Sequence[bytes], *, document: str, sha256: str, title: str) -> SplitDocument:
    """Return what `split_sent` sent of a document, made whole.

    Args:
        parts: of the reply, without how it went.
        document: the document's id.
        sha256: of its bytes (hex).
        title: the one that approvers gave, or empty.

    Raises:
        ValueError: it cannot be true of this text.
    """
    said, text, spans = parts
    whole = titled(document, sha256, read_reply(said, text), given=title)
    size, at, passages = len(whole.text), 0, []
    value: dict[str, list[Any]] = json.loads(spans)
    for start, end in value["passages"]:
        while at < len(whole.sections) and whole.sections[at].end <= start:
            at += 1
        section = whole.sections[at] if at < len(whole.sections) else None
        if section is None or not section.start <= start < end <= section.end:
            raise ValueError("expected passages within sections, in order")
        name, quoted = passage_id(document, sha256, start, end), whole.text[start:end]
        passages.append(Passage(name, document, sha256, whole.title, start, end, quoted, section.locator))
    units = tuple(
        Unit(*_span((start, end), size), UnitKind(kind), label and _span(label, size), int(series))
        for start, end, kind, label, series in value["units"]
    )
    series = tuple(
        Series(*_span((start, end), size), UnitKind(kind), label and _span(label, size), int(items))
        for start, end, kind, label, items in value["series"]
    )
    return SplitDocument(whole, tuple(passages), units, series)


def _span(value: Sequence[int], size: int) -> Span:
    start, end = int(value[0]), int(value[1])
    if not 0 <= start < end <= size:
        raise ValueError("expected spans within the text")
    return start, end


def texts_sent(texts: Sequence[EncoderText], projection: Vectors) -> bytes:
    """Return the request to encode texts."""
    given = json.dumps([[text.text, text.spans] for text in texts]).encode()
    return packed(ENCODE, np.ascontiguousarray(projection, np.float32).tobytes(), given)


def texts_received(parts: Sequence[bytes], *, dimensions: int) -> tuple[list[EncoderText], Vectors]:
    """Return the texts and the projection of a request, without what is wanted; `dimensions` are the encoder's."""
    projection, given = parts
    texts = [EncoderText(text, tuple((start, end) for start, end in spans)) for text, spans in json.loads(given)]
    return texts, np.frombuffer(projection, np.float32).reshape(dimensions, -1)


def made_sent(made: Sequence[Made]) -> bytes:
    """Return the reply that carries what is kept of texts."""
    return packed(DONE, *(part for one in made for part in one))


def made_received(parts: Sequence[bytes], texts: Sequence[EncoderText], *, dimensions: int) -> list[Made]:
    """Return what is kept of texts, from a reply without how it went.

    Raises:
        ValueError: it cannot be of these texts.
    """
    made = [Made(*parts[at : at + _PARTS_OF_MADE]) for at in range(0, len(parts), _PARTS_OF_MADE)]
    sizes = [(len(one.vector), len(one.sentences)) for one in made]
    if sizes != [(2 * dimensions, dimensions * len(text.spans)) for text in texts]:
        raise ValueError("expected a vector of each text and of each of its sentences")
    return made

"""What passes between the engine, its driver and the workers: whole, or not believed."""

import hashlib
import json

import numpy as np
import pytest

from indexes.passages import SplitDocument
from ingest.cluster import messages
from ingest.encode import EncoderText, made
from ingest.index_pieces import projection_for
from ingest.loading.registry import load_document
from ingest.parsed import Parsed
from ingest.split import Splitter
from ingest.titles import titled
from tests.support.fakes import HashingEncoder

CONTENT = b"# Rules\n\n## Pay\n\nWho is paid:\n\n- staff\n- guests\n\nKeep it.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def parsed() -> Parsed:
    return load_document("a.md", CONTENT)


@pytest.fixture
def split(parsed: Parsed) -> SplitDocument:
    return Splitter(HashingEncoder()).split(titled("legal/a.md", SHA256, parsed, given=""))


def _received(message: bytes) -> SplitDocument:
    how, *parts = messages.unpacked(message)
    assert how == messages.DONE
    return messages.split_received(parts, document="legal/a.md", sha256=SHA256, title="")


def test_a_document_arrives_as_it_was_split(parsed: Parsed, split: SplitDocument) -> None:
    assert split.series
    assert _received(messages.split_sent(parsed, split)) == split


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("passages", [[0, 5]]),  # the title, which lies in no section
        ("passages", [[9, 10_000]]),
        ("units", [[9, 10_000, 0, None, -1]]),
        ("units", [[9, 14, 99, None, -1]]),
        ("units", [[9, 14, 0, [5, 5], -1]]),
        ("series", [[-1, 14, 1, None, 2]]),
    ],
)
def test_spans_that_cannot_be_of_this_text_are_not_believed(
    parsed: Parsed, split: SplitDocument, name: str, value: object
) -> None:
    how, said, text, spans = messages.unpacked(messages.split_sent(parsed, split))
    lie = json.dumps(json.loads(spans) | {name: value}).encode()
    with pytest.raises(ValueError, match=r"expected|not a valid UnitKind"):
        _received(messages.packed(how, said, text, lie))


def test_texts_arrive_with_the_places_of_their_sentences_and_the_projection() -> None:
    encoder = HashingEncoder()
    texts = [EncoderText("Keep masters.", ((0, 4), (5, 13))), EncoderText("Größe", ())]
    wanted, *parts = messages.unpacked(messages.texts_sent(texts, projection_for(encoder)))
    received, projection = messages.texts_received(parts, dimensions=encoder.dimensions)
    assert (wanted, received) == (messages.ENCODE, texts)
    np.testing.assert_array_equal(projection, projection_for(encoder))


def test_what_was_made_of_texts_arrives_and_what_cannot_be_of_them_is_not_believed() -> None:
    encoder = HashingEncoder()
    texts = [EncoderText("Keep masters.", ((0, 4), (5, 13))), EncoderText("Ask.", ())]
    kept = made(texts, encoder=encoder, projection=projection_for(encoder))
    _, *parts = messages.unpacked(messages.made_sent(kept))
    assert messages.made_received(parts, texts, dimensions=encoder.dimensions) == kept
    for lie in (parts[4:], [*parts, *parts[:4]], [parts[0][2:], *parts[1:]]):
        with pytest.raises(ValueError, match="expected a vector of each text"):
            messages.made_received(lie, texts, dimensions=encoder.dimensions)


def test_a_part_of_a_message_is_none() -> None:
    with pytest.raises(ValueError, match="got a part of one"):
        messages.unpacked(messages.packed(b"done", b"more")[:-1])

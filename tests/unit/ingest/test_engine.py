"""The dear middle of an ingestion in this process: in order, one after the other, and nothing is read ahead."""

from collections.abc import Iterator

import numpy as np

from indexes.passages import SplitDocument
from ingest.encode import EncoderText, made
from ingest.engine import LocalEngine, Version
from ingest.errors import LoadError
from ingest.index_pieces import projection_for
from ingest.split import Splitter
from tests.support.fakes import DirectParser, HashingEncoder


def _engine(encoder: HashingEncoder) -> LocalEngine:
    return LocalEngine(parser=DirectParser(), splitter=Splitter(encoder), encoder=encoder)


def test_each_version_is_read_when_it_is_wanted_and_one_that_cannot_be_read_stops_nothing(
    hashing_encoder: HashingEncoder,
) -> None:
    given = []

    def versions() -> Iterator[Version]:
        for name, content in (("a.md", b"# A\n\nFirst rule."), ("b.md", b""), ("c.md", b"Third rule.")):
            given.append(name)
            yield Version(f"legal/{name}", "0" * 64, "Given" if name == "c.md" else "", content)

    read = _engine(hashing_encoder).read(versions())
    assert given == []
    first = next(read)
    assert isinstance(first, SplitDocument)
    assert (first.document.document, first.document.title, given) == ("legal/a.md", "A", ["a.md"])
    second, third = read
    assert isinstance(second, LoadError)
    assert isinstance(third, SplitDocument)
    assert third.document.title == "Given"


def test_what_is_kept_of_a_text_does_not_depend_on_its_batch(hashing_encoder: HashingEncoder) -> None:
    texts = [EncoderText(f"Keep number {number}.", ((0, 4),)) for number in range(3)]
    projection = projection_for(hashing_encoder)
    (together,) = _engine(hashing_encoder).encode([texts], projection=projection)
    apart = [made([text], encoder=hashing_encoder, projection=projection)[0] for text in texts]
    assert together == apart
    assert [len(one.vector) for one in together] == [2 * hashing_encoder.dimensions] * 3
    assert np.frombuffer(together[0].places, np.int32).tolist() == [-14, -10]

"""What a build says of itself before it is made, and which builds are made of the same."""

from dataclasses import replace

import pytest

from indexes.documents import Document, Locator, Section
from indexes.manifest import DenseInfo, Manifest, SplitterInfo
from ingest.describe import describe, same
from ingest.split import Splitter
from tests.support.fakes import NOON, HashingEncoder


def _described() -> Manifest:
    text = "Keep masters for ten years."
    document = Document("legal/a.md", "a" * 64, "Masters", text, (Section(0, len(text), Locator("page", 1)),))
    encoder = HashingEncoder()
    splitter = Splitter(encoder)
    return describe([splitter.split(document)], encoder=encoder, splitter=splitter.info, dense_index="auto", now=NOON)


def test_a_build_says_what_it_is_made_of() -> None:
    manifest = _described()
    assert (manifest.encoder.name, manifest.encoder.dimensions) == (HashingEncoder().name, HashingEncoder().dimensions)
    (info,) = manifest.documents
    assert (info.document, info.title, info.passages, info.locator) == ("legal/a.md", "Masters", 1, "page")
    assert info.loader.startswith("markdown ")
    assert (manifest.dense.setting, manifest.files) == ("auto", {})


def test_when_it_was_made_and_what_came_out_make_no_other_build() -> None:
    made = DenseInfo("auto", "ivf", lists=2048, probes=64, recall_at_10=0.998, sampled_queries=200)
    old = replace(_described(), created_at="2020-01-01T00:00:00+00:00", dense=made, files={"dense.faiss": "d" * 64})
    assert same(_described(), old)


@pytest.mark.parametrize(
    "other",
    [
        replace(_described(), dense=replace(_described().dense, setting="flat")),
        replace(_described(), terms=99),
        replace(_described(), documents=()),
        replace(_described(), splitter=SplitterInfo("SentenceSplitter", 99, 220, 30)),
        replace(_described(), encoder=replace(_described().encoder, dtype="float16")),
    ],
)
def test_whatever_else_differs_makes_another(other: Manifest) -> None:
    assert not same(_described(), other)
    assert not same(other, _described())

"""Say in a manifest what a build is made of, before it is made; tell whether another build is made of the same."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from indexes.encoder import Encoder
from indexes.manifest import CollectionInfo, DenseInfo, DenseSetting, DocumentInfo, EncoderInfo, Manifest, SplitterInfo
from indexes.passages import SplitDocument
from indexes.words import TERMS_VERSION
from ingest.loading import loader_version


def describe(
    documents: Iterable[SplitDocument],
    *,
    encoder: Encoder,
    splitter: SplitterInfo,
    dense_index: DenseSetting,
    now: datetime,
    collection: CollectionInfo | None = None,
) -> Manifest:
    """Return the manifest of a build, but for what is known only when it is made: files, and what kind indexes are.

    `collection` says with which form one is made, if one is.
    """
    return Manifest(
        created_at=now.isoformat(timespec="seconds"),
        encoder=EncoderInfo(encoder.name, encoder.digest, encoder.dtype, encoder.dimensions),
        splitter=splitter,
        terms=TERMS_VERSION,
        dense=DenseInfo(dense_index, "flat", lists=0, probes=0, recall_at_10=1.0, sampled_queries=0),
        documents=tuple(_info(split) for split in documents),
        files={},
        collection=collection,
    )


def same(new: Manifest, old: Manifest) -> bool:
    """Tell whether two builds are made of the same in the same way; what came out of it is not compared."""
    if new.dense.setting != old.dense.setting or _form(new) != _form(old):
        return False
    return replace(new, created_at="", dense=old.dense, collection=old.collection, files={}) == replace(
        old, created_at="", files={}
    )


def _form(manifest: Manifest) -> int | None:
    return manifest.collection.schema if manifest.collection else None


def _info(split: SplitDocument) -> DocumentInfo:
    document = split.document
    kind = document.sections[0].locator.kind
    return DocumentInfo(
        document=document.document,
        sha256=document.sha256,
        title=document.title,
        passages=len(split.passages),
        locator=kind,
        loader=loader_version(document.document),
    )

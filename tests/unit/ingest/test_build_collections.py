"""The collections of a folder of builds: made with a build, dropped with it, and never one that somebody else made."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from indexes.builds import READERS_FILE, current_build_id, open_build
from indexes.errors import SearchUnavailableError
from indexes.manifest import CollectionInfo, read_manifest
from ingest.errors import PublishError
from ingest.old_builds import remove_folder
from tests.support.fakes import TinyLibrary

if TYPE_CHECKING:
    from indexes.milvus import Milvus
    from tests.support.milvus_server import Server


@pytest.fixture
def milvus(milvus_server: "Server") -> Iterator["Milvus"]:
    milvus = milvus_server.collections().milvus
    yield milvus
    milvus.close()


@pytest.fixture
def collecting(library: TinyLibrary, milvus: "Milvus") -> TinyLibrary:
    from ingest.build_collections import BuildCollections  # noqa: PLC0415 - what it needs may not be there
    from ingest.collection_ledger import FolderLedger  # noqa: PLC0415 - beside the one above

    library.collections = BuildCollections(milvus, FolderLedger(library.builds))
    library.add("legal/a.md", "# A\n\nMasters are kept for ten years.\n")
    return library


def _live(library: TinyLibrary) -> CollectionInfo:
    collection = read_manifest(library.builds / current_build_id(library.builds)).collection
    assert collection is not None
    return collection


def _there(milvus: "Milvus", *infos: CollectionInfo) -> list[bool]:
    return [milvus.problem(info) is None for info in infos]


def test_collections_go_as_builds_are_removed_and_the_alias_follows(collecting: TinyLibrary, milvus: "Milvus") -> None:
    infos = []
    for number in range(3):
        collecting.add(f"legal/{number}.md", f"# {number}\n\nRule {number} holds.\n")
        assert collecting.ingest().problems == ()
        infos.append(_live(collecting))
        with milvus._calling("look at the alias") as client:
            assert client.describe_alias("greenlit_live")["collection_name"] == infos[-1].name
    assert [info.rows for info in infos] == [2, 3, 4]
    assert _there(milvus, *infos) == [False, True, True]  # the live build's and that of the one before
    assert not collecting.ingest().published  # nothing changed: no new collection either


def test_the_collection_of_a_build_that_is_removed_goes_at_once_or_is_told_and_goes_later(
    collecting: TinyLibrary, milvus: "Milvus", monkeypatch: pytest.MonkeyPatch
) -> None:
    builds, infos = [], []
    for number in range(2):
        collecting.add("legal/a.md", f"# A\n\nMasters are kept for {number} years.\n")
        builds.append(collecting.ingest().build_id)
        infos.append(_live(collecting))
    drop = collecting.collections.removing(builds[0])
    remove_folder(collecting.builds / builds[0])

    def away(*_: object) -> None:
        raise SearchUnavailableError("Milvus at http://x did not remove a collection: it is away")

    with monkeypatch.context() as broken:
        broken.setattr("indexes.milvus.Milvus.drop", away)
        (told,) = drop()
    assert told.startswith("a collection that no build needs stays in Milvus until a later ingestion: Milvus at http")
    assert _there(milvus, *infos) == [True, True]
    assert drop() == []
    assert _there(milvus, *infos) == [False, True]


def test_a_removed_build_takes_no_collection_with_it_that_somebody_else_made(
    collecting: TinyLibrary, milvus: "Milvus"
) -> None:
    build_id, made = collecting.ingest().build_id, _live(collecting)
    (collecting.builds / "collections" / made.name).unlink()
    assert collecting.collections.removing(build_id)() == []
    assert collecting.collections.removing("packed or gone")() == []
    assert _there(milvus, made) == [True]
    milvus.drop(made.name)


def test_a_collection_that_somebody_else_made_stays(collecting: TinyLibrary, milvus: "Milvus") -> None:
    collecting.ingest()
    made = _live(collecting)
    (collecting.builds / "collections" / made.name).unlink()  # as another installation's would look from here
    for number in range(2):
        collecting.add(f"legal/{number}.md", f"# {number}\n\nRule {number} holds.\n")
        collecting.ingest()
    assert _there(milvus, made) == [True]
    milvus.drop(made.name)


def test_what_a_crash_left_goes_with_the_next_build(
    collecting: TinyLibrary, milvus: "Milvus", monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("ingest.publish.Staging.publish", crash)
        with pytest.raises(KeyboardInterrupt):
            collecting.ingest()
    (left,) = [path.name for path in (collecting.builds / "collections").iterdir()]

    collecting.ingest()

    assert left != _live(collecting).name
    assert [path.name for path in (collecting.builds / "collections").iterdir()] == [_live(collecting).name]
    with milvus._calling("look") as client:
        assert not client.has_collection(left)


def test_another_index_makes_another_build_of_the_same_documents(collecting: TinyLibrary) -> None:
    from ingest.collecting import NO_COLLECTIONS  # noqa: PLC0415 - beside the one above

    with_collection, collecting.collections = collecting.collections, NO_COLLECTIONS
    assert collecting.ingest().published
    assert not (collecting.builds / current_build_id(collecting.builds) / READERS_FILE).exists()
    collecting.collections = with_collection
    assert collecting.ingest().published
    folder = collecting.builds / current_build_id(collecting.builds)
    build = open_build(folder)
    build.passages.close()
    assert (folder / READERS_FILE).exists()
    assert build.manifest.dense.kind == "flat"


def test_what_no_build_needs_after_another_index_was_chosen_is_told_and_dropped_where_the_server_is_named(
    collecting: TinyLibrary, milvus: "Milvus"
) -> None:
    from ingest.build_collections import BuildCollections  # noqa: PLC0415 - what it needs may not be there
    from ingest.collecting import NoCollections  # noqa: PLC0415 - beside the one above
    from ingest.collection_ledger import FolderLedger  # noqa: PLC0415 - beside the one above

    collecting.ingest()
    made, ledger = _live(collecting), FolderLedger(collecting.builds)
    collecting.collections = NoCollections(ledger)
    for number in range(2):
        collecting.add("legal/a.md", f"# A\n\nMasters are kept for {number} years.\n")
        report = collecting.ingest()
        assert report.problems == ()
        assert [made.name in words for words in report.remarks] == ([True] if number else [])
    assert _there(milvus, made) == [True]

    collecting.collections = BuildCollections(milvus, ledger, makes=False)
    report = collecting.ingest()
    assert (report.published, report.remarks, report.problems) == (False, (), ())
    assert _there(milvus, made) == [False]
    assert ledger.noted() == []
    collecting.add("legal/a.md", "# A\n\nMasters are kept for ever.\n")
    assert collecting.ingest().published
    assert read_manifest(collecting.builds / current_build_id(collecting.builds)).collection is None


def test_a_server_that_is_away_leaves_the_build_before_live(collecting: TinyLibrary, milvus_server: "Server") -> None:
    collecting.ingest()
    before = current_build_id(collecting.builds)
    collecting.add("legal/b.md", "# B\n\nBadges are worn.\n")
    milvus_server.stop()
    try:
        with pytest.raises(PublishError, match=r"^Milvus at http://127.0.0.1:\d+/default did not .*stays live$"):
            collecting.ingest()
    finally:
        milvus_server.start()
    assert current_build_id(collecting.builds) == before
    assert collecting.ingest().published

"""A packed build comes out byte for byte as it went in, document by document if that is enough; damage is told."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexes import unpacking
from indexes.builds import Build, open_build
from indexes.errors import BuildDamagedError, BuildError, NoBuildError
from indexes.holds import hold_build
from indexes.manifest import DenseSetting
from indexes.pack import Pack
from indexes.packing import pack_build
from indexes.unpacking import packed_document, packed_manifest, past_build
from ingest.pipeline import ingest
from tests.support.fakes import TinyLibrary

TABLE = (
    "# Rooms\n\nWho books a room asks first:\n\n- the desk\n- the owner\n\n| Room | Seats |\n|---|---|\n| Blue | 12 |\n"
)


def _a_library(library: TinyLibrary) -> TinyLibrary:
    library.add("legal/a.md", "# Masters\n\nKeep masters for ten years. Straße, naïve, 日本.\n")
    library.add("legal/rooms.md", TABLE)
    library.add("legal/same.md", "# Masters\n\nKeep masters for ten years. Straße, naïve, 日本.\n")
    return library


@contextmanager
def _opened(library: TinyLibrary, build_id: str) -> Iterator[Build]:
    with closing((build := open_build(library.builds / build_id)).passages):
        yield build


def _pack(library: TinyLibrary, build_id: str) -> None:
    aside = library.root / "aside"
    aside.mkdir()
    with _opened(library, build_id) as build, Pack.writing(library.builds) as pack:
        pack_build(pack, build, aside=aside)
    shutil.rmtree(aside)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _packed(library: TinyLibrary) -> tuple[str, dict[str, bytes]]:
    """Pack the live build, remove its folder, and return its id and what its files held."""
    build_id = library.ingest().build_id
    files = _files(library.builds / build_id)
    _pack(library, build_id)
    shutil.rmtree(library.builds / build_id)
    return build_id, files


@pytest.mark.parametrize("setting", ["flat", "ivf"])
def test_every_file_comes_out_as_it_went_in(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch, setting: DenseSetting
) -> None:
    monkeypatch.setattr("ingest.index_vectors.TARGET_RECALL", 0.0)  # so that few passages are searched in lists too
    monkeypatch.setattr("ingest.index_vectors._FIRST_PROBES", 1)
    for number in range(12):  # enough for an index in lists
        library.add(f"legal/{number}.md", f"# Rule {number}\n\nRule {number} names cabinet {number * 7}.\n")
    build_id = ingest(replace(_a_library(library).ingestion(), dense_index=setting)).build_id
    files = _files(library.builds / build_id)
    _pack(library, build_id)
    shutil.rmtree(library.builds / build_id)
    with past_build(library.builds, build_id, scratch=library.root) as build:
        assert build.manifest.dense.kind == setting
        assert _files(build.folder) == files
    with Pack.reading(library.builds) as pack:
        assert pack
        head = pack.head(build_id)
        assert head
        assert [name for name, _ in head["whole"]] == ([] if setting == "flat" else ["dense.faiss"])


def test_a_build_of_nothing_comes_out_too(library: TinyLibrary) -> None:
    build_id, files = _packed(library)
    with past_build(library.builds, build_id, scratch=library.root) as build:
        assert _files(build.folder) == files


def test_where_the_disk_has_no_links_files_are_copied(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no links here")

    build_id = _a_library(library).ingest().build_id
    files = _files(library.builds / build_id)
    monkeypatch.setattr("indexes.durable.os.link", fail)
    _pack(library, build_id)
    shutil.rmtree(library.builds / build_id)
    with past_build(library.builds, build_id, scratch=library.root) as build:
        assert _files(build.folder) == files


def test_a_build_that_lies_in_its_folder_is_lent_from_there(library: TinyLibrary) -> None:
    build_id = _a_library(library).ingest().build_id
    with past_build(library.builds, build_id, scratch=library.root) as build:
        assert build.folder == library.builds / build_id


def test_a_build_that_was_lent_leaves_nothing_behind_and_what_a_crash_left_goes(library: TinyLibrary) -> None:
    build_id, _ = _packed(_a_library(library))
    scratch = library.root / "scratch"
    (scratch / ".unpacked-left").mkdir(parents=True)
    with past_build(library.builds, build_id, scratch=scratch):
        assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []


def test_a_build_that_is_nowhere_is_told(library: TinyLibrary) -> None:
    _packed(_a_library(library))
    with (
        pytest.raises(NoBuildError, match="the build 2020-none is not in "),
        past_build(library.builds, "2020-none", scratch=library.root),
    ):
        pass


def test_a_document_and_the_manifest_are_read_without_the_rest(library: TinyLibrary) -> None:
    build_id = _a_library(library).ingest().build_id
    _pack(library, build_id)
    with _opened(library, build_id) as build, Pack.reading(library.builds) as pack:
        assert pack
        for document, _ in build.documents:
            assert packed_document(pack, build_id, document) == build.passages.split_document(document)
        assert packed_document(pack, build_id, "legal/none.md") is None
        assert packed_manifest(pack, build_id) == build.manifest


def test_a_document_is_that_of_the_build_and_not_of_a_neighbour(library: TinyLibrary) -> None:
    made = []
    for years in ("two", "three"):
        library.add("legal/a.md", f"# Masters\n\nKeep masters for {years} years.\n")
        library.clock.pass_days(1)
        made.append(library.ingest().build_id)
    for build_id in made:
        _pack(library, build_id)
    with Pack.reading(library.builds) as pack:
        assert pack
        found = [packed_document(pack, build_id, "legal/a.md") for build_id in made]
    assert ["two" in split.document.text for split in found if split] == [True, False]


def _change_a_block(library: TinyLibrary) -> None:
    with closing(sqlite3.connect(library.builds / "pack" / "blocks.sqlite")) as store, store:
        store.execute("UPDATE blocks SET content = (SELECT content FROM blocks WHERE number = 1) WHERE number = 2")


def _lose_a_block(library: TinyLibrary) -> None:
    with closing(sqlite3.connect(library.builds / "pack" / "blocks.sqlite")) as store, store:
        store.execute("DELETE FROM blocks WHERE number = 3")


def _overwrite_the_file(library: TinyLibrary) -> None:
    (library.builds / "pack" / "blocks.sqlite").write_bytes(b"rubbish" * 1000)


def _change_an_original(library: TinyLibrary) -> None:
    next((library.builds / "pack" / "originals").iterdir()).write_bytes(b"rubbish")


@pytest.mark.parametrize("damage", [_change_a_block, _lose_a_block, _overwrite_the_file, _change_an_original])
def test_damage_is_told_and_nothing_is_lent(library: TinyLibrary, damage: Callable[[TinyLibrary], None]) -> None:
    build_id, _ = _packed(_a_library(library))
    damage(library)
    with pytest.raises(BuildDamagedError), past_build(library.builds, build_id, scratch=library.root):
        pass


def test_a_pack_of_another_format_is_told(library: TinyLibrary) -> None:
    build_id, _ = _packed(_a_library(library))
    with closing(sqlite3.connect(library.builds / "pack" / "blocks.sqlite")) as store:
        store.execute("PRAGMA user_version = 7")
    with (
        pytest.raises(BuildError, match="expected packed builds of format 2, got 7: use the version of Greenlit"),
        past_build(library.builds, build_id, scratch=library.root),
    ):
        pass


def test_a_build_that_does_not_come_out_as_it_went_in_is_not_packed(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = _a_library(library).ingest().build_id
    with monkeypatch.context() as patched:
        patched.setattr(unpacking, "MANIFEST_FILE", "other.json")
        with pytest.raises(BuildDamagedError, match=r"out of the pack as it went in, it has other\.json besides"):
            _pack(library, build_id)
    with Pack.reading(library.builds) as pack:
        assert pack is None


# What is nearly the same


def _read_otherwise(library: TinyLibrary, *words: str) -> dict[str, dict[str, bytes]]:
    """Pack a build for each word that stands in the place of another in every document; return what they held."""
    held = {}
    for word in words:
        for number in range(4):
            rules = " ".join(f"Rule {at} of cabinet {number} is kept by the owner." for at in range(12))
            library.add(f"legal/{number}.md", f"# Rules {number}\n\n{rules} The {word} counts them.\n")
        library.clock.pass_days(1)
        build_id = library.ingest().build_id
        held[build_id] = _files(library.builds / build_id)
        _pack(library, build_id)
        library.holds.parent.mkdir(exist_ok=True)
        hold_build(library.holds, build_id, until=date.max)
    for build_id in held:
        shutil.rmtree(library.builds / build_id, ignore_errors=True)
    return held


def _bases(library: TinyLibrary) -> list[int]:
    with closing(sqlite3.connect(library.builds / "pack" / "blocks.sqlite")) as store:
        return [base for (base,) in store.execute("SELECT base FROM blocks WHERE base IS NOT NULL")]


def _assert_all_come_out(library: TinyLibrary, held: dict[str, dict[str, bytes]]) -> None:
    for build_id, files in held.items():
        with past_build(library.builds, build_id, scratch=library.root) as build:
            assert _files(build.folder) == files


def test_vectors_that_only_moved_are_kept_as_what_they_moved_by(library: TinyLibrary) -> None:
    held = _read_otherwise(library, "desk", "team", "host")
    assert len(_bases(library)) == 8, "four of each later build"
    assert len(set(_bases(library))) == 4, "and all rest on the first"
    _assert_all_come_out(library, held)
    with Pack.reading(library.builds) as pack:
        assert pack
        own = [own for own, _ in pack.sizes().values()]
    assert own[1] < own[0] / 2


def test_what_others_rest_on_may_go(library: TinyLibrary) -> None:
    held = _read_otherwise(library, "desk", "team", "host")
    for _ in range(len(held)):
        _assert_all_come_out(library, held)
        first = min(held)
        del held[first]
        with Pack.writing(library.builds) as pack:
            pack.remove([first])
        assert len(_bases(library)) == max(0, 4 * (len(held) - 1))


def test_damage_to_what_others_rest_on_is_told(library: TinyLibrary) -> None:
    held = _read_otherwise(library, "desk", "team")
    with closing(sqlite3.connect(library.builds / "pack" / "blocks.sqlite")) as store, store:
        store.execute("UPDATE blocks SET content = substr(content, 2) WHERE number = ?", (_bases(library)[0],))
    with (
        pytest.raises(BuildDamagedError, match="a block of packed builds is damaged"),
        past_build(library.builds, max(held), scratch=library.root),
    ):
        pass

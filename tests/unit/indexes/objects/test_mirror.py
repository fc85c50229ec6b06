"""A mirror has the live build whole or as it was before; nothing of what the store does wrong is ever opened."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from indexes.builds import current_build_id, open_build
from indexes.durable import written_beside
from indexes.errors import BuildDamagedError, BuildError, NoBuildError, ObjectStoreError
from indexes.manifest import read_manifest
from indexes.objects.mirror import Mirror
from indexes.objects.shared_folder import SharedFolder
from indexes.objects.store import manifest_key, object_key
from tests.support.object_parts import Machines
from tests.support.object_server import ObjectServer


def _folders(mirror: Mirror) -> set[str]:
    return {path.name for path in mirror.folder.iterdir() if path.is_dir()}


def _largest(machines: Machines) -> str:
    return max(machines.store.list("objects/"), key=lambda stored: stored.size).key


def test_a_second_look_and_a_start_with_a_warm_cache_fetch_nothing(
    bucket_machines: Machines, object_server: ObjectServer
) -> None:
    bucket_machines.publish(10)
    bucket_machines.mirror("reader").follow()
    object_server.faults.seen.clear()
    bucket_machines.mirror("reader").follow()
    assert [(method, path.split("/")[-1]) for method, path in object_server.faults.seen] == [("GET", "current")]


def test_only_what_changed_is_fetched(bucket_machines: Machines, object_server: ObjectServer) -> None:
    bucket_machines.publish(10)
    reader = bucket_machines.mirror("reader")
    reader.follow()
    bucket_machines.publish(11)
    object_server.faults.seen.clear()
    reader.follow()
    fetched = {path for method, path in object_server.faults.seen if method == "GET" and "/objects/" in path}
    files = len([path for path in (reader.folder / reader.live()[0]).rglob("*") if path.is_file()]) - 1
    assert 0 < len(fetched) < files


def test_nothing_published_is_said_and_leaves_nothing(machines: Machines) -> None:
    mirror = machines.mirror("reader")
    with pytest.raises(NoBuildError, match=r"no current build in file://\S+: run greenlit ingest"):
        mirror.follow()


@pytest.mark.parametrize("wrong", ["half", "another", "gone"])
def test_a_file_that_is_not_what_its_hash_says_is_never_opened_and_what_was_here_stays(
    machines: Machines, wrong: str
) -> None:
    machines.publish(10)
    reader = machines.mirror("reader")
    first = reader.follow()
    before = {stored.key for stored in machines.store.list("objects/")}
    machines.publish(11)
    key = max({stored.key for stored in machines.store.list("objects/")} - before)
    content, _ = machines.store.get(key)
    if wrong == "gone":
        machines.store.delete([key])
    else:
        machines.store.put(key, content[: len(content) // 2] if wrong == "half" else os.urandom(len(content)))

    with pytest.raises(BuildDamagedError, match=key):
        reader.follow()
    assert current_build_id(reader.folder) == first
    assert "for 10 years" in machines.text(reader)

    machines.store.put(key, content)
    machines.seconds += 301
    reader.follow()
    assert "for 11 years" in machines.text(reader)


def test_what_cannot_be_fetched_is_not_tried_with_every_look(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    content, _ = machines.store.get(_largest(machines))
    machines.store.put(key := _largest(machines), b"wrong")
    reader = machines.mirror("reader")
    with pytest.raises(BuildDamagedError):
        reader.follow()
    machines.store.put(key, content)
    with pytest.raises(BuildDamagedError):
        reader.follow()
    machines.seconds += 11
    assert reader.follow() == build_id


def test_another_build_than_the_one_that_could_not_be_fetched_is_fetched_at_once(machines: Machines) -> None:
    machines.publish(10)
    machines.store.put(_largest(machines), b"wrong")
    reader = machines.mirror("reader")
    with pytest.raises(BuildDamagedError):
        reader.follow()
    build_id = machines.publish(11).build_id
    assert reader.follow() == build_id


def test_what_was_fetched_before_it_was_cut_off_is_not_fetched_again(
    bucket_machines: Machines, object_server: ObjectServer
) -> None:
    bucket_machines.publish(10)
    faults = object_server.faults
    faults.methods, faults.path = frozenset({"GET"}), _largest(bucket_machines)
    faults.status, faults.code = "403 Forbidden", "AccessDenied"
    reader = bucket_machines.mirror("reader")
    with pytest.raises(ObjectStoreError, match="denies access"):
        reader.follow()
    fetched = {path for method, path in faults.seen if method == "GET" and "/objects/" in path}
    faults.none()
    bucket_machines.seconds += 11
    reader.follow()
    again = {path for method, path in faults.seen if method == "GET" and "/objects/" in path}
    assert fetched & again == {path for path in fetched if path.endswith(_largest(bucket_machines))}


def test_a_current_that_names_a_build_that_is_not_there_changes_nothing(machines: Machines) -> None:
    first = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    machines.store.put("current", b"20300101T000000Z-00\n")
    with pytest.raises(NoBuildError, match="the build 20300101T000000Z-00 is not in file://"):
        reader.follow()
    assert current_build_id(reader.folder) == first


STRANGE_FILES: list[dict[str, Any]] = [
    *({name: "ab" * 32} for name in ("../../evil", "/etc/evil", "a/../../evil", "a/./evil", "a//evil", "a/", "", ".")),
    *({name: "ab" * 32} for name in ("e\0vil", "e\ud800vil", "manifest.json")),
    *({"evil": sha256} for sha256 in ("../../../evil", "AB" * 32, "ab" * 31, 7, None)),
]


def test_a_manifest_that_names_what_is_outside_of_its_build_or_no_hash_is_refused(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    manifest = read_manifest(machines.library.root / "writer" / build_id)
    for files in STRANGE_FILES:
        evil = replace(manifest, files=files)
        content = json.dumps({"id": evil.build_id(), **evil._fields()}).encode()
        machines.store.put(manifest_key(evil.build_id()), content)
        machines.store.put("current", f"{evil.build_id()}\n".encode())
        with pytest.raises(BuildDamagedError, match="names a file outside of it, or one without its hash"):
            machines.mirror("reader").follow()


def test_whatever_stands_in_the_place_of_a_manifest_is_told_as_damage(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    for content in (b"[" * 100_000, b"", b"null", b"{}", b"\xff", b'{"format": 5, "id": "x", "files": [1]}'):
        machines.store.put(manifest_key(build_id), content)
        with pytest.raises(BuildDamagedError, match="is not a manifest"):
            machines.mirror("reader").follow()


def test_a_current_that_names_no_build_changes_nothing(machines: Machines) -> None:
    first = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    for content in (b"../../etc", b"a/b", b"\xff", b"", b"x" * 3_000_000):
        machines.store.put("current", content)
        with pytest.raises(BuildDamagedError, match=r"current in file://\S+"):
            reader.follow()
        assert reader.here() == first


def test_a_bad_publication_is_undone_by_naming_the_one_before(machines: Machines) -> None:
    first = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    machines.publish(11)
    reader.follow()
    machines.store.put("current", f"{first}\n".encode())
    assert reader.follow() == first
    assert "for 10 years" in machines.text(reader)


def test_the_cache_keeps_the_live_build_and_the_one_before(machines: Machines) -> None:
    reader = machines.mirror("reader")
    made = []
    for years in range(4):
        made.append(machines.publish(years).build_id)
        reader.follow()
    assert _folders(reader) == set(made[-2:])


def test_a_file_here_that_was_damaged_is_fetched_again(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    damaged = reader.folder / build_id / "dense.faiss"
    damaged.chmod(0o600)
    damaged.write_bytes(b"rot")
    with pytest.raises(BuildDamagedError):
        machines.text(reader)

    reader.follow(damaged=True)
    assert "for 10 years" in machines.text(reader)


def test_a_file_here_that_was_damaged_is_fetched_again_each_time(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    reader = machines.mirror("reader")
    for _ in range(2):
        reader.follow()
        (reader.folder / build_id / "dense.faiss").unlink()
        (reader.folder / build_id / "dense.faiss").write_bytes(b"rot")
        reader.follow(damaged=True)
        reader.follow(damaged=True)  # nobody has opened it yet
        assert "for 10 years" in machines.text(reader)


def test_while_another_process_fetches_nothing_is_done(machines: Machines) -> None:
    machines.publish(10)
    reader = machines.mirror("reader")
    reader.folder.mkdir()
    with FileLock(reader.folder / ".fetching.lock"):
        reader.follow()
        assert not (reader.folder / "current").exists()
    reader.follow()
    assert (reader.folder / "current").exists()


def test_originals_come_one_by_one_when_they_are_asked_for_and_stay(
    bucket_machines: Machines, object_server: ObjectServer
) -> None:
    build_id = bucket_machines.publish(10).build_id
    reader = bucket_machines.mirror("reader")
    reader.follow()
    assert list((reader.folder / build_id / "originals").iterdir()) == []

    build = open_build(reader.folder / build_id, originals=reader.original)
    (_, sha256), *_ = build.documents
    assert b"for 10 years" in build.original(sha256)
    object_server.faults.seen.clear()
    assert b"for 10 years" in build.original(sha256)
    assert object_server.faults.seen == []
    build.passages.close()
    open_build(reader.folder / build_id, originals=reader.original).passages.close()


def test_an_original_that_is_being_kept_is_not_in_the_way_of_whoever_opens_its_build(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    build = open_build(reader.folder / build_id, originals=reader.original)
    (_, sha256), *_ = build.documents

    @contextlib.contextmanager
    def looked_at(path: Path, content: bytes, *, mode: int) -> Iterator[Path]:
        with written_beside(path, content, mode=mode) as beside:
            machines.text(reader)  # another process opens the build at this moment
            yield beside

    with monkeypatch.context() as patch:
        patch.setattr("indexes.builds.written_beside", looked_at)
        build.original(sha256)
    build.passages.close()
    assert (reader.folder / build_id / "originals" / sha256).exists()
    (reader.folder / f".{sha256}.0123456789abcdef").write_bytes(b"left by a crash")
    machines.publish(11)
    reader.follow()
    assert not list(reader.folder.glob(f".{sha256}*"))


def test_an_original_that_is_another_is_not_given(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    build = open_build(reader.folder / build_id, originals=reader.original)
    (_, sha256), *_ = build.documents
    machines.store.put(object_key(sha256), b"something else")
    with pytest.raises(BuildDamagedError, match="is not what was put there"):
        build.original(sha256)
    assert list((reader.folder / build_id / "originals").iterdir()) == []
    build.passages.close()


def test_a_build_of_the_past_is_fetched_whole_or_its_texts_alone(machines: Machines, tmp_path: Path) -> None:
    first = machines.publish(10).build_id
    machines.publish(11)
    mirror = machines.mirror("reader")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    build = open_build(mirror.past(first, tmp_path / "a"), originals=mirror.original)
    assert "for 10 years" in str(build.passages.text("legal/a.md"))
    build.passages.close()
    assert mirror.past_passages(first, tmp_path / "b").is_file()
    assert {path.name for path in (tmp_path / "b" / first).iterdir()} == {
        "manifest.json",
        "originals",
        "passages.sqlite",
    }
    with pytest.raises(NoBuildError):
        mirror.past("20300101T000000Z-00", tmp_path)


def test_a_disk_without_room_is_told_and_the_build_before_stays(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = machines.publish(10).build_id
    reader = machines.mirror("reader")
    reader.follow()
    machines.publish(11)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(SharedFolder, "fetch", full)
        with pytest.raises(BuildError, match="No space left"):
            reader.follow()
    assert current_build_id(reader.folder) == first


def test_a_manifest_that_was_changed_is_not_believed(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    content, _ = machines.store.get(manifest_key(build_id))
    machines.store.put(manifest_key(build_id), content.replace(b"legal/a.md", b"legal/b.md"))
    with pytest.raises(BuildDamagedError, match="was changed"):
        machines.mirror("reader").follow()


def test_the_mirror_and_what_it_lies_in_are_for_their_owner_alone(machines: Machines) -> None:
    machines.publish(10)
    reader = machines.mirror("var/builds/0123")
    reader.follow()
    places = (reader.folder, reader.folder.parent, reader.folder.parent.parent)
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in places] == [0o700] * 3

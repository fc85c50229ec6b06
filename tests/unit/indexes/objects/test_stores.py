"""What every object store does for builds, in a real bucket and in a shared folder alike."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexes.errors import ChangedError, NoObjectError, ObjectStoreError
from indexes.objects.opening import open_store
from indexes.objects.store import ObjectStore, time_there

_PART_BYTES = 5 << 20  # the least that S3 takes


@pytest.fixture(params=["bucket", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "bucket":
        return open_store(request.getfixturevalue("bucket_address"))
    (tmp_path / "a share").mkdir()
    return open_store(f"file://{tmp_path}/a%20share")


def test_what_was_put_is_got_and_another_takes_its_place(store: ObjectStore) -> None:
    store.put("objects/ab/one", b"first")
    first = store.get("objects/ab/one")
    store.put("objects/ab/one", b"second")

    assert first[0] == b"first"
    assert store.get("objects/ab/one")[0] == b"second"
    assert store.get("objects/ab/one")[1] != first[1]
    assert store.stat("objects/ab/one").size == len(b"second")


def test_what_is_not_there_is_said_to_be(store: ObjectStore, tmp_path: Path) -> None:
    for look in (store.get, store.stat, lambda key: store.fetch(key, tmp_path / "x")):
        with pytest.raises(NoObjectError, match="holds no objects/ab/none"):
            look("objects/ab/none")
    store.delete(["objects/ab/none"])


def test_a_listing_has_what_begins_so_and_nothing_else(store: ObjectStore) -> None:
    for key in ("builds/a.json", "builds/b.json", "objects/aa/aa", "current"):
        store.put(key, b"x")
    assert sorted(one.key for one in store.list("builds/")) == ["builds/a.json", "builds/b.json"]
    assert [one.key for one in store.list("objects/")] == ["objects/aa/aa"]
    assert store.list("holds/") == []
    store.delete(["builds/a.json"])
    assert [one.key for one in store.list("builds/")] == ["builds/b.json"]


def test_a_swap_takes_the_place_only_of_what_was_seen(store: ObjectStore) -> None:
    store.swap("current", b"one", tag=None)
    with pytest.raises(ChangedError):
        store.swap("current", b"another first", tag=None)
    _, tag = store.get("current")
    store.swap("current", b"two", tag=tag)
    with pytest.raises(ChangedError):
        store.swap("current", b"three", tag=tag)
    assert store.get("current")[0] == b"two"


def test_a_swap_of_what_went_away_is_none(store: ObjectStore) -> None:
    store.swap("current", b"one", tag=None)
    _, tag = store.get("current")
    store.delete(["current"])
    with pytest.raises((ChangedError, NoObjectError)):
        store.swap("current", b"two", tag=tag)


@pytest.mark.parametrize("size", [0, 1, _PART_BYTES + 3])
def test_a_file_comes_back_byte_for_byte_however_large(
    store: ObjectStore, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.objects.bucket.PART_BYTES", _PART_BYTES)
    content = os.urandom(size)
    (tmp_path / "sent").write_bytes(content)

    store.put("objects/ab/large", tmp_path / "sent")
    store.fetch("objects/ab/large", tmp_path / "got")

    assert (tmp_path / "got").read_bytes() == content


@pytest.mark.parametrize("size", [10, 300_000])
def test_of_what_is_too_large_only_the_beginning_is_got(store: ObjectStore, size: int) -> None:
    store.put("current", b"x" * size)
    content, tag = store.get("current", most_bytes=10)
    assert content == b"x" * min(size, 10)
    store.swap("current", b"y", tag=tag)
    with pytest.raises(ChangedError):
        store.swap("current", b"z", tag=tag)


def test_the_store_tells_its_time(store: ObjectStore) -> None:
    assert abs(time_there(store) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_share_that_refuses_while_it_is_read_is_told_as_such_and_not_as_the_disk_here(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "object").symlink_to("/proc/self/mem")  # opens, and gives nothing
    with pytest.raises(ObjectStoreError, match=r"^object in file://\S+/share cannot be read: Input/output error$"):
        open_store(f"file://{tmp_path}/share").fetch("object", tmp_path / "got")

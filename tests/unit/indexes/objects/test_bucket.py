"""What goes wrong with a bucket is told in words that say who has to do what, and never with a secret."""

import errno
import os
import time
from pathlib import Path

import pytest

from indexes.errors import NoObjectError, ObjectStoreError
from indexes.objects import bucket
from indexes.objects.opening import open_store
from tests.support.object_server import Faults, ObjectServer


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_TRIES", 0)


@pytest.fixture
def faults(object_server: ObjectServer) -> Faults:
    return object_server.faults


def test_credentials_that_are_not_taken(bucket_address: str, faults: Faults) -> None:
    faults.methods = frozenset({"GET", "PUT"})
    for code in ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"):
        faults.status, faults.code = "403 Forbidden", code
        with pytest.raises(
            ObjectStoreError, match=rf"{bucket_address} does not take the credentials \({code}\)"
        ) as told:
            open_store(bucket_address).get("current")
        assert "AKIATEST" not in str(told.value)
        assert "hush" not in str(told.value)


def test_a_bucket_that_is_not_there(bucket_address: str) -> None:
    address = bucket_address.replace("test-", "gone-")
    store = open_store(address)
    for ask in (lambda: store.get("current"), lambda: store.put("clock", b""), lambda: store.list("builds/")):
        with pytest.raises(ObjectStoreError, match=f"the bucket of {address} is not there: make it, or mend"):
            ask()


def test_an_account_that_may_read_and_not_write(bucket_address: str, faults: Faults, tmp_path: Path) -> None:
    store = open_store(bucket_address)
    store.put("current", b"x")
    faults.methods, faults.status, faults.code = frozenset({"PUT"}), "403 Forbidden", "AccessDenied"
    assert store.get("current")[0] == b"x"
    (tmp_path / "file").write_bytes(b"x")
    for content in (b"x", tmp_path / "file"):
        with pytest.raises(ObjectStoreError, match="denies access to objects/ab/x: let this account write, list and"):
            store.put("objects/ab/x", content)
    with pytest.raises(ObjectStoreError, match="denies access to current"):
        store.swap("current", b"y", tag=None)


def test_a_store_that_is_too_slow(bucket_address: str, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_REQUEST_S", 0.05)
    store = open_store(bucket_address)
    faults.methods, faults.delay_s = frozenset({"GET"}), 0.2
    with pytest.raises(ObjectStoreError, match=r"cannot be read \(no answer\w*.*\): see whether it is up"):
        store.get("current")


def test_a_store_that_is_not_up(bucket_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(
        ObjectStoreError, match=r"current in s3://\S+ cannot be read \(no answer\): see whether it is up"
    ):
        open_store(bucket_address).get("current")


def test_nobody_who_could_ask(bucket_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ObjectStoreError, match="there are no credentials for s3://"):
        open_store(bucket_address).get("current")


def test_what_fails_for_a_moment_is_asked_again(
    bucket_address: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_TRIES", 2)
    store = open_store(bucket_address)
    store.put("current", b"x")
    faults.methods, faults.status, faults.code, faults.times = frozenset({"GET"}), "503 Slow Down", "SlowDown", 1
    assert store.get("current")[0] == b"x"


def test_a_key_that_is_not_there_is_no_trouble_of_the_store(bucket_address: str) -> None:
    with pytest.raises(NoObjectError):
        open_store(bucket_address).get("current")


def test_a_file_that_is_half_there_is_not_waited_for(
    bucket_address: str, faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(bucket_address)
    store.put("objects/ab/x", b"x" * 20)
    monkeypatch.setattr(bucket, "PART_BYTES", 8)
    faults.methods, faults.instead = frozenset({"GET"}), b"short"
    began = time.monotonic()
    with pytest.raises(ObjectStoreError, match="objects/ab/x"):
        store.fetch("objects/ab/x", tmp_path / "got")
    assert time.monotonic() - began < 30


def test_a_disk_that_is_full_is_told_as_such_and_not_as_an_object_that_is_damaged(
    bucket_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the last bytes that have room without a word: an object must not be removed for that."""
    store, write = open_store(bucket_address), os.pwrite
    store.put("objects/ab/x", b"x" * 20)
    monkeypatch.setattr(os, "pwrite", lambda file, content, at: write(file, content[:7], at))
    store.fetch("objects/ab/x", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"x" * 20

    def full(file: int, content: memoryview, at: int) -> int:
        if at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, content[:7], at)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        store.fetch("objects/ab/x", tmp_path / "got")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "indexes.objects.bucket", None)
    with pytest.raises(ObjectStoreError, match=r"pip install 'greenlit\[objects\]'"):
        open_store("s3://bucket/prefix")

"""A store that is shrunk holds what it held, in a file as small as that needs; cut off anywhere, it holds it too."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Payload
from tests.support.forked import Forked

ORIGIN = "greenlit/audit/2026-11"
NAMES = {"audit.sqlite", "audit.lock"}


def _fill(folder: Path) -> None:
    """Make a store in which most texts were erased."""
    with closing(SqliteLeafStore.open(folder)) as store:
        payload = Payload(field="prompt", key_id="payload-2026-11-1", sealed=bytes(20_000))
        entry = [Entry(ORIGIN, "query.received", n, f"request-{n}", b"leaf", (payload,)) for n in range(50)]
        store.append(entry)
        store.append([Entry(ORIGIN, "payload.erased", 50, "", b"erased", erases=((0, 39),))])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "var"
    _fill(folder)
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "var")


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteLeafStore]:
    with closing(SqliteLeafStore.open(folder)) as opened:
        yield opened


def _held(store: SqliteLeafStore) -> tuple[list[object], dict[int, object]]:
    return list(store.leaves(-1, 100)), dict(store.payloads_of(range(60)))


def test_the_file_gets_as_small_as_what_it_holds_and_stays_the_same_file(store: SqliteLeafStore, folder: Path) -> None:
    before, inode = _held(store), (folder / "audit.sqlite").stat().st_ino
    was, now = store.shrink()
    assert now < was / 3
    assert (folder / "audit.sqlite").stat().st_size == now
    assert (folder / "audit.sqlite").stat().st_ino == inode
    assert _held(store) == before
    assert store.damage() is None
    store.append([Entry(ORIGIN, "query.received", 51, "request-51", b"leaf", ())])
    assert store.size() == 52


def test_shrinking_again_changes_nothing(store: SqliteLeafStore) -> None:
    _, now = store.shrink()
    assert store.shrink() == (now, now)


def test_without_room_for_it_nothing_is_begun(store: SqliteLeafStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _held(store)
    monkeypatch.setattr("service.audit.storage.sqlite_store.shutil.disk_usage", lambda _: os_usage(free=1_000))
    with pytest.raises(AuditUnavailableError, match=r"expected \d+ bytes free to write .*, got 1000: make room"):
        store.shrink()
    assert _held(store) == before


def os_usage(*, free: int) -> object:
    return type("Usage", (), {"free": free})()


def test_a_store_that_is_closed_is_not_shrunk(folder: Path) -> None:
    store = SqliteLeafStore.open(folder)
    store.close()
    with pytest.raises(AuditUnavailableError, match="is closed"):
        store.shrink()


def shrink_until(path: str, steps: str) -> None:
    """Shrink a store, and die of a kill after so many hundreds of steps of SQLite."""
    store = SqliteLeafStore.open(Path(path))
    assert store._writer is not None
    left = [int(steps)]

    def die() -> int:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    store._writer.set_progress_handler(die, 100)
    store.shrink()
    os.kill(os.getpid(), signal.SIGKILL)  # before the store is closed


@pytest.mark.parametrize("steps", [0, 3, 6, 9, 10_000])  # there are ten
def test_a_kill_at_any_step_loses_nothing(folder: Path, steps: int) -> None:
    with closing(SqliteLeafStore.open(folder)) as store:
        before = _held(store)
    code = "import sys; from tests.unit.service.audit.storage.test_shrinking import shrink_until as f; f(*sys.argv[1:])"
    with Forked(code, str(folder), str(steps), environment={"PATH": os.defpath}, folder=folder) as child:
        child.communicate()
    with closing(SqliteLeafStore.open(folder)) as store:
        assert _held(store) == before
        assert store.damage() is None
    assert {path.name for path in folder.iterdir()} <= NAMES | {"audit.sqlite-wal", "audit.sqlite-shm"}

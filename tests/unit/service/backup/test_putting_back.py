"""What is missing is put back from a copy that is whole, by one at a time; what is there is never written over."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from service.audit.opening import open_log
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock
from service.backup import copying
from service.backup import putting_back as module
from service.backup.errors import BackupError, InUseError
from service.backup.places import Places
from service.backup.putting_back import PutBack, copy_named, put_back
from tests.support.backup_parts import fill, places_in, taking
from tests.support.small_log import NAME, at_us, open_small_log

NOW_US = at_us("2026-11-21T08:00:00Z")


class Copied(NamedTuple):
    """An installation that does not run, and a copy of it."""

    places: Places
    copy: Path

    def put_back(self, *, replace: bool = False) -> PutBack:
        return put_back(self.copy, self.places, log_name=NAME, replace=replace, now_us=NOW_US)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    places = places_in(folder)
    with open_small_log(places.state) as log:
        fill(places)
        log.ask()
    taking(places, builds=True).into(folder / "copies")
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Copied:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Copied(places_in(tmp_path), copy_named(tmp_path / "copies"))


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_on_a_new_machine_everything_is_put_back(copied: Copied) -> None:
    for folder in (copied.places.state, copied.places.builds):
        shutil.rmtree(folder)
    (copied.places.library / "register.jsonl").unlink()
    done = copied.put_back()
    assert done.log_is_older
    assert set(done.put) | {"library/sources.toml"} == set(done.account.files)
    held = files_in(copied.copy)
    assert all(copied.places.of(name).read_bytes() == held[name] for name in done.put)
    assert done.put.index("state/audit.sqlite") == len(done.put) - 1


def test_only_what_is_missing_is_put_back(copied: Copied) -> None:
    (copied.places.state / "audit.sqlite").unlink()
    (copied.places.state / "token").write_text("newer")
    remembered = files_in(copied.places.keys)
    done = copied.put_back()
    assert done.put == ["state/audit.sqlite"]
    assert (copied.places.state / "token").read_text() == "newer"
    assert files_in(copied.places.keys) == remembered


def test_an_older_memory_is_never_put_beside_a_newer_one(copied: Copied) -> None:
    (old,) = copied.places.keys.glob("signed*.json")
    old.rename(copied.places.keys / "signed-newer.json")
    (copied.places.state / "audit.sqlite").unlink()
    done = copied.put_back()
    assert done.put == ["state/audit.sqlite"]
    assert [path.name for path in copied.places.keys.glob("signed*.json")] == ["signed-newer.json"]


def test_a_log_that_was_begun_where_the_real_one_was_lost_counts_as_none(copied: Copied) -> None:
    (copied.places.state / "audit.sqlite").unlink()
    SqliteLeafStore.open(copied.places.state).close()
    done = copied.put_back()
    assert done.put == ["state/audit.sqlite"]
    assert [path.name for path in done.aside[0].iterdir()] == ["audit.sqlite"]


def test_the_key_of_a_log_that_was_begun_so_gives_way_to_the_one_that_signed(copied: Copied) -> None:
    shutil.rmtree(copied.places.state)
    keys = copied.places.keys
    open_log(
        copied.places.state, keys=keys, name=NAME, clock=lambda: NOW_US
    ).close()  # whoever looks what is wrong does
    made = (keys / "signing.key").read_bytes()
    done = copied.put_back()
    now = {name: data for name, data in files_in(keys).items() if not name.startswith(".before-")}
    assert now == files_in(copied.copy / "keys")
    assert [(path.parent.name, (path / "signing.key").read_bytes()) for path in done.aside[1:]] == [("keys", made)]


def test_a_key_that_signed_stays_beside_an_empty_log(copied: Copied) -> None:
    (copied.places.state / "audit.sqlite").unlink()
    SqliteLeafStore.open(copied.places.state).close()
    (copied.places.keys / "signing.key").write_bytes(b"n" * 32)
    done = copied.put_back()
    assert "keys/signing.key" in done.kept
    assert (copied.places.keys / "signing.key").read_bytes() == b"n" * 32


def test_what_lacks_nothing_is_left_alone_unless_it_is_to_go_aside(copied: Copied) -> None:
    before = files_in(copied.places.state)
    with pytest.raises(InUseError, match=r"nothing of the copy is missing here: .* --replace"):
        copied.put_back()
    assert {**files_in(copied.places.state), LOCK_FILE: b""} == {**before, LOCK_FILE: b""}
    done = copied.put_back(replace=True)
    assert done.log_is_older
    assert {path.parent.name for path in done.aside} == {"state", "keys"}
    aside = {name for path in done.aside for name in files_in(path)}
    assert {"audit.sqlite", "token", "signing.key"} <= aside
    assert (copied.places.state / "audit.sqlite").exists()


@pytest.mark.parametrize("cut", ["backup.json", "state/audit.sqlite", "keys/signing.key"])
def test_a_copy_that_was_cut_off_is_named_and_nothing_is_touched(copied: Copied, cut: str) -> None:
    shutil.rmtree(copied.places.state)
    path = copied.copy / cut
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(BackupError, match=f"{path} .*take another"):
        copied.put_back()
    assert not copied.places.state.exists()


def test_a_byte_that_was_changed_and_a_file_that_is_gone_are_named(copied: Copied) -> None:
    shutil.rmtree(copied.places.state)
    key = copied.copy / "keys" / "signing.key"
    key.write_bytes(key.read_bytes()[:-1] + b"?")
    with pytest.raises(BackupError, match=f"{key} was changed: expected SHA-256"):
        copied.put_back()
    key.unlink()
    with pytest.raises(BackupError, match=f"{key} of the backup cannot be read"):
        copied.put_back()
    assert not copied.places.state.exists()


def test_a_folder_that_is_no_copy_is_refused(tmp_path: Path, copied: Copied) -> None:
    with pytest.raises(BackupError, match="expected a copy made by greenlit backup, or a folder of such, got"):
        copy_named(tmp_path / "library")
    (copied.copy / "backup.json").write_text('{"form": 9}')
    with pytest.raises(BackupError, match="has the form 9, expected 1: use the Greenlit that made it"):
        copied.put_back()


def test_a_name_that_leads_out_of_the_copy_is_refused(copied: Copied) -> None:
    account = json.loads((copied.copy / "backup.json").read_text())
    account["files"]["state/../../outside"] = account["files"]["state/token"]
    (copied.copy / "backup.json").write_text(json.dumps(account))
    with pytest.raises(BackupError, match="names a file outside of the backup"):
        copied.put_back()


def test_another_logs_copy_is_refused(copied: Copied) -> None:
    with pytest.raises(BackupError, match=r"the copy is of the log greenlit\.local, expected another\.name"):
        put_back(copied.copy, copied.places, log_name="another.name", replace=True, now_us=NOW_US)


def test_an_installation_that_runs_is_not_touched(copied: Copied) -> None:
    (copied.places.state / "audit.sqlite").unlink()
    lock = WriterLock(path=copied.places.state / LOCK_FILE)
    lock.take()
    with pytest.raises(InUseError, match="is in use by greenlit serve, by another command"):
        copied.put_back()
    lock.release()
    assert copied.put_back().put == ["state/audit.sqlite"]


def test_a_restore_that_was_cut_off_is_taken_up(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(copied.places.state)
    put_already: list[str] = []

    def cut_off(source: Path, target: Path, sha256: str) -> None:
        if len(put_already) == 5:
            raise OSError(28, "No space left on device", str(target))
        put(source, target, sha256)
        put_already.append(target.name)

    put = copying.put
    monkeypatch.setattr(module, "put", cut_off)
    with pytest.raises(BackupError, match=r"No space left on device.*restore again: what was put back stays"):
        copied.put_back()
    assert not (copied.places.state / "audit.sqlite").exists()
    monkeypatch.setattr(module, "put", put)
    done = copied.put_back()
    assert done.log_is_older
    assert len(done.kept) >= len(put_already)


def test_a_library_that_is_not_there_is_not_made(copied: Copied) -> None:
    shutil.rmtree(copied.places.state)
    shutil.rmtree(copied.places.library)
    done = copied.put_back()
    assert sorted(done.left) == ["library/register.jsonl", "library/sources.toml"]
    assert not copied.places.library.exists()

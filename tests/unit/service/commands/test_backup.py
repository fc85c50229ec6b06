"""`greenlit backup` and `greenlit restore`: each loss brought about, mended by the command, and said on record."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import greenlit
from ingest.pipeline import ingest
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.backup.places import Places
from tests.support.backup_parts import fill, places_in
from tests.support.fakes import TinyLibrary
from tests.support.small_log import NAME, open_small_log

Run = Callable[..., Result]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An installation whose log holds a question."""
    made = places_in(tmp_path)
    with open_small_log(made.state) as log:
        fill(made)
        log.ask()
    return made


@pytest.fixture(autouse=True)
def given_way(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How far a command stepped back behind others; this process does not."""
    steps: list[int] = []
    monkeypatch.setattr(os, "nice", steps.append)
    return steps


@pytest.fixture
def run(places: Places) -> Run:
    environment = {
        "GREENLIT_STATE": str(places.state),
        "GREENLIT_LIBRARY": str(places.library),
        "GREENLIT_BUILDS": str(places.builds),
        "GREENLIT_LOG_NAME": NAME,
    }

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(greenlit.app, [*map(str, arguments)], env=environment)

    return invoke


@pytest.fixture
def copies(run: Run, tmp_path: Path) -> Path:
    """A folder with one copy, made before two more questions came."""
    made = run("backup", tmp_path / "copies")
    assert made.exit_code == 0, made.output
    with open_small_log(tmp_path / "state", at="2026-11-20T10:00:00Z") as log:
        log.ask()
        log.opened.log.publish()
    return tmp_path / "copies"


def restored(places: Places) -> dict[str, Any]:
    """Return what the log says of the restore."""
    store = SqliteLeafStore(folder=places.state)
    (leaf,) = store.of_type("log.restored")
    said: dict[str, Any] = json.loads(leaf.leaf)
    return said


def test_a_copy_is_said_with_what_it_holds_and_older_ones_go(run: Run, tmp_path: Path) -> None:
    first = json.loads(run("backup", tmp_path / "copies", "--json").stdout)
    assert (first["records"], first["removed"]) == (7, [])
    second = run("backup", tmp_path / "copies", "--keep", 1)
    assert ": 7 records, " in second.stdout
    assert "It holds the keys: keep it as you would keep them." in second.stdout
    assert "Removed 1 older." in second.stdout
    assert not Path(first["folder"]).exists()


def test_who_asks_meanwhile_comes_first(run: Run, tmp_path: Path, given_way: list[int]) -> None:
    assert run("backup", tmp_path / "copies").exit_code == 0
    assert given_way == [10]


def test_a_lost_store_is_put_back_and_what_is_gone_is_counted(run: Run, copies: Path, places: Places) -> None:
    (places.state / "audit.sqlite").unlink()
    done = run("restore", copies, "--reason", "the disk died", "--by", "ann")
    assert done.exit_code == 0, done.output
    assert "Put back: state/audit.sqlite." in done.stdout
    assert "2 records that were signed are gone, 7 to 8: what was asked and answered there" in done.output
    said = restored(places)
    assert (said["from"]["size"], said["signed"]["size"], said["memory"]) == (7, 9, "here")
    history = said["origin"].rpartition(".")[2]
    assert f"goes on under the history {history}: record 8 says why." in done.stdout
    assert f"--accept-restored {history}" in done.stdout


def test_on_a_new_machine_nobody_can_tell_what_is_gone_and_that_is_said(run: Run, copies: Path, places: Places) -> None:
    for folder in (places.state, places.builds):
        shutil.rmtree(folder)
    (places.library / "register.jsonl").unlink()
    done = run("restore", copies)
    assert done.exit_code == 0, done.output
    assert "is gone, if anything was; nobody here can tell how much" in done.output
    assert "the register is that of the copy: what was approved, and what was revoked, since then" in done.output
    assert "There is no build: run greenlit ingest before greenlit serve." in done.stdout
    assert restored(places)["memory"] == "copied"


def test_a_lost_signing_key_is_put_back_and_the_log_goes_on_as_before(run: Run, copies: Path, places: Places) -> None:
    (places.keys / "signing.key").unlink()
    done = run("restore", copies)
    assert done.exit_code == 0, done.output
    assert "Put back: keys/signing.key." in done.stdout
    assert "history" not in done.stdout
    with open_small_log(places.state, at="2026-11-20T11:00:00Z") as log:
        log.ask()


def test_what_was_put_back_by_hand_is_refused_until_somebody_says_so(run: Run, copies: Path, places: Places) -> None:
    (copy,) = (path for path in copies.iterdir() if path.is_dir())
    shutil.rmtree(places.state)
    shutil.copytree(copy / "state", places.state)
    shutil.copytree(copy / "keys", places.keys)
    assert "expected --reason with --here" in run("restore", "--here").output
    done = run("restore", "--here", "--reason", "a snapshot of the disk was put back")
    assert done.exit_code == 0, done.output
    assert restored(places)["backup"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "expected a copy, or --here"),
        (("copies", "--here", "--reason", "x"), 2, "expected a copy, or --here"),
        (("library",), 1, "expected a copy made by greenlit backup, or a folder of such, got"),
        (("copies",), 1, "nothing of the copy is missing here"),
    ],
)
def test_what_it_cannot_do_is_said(run: Run, copies: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    given = [copies.parent / one if one in ("copies", "library") else one for one in arguments]
    done = run("restore", *given)
    assert (done.exit_code, words in done.output) == (code, True), done.output


def test_a_copy_is_checked_without_touching_anything(run: Run, copies: Path, places: Places) -> None:
    shutil.rmtree(places.state)
    assert "whole; made " in run("restore", copies, "--check").stdout
    (key,) = copies.glob("*/keys/signing.key")
    key.write_bytes(b"")
    done = run("restore", copies, "--check")
    assert (done.exit_code, "was cut off or changed: expected 32 bytes, got 0" in done.output) == (1, True)
    assert not places.state.exists()


def test_a_running_installation_is_copied_but_not_restored(run: Run, copies: Path, places: Places) -> None:
    with open_small_log(places.state, at="2026-11-20T11:00:00Z"):
        assert run("backup", copies).exit_code == 0
        done = run("restore", copies, "--replace")
    assert (done.exit_code, "is in use by greenlit serve" in done.output) == (1, True)


def test_the_files_of_a_build_are_told_as_one(places: Places, run: Run, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "copies", "--builds").exit_code == 0
    shutil.rmtree(places.builds)
    done = run("restore", tmp_path / "copies")
    assert "Put back: builds/current, builds/b1 (1 file).\n" in done.output
    assert "originals" not in done.output


def test_builds_that_another_library_made_are_told_when_a_copy_is_put_back(
    run: Run, copies: Path, places: Places, tmp_path: Path
) -> None:
    other = TinyLibrary(tmp_path / "other")
    other.add("legal/films.md", "# Films\n\nKeep films for ever.\n")
    shutil.rmtree(places.builds)
    ingest(replace(other.ingestion(), builds=places.builds))
    (places.state / "audit.sqlite").unlink()
    done = run("restore", copies)
    assert done.exit_code == 0, done.output
    assert "was made for another library" in " ".join(done.output.split())


def test_without_a_copy_of_the_signing_key_another_signs_and_it_is_to_be_handed_over(run: Run, places: Places) -> None:
    (places.keys / "signing.key").unlink()
    done = run("restore", "--here", "--reason", "the signing key is lost")
    assert done.exit_code == 0, done.output
    assert " is gone: it signs no more; a new one was made, on record" in done.output
    assert (
        "the log signs with a new key: give it to auditors and witnesses in person: greenlit.local/audit+"
        in done.output
    )

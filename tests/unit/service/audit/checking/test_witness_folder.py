"""A witness's folder: whose key and name it has, whose word is believed, who may read it, and what is put aside."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.checking.witness import Witness
from service.audit.errors import AuditKeyError, AuditUnavailableError, NoteError
from service.audit.formats import notes
from service.audit.formats.notes import read_checkpoint, signing_key_of, witness_key_of
from tests.support.witness_parts import KEY_NAME, NOW_S, LogOnDisk, kept_files, new_witness

OTHER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
NOVEMBER = "2026-11"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOnDisk]:
    with closing(LogOnDisk(tmp_path / "log")) as opened:
        opened.grow(3)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def witness(folder: Path, log: LogOnDisk) -> Witness:
    return new_witness(folder, log)


def test_evidence_is_kept_once_and_never_in_the_place_of_other_evidence(witness: Witness, folder: Path) -> None:
    first = witness.put_aside(NOVEMBER, b"one")
    assert first == folder / "2026-11.refused-20261120T120000Z.note"
    assert witness.put_aside(NOVEMBER, b"one") == first
    second = witness.put_aside(NOVEMBER, b"two")
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    other = witness.put_aside("shards", b"one", suffix=".txt")
    assert witness.refused() == sorted(path.name for path in (first, second, other))
    assert witness.months() == [], "evidence is nothing that was cosigned"


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_only_the_key_is_secret(folder: Path, log: LogOnDisk) -> None:
    new_witness(folder, log).cosign(log.note(), proof=[])
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in [*kept_files(folder), ".lock"]}
    assert modes == {
        ".lock": 0o600,
        "2026-11.note": 0o644,
        "log.pub": 0o644,
        "witness.key": 0o600,
        "witness.pub": 0o644,
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert (folder / "log.pub").read_text() == f"{log.key().text()}\n"


def test_a_folder_that_everybody_may_write_into_is_refused(folder: Path, log: LogOnDisk) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(AuditUnavailableError, match="everybody on this machine may write into"):
        new_witness(folder, log)


def test_a_folder_that_cannot_be_made_is_said(folder: Path, log: LogOnDisk) -> None:
    folder.write_text("a file")
    with pytest.raises(AuditUnavailableError, match=r"the witness's folder .*below cannot be used \(Not a directory\)"):
        new_witness(folder / "below", log)


def test_a_witness_keeps_its_name_and_its_key(folder: Path, log: LogOnDisk) -> None:
    first = new_witness(folder, log, name="witness.studio")
    again = Witness.open(folder, name=None, log_keys=[], clock_s=lambda: NOW_S)
    assert first.key() == again.key()
    assert again.key().name == "witness.studio"
    with pytest.raises(AuditKeyError, match=r"expected the name witness.studio, which this witness has, got another"):
        new_witness(folder, log, name="witness.other")


def test_a_witness_without_its_key_does_not_begin_anew(folder: Path, log: LogOnDisk) -> None:
    new_witness(folder, log)
    key = (folder / "witness.key").read_bytes()
    (folder / "witness.key").unlink()
    with pytest.raises(AuditKeyError, match=r"witness\.key is missing"):
        new_witness(folder, log)
    (folder / "witness.key").write_bytes(b"\x07" * 32)
    (folder / "witness.key").chmod(0o600)
    with pytest.raises(AuditKeyError, match=r"witness.key is not the key of .*witness.pub"):
        new_witness(folder, log)
    (folder / "witness.key").write_bytes(key)
    (folder / "witness.pub").write_text("no key")
    with pytest.raises(AuditKeyError, match=r"witness.pub cannot be read \(NoteError\)"):
        new_witness(folder, log)


def test_a_start_that_a_crash_cut_off_is_taken_up(folder: Path, log: LogOnDisk) -> None:
    new_witness(folder, log)
    key = (folder / "witness.key").read_bytes()
    (folder / "witness.pub").unlink()
    (folder / "log.pub").unlink()
    new_witness(folder, log)
    assert (folder / "witness.key").read_bytes() == key


def test_the_log_s_key_is_needed_once(folder: Path, log: LogOnDisk) -> None:
    with pytest.raises(AuditKeyError, match=r"expected the log's key the first time.*greenlit audit key"):
        Witness.open(folder, name=None, log_keys=[], clock_s=lambda: NOW_S)
    assert not folder.exists(), "nothing is made before it is known whom to believe"
    new_witness(folder, log)
    Witness.open(folder, name=None, log_keys=[], clock_s=lambda: NOW_S).cosign(log.note(), proof=[])


def test_another_key_is_believed_only_beside_one_that_is_known(folder: Path, log: LogOnDisk) -> None:
    witness = new_witness(folder, log)
    kept = read_checkpoint(witness.cosign(log.note(), proof=[]))
    new = signing_key_of(KEY_NAME, OTHER)
    by_new = notes.sign(kept, name=KEY_NAME, private=OTHER)

    with pytest.raises(AuditKeyError, match=r"expected the log's key that was handed over before, greenlit.*give both"):
        Witness.open(folder, name=None, log_keys=[new], clock_s=lambda: NOW_S)
    with pytest.raises(NoteError, match="give it in addition"):
        witness.cosign(by_new, proof=[])

    both = Witness.open(folder, name=None, log_keys=[log.key(), new], clock_s=lambda: NOW_S)
    both.cosign(by_new, proof=[])
    assert (folder / "log.pub").read_text() == f"{log.key().text()}\n{new.text()}\n"
    Witness.open(folder, name=None, log_keys=[new], clock_s=lambda: NOW_S).cosign(log.note(), proof=[])


def test_a_wrong_key_at_the_very_first_start_can_be_corrected(folder: Path, log: LogOnDisk) -> None:
    wrong = Witness.open(folder, name=None, log_keys=[signing_key_of(KEY_NAME, OTHER)], clock_s=lambda: NOW_S)
    with pytest.raises(NoteError, match="known log"):
        wrong.cosign(log.note(), proof=[])
    new_witness(folder, log).cosign(log.note(), proof=[])
    assert (folder / "log.pub").read_text() == f"{log.key().text()}\n"


@pytest.mark.parametrize("other", [witness_key_of(KEY_NAME, OTHER), signing_key_of("somebody.else/audit", OTHER)])
def test_keys_that_cannot_be_this_log_s_are_refused(folder: Path, log: LogOnDisk, other: notes.VerifierKey) -> None:
    with pytest.raises(AuditKeyError, match="expected keys of one log, all with its name"):
        Witness.open(folder, name=None, log_keys=[log.key(), other], clock_s=lambda: NOW_S)
    new_witness(folder, log).cosign(log.note(), proof=[])
    with pytest.raises(AuditKeyError, match="expected keys of one log, all with its name"):
        Witness.open(folder, name=None, log_keys=[log.key(), other], clock_s=lambda: NOW_S)


def test_keys_of_the_log_that_cannot_be_read_are_said(folder: Path, log: LogOnDisk) -> None:
    new_witness(folder, log)
    for wrong in (b"no key\n", b"\xff", log.key().text().encode()[:-4]):
        (folder / "log.pub").write_bytes(wrong)
        with pytest.raises(AuditKeyError, match=r"log.pub cannot be read .*put them back as they were handed over"):
            new_witness(folder, log)

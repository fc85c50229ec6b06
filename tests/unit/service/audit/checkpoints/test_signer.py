"""The signer: it signs one history only, whatever the store says, and never with a key that others may have."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from service.audit.checkpoints import signer as signer_module
from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.formats import notes
from service.audit.formats.notes import Checkpoint
from service.audit.formats.tree import consistency_proof
from tests.support import reference_tree
from tests.support.audit_parts import as_nobody

NAME = "greenlit/audit"
NOVEMBER, DECEMBER = "greenlit/audit/2026-11", "greenlit/audit/2026-12"
LEAVES = [b"leaf %d" % number for number in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def signer(folder: Path) -> Signer:
    signer = Signer(folder=folder, name=NAME)
    signer.create()
    return signer


def _checkpoint(size: int, origin: str = NOVEMBER, leaves: Sequence[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(origin, size, reference_tree.root(leaves[:size]))


def _proof(old: int, size: int, leaves: Sequence[bytes] = LEAVES) -> list[bytes]:
    return consistency_proof(old, size, lambda start, end: reference_tree.root(leaves[start:end]))


def test_nothing_is_touched_until_it_is_asked(folder: Path) -> None:
    signer = Signer(folder=folder, name=NAME)
    assert not signer.exists()
    assert signer.last() is None
    assert not folder.exists()


def test_a_first_key_is_made_once_and_its_public_half_is_shown(signer: Signer, folder: Path) -> None:
    key = signer.key()
    assert signer.exists()
    assert (folder / "signing.pub").read_text() == f"{key.text()}\n"
    assert notes.read_verifier_key(key.text()) == key
    assert key.name == NAME
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "signing.key": 0o600,
        "signing.pub": 0o600,
    }
    with pytest.raises(AuditKeyError, match=r"signing\.key, but it exists: it is left as it is"):
        signer.create()
    assert signer.key() == key


def test_what_it_signs_verifies_and_is_remembered(signer: Signer, folder: Path) -> None:
    note = signer.sign(_checkpoint(3), first_seq=7, proof=[])
    assert notes.verified(note, [signer.key()]) == _checkpoint(3)
    assert signer.last() == Signed(NOVEMBER, 7, 3, _checkpoint(3).root)
    value = json.loads((folder / "signed-1.json").read_text())
    inode, *_ = value.pop("file")
    assert value == {
        "origin": NOVEMBER,
        "first_seq": 7,
        "size": 3,
        "root": _checkpoint(3).root.hex(),
        "history": "",
    }
    assert inode == (folder / "signed-1.json").stat().st_ino
    assert (folder / "signed-1.json").stat().st_mode & 0o777 == 0o600


def test_it_follows_a_log_that_grows(signer: Signer) -> None:
    signer.sign(_checkpoint(3), first_seq=0, proof=[])
    signer.sign(_checkpoint(3), first_seq=0, proof=[])  # a crash may have come before the note was kept
    for old, size in ((3, 4), (4, 11), (11, 16), (16, 20)):
        note = signer.sign(_checkpoint(size), first_seq=0, proof=_proof(old, size))
        assert notes.verified(note, [signer.key()]).size == size


@pytest.mark.parametrize(
    ("checkpoint", "proof"),
    [
        (_checkpoint(8), _proof(8, 8)),  # smaller
        (_checkpoint(11, leaves=[b"other", *LEAVES[1:]]), []),  # as large, with another leaf
        (_checkpoint(14, leaves=[*LEAVES[:3], b"other", *LEAVES[4:]]), _proof(11, 14)),  # larger, changed before
        (_checkpoint(14), []),  # larger, not shown
        (_checkpoint(14), _proof(10, 14)),  # larger, shown for another size
    ],
)
def test_it_does_not_sign_a_second_history(signer: Signer, checkpoint: Checkpoint, proof: list[bytes]) -> None:
    signer.sign(_checkpoint(11), first_seq=0, proof=[])
    with pytest.raises(
        AuditUnavailableError, match=rf"does not follow from the checkpoint of 11 leaves that .* for {NOVEMBER}"
    ):
        signer.sign(checkpoint, first_seq=0, proof=proof)
    assert signer.last() == Signed(NOVEMBER, 0, 11, _checkpoint(11).root), "what was refused is not remembered"


def test_the_same_shard_cannot_begin_elsewhere(signer: Signer) -> None:
    signer.sign(_checkpoint(11), first_seq=4, proof=[])
    with pytest.raises(
        AuditUnavailableError, match=r"from number 4 on: .* got one that begins at 5; put the store back"
    ):
        signer.sign(_checkpoint(12), first_seq=5, proof=_proof(11, 12))


def test_another_shard_begins_where_the_one_before_ended(signer: Signer) -> None:
    signer.sign(_checkpoint(11), first_seq=4, proof=[])
    for first_seq in (0, 14, 16):
        with pytest.raises(AuditUnavailableError, match=rf"up to number 14: .* got one that begins at {first_seq};"):
            signer.sign(_checkpoint(1, DECEMBER), first_seq=first_seq, proof=[])
    signer.sign(_checkpoint(1, DECEMBER), first_seq=15, proof=[])
    assert signer.last() == Signed(DECEMBER, 15, 1, _checkpoint(1).root)
    with pytest.raises(AuditUnavailableError, match="begins at 4"):
        signer.sign(_checkpoint(12), first_seq=4, proof=[])


def test_nothing_is_signed_that_could_not_be_remembered(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    signer.sign(_checkpoint(3), first_seq=0, proof=[])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(
            AuditKeyError, match=r"signed-2\.json cannot be written \(No space left on device\): make room"
        ):
            signer.sign(_checkpoint(4), first_seq=0, proof=_proof(3, 4))
    assert signer.last() == Signed(NOVEMBER, 0, 3, _checkpoint(3).root)
    signer.sign(_checkpoint(4), first_seq=0, proof=_proof(3, 4))


def test_the_memory_is_durable_before_a_signature_exists(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **_more: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(notes, "sign", crash)
    with pytest.raises(KeyboardInterrupt):
        signer.sign(_checkpoint(3), first_seq=0, proof=[])
    assert signer.last() == Signed(NOVEMBER, 0, 3, _checkpoint(3).root)


def test_a_key_that_was_taken_away_signs_nothing_although_it_was_read_before(signer: Signer, folder: Path) -> None:
    signer.sign(_checkpoint(3), first_seq=0, proof=[])
    kept = (folder / "signing.key").read_bytes()
    (folder / "signing.key").unlink()
    with pytest.raises(AuditKeyError, match=r"signing\.key is missing: .* put it back"):
        signer.sign(_checkpoint(4), first_seq=0, proof=_proof(3, 4))
    assert signer.exists(), "there is a memory of one: another must not be made in its place"
    (folder / "signing.key").write_bytes(kept)
    (folder / "signing.key").chmod(0o644)
    with pytest.raises(AuditKeyError, match=r"everybody on this machine may open the key .* chmod 600"):
        signer.sign(_checkpoint(4), first_seq=0, proof=_proof(3, 4))
    (folder / "signing.key").chmod(0o600)
    signer.sign(_checkpoint(4), first_seq=0, proof=_proof(3, 4))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"origin": "o", "first_seq": 0, "size": 1}',
        b'{"origin": "o", "first_seq": 0, "size": 1, "root": "zz"}',
        b'{"origin": "o", "first_seq": 0, "size": null, "root": "00"}',
        b'{"origin": "o", "first_seq": "x", "size": 1, "root": "00"}',
        b"\xff",
    ],
)
def test_a_memory_that_cannot_be_read_is_told_and_stops_signing(signer: Signer, folder: Path, content: bytes) -> None:
    (folder / "signed-7.json").write_bytes(content)
    for attempt in (signer.last, lambda: signer.sign(_checkpoint(3), first_seq=0, proof=[])):
        with pytest.raises(
            AuditKeyError, match=r"the signer's memory .*signed-7\.json cannot be read .* greenlit restore --here"
        ):
            attempt()


def test_a_public_key_file_that_says_something_else_is_set_right(signer: Signer, folder: Path) -> None:
    public = folder / "signing.pub"
    for spoil in (public.unlink, lambda: public.write_text("old\n"), lambda: public.write_bytes(b"\xff")):
        spoil()
        assert signer.show_key() == signer.key()
        assert public.read_text() == f"{signer.key().text()}\n"
    before = public.stat().st_ino
    signer.show_key()
    assert public.stat().st_ino == before, "it is not written anew when it is right"


def test_a_prepared_key_signs_nothing_until_it_takes_over(signer: Signer, folder: Path) -> None:
    old = signer.key()
    signer.sign(_checkpoint(3), first_seq=0, proof=[])
    new = signer.prepare_next()
    assert signer.prepare_next() == new, "one that was prepared before a crash is taken up"
    assert new != old == signer.key()
    notes.verified(signer.sign(_checkpoint(4), first_seq=0, proof=_proof(3, 4)), [old])
    assert signer.go_over(new) == new == signer.key()
    assert (folder / "signing.pub").read_text() == f"{new.text()}\n"
    notes.verified(signer.sign(_checkpoint(5), first_seq=0, proof=_proof(4, 5)), [new])
    assert sorted(path.name for path in folder.iterdir()) == ["signed-3.json", "signing.key", "signing.pub"]


def test_only_a_prepared_key_takes_over(signer: Signer) -> None:
    old = signer.key()
    with pytest.raises(AuditKeyError, match=r"signing-next\.key is missing"):
        signer.go_over(old)
    signer.prepare_next()
    with pytest.raises(AuditKeyError, match=r"as the next signing key .* found another: somebody else changed keys"):
        signer.go_over(old)
    assert signer.key() == old


def test_a_key_that_was_prepared_and_revoked_is_not_taken_up(signer: Signer) -> None:
    prepared = signer.prepare_next()
    other = signer.prepare_next(used_no_more=[prepared.key_id.hex()])
    assert other != prepared
    assert signer.prepare_next() == other


def test_a_crash_before_the_public_key_is_written_is_mended(
    signer: Signer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    new = signer.prepare_next()
    with monkeypatch.context() as patch:
        patch.setattr(signer_module, "_write", crash)
        with pytest.raises(KeyboardInterrupt):
            signer.go_over(new)
    assert (folder / "signing.pub").read_text() != f"{new.text()}\n"
    assert Signer(folder=folder, name=NAME).show_key() == new
    assert (folder / "signing.pub").read_text() == f"{new.text()}\n"


def test_a_folder_that_may_not_be_entered_is_told() -> None:
    """As somebody else than root, whom nothing keeps out."""
    with tempfile.TemporaryDirectory() as name, as_nobody(Path(name)):
        folder = Path(name) / "keys"
        signer = Signer(folder=folder, name=NAME)
        signer.create()
        folder.chmod(0)
        with pytest.raises(AuditKeyError, match="cannot be looked for"):
            signer.exists()
        with pytest.raises(AuditKeyError, match="cannot be read"):
            signer.sign(_checkpoint(3), first_seq=0, proof=[])
        folder.chmod(0o500)
        with pytest.raises(AuditKeyError, match=r"signed-1\.json cannot be written \(Permission denied\)"):
            signer.sign(_checkpoint(3), first_seq=0, proof=[])
        folder.chmod(0o700)


def test_a_name_that_cannot_stand_in_a_signature_is_refused_before_anything_is_signed(folder: Path) -> None:
    signer = Signer(folder=folder, name="green lit")
    with pytest.raises(Exception, match="expected the name of a key to be a text without spaces"):
        signer.create()
    assert signer.last() is None

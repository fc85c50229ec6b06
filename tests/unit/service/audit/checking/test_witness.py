"""A witness: it cosigns what follows from what it saw, keeps it before it hands it out, and believes nobody else."""

import dataclasses
import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock, Timeout

from service.audit.checking.witness import Witness
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditUnavailableError, NoteError, ProofError
from service.audit.formats import notes
from service.audit.formats.notes import cosigned_at, read_checkpoint, read_verifier_key
from tests.support.witness_parts import KEY_NAME, NOW_S, LogOnDisk, kept_files, larger, new_witness, origin

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


def proof(log: LogOnDisk, old: int) -> list[bytes]:
    size = read_checkpoint(log.note()).size
    return StoredTree(store=log.opened.store, origin=origin(NOVEMBER), first_seq=0).consistency(old, size)


def test_what_is_handed_out_is_what_is_kept_and_the_published_key_verifies_it(
    witness: Witness, folder: Path, log: LogOnDisk
) -> None:
    cosigned = witness.cosign(log.note(), proof=[])
    assert (folder / "2026-11.note").read_text() == cosigned
    published = read_verifier_key((folder / "witness.pub").read_text().strip())
    assert cosigned_at(cosigned, published) == NOW_S
    assert notes.verified(cosigned, [log.key(), published]) == witness.newest(NOVEMBER)
    assert cosigned.startswith(log.note()), "the log's own signature stays"


def test_what_grew_takes_the_place_of_what_was_kept(witness: Witness, log: LogOnDisk) -> None:
    before = read_checkpoint(witness.cosign(log.note(), proof=[]))
    log.grow(5)
    after = read_checkpoint(witness.cosign(log.note(), proof=proof(log, before.size)))
    assert after.size == before.size + 5
    assert witness.newest(NOVEMBER) == after


def test_the_same_checkpoint_keeps_the_time_it_was_first_seen(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    cosigned = witness.cosign(log.note(), proof=[])
    later = new_witness(folder, log, time_s=NOW_S + 60)
    assert later.cosign(log.note(), proof=[]) == cosigned
    assert cosigned_at((folder / "2026-11.note").read_text(), witness.key()) == NOW_S


def test_months_are_kept_beside_each_other(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    witness.cosign(log.note(), proof=[])
    log.turn_to(2026, 12)
    log.grow()
    witness.cosign(log.note("2026-12"), proof=[])
    assert witness.months() == [NOVEMBER, "2026-12"]
    assert {"2026-11.note", "2026-12.note"} <= set(kept_files(folder))


@pytest.mark.parametrize("size", [1, 2])
def test_a_log_that_was_rolled_back_is_refused(witness: Witness, folder: Path, log: LogOnDisk, size: int) -> None:
    witness.cosign(log.note(), proof=[])
    before = kept_files(folder)
    older = dataclasses.replace(read_checkpoint(log.note()), size=size)
    with pytest.raises(ProofError, match=r"rolled back: expected at least the \d+ leaves .* got [12]$"):
        witness.cosign(log.signed(older), proof=[])
    assert kept_files(folder) == before


def test_another_history_of_the_same_size_is_refused(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    witness.cosign(log.note(), proof=[])
    before = kept_files(folder)
    with pytest.raises(ProofError, match=r"two histories of greenlit\.test/audit/2026-11"):
        witness.cosign(log.signed(larger(read_checkpoint(log.note()), 0)), proof=[])
    assert kept_files(folder) == before


def test_a_larger_history_is_refused_without_the_right_proof(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    kept = read_checkpoint(witness.cosign(log.note(), proof=[]))
    before = kept_files(folder)
    log.grow(5)
    right = proof(log, kept.size)
    for wrong in ([], right[:-1], [bytes(32), *right[1:]], [*right, bytes(32)], proof(log, kept.size - 1)):
        with pytest.raises(ProofError, match="two histories"):
            witness.cosign(log.note(), proof=wrong)
    with pytest.raises(ProofError, match="two histories"):
        witness.cosign(log.signed(larger(kept, 5)), proof=right)
    assert kept_files(folder) == before
    witness.cosign(log.note(), proof=right)


def test_what_the_log_did_not_sign_is_refused(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    checkpoint = read_checkpoint(log.note())
    own = Ed25519PrivateKey.from_private_bytes((folder / "witness.key").read_bytes())
    unsigned = [
        notes.sign(checkpoint, name=KEY_NAME, private=OTHER),
        notes.sign(checkpoint, name="somebody.else/audit", private=log.private()),
        log.note().replace("\n5\n", "\n6\n").replace(f"\n{checkpoint.size}\n", f"\n{checkpoint.size + 1}\n"),
        notes.cosign(
            notes.sign(checkpoint, name=KEY_NAME, private=OTHER), name="witness.local", private=own, time_s=NOW_S
        ),
    ]
    for note in unsigned:
        with pytest.raises(NoteError, match=r"If the log's signing key was changed, ask its operator in person"):
            witness.cosign(note, proof=[])
    with pytest.raises(NoteError, match="expected a note"):
        witness.cosign("no note", proof=[])
    assert witness.months() == []


def test_a_line_in_the_witness_s_own_name_must_hold(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    """Else the log could make this witness keep a note that it cannot read again."""
    line = witness.cosign(log.note(), proof=[]).splitlines()[-1]
    (folder / "2026-11.note").unlink()
    log.grow()
    with pytest.raises(NoteError, match=r"expected the signature of witness.local to hold"):
        witness.cosign(f"{log.note()}{line}\n", proof=[])
    witness.cosign(log.note(), proof=[])
    assert witness.newest(NOVEMBER)


def test_an_empty_tree_is_refused_because_nothing_can_follow_from_it(witness: Witness, log: LogOnDisk) -> None:
    empty = dataclasses.replace(read_checkpoint(log.note()), size=0)
    with pytest.raises(NoteError, match="at least one leaf"):
        witness.cosign(log.signed(empty), proof=[])


@pytest.mark.parametrize(
    "other",
    [
        "somebody.else/audit/2026-11",
        "greenlit.test/audit/2026-13",
        "greenlit.test/audit/../../2026-11",
        "greenlit.test/audit",
        "greenlit.test/audit/2026-11.refused-x",
        "2026-11",
    ],
)
def test_an_origin_that_is_no_shard_of_this_log_is_refused(witness: Witness, log: LogOnDisk, other: str) -> None:
    elsewhere = dataclasses.replace(read_checkpoint(log.note()), origin=other)
    with pytest.raises(NoteError, match=r"expected the origin of a shard such as greenlit\.test/audit/2026-11"):
        witness.cosign(log.signed(elsewhere), proof=[])
    assert witness.months() == []


def test_what_is_kept_must_be_what_this_witness_wrote(witness: Witness, folder: Path, log: LogOnDisk) -> None:
    path = folder / "2026-11.note"
    right = witness.cosign(log.note(), proof=[])
    log.turn_to(2026, 12)
    log.grow()
    december = witness.cosign(log.note("2026-12"), proof=[])
    for wrong in (log.note(), right[:-2], december, "", right.replace("\n\n", "\n\n\n")):
        path.write_text(wrong)
        with pytest.raises(AuditUnavailableError, match=r"2026-11.note is not what this witness wrote \(.*put back"):
            witness.newest(NOVEMBER)
        with pytest.raises(AuditUnavailableError, match="not what this witness wrote"):
            witness.cosign(log.note(), proof=[])
        assert path.read_text() == wrong, "nothing is written over it"
    path.write_bytes(b"\xff")
    with pytest.raises(AuditUnavailableError, match="cannot be read"):
        witness.newest(NOVEMBER)
    path.write_text(right)
    assert witness.newest(NOVEMBER) == read_checkpoint(right)


def test_what_cannot_be_kept_is_not_handed_out(
    witness: Witness, folder: Path, log: LogOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept_files(folder)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(AuditUnavailableError, match=r"No space left on device.*nothing was cosigned"):
            witness.cosign(log.note(), proof=[])
    assert kept_files(folder) == before, "nothing half-written is left"


def test_another_process_waits_while_one_looks_and_keeps(witness: Witness, folder: Path) -> None:
    def can_be_taken() -> bool:
        try:
            with FileLock(folder / ".lock", timeout=0):
                return True
        except Timeout:
            return False

    with ThreadPoolExecutor(1) as elsewhere:
        with witness.alone(), witness.alone():
            assert not elsewhere.submit(can_be_taken).result()
        assert elsewhere.submit(can_be_taken).result()

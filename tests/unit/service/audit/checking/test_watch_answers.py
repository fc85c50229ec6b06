"""What a log must not answer a witness: lists, checkpoints and proofs of another form, or that it did not sign."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.checking.watch import Answer, Grown, Refusal, watch
from service.audit.checking.witness import Witness
from service.audit.formats import notes
from service.audit.formats.notes import read_checkpoint
from tests.support.witness_parts import KEY_NAME, LogOnDisk, new_witness, origin

OTHER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)


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


def fits(log: LogOnDisk, witness: Witness) -> list[Grown]:
    """Look once, and expect that everything fits."""
    grown: list[Grown] = []
    assert watch(log, witness, told=grown.append) is None
    return grown


def refused(log: LogOnDisk, witness: Witness) -> Refusal:
    """Look once, and expect that something does not fit, and that nothing changed for it but the evidence."""
    kept = {month: witness.newest(month) for month in witness.months()}
    grown: list[Grown] = []
    refusal = watch(log, witness, told=grown.append)
    assert refusal is not None
    assert not grown
    assert {month: witness.newest(month) for month in witness.months()} == kept
    return refusal


def test_a_checkpoint_that_vanished_is_refused(log: LogOnDisk, witness: Witness) -> None:
    fits(log, witness)
    for status in (404, 409):
        log.instead["/checkpoint"] = Answer(status, b'{"detail": "none"}')
        refusal = refused(log, witness)
        assert refusal.reason.endswith(f"which the log lists, got the status {status}")
        assert refusal.evidence.name == "2026-11.refused-20261120T120000Z.txt"
    none = {"shards": [{"origin": origin("2026-11"), "first_seq": 0, "size": 0}]}
    log.instead["/shards"] = Answer(200, json.dumps(none).encode())
    assert "got the status 409" in refused(log, witness).reason


def test_a_checkpoint_that_the_log_did_not_sign_is_refused(log: LogOnDisk, witness: Witness) -> None:
    forged = notes.sign(read_checkpoint(log.note()), name=KEY_NAME, private=OTHER)
    log.instead["/checkpoint"] = Answer(200, forged.encode())
    refusal = refused(log, witness)
    assert "expected a signature of a known log" in refusal.reason
    assert refusal.evidence.read_text() == forged


def test_every_change_of_a_byte_of_a_checkpoint_is_refused(log: LogOnDisk, witness: Witness, folder: Path) -> None:
    note = log.note().encode()
    for at in range(len(note)):
        log.instead["/checkpoint"] = Answer(200, note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :])
        refused(log, witness).evidence.unlink()
    assert not list(folder.glob("*.note"))


def test_a_checkpoint_of_another_shard_is_refused(log: LogOnDisk, witness: Witness) -> None:
    log.turn_to(2026, 12)
    log.grow()
    log.instead["/checkpoint"] = Answer(200, log.note("2026-12").encode())
    assert refused(log, witness).reason == (
        "expected the checkpoint of greenlit.test/audit/2026-11, got one of another shard"
    )


def test_a_checkpoint_that_is_no_text_is_refused(log: LogOnDisk, witness: Witness) -> None:
    log.instead["/checkpoint"] = Answer(200, b"\xff\xfe")
    refusal = refused(log, witness)
    assert refusal.reason.endswith("got no text")
    assert refusal.evidence.read_bytes() == b"\xff\xfe"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b'{"proof": []}'),
        Answer(409, b"{}"),
        Answer(200, b"<html>"),
        Answer(200, b"[]"),
        Answer(200, b"{}"),
        Answer(200, b'{"proof": null}'),
        Answer(200, b'{"proof": 1}'),
        Answer(200, b'{"proof": [1]}'),
        Answer(200, b'{"proof": ["*"]}'),
        Answer(200, b'{"proof": ["AAAA A=="]}'),
    ],
)
def test_without_a_proof_nothing_larger_is_kept(log: LogOnDisk, witness: Witness, answer: Answer) -> None:
    fits(log, witness)
    log.grow()
    log.instead["/consistency"] = answer
    refusal = refused(log, witness)
    assert "does not show that greenlit.test/audit/2026-11 grew from what was seen before" in refusal.reason
    assert refusal.evidence.read_text() == log.note()


@pytest.mark.parametrize("proof", [[], [bytes(32)], [bytes(31)], [bytes(32)] * 70])
def test_a_proof_that_shows_nothing_is_refused(log: LogOnDisk, witness: Witness, proof: list[bytes]) -> None:
    fits(log, witness)
    log.grow()
    encoded = [base64.b64encode(one).decode() for one in proof]
    log.instead["/consistency"] = Answer(200, json.dumps({"proof": encoded}).encode())
    assert "two histories" in refused(log, witness).reason


@pytest.mark.parametrize(
    "listing",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"shards": null}',
        b'{"shards": {}}',
        b'{"shards": [1]}',
        b'{"shards": [{}]}',
        b'{"shards": [{"origin": 1, "size": 1}]}',
        b'{"shards": [{"origin": "greenlit.test/audit/2026-11"}]}',
        b'{"shards": [{"origin": "greenlit.test/audit/2026-11", "size": "9"}]}',
        b'{"shards": [{"origin": "greenlit.test/audit/2026-11", "size": true}]}',
        b'{"shards": [{"origin": "greenlit.test/audit/2026-11", "size": 1.5}]}',
        b'{"shards": [{"origin": "greenlit.test/audit/2026-11", "size": -1}]}',
        b'{"shards": [{"origin": "somebody.else/audit/2026-11", "size": 1}]}',
        b'{"shards": [{"origin": "greenlit.test/audit/../x", "size": 1}]}',
        b'{"shards": [{"origin": "\\ud800", "size": 1}]}',
        b"[" * 100_000,
        b'{"shards": [{"origin": "x", "size": ' + b"9" * 5000 + b"}]}",
    ],
)
def test_a_listing_of_another_form_is_refused(log: LogOnDisk, witness: Witness, listing: bytes) -> None:
    log.instead["/shards"] = Answer(200, listing)
    refusal = refused(log, witness)
    assert refusal.reason.startswith("expected ")
    assert refusal.evidence.read_bytes() == listing


def test_a_listing_with_another_status_is_refused(log: LogOnDisk, witness: Witness) -> None:
    log.instead["/shards"] = Answer(404, b'{"shards": []}')
    assert refused(log, witness).reason == "expected a list of shards, got the status 404"


def test_the_same_evidence_is_kept_once_however_often_it_is_shown(log: LogOnDisk, witness: Witness) -> None:
    log.instead["/checkpoint"] = Answer(200, b"no note")
    assert refused(log, witness) == refused(log, witness)
    assert len(witness.refused()) == 1

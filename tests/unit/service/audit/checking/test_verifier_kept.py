"""The offline verifier against what others kept: a witness's checkpoints, and somebody's receipt."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.audit.checking.verifier import DAMAGE, LogCheck, Problem, check_export, check_receipt
from tests.support.export_parts import (
    NAME,
    NEW_KEY,
    OLD_KEY,
    STRANGER,
    WITNESS,
    HandMadeLog,
    Json,
    Signer,
    a_log,
    cosigned,
    note,
    write_export,
)

OCTOBER, DECEMBER = f"{NAME}/2026-10", f"{NAME}/2026-12"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_export(a_log(), tmp_path / "export")


def against(folder: Path, origin: str, size: int, text: str) -> list[str]:
    """Check an export against one note that a witness kept."""
    row = (origin, size, text, "witness")
    check = check_export(folder, keys=[OLD_KEY.vkey], kept=[row], witness=WITNESS.vkey)
    assert check.fitting["witness"] == (not check.problems)
    return [f"{one.seq}, {one.promise}: {one.detail}" for one in check.problems]


def a_history(answer: str) -> HandMadeLog:
    """A month of two questions, signed after each."""
    log = HandMadeLog()
    log.open_month("2026-10")
    for request_id in ("q1", "q2"):
        log.ask(request_id, answer=answer)
        log.sign()
    return log


# A witness


def test_what_the_witness_saw_fits_at_every_size(export: Path) -> None:
    leaves = a_log().months[0].leaves
    for size in range(1, len(leaves) + 1):
        assert against(export, OCTOBER, size, cosigned(note(OCTOBER, leaves[:size], OLD_KEY))) == []
    for origin, size, text in a_log().notes:
        assert against(export, origin, size, cosigned(text)) == []


def test_what_the_witness_saw_before_the_range_fits_where_it_begins(tmp_path: Path) -> None:
    leaves = a_log().months[0].leaves
    folder = write_export(a_log(), tmp_path / "export", from_seq=4, to_seq=6)
    assert against(folder, OCTOBER, 4, cosigned(note(OCTOBER, leaves[:4], OLD_KEY))) == []
    forged = cosigned(note(OCTOBER, [*leaves[:3], b"{}"], OLD_KEY))
    assert against(folder, OCTOBER, 4, forged) == ["4, witness: two different trees of 4 records were signed"]


def test_newest_rows_that_were_cut_off_are_seen_with_a_witness_only(tmp_path: Path) -> None:
    longer = a_log()
    longer.end("q5", 18)
    seen = cosigned(longer.sign())
    folder = write_export(a_log(), tmp_path / "export")
    assert check_export(folder, keys=[OLD_KEY.vkey]).problems == []
    assert against(folder, DECEMBER, 5, seen) == ["19, witness: is missing: 5 records of its month were signed"]


def test_a_month_that_was_cut_off_is_seen_where_all_of_the_log_is_checked() -> None:
    size, text = a_log().newest(DECEMBER)
    missing = Problem(0, "witness", f"is missing: 4 records of '{DECEMBER}' were signed")
    for whole, expected in ((False, []), (True, [missing])):
        check = LogCheck(keys=[OLD_KEY.vkey], notes=[(DECEMBER, size, cosigned(text), "witness")], witness=WITNESS.vkey)
        check.finish(whole=whole)
        assert check.problems == expected


def test_a_history_that_was_rewritten_and_signed_anew_is_seen_with_a_witness(tmp_path: Path) -> None:
    before = a_history("Ten years.")
    folder = write_export(a_history("Nine years."), tmp_path / "export")
    assert check_export(folder, keys=[OLD_KEY.vkey]).problems == []
    for origin, size, text in before.notes:
        assert against(folder, origin, size, cosigned(text)) == [
            f"0, witness: two different trees of {size} records were signed"
        ]
    (found,) = against(folder, OCTOBER, 4, cosigned(note(OCTOBER, before.months[0].leaves[:4], OLD_KEY)))
    assert found.startswith("3, witness: one of the records 3 to 3 is not as it was signed")


def test_a_note_must_be_signed_by_the_witness_and_by_the_log(export: Path) -> None:
    size, text = a_log().newest(OCTOBER)
    other_log = note(OCTOBER, a_log().months[0].leaves, STRANGER)
    for seen in (text, cosigned(text, Signer(5, WITNESS.name, 4)), cosigned(other_log)):
        assert against(export, OCTOBER, size, seen) == [
            "8, witness: 9 records of this month are signed by no key that is known"
        ]
    renamed = cosigned(text).replace(f"— {WITNESS.name} ", "— witness.elsewhere ")
    assert len(against(export, OCTOBER, size, renamed)) == 1
    later = text + WITNESS.line("another body\n")
    assert against(export, OCTOBER, size, later) == ["8, witness: the checkpoint of 9 records: InvalidSignature()"]


def test_a_cosignature_binds_its_time(export: Path) -> None:
    size, text = a_log().newest(OCTOBER)
    line = WITNESS.line(text.partition("\n\n")[0] + "\n")
    changed = text + line.replace(line[24:40], line[24:40].swapcase())
    assert len(against(export, OCTOBER, size, changed)) == 1


def test_what_the_witness_kept_of_other_months_is_not_compared(tmp_path: Path) -> None:
    log = a_log()
    folder = write_export(log, tmp_path / "export", from_seq=9, to_seq=14)
    kept = [(origin, size, cosigned(text), "witness") for origin, size, text in log.notes if "2026-11" not in origin]
    check = check_export(folder, keys=[OLD_KEY.vkey], kept=kept, witness=WITNESS.vkey)
    assert (check.problems, check.fitting["witness"]) == ([], 0)


# A receipt


def test_every_record_can_be_shown_to_be_in_the_log() -> None:
    log = a_log()
    for seq in range(log.size):
        proof = log.proof(seq)
        check_receipt(proof, proof["leaf_hash"], [OLD_KEY.vkey, NEW_KEY.vkey])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda proof: proof.update(leaf_hash="0" * 64), "of another record or another checkpoint"),
        (lambda proof: proof.update(origin=DECEMBER), "of another record or another checkpoint"),
        (lambda proof: proof.update(size=8), "of another record or another checkpoint"),
        (lambda proof: proof.update(index=9), "of another record or another checkpoint"),
        (lambda proof: proof.update(index=-1), "of another record or another checkpoint"),
        (lambda proof: proof.update(index=3), "does not lead to a root that a trusted key signed"),
        (lambda proof: proof["proof"].reverse(), "does not lead to a root that a trusted key signed"),
        (lambda proof: proof["proof"].pop(), "zip"),
        (lambda proof: proof["proof"].append(proof["proof"][0]), "zip"),
        (lambda proof: proof["proof"].append("!"), "zip|base64"),
        (lambda proof: proof.update(checkpoint=proof["checkpoint"][:-2]), "expected a note"),
        (lambda proof: proof.update(checkpoint=None), "expected string"),
        (lambda proof: proof.pop("proof"), "proof"),
    ],
)
def test_a_proof_of_something_else_is_refused(change: Callable[[Json], object], expected: str) -> None:
    proof = a_log().proof(2)
    receipt = proof["leaf_hash"]
    change(proof)
    with pytest.raises(DAMAGE, match=expected):
        check_receipt(proof, receipt, [OLD_KEY.vkey])


def test_a_proof_must_be_signed_by_a_trusted_key_of_that_log() -> None:
    proof = a_log().proof(2)
    for keys in ([], [NEW_KEY.vkey], [Signer(1, "elsewhere/audit").vkey]):
        with pytest.raises(ValueError, match="a root that a trusted key signed"):
            check_receipt(proof, proof["leaf_hash"], keys)


def test_the_receipt_decides_which_record_it_is() -> None:
    log = a_log()
    with pytest.raises(ValueError, match="of another record"):
        check_receipt(log.proof(2), log.proof(3)["leaf_hash"], [OLD_KEY.vkey])


def test_the_checkpoint_of_a_receipt_must_fit_the_export_too(tmp_path: Path) -> None:
    mine, theirs = a_history("Ten years."), a_history("Nine years.")
    folder = write_export(theirs, tmp_path / "export")
    for log, promises in ((mine, ["receipt"]), (theirs, [])):
        row = (OCTOBER, 5, log.proof(1)["checkpoint"], "receipt")
        assert [one.promise for one in check_export(folder, keys=[OLD_KEY.vkey], kept=[row]).problems] == promises
    longer = a_history("Nine years.")
    longer.ask("q3")
    row = (OCTOBER, 7, longer.sign(), "receipt")
    assert check_export(folder, keys=[OLD_KEY.vkey], kept=[row]).problems == []

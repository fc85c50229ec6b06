"""The offline verifier as an auditor runs it: one file, alone; what it says, and how it ends."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.audit.checking import verifier
from tests.support.export_parts import (
    OLD_KEY,
    STRANGER,
    WITNESS,
    Signer,
    a_log,
    change_lines,
    change_manifest,
    cosigned,
    write_export,
)

SOURCE = Path(verifier.__file__)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_export(a_log(), tmp_path / "export")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    """Run the command; returns how it ended and its lines."""

    def call(*arguments: str | Path) -> tuple[int, list[str]]:
        try:
            code = verifier.main([str(one) for one in arguments])
        except SystemExit as error:
            code = int(str(error.code))
        said = capsys.readouterr()
        return code, (said.out + said.err).splitlines()

    return call


Run = Callable[..., tuple[int, list[str]]]


def alone(tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the file in an empty folder, by a Python that looks nowhere but into its own packages."""
    copy = tmp_path / "alone" / "verifier.py"
    copy.parent.mkdir()
    shutil.copy(SOURCE, copy)
    command = [sys.executable, "-I", "-W", "error", str(copy), *map(str, arguments)]
    return subprocess.run(command, cwd=copy.parent, capture_output=True, text=True, check=False, env={"LANG": "C"})


# Alone


def test_it_runs_alone(tmp_path: Path, export: Path) -> None:
    ended = alone(tmp_path, export, "--key", OLD_KEY.vkey)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[0] == "FINE: whatever was looked at is as it was signed"


def test_it_imports_the_standard_library_and_cryptography_only() -> None:
    tree = ast.parse(SOURCE.read_bytes())
    names = {
        name.split(".")[0]
        for imported in ast.walk(tree)
        if isinstance(imported, ast.Import | ast.ImportFrom)
        for name in (
            [imported.module or "."] if isinstance(imported, ast.ImportFrom) else [one.name for one in imported.names]
        )
    }
    assert names - sys.stdlib_module_names == {"cryptography"}


# What it says


def test_a_good_export_is_told_in_plain_lines(export: Path, run: Run) -> None:
    code, lines = run(export, "--key", OLD_KEY.vkey)
    assert code == 0
    assert lines[:-1] == [
        "FINE: whatever was looked at is as it was signed",
        "records: 19 from 0 on, in 3 months",
        "checkpoints that fit: 8",
        "texts looked at: 10",
        "records whose texts were erased: 2, and later, as the manifest says, 0",
        "questions without a result: 1 (the first is record 18)",
    ]
    assert lines[-1].startswith(f"trusted keys: {OLD_KEY.vkey} ")


def test_a_key_read_from_the_export_is_told_to_prove_nothing(export: Path, run: Run) -> None:
    code, lines = run(export)
    assert code == 0
    assert lines[-1].startswith("The key was READ FROM THE EXPORT: it does not tell who signed, unless it is one that")


def test_an_export_without_texts_says_so(tmp_path: Path, run: Run) -> None:
    code, lines = run(write_export(a_log(), tmp_path / "export", with_texts=False))
    assert code == 0
    assert "texts: none here, so none was checked" in lines


def test_texts_erased_after_the_range_are_told_as_the_manifests_word(tmp_path: Path, run: Run) -> None:
    folder = write_export(a_log(), tmp_path / "export", to_seq=4)
    assert run(folder, "--key", OLD_KEY.vkey)[0] == 1
    change_manifest(folder, lambda manifest: manifest.update(erased_later=[[2, 3]]))
    code, lines = run(folder, "--key", OLD_KEY.vkey)
    assert code == 0
    assert "records whose texts were erased: 0, and later, as the manifest says, 2" in lines


def test_the_first_line_names_the_first_wrong_record_and_the_promise(export: Path, run: Run) -> None:
    change_lines(export, "leaves.jsonl", lambda lines: lines.__setitem__(16, lines[16].replace(b"q4", b"q5")))
    change_lines(export, "payloads.jsonl", lambda lines: lines.__delitem__(0))
    code, lines = run(export)
    assert code == 1
    assert lines[0] == "WRONG: record 4, promise payload: lacks a text that no payload.erased here covers"
    assert lines[1].startswith("WRONG: record 15, promise tree: one of the records 15 to 17 is not as it was signed")


def test_many_problems_are_counted_and_a_hundred_are_told(tmp_path: Path, run: Run) -> None:
    log = a_log()
    for number in range(60):
        log.ask(f"more-{number}")
    log.sign()
    folder = write_export(log, tmp_path / "export")
    change_lines(folder, "payloads.jsonl", lambda lines: lines.clear())
    code, lines = run(folder)
    assert code == 1
    assert len([line for line in lines if line.startswith("WRONG: ")]) == 100
    assert "127 wrong" in lines


def test_an_export_cannot_steer_the_terminal(tmp_path: Path, run: Run) -> None:
    log, steering = a_log(), Signer(7, "\x1b[2Jgreenlit/audit")
    log.add("key.created", purpose="signing", key_id=steering.key_id.hex(), vkey=steering.vkey)
    log.sign()
    code, lines = run(write_export(log, tmp_path / "export"), "--key", OLD_KEY.vkey)
    assert code == 0
    assert "x1b[2Jgreenlit/audit+" in lines[-1]
    assert all(line.isprintable() and line.isascii() for line in lines)


# A witness and a receipt


def test_a_witness_may_be_a_file_or_a_folder(tmp_path: Path, export: Path, run: Run) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for origin in {origin for origin, _, _ in a_log().notes}:
        (kept / f"{origin[-7:]}.note").write_text(cosigned(a_log().newest(origin)[1]), "utf-8")
    (kept / "2026-10.refused-1.note").write_text("not cosigned, for it did not fit", "utf-8")
    for path, told in ((kept, "3 of 3"), (kept / "2026-10.note", "1 of 1")):
        code, lines = run(export, "--witness", path, "--witness-key", WITNESS.vkey)
        assert code == 0
        assert f"checkpoints of the witness that are of these records, and fit: {told}" in lines


def test_a_witness_who_saw_more_is_told_on_the_first_line(tmp_path: Path, export: Path, run: Run) -> None:
    longer = a_log()
    longer.end("q5", 18)
    (tmp_path / "kept.note").write_text(cosigned(longer.sign()), "utf-8")
    code, lines = run(export, "--witness", tmp_path / "kept.note", "--witness-key", WITNESS.vkey)
    assert (code, lines[0]) == (1, "WRONG: record 19, promise witness: is missing: 5 records of its month were signed")


def test_a_receipt_is_checked_with_or_without_an_export(tmp_path: Path, export: Path, run: Run) -> None:
    proof = a_log().proof(2)
    (tmp_path / "proof.json").write_text(json.dumps(proof), "utf-8")
    asked = ("--proof", tmp_path / "proof.json", "--receipt")
    assert run(*asked, proof["leaf_hash"].upper(), "--key", OLD_KEY.vkey)[0] == 0
    assert run(export, *asked, proof["leaf_hash"])[0] == 0
    code, lines = run(*asked, "0" * 64, "--key", OLD_KEY.vkey)
    assert code == 1
    assert lines[0].startswith("WRONG: promise receipt: ValueError('the proof is of another record")
    assert run(*asked, proof["leaf_hash"], "--key", STRANGER.vkey)[0] == 1


# Bad usage and damage


def test_what_makes_no_sense_ends_with_2_and_one_plain_line(tmp_path: Path, export: Path, run: Run) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").write_text("{", "utf-8")
    for arguments, expected in (
        ((), "expected the folder of an export, or --proof with --key"),
        ((export, "--witness", export), "expected --witness with --witness-key"),
        ((export, "--proof", export), "and --proof with --receipt"),
        ((export, "--key", "greenlit"), "expected a verifier key"),
        ((export, "--key", OLD_KEY.vkey.replace("+", "+0", 1)), "base64"),
        ((export, "--key", OLD_KEY.vkey.replace(OLD_KEY.key_id.hex(), "0" * 8)), "expected a verifier key"),
        ((export, "--key", WITNESS.vkey), "expected a verifier key of kind 1"),
        ((export, "--witness", tmp_path / "empty", "--witness-key", WITNESS.vkey), "expected *.note"),
        ((export, "--witness", tmp_path / "gone", "--witness-key", WITNESS.vkey), "No such file"),
        ((export, "--witness", tmp_path / "broken", "--witness-key", WITNESS.vkey), "expected a note"),
        ((export, "--witness", tmp_path / "broken", "--witness-key", OLD_KEY.vkey), "a verifier key of kind 4"),
        (("--proof", tmp_path / "broken", "--receipt", "00", "--key", OLD_KEY.vkey), "JSONDecodeError"),
        (
            ("--proof", tmp_path / "broken", "--receipt", "00"),
            "expected the folder of an export, or --proof with --key",
        ),
    ):
        code, lines = run(*arguments)
        assert code == 2, arguments
        assert expected in lines[-1], arguments


def test_an_export_of_another_format_is_told(export: Path, run: Run) -> None:
    change_manifest(export, lambda manifest: manifest.update(format="greenlit-export-2"))
    code, lines = run(export)
    assert (code, lines[0]) == (1, "WRONG: promise file: expected an export of the format greenlit-export-1")


def test_an_export_that_cannot_be_read_is_wrong_in_words(export: Path, run: Run) -> None:
    for name in ("leaves.jsonl", "checkpoint-2026-10.txt", "manifest.json"):
        (export / name).unlink()
        code, lines = run(export)
        assert code == 1
        assert f"expected the file {name}, got none" in lines[0]


def test_a_line_that_was_cut_off_is_told_with_the_record_reached(export: Path, run: Run) -> None:
    change_lines(export, "leaves.jsonl", lambda lines: lines.__setitem__(slice(12, None), [lines[12][:9]]))
    code, lines = run(export)
    assert code == 1
    assert lines[0].startswith("WRONG: record 12, promise file: cannot be read from here on")

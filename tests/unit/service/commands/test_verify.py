"""`greenlit audit verify`: the log where it lies, an export, a receipt; and what it says when used wrongly."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import greenlit
from service.audit.desk import auditing_over
from service.audit.reading.export_files import write_export
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.copied_logs import memory_file
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, open_studio, with_rules

Verify = Callable[..., Result]


@pytest.fixture
def key(library: TinyLibrary, tmp_path: Path) -> str:
    """Ask once, export, keep the proof of the answer; the key of the log."""
    with open_studio(with_rules(library)) as studio:
        receipt = studio.ask(VENDOR_QUESTION)["receipt"]
        studio.opened.log.publish()
        auditing = auditing_over(studio.opened)
        write_export(auditing.exports.lines("ann", payloads=True, purpose="a look"), tmp_path / "export")
        (tmp_path / "proof.json").write_text(json.dumps(auditing.proofs.inclusion(receipt["seq"])))
        return studio.opened.signer.key().text()


@pytest.fixture
def verify(library: TinyLibrary) -> Verify:
    def run(*arguments: object) -> Result:
        environment = {"GREENLIT_STATE": str(library.root / "state"), "GREENLIT_LOG_NAME": "greenlit.test"}
        return CliRunner().invoke(greenlit.app, ["audit", "verify", *map(str, arguments)], env=environment)

    return run


def test_a_log_as_it_was_signed_is_fine(key: str, verify: Verify) -> None:
    result = verify("--key", key)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "all is as it was signed")
    assert json.loads(verify("--json").stdout)["ok"] is True


def test_a_record_that_was_changed_is_named_with_its_promise(key: str, library: TinyLibrary, verify: Verify) -> None:
    with closing(sqlite3.connect(library.root / "state" / STORE_FILE)) as other, other:
        other.execute("DROP TRIGGER leaves_never_changes")
        other.execute("UPDATE leaves SET leaf = leaf || ' ' WHERE seq = 2")
    result = verify("--key", key)
    assert result.exit_code == 1
    assert result.stdout.startswith("WRONG record 2, promise leaf: ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("payload-2026-11-1.key", " is missing: 4 sealed texts cannot be checked; put that file back from a backup"),
        ("identity-2026-11.key", " is missing: who asked in 1 record cannot be checked; put that file back from a b"),
        ("actor-2026-11.key", " is missing: 1 pseudonym cannot be checked; put that file back from a backup"),
        (
            "signing.key",
            " is missing: expected the 32 bytes made before; put it back (greenlit restore COPIES)",
        ),
        ("signed-….json", " is missing: a store that was put back to an older state would not be noticed"),
    ],
)
def test_what_cannot_be_checked_is_said_and_not_called_wrong(
    key: str, library: TinyLibrary, verify: Verify, name: str, words: str
) -> None:
    path = library.root / "state" / "keys" / name
    (memory_file(path.parent) if name.startswith("signed") else path).unlink()
    result = verify()
    assert result.exit_code == 1, "but what was not checked is not fine either"
    line, verdict, *_ = result.stdout.splitlines()
    assert line.startswith("CANNOT BE CHECKED the ")
    assert f"{path}{words}" in line
    assert verdict == "what could be checked is as it was signed"
    assert "WRONG" not in result.stdout
    shown = json.loads(verify("--json").stdout)
    assert (shown["ok"], shown["counts"]["wrong"], shown["unchecked"]) == (
        False,
        0,
        [line[len("CANNOT BE CHECKED ") :]],
    )
    if name == "signing.key":
        assert verify("--key", key).exit_code == 0, "whoever has the key needs nothing of this one"


def test_another_signing_key_is_named_before_all_that_is_wrong_by_it(
    key: str, library: TinyLibrary, verify: Verify
) -> None:
    (library.root / "state" / "keys" / "signing.key").write_bytes(b"k" * 32)
    first, *_ = verify().stdout.splitlines()
    assert first.startswith(
        f"WRONG record 1, promise checkpoint: names {key} as the log's key, and what is believed is "
    )
    assert first.endswith("another log's, or it was replaced; all of its checkpoints are wrong by that")


def test_a_store_that_is_damaged_is_told_without_a_trace(key: str, library: TinyLibrary, verify: Verify) -> None:
    path = library.root / "state" / STORE_FILE
    content = path.read_bytes()
    at = content.index(b"payload-2026-11-1") // 4096 * 4096
    path.write_bytes(content[:at] + bytes(4096) + content[at + 4096 :])
    result = verify("--key", key)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    assert "is damaged (" in result.stdout + result.stderr
    assert "move the file away, for auditors" in result.stdout + result.stderr


def test_an_export_and_a_receipt_are_checked_by_the_file_that_auditors_carry(
    key: str, tmp_path: Path, verify: Verify
) -> None:
    assert verify(tmp_path / "export", "--key", key).exit_code == 0
    proof = tmp_path / "proof.json"
    leaf_hash = json.loads(proof.read_text())["leaf_hash"]
    assert verify("--proof", proof, "--receipt", leaf_hash, "--key", key).exit_code == 0
    assert verify("--proof", proof, "--receipt", "0" * 64, "--key", key).exit_code == 1


@pytest.mark.parametrize("where", ["log", "export"])
def test_what_is_no_key_is_refused_before_anything_is_called_wrong(
    key: str, tmp_path: Path, verify: Verify, where: str
) -> None:
    assert key
    result = verify(*([tmp_path / "export"] if where == "export" else []), "--key", "nonsense")
    assert result.exit_code == 2
    assert "WRONG" not in result.stdout
    assert "expected" in result.stderr


def test_without_a_log_it_says_so(verify: Verify) -> None:
    result = verify()
    assert result.exit_code == 1
    assert "expected a log in" in result.stderr


def test_a_witness_without_notes_is_used_wrongly(key: str, tmp_path: Path, verify: Verify) -> None:
    (tmp_path / "witness").mkdir()
    (tmp_path / "witness" / "witness.pub").write_text(key)
    result = verify("--witness", tmp_path / "witness")
    assert result.exit_code == 2
    assert "expected notes of a witness" in result.stderr

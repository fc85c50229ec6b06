"""The commands revoke and reject: what they write and refuse."""

import pytest
from filelock import FileLock

from indexes import register as register_module
from indexes.register import Register
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import ANN, events_of


def test_a_revocation_is_recorded_with_who_and_why(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    result = run("revoke", "legal/a.md", *ANN, "--reason", "superseded")
    assert (result.exit_code, result.stdout) == (0, "legal/a.md is revoked\n")
    assert {**events_of(library)[-1], "at": ""} == {
        "event": "revoke",
        "document": "legal/a.md",
        "by": "ann@x.example",
        "at": "",
        "reason": "superseded",
        "auth": "cli",
    }


def test_a_document_can_be_rejected(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    result = run("reject", "legal/a.md", *ANN, "--reason", "not ours")
    assert (result.exit_code, result.stdout) == (0, "legal/a.md is rejected\n")
    assert events_of(library)[-1]["event"] == "reject"


@pytest.mark.parametrize("command", ["revoke", "reject"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("legal/nothing.md", *ANN, "--reason", "x"), "there is no 'legal/nothing.md', neither in the library nor"),
        (("legal", *ANN, "--reason", "x"), "expected one document, got the folder 'legal'"),
        (("legal/a.md", *ANN, "--reason", " "), "expected --reason = why, got an empty text"),
        (("legal/a.md", "--by", "", "--reason", "x"), "expected --by = a name or address, got ''"),
        (("legal/a.md", *ANN, "--reason", "a\x85b"), r"expected --reason = one line of plain text, got 'a\u{0085}b'"),
        (("legal/a.md\0", *ANN, "--reason", "x"), "which holds a NUL character"),
        (("legal/a.md", *ANN), "Missing option '--reason'"),
    ],
)
def test_a_withdrawal_with_a_slip_exits_with_2_and_records_nothing(
    library: TinyLibrary, run: Run, command: str, arguments: tuple[str, ...], message: str
) -> None:
    library.write("legal/a.md", "x")
    result = run(command, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not library.register_path.exists()


def test_a_withdrawal_that_cannot_be_written_exits_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", "x")
    monkeypatch.setattr(register_module, "_LOCK_TIMEOUT_S", 0.01)
    with FileLock(f"{library.register_path}.lock"):
        result = run("revoke", "legal/a.md", *ANN, "--reason", "x")
    assert result.exit_code == 1
    assert "has been locked by another writer" in result.stderr


def test_what_the_commands_write_is_what_the_register_reads(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    run("approve", "legal/a.md", *ANN)
    run("revoke", "legal/a.md", *ANN, "--reason", "x")
    run("reject", "legal/a.md", *ANN, "--reason", "x")
    state = Register(library.register_path).refresh()
    assert (state.position, state.problems) == (3, ())

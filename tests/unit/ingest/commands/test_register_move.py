"""The register in a database at the command line: moved, decided on, exported, and the password in no word."""

import json
from pathlib import Path

import pytest

from indexes.register import IN_DATABASE_FILE, REGISTER_FILE
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary

SECRET = "s3cret4711"
BY = ("--by", "ann@x.example")


@pytest.fixture
def settings(library: TinyLibrary, database_url: str) -> dict[str, str]:
    library.write("legal/a.md", "# Leave\n\nLeave is thirty days.\n")
    library.write("legal/b.md", "# Doors\n\nDoors are locked at seven.\n")
    library.approve("legal/a.md")
    return {"GREENLIT_DATABASE_URL": f"{database_url}&password={SECRET}"}


def test_decisions_go_where_the_register_lies_and_every_command_finds_them(
    settings: dict[str, str], library: TinyLibrary, run: Run, tmp_path: Path
) -> None:
    before = library.register_path.read_bytes()
    assert run("ingest", **settings).exit_code == 0
    moved = run("register", "move", **settings)
    assert moved.exit_code == 0, moved.stderr
    assert "1 line, compared one by one. Decisions lie in the register in postgresql://" in moved.stdout
    assert f"Nothing reads {library.folder / IN_DATABASE_FILE} any more." in moved.stdout
    for words in (("approve", "legal/b.md", *BY), ("revoke", "legal/a.md", *BY, "--reason", "superseded")):
        done = run(*words, **settings)
        assert done.exit_code == 0, done.stderr
    listed = json.loads(run("register", "--json", **settings).stdout)
    assert {one["document"]: one["standing"] for one in listed["documents"]} == {
        "legal/a.md": "revoked",
        "legal/b.md": "approved",
    }
    assert "1 documents" not in run("ingest", **settings).output
    exported = run("register", "export", str(tmp_path / "lines.jsonl"), **settings)
    assert exported.exit_code == 0, exported.stderr
    assert (tmp_path / "lines.jsonl").read_bytes().startswith(before)
    assert (tmp_path / "lines.jsonl").read_bytes().count(b"\n") == 3
    back = run("register", "move", "--back", **settings)
    assert back.exit_code == 0, back.stderr
    assert (library.folder / REGISTER_FILE).read_bytes() == (tmp_path / "lines.jsonl").read_bytes()
    assert run("register", "--json").stdout == run("register", "--json", **settings).stdout
    for command in (moved, exported, back):
        assert SECRET not in command.output


def test_without_the_setting_nobody_decides_beside_the_database(
    settings: dict[str, str], library: TinyLibrary, run: Run
) -> None:
    run("register", "move", **settings)
    for words in (("approve", "legal/b.md", *BY), ("register",), ("ingest",), ("register", "export", "/nowhere/x")):
        refused = run(*words)
        assert refused.exit_code != 0, words
        assert "was moved into a database" in refused.output
    assert not library.register_path.exists()


def test_what_cannot_be_done_is_told(settings: dict[str, str], library: TinyLibrary, run: Run, tmp_path: Path) -> None:
    needs = run("register", "move")
    assert needs.exit_code == 2
    assert "expected GREENLIT_DATABASE_URL to name the database, got none" in needs.stderr
    assert "holds no decisions" in run("register", "move", "--back", **settings).stderr
    (tmp_path / "there").write_text("mine")
    there = run("register", "export", str(tmp_path / "there"))
    assert there.exit_code == 2
    assert "expected the name of a file that is not there" in there.stderr
    assert (tmp_path / "there").read_text() == "mine"
    assert "cannot be written: No such file" in run("register", "export", str(tmp_path / "no" / "x")).stderr
    assert run("register", "export", str(tmp_path / "of-the-file")).exit_code == 0
    assert (tmp_path / "of-the-file").read_bytes() == library.register_path.read_bytes()

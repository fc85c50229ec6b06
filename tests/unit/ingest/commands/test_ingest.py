"""The command ingest: what it prints and how it exits; what one document becomes, with the real parsing process."""

from pathlib import Path

import pytest
from filelock import FileLock

from indexes.builds import current_build_id
from indexes.errors import EncoderError
from ingest.commands.ingest import ingest_here
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import ANN, json_of


@pytest.mark.parametrize("limited", [True], ids=["in the limited process"])
def test_ingest_prints_the_documented_json(library: TinyLibrary, run: Run, *, limited: bool) -> None:
    assert limited
    library.add("legal/a.md", "# Masters\n\nKeep masters.\n")
    library.write("legal/b.md", "x")
    result = run("ingest", "--json")
    assert result.exit_code == 0
    report = json_of(result)
    assert report["documents"] == [
        {"document": "legal/a.md", "outcome": "ingested", "reason": "", "passages": 1, "warnings": []},
        {
            "document": "legal/b.md",
            "outcome": "kept_out",
            "reason": "pending: nobody has approved it",
            "passages": 0,
            "warnings": [],
        },
    ]
    assert report["build_id"] == current_build_id(library.builds)
    assert (report["passages"], report["published"], report["problems"]) == (1, True, [])
    assert report["seconds"] > 0


def test_ingest_says_to_a_person_what_became_of_each_document(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "# Masters\n\nKeep masters.\n")
    library.write("legal/b.md", "x")
    result = run("ingest")
    assert result.exit_code == 0
    assert "legal/a.md ingested 1" in " ".join(result.stdout.split())
    assert "legal/b.md kept out pending: nobody has approved it" in " ".join(result.stdout.split())
    assert "1 ingested, 1 kept out; 1 passage in" in result.stdout
    assert f"published build {current_build_id(library.builds)}" in result.stdout
    result = run("ingest")
    assert "1 unchanged, 1 kept out; 1 passage in" in result.stdout
    assert f"nothing changed; still live: build {current_build_id(library.builds)}" in result.stdout


def test_ingest_of_an_empty_library_is_done(run: Run) -> None:
    result = run("ingest")
    assert result.exit_code == 0
    assert "no documents; 0 passages in" in result.stdout


def test_ingest_names_what_is_wrong_with_the_library(library: TinyLibrary, run: Run) -> None:
    (library.folder / "security").rmdir()
    result = run("ingest")
    assert result.exit_code == 1
    assert "problem: source 'security':" in result.stderr
    assert current_build_id(library.builds), "the rest is published all the same"


def test_ingest_tells_an_approved_document_without_a_file(library: TinyLibrary, run: Run) -> None:
    for name in "abc":
        library.add(f"legal/{name}.md", "# Masters\n\nKeep masters.\n")
    (library.folder / "legal" / "b.md").unlink()
    result = run("ingest")
    assert result.exit_code == 1
    assert "legal/b.md missing missing: approved by ann@x.example, but there is no" in " ".join(result.stdout.split())
    assert "2 ingested, 1 missing; 2 passages in" in result.stdout
    assert "problem: source 'legal': 1 of 3 approved documents has no file (legal/b.md)" in result.stderr


def test_ingest_publishes_nothing_when_most_of_a_source_is_gone_unless_told_to(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "# Masters\n\nKeep masters.\n")
    assert run("ingest").exit_code == 0
    live = current_build_id(library.builds)
    (library.folder / "legal" / "a.md").unlink()
    result = run("ingest")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "greenlit: nothing was published, what was live stays live: source 'legal': 1 of 1" in result.stderr
    assert "--allow-missing" in result.stderr
    assert current_build_id(library.builds) == live
    result = run("ingest", "--allow-missing")
    assert result.exit_code == 1, "what is missing is still a problem"
    assert current_build_id(library.builds) != live


def test_what_the_register_keeps_out_is_no_problem(library: TinyLibrary, run: Run) -> None:
    library.write("legal/pending.md", "x")
    library.add("legal/changed.md", "x")
    library.write("legal/changed.md", "y")
    library.add("legal/revoked.md", "x")
    library.revoke("legal/revoked.md")
    result = run("ingest")
    assert result.exit_code == 0
    assert "3 kept out" in result.stdout


def test_ingest_with_problems_is_served_all_the_same(library: TinyLibrary, run: Run) -> None:
    """`greenlit run` goes on after problems; only an ingestion that could not be done ends it."""
    assert run("ingest").exit_code == 0
    library.add("legal/damaged.pdf", "no pdf")
    assert ingest_here().problems


def test_ingest_asks_the_state_folder_which_old_builds_records_need(
    library: TinyLibrary, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "builds_in_use").touch()
    result = run("ingest")
    assert result.exit_code == 1
    assert f"problem: no old build was removed: {tmp_path / 'var' / 'builds_in_use'} cannot be listed" in result.stderr
    assert current_build_id(library.builds)


def test_ingest_exits_with_1_when_another_is_running(library: TinyLibrary, run: Run) -> None:
    library.builds.mkdir()
    with FileLock(library.builds / ".ingest.lock"):
        result = run("ingest", "--wait", "0")
    assert result.exit_code == 1
    assert "greenlit: another ingestion is running" in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_worker_takes_nobodys_word_for_lost_documents(run: Run) -> None:
    result = run("ingest", "--watch", "--allow-missing")
    assert result.exit_code == 2
    assert "expected it without --watch" in " ".join(result.stderr.split())


def test_ingest_exits_with_1_when_a_setting_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_MAX_FILE_BYTES", "0")
    result = run("ingest")
    assert result.exit_code == 1
    assert "GREENLIT_MAX_FILE_BYTES: Input should be greater than or equal to 1" in " ".join(result.stderr.split())


def test_ingest_exits_with_1_when_the_encoder_is_not_the_published_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise EncoderError("model.safetensors is not the published file")

    monkeypatch.setattr("indexes.encoder.load_encoder", refuse)
    result = run("ingest")
    assert result.exit_code == 1
    assert "model.safetensors is not the published file" in " ".join(result.stderr.split())


def test_the_largest_file_is_a_setting(library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add("legal/a.md", "x" * 100)
    monkeypatch.setenv("GREENLIT_MAX_FILE_BYTES", "99")
    (document,) = json_of(run("ingest", "--json"))["documents"]
    assert "too large" in document["reason"]
    assert run("approve", "legal/a.md", *ANN).exit_code == 2

"""The command approve with --supersedes: what it says, writes and refuses."""

from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import ANN, events_of, json_of


def test_an_approval_may_say_what_it_supersedes_and_says_so_first(library: TinyLibrary, run: Run) -> None:
    for old in ("legal/2021.md", "legal/2023.md"):
        library.add(old, "x")
    library.write("legal/2025.md", "y")
    path = str(library.folder / "legal" / "2023.md")
    result = run("approve", "legal/2025.md", *ANN, "--supersedes", "legal/2021.md", "--supersedes", path)
    assert result.exit_code == 0
    assert "      supersedes legal/2021.md\n      supersedes legal/2023.md\n" in result.stdout
    assert events_of(library)[-1]["supersedes"] == ["legal/2021.md", "legal/2023.md"]
    shown = json_of(run("register", "--json"))["documents"]
    assert [line["supersedes"] for line in shown] == [[], [], ["legal/2021.md", "legal/2023.md"]]
    assert "supersedes legal/2021.md" in run("approve", "legal/2025.md", *ANN).stdout, "it stays until it is taken back"
    assert "supersedes" not in run("approve", "legal/2025.md", *ANN, "--supersedes", "").stdout
    assert "supersedes" not in events_of(library)[-1]


def test_only_what_can_be_superseded_may_be_named(library: TinyLibrary, run: Run) -> None:
    library.add("legal/2023.md", "x")
    library.write("legal/2025.md", "y")
    for named, said in {
        "legal/2022.md": "expected supersedes = documents that the register knows, got 'legal/2022.md'",
        "legal/2025.md": "expected supersedes = other documents, got 'legal/2025.md' itself",
        "/etc/passwd": "lies in no approved source",
    }.items():
        result = run("approve", "legal/2025.md", *ANN, "--supersedes", named)
        assert (result.exit_code, len(events_of(library))) == (2, 1)
        assert said in result.stderr
    result = run("approve", "legal", *ANN, "--yes", "--supersedes", "legal/2023.md")
    assert result.exit_code == 2
    assert "expected one document that supersedes others, got the folder 'legal'" in result.stderr

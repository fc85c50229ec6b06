"""The command read: a file as it would be stored, shown to whoever runs it and kept nowhere."""

from pathlib import Path

import pytest

from indexes.documents import Locator
from indexes.readings import ReadingNote
from ingest.commands.read import _where
from ingest.loading import loader_version
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import files_holding
from tests.support.writing import json_of, steers_nothing

NOTES = (ReadingNote("hidden_text", 40), ReadingNote("pages_without_text", 3, ("2", "3", "4")))
TEXT = "# Doors\n\n## Night\n\nDoors are locked at seven.\n\nNobody has a second key.\n"


def test_a_file_that_lies_anywhere_is_shown_with_its_places_and_what_was_not_read(
    library: TinyLibrary, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "doors.md").write_text(TEXT)
    library.parser.notes = NOTES
    result = run("read", "doors.md")
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line] == [
        "Doors",
        f"doors.md, read by {loader_version('doors.md')}",
        "Doors",
        "Night",
        "[Night]",
        "Doors are locked at seven.",
        "Nobody has a second key.",
        "not in this text:",
        "  3 pages without text that can be read: 2, 3, 4",
        "  40 hidden words",
    ]


def test_a_document_of_the_library_may_be_named(library: TinyLibrary, run: Run) -> None:
    library.write("legal/doors.md", TEXT)
    result = run("read", "legal/doors.md")
    assert "Doors are locked at seven." in result.stdout
    assert "nothing was found that is not in this text" in result.stdout


def test_programs_get_the_documented_form(library: TinyLibrary, run: Run) -> None:
    library.parser.notes = NOTES[1:]
    path = library.write("legal/doors.md", TEXT)
    read = json_of(run("read", str(path), "--json"))
    (section,) = read.pop("sections")
    start, end = section["span"]
    assert read["text"][start:end] == "Doors are locked at seven.\n\nNobody has a second key."
    assert section["locator"] == {"kind": "heading", "path": ["Night"]}
    assert {**read, "text": ""} == {
        "title": "Doors",
        "text": "",
        "warnings": [{"kind": "pages_without_text", "count": 3, "where": ["2", "3", "4"]}],
        "loader": loader_version("doors.md"),
    }


@pytest.mark.parametrize("limited", [True], ids=["in the limited process"])
@pytest.mark.usefixtures("limited")
def test_law_6_the_text_is_kept_nowhere(library: TinyLibrary, run: Run, tmp_path: Path) -> None:
    needle = "heliport on the roof"
    draft = tmp_path / "drafts" / "parking.md"
    draft.parent.mkdir()
    draft.write_text(f"# Parking\n\nNobody may land on the {needle}.\n")
    for more in ((), ("--json",)):
        result = run("read", str(draft), *more)
        assert needle in result.stdout
        assert needle not in result.stderr
    assert list(files_holding(needle, tmp_path)) == [draft]
    assert not library.builds.exists()
    assert not library.register_path.exists()


def test_nothing_in_a_document_steers_the_terminal(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "# Red\x1b[31m\n\nGreen\u202e and [red]blue[/red].\n")
    result = run("read", "legal/a.md")
    assert steers_nothing(result)
    assert "[red]blue[/red]" in result.stdout
    assert steers_nothing(run("read", "legal/a.md", "--json"))


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("nothing.md", None, 2, "there is no file 'nothing.md': expected a document to read"),
        ("a.md/b.md", None, 2, "there is no file 'a.md/b.md'"),
        ("a\0.md", None, 2, r"there is no file 'a\u{0000}.md'"),
        ("x" * 300, None, 2, "cannot be read: File name too long"),
        (".", None, 2, "'.' is a folder: expected one document"),
        ("/dev/null", None, 2, "'/dev/null' is not a regular file: expected one document"),
        ("large.md", b"x" * 1001, 2, "'large.md' is too large: 0 MB, expected at most 0 MB (GREENLIT_MAX_FILE_BYTES)"),
        ("slides.pptx", b"PK", 1, "'slides.pptx': expected a document of type .docx, "),
        ("README", b"x", 1, "'README': expected a document of type .docx, .htm, "),
        ("empty.md", b"", 1, "'empty.md': expected a document, got an empty file (0 bytes)"),
        ("broken.pdf", b"no pdf", 1, "'broken.pdf': expected a PDF"),
    ],
)
def test_what_cannot_be_read_says_why(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes | None, code: int, message: str
) -> None:
    monkeypatch.setenv("GREENLIT_MAX_FILE_BYTES", "1000")
    Path("a.md").write_text("x")
    if content is not None:
        Path(name).write_bytes(content)
    result = run("read", name)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("locator", "shown"),
    [
        (
            Locator("page", page=3, printed="iii", headings=("Pay", "Bonus")),
            "[page iii (page 3 of the file) › Pay › Bonus]",
        ),
        (Locator("page", page=3), "[page 3]"),
        (Locator("time", at="00:12:31", headings=("Ann",)), "[at 00:12:31 › Ann]"),
        (Locator("document"), ""),
    ],
)
def test_a_place_is_all_that_is_known_of_it(locator: Locator, shown: str) -> None:
    assert _where(locator) == shown

"""The command register: where documents stand, for people and for programs."""

import hashlib
import json

import pytest

from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import ANN, events_of, json_of, steers_nothing


def test_the_register_lists_every_document_for_a_person(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    library.write("legal/b.md", "x")
    result = run("register")
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["document", "standing"],
        ["legal/a.md", "approved"],
        ["legal/b.md", "pending"],
    ]


def test_the_register_is_json_for_a_program(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x", groups=["staff", "board"])
    library.write("legal/b.md", "x")
    granted, pending = json_of(run("register", "--json"))["documents"]
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    today = library.clock.at.date().isoformat()
    assert {**granted, "expires": ""} == {
        "document": "legal/a.md",
        "standing": "approved",
        "sha256": sha256,
        "approved_sha256": sha256,
        "approved_by": ["ann@x.example"],
        "approved_on": today,
        "expires": "",
        "groups": ["board", "staff"],
        "supersedes": [],
        "problem": None,
    }
    assert (pending["standing"], pending["approved_sha256"], pending["groups"]) == ("pending", None, [])


def test_the_register_can_be_asked_for_one_standing(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    library.write("legal/b.md", "x")
    documents = json_of(run("register", "--status", "pending", "--json"))["documents"]
    assert [document["document"] for document in documents] == ["legal/b.md"]


def test_a_standing_that_does_not_exist_exits_with_2(run: Run) -> None:
    result = run("register", "--status", "greenlit")
    assert result.exit_code == 2
    assert "expected --status = one of approved, pending, changed, expired" in " ".join(result.stderr.split())


def test_a_line_that_cannot_be_understood_exits_with_1_and_is_named(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    with library.register_path.open("ab") as file:
        file.write(b'{"event": "revok", "document": "legal/a.md"}\n')
    result = run("register")
    assert result.exit_code == 1
    assert (
        "line 2: expected \"event\" = approve, revoke, reject or upload, got 'revok'; 'legal/a.md' counts"
        in result.stderr
    )
    result = run("register", "--json")
    assert result.exit_code == 1
    assert len(json_of(result)["problems"]) == 1


def test_what_a_merge_did_is_remarked_and_exits_with_0(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    library.append(library.approvals.state().decisions["legal/a.md"].events[0])
    result = run("register")
    assert result.exit_code == 0
    assert "remark: " in result.stderr
    assert "lines that stand in it twice: 1" in result.stderr
    assert len(json_of(run("register", "--json"))["remarks"]) == 1


@pytest.mark.parametrize("command", ["register", "ingest"])
def test_nothing_that_was_written_into_the_register_by_hand_steers_a_terminal(
    library: TinyLibrary, run: Run, command: str
) -> None:
    library.add("legal/a.md", "x")
    library.write("legal/b.md", "x")
    (event,) = events_of(library)
    lines = [
        {**event, "title": "\x1b]0;owned\x07", "at": "2999-01-01T00:00:00Z"},
        {**event, "by": "\x1b[2Jann"},
        {**event, "groups": ["\x9b31m"]},
        {**event, "\x1b[31mkey": "value"},
        {
            "event": "revoke",
            "document": "legal/b.md",
            "by": "\x1b[31mbo",
            "at": event["at"],
            "reason": "red\x1b[31m\nb",
        },
        {"event": "\x1b[31m", "document": "legal/\x1b[31m.md"},
    ]
    with library.register_path.open("ab") as file:
        file.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b"<<<<<<< \x1b[31mHEAD\n")
    result = run(command)
    assert result.exit_code == 1
    assert steers_nothing(result)
    assert steers_nothing(run(command, "--json"))
    assert r"\u{001b}" in result.output, "it is shown as an escape"
    if command == "ingest":
        assert r"revoked: by \u{001b}[31mbo on" in result.stdout
        assert r"red\u{001b}[31m\u{000a}b" in result.stdout


def test_without_an_allowlist_the_register_exits_with_1(library: TinyLibrary, run: Run) -> None:
    (library.folder / "sources.toml").unlink()
    result = run("register")
    assert result.exit_code == 1
    assert "no sources.toml in" in result.stderr


def test_a_name_that_could_mislead_is_shown_escaped(library: TinyLibrary, run: Run) -> None:
    library.write("legal/gnp\u202edm.md", "x")
    result = run("register")
    assert "\u202e" not in result.output
    assert "legal/gnp\\u{202e}dm.md" in result.stdout
    assert json_of(run("register", "--json"))["documents"][0]["document"] == "legal/gnp\u202edm.md"


# Read otherwise than when it was approved


TEXT = "# Leave\n\nTrainees have leave for ten days.\n"


@pytest.fixture
def later(library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document was approved as it was read, and ingested; a later release reads another word."""
    library.write("legal/a.md", TEXT)
    assert run("approve", "legal/a.md", *ANN).exit_code == 0
    library.ingest()
    library.parser.as_another = ("ten", "six")
    for module in ("ingest.rereading", "ingest.pipeline", "ingest.describe"):
        monkeypatch.setattr(f"{module}.loader_version", lambda _: "markdown of a later release")


SAID = """\
legal/a.md is read otherwise than when it was approved
    @@ -3 +3 @@
    - Trainees have leave for ten days.
    + Trainees have leave for six days.
"""


@pytest.mark.usefixtures("later")
def test_what_differs_is_shown_before_and_after_the_next_build(library: TinyLibrary, run: Run) -> None:
    for _ in range(2):
        result = run("register")
        assert result.exit_code == 0
        assert result.stdout.endswith(SAID)
        library.ingest()
    (one,) = json_of(run("register", "--json"))["read_otherwise"]
    assert (one["document"], one["problem"], one["more_lines"]) == ("legal/a.md", None, 0)
    assert one["difference"] == [line.strip() for line in SAID.splitlines()[1:]]
    assert [one["text_sha256"], *one["approved_text_sha256"]] == [
        hashlib.sha256(f"Leave\n\nTrainees have leave for {word} days.".encode()).hexdigest() for word in ("six", "ten")
    ]
    assert "read_otherwise" in run("register", "--json", "--status", "pending").stdout
    assert json_of(run("register", "--json", "--status", "pending"))["read_otherwise"] == []


@pytest.mark.usefixtures("later")
def test_a_new_approval_is_the_end_of_it(library: TinyLibrary, run: Run) -> None:
    assert run("approve", "legal/a.md", *ANN).exit_code == 0
    assert "otherwise" not in run("register").output
    library.ingest()
    assert "otherwise" not in run("register").output


@pytest.mark.usefixtures("later")
def test_a_folder_is_approved_anew_after_what_differs_was_shown(library: TinyLibrary, run: Run) -> None:
    library.add("legal/silent.md", TEXT)
    library.write("legal/draft.md", "x")
    result = run("approve", "legal", *ANN, "--reread", answer="y\n")
    assert result.exit_code == 0
    assert result.stdout.startswith(SAID)
    assert "Approve these 1?" in result.output
    assert "otherwise" not in run("register").output
    assert "draft.md" not in library.register_path.read_text()
    again = run("approve", "legal", *ANN, "--reread")
    assert (again.exit_code, again.stderr) == (0, "nothing to approve\n")


def test_a_source_that_asks_says_so_and_old_texts_that_are_gone_too(library: TinyLibrary, run: Run) -> None:
    library.allow("hr", also='reread = "ask"\n')
    library.add("hr/a.md", TEXT, text_sha256="a" * 64)
    library.add("hr/b.pdf", b"no pdf", text_sha256="a" * 64)
    stdout = run("register").stdout
    assert "hr/a.md is read otherwise than when it was approved; it stays out until it is approved again\n" in stdout
    assert "    no build has the text that was approved\n" in stdout
    assert "hr/b.pdf cannot be read any more: expected a PDF" in stdout


def test_without_a_claim_nothing_is_read(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", TEXT)
    assert "otherwise" not in run("register").output
    assert library.parser.parsed == []


def test_more_than_anybody_waits_for_is_counted(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.rereading.MOST_READ", 1)
    for name in "abc":
        library.add(f"legal/{name}.md", TEXT, text_sha256="a" * 64)
    result = run("register")
    assert "remark: approved documents that were not read anew, as there are too many: 2" in result.stderr
    assert len(library.parser.parsed) == 1

"""The command register: where documents stand, for people and for programs."""

import json

import pytest

from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import events_of, json_of, steers_nothing


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

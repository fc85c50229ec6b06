"""The writer's commands: what they print, for people and for programs, and how they exit."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from indexes import register as register_module
from indexes.approvals import Approvals, Plan
from indexes.builds import current_build_id
from indexes.errors import EncoderError
from indexes.names import printable
from indexes.register import Register
from ingest.cli import app, ingest_here
from tests.support.fakes import REVOCATION, HashingEncoder, TinyLibrary

Run = Callable[..., Result]
ANN = ("--by", "ann@x.example")


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    library.clock.at = datetime.now(UTC)  # the commands read the real clock
    return library


@pytest.fixture
def run(library: TinyLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GREENLIT_LIBRARY", str(library.folder))
    monkeypatch.setenv("GREENLIT_BUILDS", str(library.builds))
    monkeypatch.setenv("GREENLIT_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("indexes.encoder.load_encoder", lambda _: HashingEncoder())

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=answer)

    return invoke


def _events(library: TinyLibrary) -> list[dict[str, Any]]:
    return [json.loads(line) for line in library.register_path.read_bytes().splitlines()]


def _steers_nothing(result: Result) -> bool:
    """Tell whether the output is plain lines: nothing that a terminal would act on."""
    return all(printable(line) == line for line in result.output.split("\n"))


def _json(result: Result) -> Any:
    return json.loads(result.stdout)


# approve


def test_a_file_is_approved_without_asking(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 0
    assert "legal/a.md  2d711642b726  until " in result.stdout
    assert "legal/a.md is approved" in result.stdout
    (event,) = _events(library)
    assert (event["event"], event["by"], event["groups"]) == ("approve", "ann@x.example", ["staff"])
    assert (event["auth"], "by_id" in event) == ("cli", False)


def test_a_path_on_the_disk_may_be_given(library: TinyLibrary, run: Run) -> None:
    path = library.write("legal/a.md", "x")
    assert run("approve", str(path), *ANN).exit_code == 0
    assert _events(library)[0]["document"] == "legal/a.md"


def test_every_term_of_an_approval_can_be_given(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    terms = ("--expires", "2099-01-31", "--groups", "board, press", "--title", " Plan ", "--note", "item 3")
    assert run("approve", "legal/a.md", *ANN, *terms).exit_code == 0
    (event,) = _events(library)
    assert (event["expires"], event["groups"]) == ("2099-01-31", ["board", "press"])
    assert (event["title"], event["note"]) == ("Plan", "item 3")


def test_one_of_two_approvals_says_that_another_is_needed(library: TinyLibrary, run: Run) -> None:
    library.write("security/a.md", "x")
    result = run("approve", "security/a.md", *ANN)
    assert "security/a.md is pending: another person has to approve it too" in result.stdout
    result = run("approve", "security/a.md", "--by", "bo@x.example")
    assert "security/a.md is approved" in result.stdout


def test_an_approval_by_a_name_that_was_typed_says_that_it_does_not_count(library: TinyLibrary, run: Run) -> None:
    library.allow("hr", flags=["proven"])
    library.write("hr/a.md", "x")
    result = run("approve", "hr/a.md", *ANN)
    assert "hr/a.md is pending: there only approvals of people who signed in count" in result.stdout


def test_an_approval_that_is_over_already_says_so(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    result = run("approve", "legal/a.md", *ANN, "--expires", "2020-01-01")
    assert "legal/a.md is expired: its last day is already past" in result.stdout


def test_a_folder_is_approved_after_asking(library: TinyLibrary, run: Run) -> None:
    for name in ("a", "b"):
        library.write(f"legal/{name}.md", name)
    result = run("approve", "legal", *ANN, answer="y\n")
    assert result.exit_code == 0
    assert "Approve these 2? [y/N]: y" in result.output
    assert [event["document"] for event in _events(library)] == ["legal/a.md", "legal/b.md"]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_a_folder_is_not_approved_unless_somebody_says_yes(library: TinyLibrary, run: Run, answer: str) -> None:
    for name in ("a", "b"):
        library.write(f"legal/{name}.md", name)
    assert run("approve", "legal", *ANN, answer=answer).exit_code == 1
    assert not library.register_path.exists()


def test_a_folder_of_one_document_is_asked_about_too(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    assert run("approve", "legal", *ANN, answer="n\n").exit_code == 1
    assert not library.register_path.exists()


def test_an_approval_may_hold_to_the_end_of_time(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    assert "legal/a.md is approved" in run("approve", "legal/a.md", *ANN, "--expires", "9999-12-31").stdout


def test_with_yes_a_folder_is_approved_without_asking(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "a")
    library.write("legal/b.md", "b")
    library.approve("legal/b.md")
    library.revoke("legal/b.md")
    result = run("approve", "legal", *ANN, "--yes")
    assert result.exit_code == 0
    assert "passed over legal/b.md: is revoked" in result.stderr
    assert "legal/a.md is approved" in result.stdout


def test_a_folder_with_nothing_undecided_says_so(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    result = run("approve", "legal", *ANN)
    assert (result.exit_code, "nothing to approve" in result.stderr) == (0, True)
    assert len(_events(library)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("legal/nothing.md", *ANN), "there is no file 'legal/nothing.md': expected a file to approve"),
        (("/etc/passwd", *ANN), "'/etc/passwd' lies in no approved source"),
        (
            ("legal/a.md", *ANN, "--expires", "31.1.2099"),
            "expected --expires = a date like 2027-11-20, got '31.1.2099'",
        ),
        (("legal/a.md", *ANN, "--expires", "2027-02-30"), "expected --expires = a date"),
        (("legal/a.md", *ANN, "--groups", " , "), "expected --groups = one or more names"),
        (("legal/a.md", "--by", " "), "expected --by = a name or address, got ' '"),
        (("legal/a.md", "--by", "ann\nbo"), r"expected --by = a name or address, got 'ann\u{000a}bo'"),
        (("legal/a.md", "--by", "ann\x1b[2J"), r"expected --by = a name or address, got 'ann\u{001b}[2J'"),
        (
            ("legal/a.md", *ANN, "--title", "a\x1b]0;b\x07"),
            r"expected --title = one line of plain text, got 'a\u{001b}]0;b\u{0007}', which holds \u{001b}",
        ),
        (("legal/a.md", *ANN, "--note", "one\ntwo"), r"expected --note = one line of plain text, got 'one\u{000a}two'"),
        (("legal/a.md", *ANN, "--groups", "a\u202e"), r"which holds \u{202e} (RIGHT-TO-LEFT OVERRIDE)"),
        (
            ("legal/a.md", *ANN, "--expires", "\x9b31m"),
            r"expected --expires = a date like 2027-11-20, got '\u{009b}31m'",
        ),
        (("legal/a.md\0", *ANN), r"which holds a NUL character"),
        (("legal/\x1b[2Ja.md", *ANN), r"the name 'legal/\u{001b}[2Ja.md' holds \u{001b}"),
        (("/\x1b[2J", *ANN), r"'/\u{001b}[2J' lies in no approved source"),
        (("legal/a.md",), "Missing option '--by'"),
        ((*ANN,), "Missing argument"),
    ],
)
def test_a_slip_is_named_exits_with_2_and_approves_nothing(
    library: TinyLibrary, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    library.write("legal/a.md", "x")
    result = run("approve", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert _steers_nothing(result)
    assert not library.register_path.exists()


def test_a_register_that_cannot_be_written_exits_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "x")
    monkeypatch.setattr(register_module, "_LOCK_TIMEOUT_S", 0.01)
    with FileLock(f"{library.register_path}.lock"):
        result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 1
    assert "has been locked by another writer" in result.stderr


def test_a_name_that_looks_like_markup_is_printed_as_it_is(library: TinyLibrary, run: Run) -> None:
    library.write("legal/[red]a[/].md", "x")
    assert "legal/[red]a[/].md is approved" in run("approve", "legal/[red]a[/].md", *ANN).stdout


def test_an_approval_that_was_revoked_while_a_person_thought_exits_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", "x")
    approve = Approvals.approve

    def revoke_first(self: Approvals, plan: Plan) -> None:
        library.clock.pass_days(1 / 24)
        library.revoke("legal/a.md")
        approve(self, plan)

    monkeypatch.setattr(Approvals, "approve", revoke_first)
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 1
    assert "legal/a.md is revoked: it was withdrawn meanwhile, and the approval does not count" in result.stdout


def test_where_no_approval_can_count_yet_the_command_exits_with_1(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    library.append(replace(REVOCATION, at=datetime(2999, 1, 1, tzinfo=UTC)))
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 1
    assert "greenlit: 'legal/a.md' is withdrawn up to 2999-01-01T00:00:00Z: that time has not come" in result.stderr


# revoke, reject


def test_a_revocation_is_recorded_with_who_and_why(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    result = run("revoke", "legal/a.md", *ANN, "--reason", "superseded")
    assert (result.exit_code, result.stdout) == (0, "legal/a.md is revoked\n")
    assert {**_events(library)[-1], "at": ""} == {
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
    assert _events(library)[-1]["event"] == "reject"


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


# register


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
    granted, pending = _json(run("register", "--json"))["documents"]
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
    documents = _json(run("register", "--status", "pending", "--json"))["documents"]
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
    assert len(_json(result)["problems"]) == 1


def test_what_a_merge_did_is_remarked_and_exits_with_0(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    library.append(library.approvals.state().decisions["legal/a.md"].events[0])
    result = run("register")
    assert result.exit_code == 0
    assert "remark: " in result.stderr
    assert "lines that stand in it twice: 1" in result.stderr
    assert len(_json(run("register", "--json"))["remarks"]) == 1


@pytest.mark.parametrize("command", ["register", "ingest"])
def test_nothing_that_was_written_into_the_register_by_hand_steers_a_terminal(
    library: TinyLibrary, run: Run, command: str
) -> None:
    library.add("legal/a.md", "x")
    library.write("legal/b.md", "x")
    (event,) = _events(library)
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
    assert _steers_nothing(result)
    assert _steers_nothing(run(command, "--json"))
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
    assert _json(run("register", "--json"))["documents"][0]["document"] == "legal/gnp\u202edm.md"


# ingest (with the real parsing process)


def test_ingest_prints_the_documented_json(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "# Masters\n\nKeep masters.\n")
    library.write("legal/b.md", "x")
    result = run("ingest", "--json")
    assert result.exit_code == 0
    report = _json(result)
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
    assert "1 ingested, 1 kept out; 1 passages in" in result.stdout
    assert f"published build {current_build_id(library.builds)}" in result.stdout
    result = run("ingest")
    assert "1 unchanged, 1 kept out; 1 passages in" in result.stdout
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
    assert "problem: source 'legal': 1 of 3 approved documents have no file (legal/b.md)" in result.stderr


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
    (document,) = _json(run("ingest", "--json"))["documents"]
    assert "too large" in document["reason"]
    assert run("approve", "legal/a.md", *ANN).exit_code == 2


def test_what_the_commands_write_is_what_the_register_reads(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    run("approve", "legal/a.md", *ANN)
    run("revoke", "legal/a.md", *ANN, "--reason", "x")
    run("reject", "legal/a.md", *ANN, "--reason", "x")
    state = Register(library.register_path).refresh()
    assert (state.position, state.problems) == (3, ())

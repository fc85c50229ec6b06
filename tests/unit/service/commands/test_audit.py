"""The auditors' commands over a log that they open themselves: what they print, and with which code they end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

import service.answering_made
import service.parts
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.audit_doors import PURPOSE, Asked, asked, command, opened, use_fakes
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import (
    NEVER_ENOUGH,
    OFF_TOPIC_QUESTION,
    POLICY,
    VENDOR_QUESTION,
    open_studio,
    with_rules,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
Audit = Callable[..., Result]


@pytest.fixture
def questions(library: TinyLibrary) -> tuple[Asked, Asked]:
    """Ask two questions, on the 20th and on the 21st."""
    return grown(library, _ask_twice)


def _ask_twice(library: TinyLibrary) -> tuple[Asked, Asked]:
    with open_studio(with_rules(library)) as studio:
        first = asked(studio)
        library.clock.pass_days(1)
        return first, asked(studio, OFF_TOPIC_QUESTION)


@pytest.fixture
def audit(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """Run a command of the audit."""
    use_fakes(library, monkeypatch)
    return lambda *words: command(library, "audit", *words)


def _json(audit: Audit, *words: str) -> Any:
    result = audit(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _kinds(library: TinyLibrary) -> list[str]:
    return [leaf.type for leaf in SqliteLeafStore(folder=library.root / "state").leaves(-1, 1000)]


# --- list ---


def test_records_are_listed_one_a_line_for_a_terminal_of_120_columns(
    audit: Audit, questions: tuple[Asked, Asked]
) -> None:
    result = audit("list")
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(lines) == questions[1].finished + 1
    assert max(map(len, lines)) <= 120
    first = questions[0]
    assert lines[first.finished] == (
        f"{first.finished:>7}  2026-11-20T12:00:00Z  query.finished     answered {first.request_id} {POLICY}"
    )
    assert "config.changed     release=" in result.stdout


def test_a_list_goes_on_where_it_ended(audit: Audit, questions: tuple[Asked, Asked]) -> None:
    first = audit("list", "--limit", "2")
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["0", "1", "more:"]
    assert first.stdout.splitlines()[-1] == "more: --after 1"
    page = _json(audit, "list", "--after", "1", "--to", str(questions[0].received))
    assert [record["seq"] for record in page["records"]] == list(range(2, questions[0].received + 1))
    assert page["next"] is None


@pytest.mark.usefixtures("questions")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--from", "2", "--to", "4"], [2, 3, 4]),
        (["--from", "0", "--to", "0"], [0]),
        (["--from", "1", "--after", "0", "--to", "1"], [1]),
        (["--after", "0", "--from", "0", "--to", "2"], [1, 2]),
        (["--from", "3", "--to", "1"], []),
        (["--from", "2", "--to", "99999", "--limit", "2"], [2, 3]),
    ],
)
def test_a_list_is_of_a_span_of_numbers(audit: Audit, words: list[str], expected: list[int]) -> None:
    assert [record["seq"] for record in _json(audit, "list", *words)["records"]] == expected


@pytest.mark.usefixtures("questions")
def test_what_lies_beyond_the_span_is_not_looked_at(
    library: TinyLibrary,
    audit: Audit,
) -> None:
    _json(audit, "list", "--from", "2", "--to", "4")
    *_, newest = SqliteLeafStore(folder=library.root / "state").leaves(-1, 1000)
    assert json.loads(newest.leaf)["seqs"] == [2, 3, 4]


def test_a_list_is_of_days_and_kinds(audit: Audit, questions: tuple[Asked, Asked]) -> None:
    def listed(*words: str) -> list[int]:
        return [record["seq"] for record in _json(audit, "list", "--type", "query.finished", *words)["records"]]

    first, second = questions
    assert listed("--from", "2026-11-21") == [second.finished]
    assert listed("--to", "2026-11-21") == [first.finished]
    assert listed("--from", "2026-11-20T12:00:00Z", "--to", "2026-11-22") == [first.finished, second.finished]
    assert listed("--outcome", "refused", "--reason", "no_evidence") == [second.finished]
    assert listed("--document", POLICY, "--channel", "api", "--request-id", first.request_id) == [first.finished]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "--from", "soon"], "expected a day like 2026-11-20 or a time like 2026-11-20T09:00:00Z, got neither"),
        (["list", "--outcome", "It was refused"], 'expected "outcome" = a code of lower-case letters'),
        (["list", "--limit", "0"], "--limit"),
        (["export", "folder", "--from", "soon"], "expected a day like 2026-11-20"),
        (["show", "-1"], "-1"),
        (["erase"], "expected either --request-id or --before or --confirm"),
        (["erase", "--request-id", UNKNOWN, "--before", "2026-11-20"], "expected either --request-id or --before"),
        (["erase", "--confirm", "1", "--before", "2026-11-20"], "expected either --request-id or --before"),
        (["erase", "--before", "soon"], "expected a day like 2026-11-20"),
        (["erase", "--request-id", "all"], "request_id: expected the id of a question"),
        (["rotate", "identity"], "expected payload or signing, got 'identity'"),
        (["reveal", "open", "1", "--case", "HR-1"], "--reason"),
        (["reveal", "confirm", "newest"], "audit reveal confirm"),
    ],
)
def test_bad_usage_ends_with_2(
    audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = audit(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert not (tmp_path / "folder").exists()


def test_wrong_settings_end_with_2(library: TinyLibrary, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_PORT", "http")
    result = audit("list")
    assert (result.exit_code, "GREENLIT_PORT: " in result.stderr) == (2, True)
    assert not (library.root / "state").exists()


@pytest.mark.usefixtures("questions")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "999"], "No such record: there is no record 999"),
        (["proof", "999"], "No such record: there is no record 999"),
        (["replay", "0"], "No such record: expected the number of a question's record, got 0"),
        (["erase", "--request-id", UNKNOWN], "No such record: there is no such question on record"),
        (["export", "folder", "--to", "999"], "expected a range within the log, got 0 to 999"),
        (["export", "folder", "--from", "2030-01-01"], "expected a time in which something was recorded"),
    ],
)
def test_what_is_not_there_ends_with_1(
    audit: Audit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = audit(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr
    assert not (tmp_path / "folder").exists()


# --- show ---


def test_a_record_is_shown_and_its_texts_in_a_second_step(audit: Audit, questions: tuple[Asked, Asked]) -> None:
    seq = str(questions[0].received)
    shown = audit("show", seq)
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"{seq:>7}  2026-11-20T12:00:00Z  query.received     api actor-")
    assert "leaf hash  " in shown.stdout
    assert ' "prompt_len": 28,' in shown.stdout
    assert VENDOR_QUESTION not in shown.stdout
    opened = audit("show", seq, "--payload", "--purpose", PURPOSE)
    assert opened.stdout.endswith(f"prompt\n{VENDOR_QUESTION}\n")
    assert _json(audit, "show", seq, "--payload", "--purpose", PURPOSE)["texts"] == {"prompt": VENDOR_QUESTION}
    assert _json(audit, "show", seq, "--payload")["texts"] == {"prompt": VENDOR_QUESTION}
    looks = [look for one in _json(audit, "own")["questions"] for look in one["looks"] if look["what"] == "payload"]
    assert {look["purpose"] for look in looks} == {PURPOSE, "no purpose was given"}


def test_markup_in_a_text_is_printed_as_it_is(library: TinyLibrary, audit: Audit) -> None:
    text = "Who reviews [red]AI[/red] vendors \\[link=x]?"
    with open_studio(with_rules(library)) as studio:
        question = asked(studio, text)
    assert text in audit("show", str(question.received), "--payload", "--purpose", PURPOSE).stdout
    assert text in audit("own").stdout


def test_nothing_on_record_steers_the_terminal(audit: Audit, questions: tuple[Asked, Asked], tmp_path: Path) -> None:
    seq, bad = str(questions[0].received), "a\x1b[2Jb\u009b1m\u202ec\rd\ne\u2028[red]"
    folder = tmp_path / bad
    for words in (
        ["show", seq, "--payload", "--purpose", bad],
        ["reveal", "open", seq, "--case", bad, "--reason", bad],
        ["reveal", "list"],
        ["export", str(folder), "--purpose", bad],
        ["export", str(folder), "--purpose", bad],
        ["list", "--type", bad],
        ["rotate", bad],
        ["own"],
        ["own", "--json"],
        ["list"],
    ):
        printed = audit(*words).output
        assert printed
        assert all(char.isprintable() or char == "\n" for char in printed), words
    assert "[red]" in audit("own").output


# --- export ---


def test_records_of_a_month_are_exported(audit: Audit, questions: tuple[Asked, Asked], tmp_path: Path) -> None:
    folder = tmp_path / "out" / "november"
    result = audit("export", "--from", "2026-11-01", "--to", "2026-12-01", str(folder))
    assert result.exit_code == 0, result.output
    assert f"exported to {folder}; check it with greenlit audit verify {folder}" in result.stdout
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["from_seq"], manifest["to_seq"]) == (0, questions[1].finished)
    assert not (folder / "payloads.jsonl").exists()


def test_an_export_is_of_numbers_and_with_texts_if_wished(
    audit: Audit, questions: tuple[Asked, Asked], tmp_path: Path
) -> None:
    numbers = ["--from", str(questions[0].received), "--to", str(questions[0].finished)]
    result = audit("export", str(tmp_path / "one"), *numbers, "--payloads", "--purpose", PURPOSE)
    assert result.exit_code == 0, result.output
    texts = [json.loads(line) for line in (tmp_path / "one" / "payloads.jsonl").read_text().splitlines()]
    assert [text["text"] for text in texts if text["field"] in ("prompt", "answer")] == [VENDOR_QUESTION, SENTENCE]


@pytest.mark.usefixtures("questions")
def test_a_folder_that_holds_something_is_refused_before_anything_is_exported(
    library: TinyLibrary, audit: Audit, tmp_path: Path
) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    result = audit("export", str(tmp_path))
    assert (result.exit_code, "to be a new or an empty folder" in result.stderr) == (1, True)
    assert "audit.exported" not in _kinds(library)


# --- steps ---


def test_an_answer_is_made_again(audit: Audit, questions: tuple[Asked, Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    same = audit("replay", str(questions[0].finished))
    assert (same.exit_code, same.stdout.split(": ")[0]) == (0, "identical")
    monkeypatch.setattr(service.answering_made, "read_calibration", lambda: NEVER_ENOUGH)
    other = audit("replay", str(questions[0].finished))
    assert (other.exit_code, other.stdout.split(": ")[0]) == (1, "differs")
    assert "result: expected an answer, got a refusal (no_evidence)" in other.stdout
    assert json.loads(audit("replay", str(questions[0].finished), "--json").stdout)["verdict"] == "differs"


def test_texts_are_erased_by_question(audit: Audit, questions: tuple[Asked, Asked]) -> None:
    result = audit("erase", "--request-id", questions[1].request_id, "--ground", "court_order", "--purpose", PURPOSE)
    assert (result.exit_code, result.stdout) == (0, "erased the texts of 1 record\n")
    shown = audit("show", str(questions[1].received), "--payload", "--purpose", PURPOSE).stdout
    assert "erased 2026-11-21T12:00:00Z (court_order, record " in shown
    assert OFF_TOPIC_QUESTION not in shown


def test_erasing_by_age_is_opened_here_and_confirmed_by_somebody_else(
    library: TinyLibrary, audit: Audit, questions: tuple[Asked, Asked]
) -> None:
    by_age = ("erase", "--before", "2026-11-21", "--ground", "court_order", "--purpose", PURPOSE)
    said = audit(*by_age).stdout
    opening = int(said.split()[2].rstrip(":"))
    assert said == (
        f"opened erasure {opening}: another person confirms it by 2026-11-22T12:00:00Z, in their own session:\n"
        f"  POST /v1/audit/erasures/{opening}/confirm\n"
    )
    assert _json(audit, *by_age)["expires"] == "2026-11-22T12:00:00Z"
    alone = audit("erase", "--confirm", str(opening))
    assert (alone.exit_code, alone.stdout) == (1, "")
    assert "The texts are not erased: expected another person" in alone.stderr
    with open_studio(library) as studio:
        others = opened(studio, questions[0])
    assert audit("erase", "--confirm", str(others.erasure)).stdout.startswith("erased the texts of ")
    assert VENDOR_QUESTION not in audit("show", str(questions[0].received), "--payload", "--purpose", PURPOSE).stdout


def test_a_proof_and_the_key_are_printed(audit: Audit, questions: tuple[Asked, Asked]) -> None:
    proof = json.loads(audit("proof", str(questions[0].finished)).stdout)
    assert proof["seq"] == questions[0].finished
    key = audit("key").stdout
    assert key.startswith("greenlit.test/audit+")
    assert key.count("\n") == 1


@pytest.mark.usefixtures("questions")
def test_keys_are_changed(
    audit: Audit,
) -> None:
    assert audit("rotate", "payload").stdout == "new payload key payload-2026-11-2\n"
    said = audit("rotate", "signing").stdout
    assert "hand this to auditors: greenlit.test/audit+" in said
    assert audit("key").stdout.strip() in said
    assert _json(audit, "rotate", "payload") == {"purpose": "payload", "key_id": "payload-2026-11-3"}


# --- one's own ---


def test_ones_own_questions_are_listed_with_those_who_looked(audit: Audit, questions: tuple[Asked, Asked]) -> None:
    audit("show", str(questions[0].received), "--payload", "--purpose", PURPOSE)
    result = audit("own")
    assert result.exit_code == 0
    assert VENDOR_QUESTION in result.stdout
    assert f"(payload) by local: {PURPOSE}" in result.stdout
    assert "(show) by local\n" in result.stdout
    newest = _json(audit, "own", "--limit", "1")
    assert [one["question"] for one in newest["questions"]] == [OFF_TOPIC_QUESTION]
    older = audit("own", "--before", str(newest["next"])).stdout
    assert VENDOR_QUESTION in older
    assert OFF_TOPIC_QUESTION not in older
    assert f"more: --before {newest['next']}" in audit("own", "--limit", "1").stdout

"""The auditors' commands as people run them: through a running service, and over a log that nobody holds.

Each is a process while a service runs. Over the log it is this one, unless a model is loaded or a service was killed.
"""

import hashlib
import json
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import greenlit
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.installation import OFF_TOPIC_QUESTION, START_TIMEOUT_S, VENDOR_QUESTION, Installation, copy_of

PURPOSE = "complaint 2026-17"


@pytest.fixture
def installation(ingested: Installation, tmp_path: Path) -> Installation:
    return copy_of(ingested, tmp_path / "installation")


class Here(Installation):
    """The same, whose commands run in this process."""

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command."""
        if "replay" in arguments:  # it loads the encoder
            return super().run(*arguments)
        ended = CliRunner().invoke(greenlit.app, arguments, env=self.environment)
        return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)


@dataclass(frozen=True, slots=True)
class Question:
    """A question on record."""

    request_id: str
    seq: int

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Question":
        return cls(answer["request_id"], answer["receipt"]["seq"])


def _json(installation: Installation, *words: str) -> Any:
    return json.loads(installation.does("audit", *words, "--json"))


def _kinds(installation: Installation) -> list[str]:
    return [leaf.type for leaf in SqliteLeafStore(folder=installation.state).leaves(-1, 1000)]


def _everything_works(installation: Installation, first: Question, second: Question, folder: Path) -> None:
    """Use every command about two questions, the second of which is erased."""
    listed = installation.does("audit", "list")
    assert f"query.finished     answered {first.request_id} rules/ai-policy.md" in listed
    assert max(map(len, listed.splitlines())) <= 120
    shown = _json(installation, "show", str(first.seq), "--payload", "--purpose", PURPOSE)
    assert "ten working days" in shown["texts"]["answer"]
    proof = json.loads(installation.does("audit", "proof", str(first.seq)))
    assert (proof["seq"], proof["leaf_hash"]) == (first.seq, shown["leaf_hash"])
    assert _json(installation, "replay", str(first.seq))["verdict"] == "identical"
    opened = _json(installation, "reveal", "open", str(first.seq), "--case", "HR-1", "--reason", PURPOSE)
    assert f"{opened['id']:>7}  " in installation.does("audit", "reveal", "list")
    by_age = _json(installation, "erase", "--before", "2020-01-01", "--ground", "court_order")
    if (installation.state / "service.json").exists():  # that one person confirms nothing alone is tried once
        for words in (("reveal", "confirm", str(opened["id"])), ("erase", "--confirm", str(by_age["id"]))):
            alone = installation.run("audit", *words)
            assert (alone.returncode, "there is one person only, so nobody can confirm" in alone.stderr) == (1, True)
    assert _json(installation, "erase", "--request-id", second.request_id, "--ground", "court_order")["erased"] == 2
    own = installation.does("audit", "own")
    assert VENDOR_QUESTION in own
    assert f"by local: {PURPOSE}" in own
    assert f"by local, not confirmed: {PURPOSE}" in own
    assert f"{second.request_id}\n    (erased)" in own
    assert installation.does("audit", "key").strip() not in installation.does("audit", "rotate", "signing")
    installation.does("audit", "export", str(folder), "--from", "2020-01-01", "--payloads", "--purpose", PURPOSE)
    manifest = json.loads((folder / "manifest.json").read_text())
    leaves = (folder / "leaves.jsonl").read_bytes().splitlines()
    assert (manifest["from_seq"], len(leaves)) == (0, manifest["to_seq"] + 1)
    assert hashlib.sha256(b"\0" + leaves[first.seq]).hexdigest() == shown["leaf_hash"]
    assert VENDOR_QUESTION in (folder / "payloads.jsonl").read_text()
    assert folder.stat().st_mode & 0o077 == 0


def test_every_command_goes_through_the_service_while_it_runs_and_opens_the_log_when_it_does_not(
    installation: Installation, tmp_path: Path
) -> None:
    with installation.serving() as process:
        first, second = (Question.of(installation.ask(VENDOR_QUESTION)) for _ in range(2))
        refused = Question.of(installation.ask(OFF_TOPIC_QUESTION))
        _everything_works(installation, first, second, tmp_path / "while-it-runs")
        assert installation.get(f"/v1/audit/records/{refused.seq}")["reason"] == "no_evidence"
        holder = (installation.state / "audit.lock").read_text().split()
        assert holder[0] == str(process.pid)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=START_TIMEOUT_S)
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert VENDOR_QUESTION not in out + err
    assert PURPOSE not in out + err
    before = _kinds(installation)
    third = Question.of(json.loads(installation.does("ask", VENDOR_QUESTION, "--json")))
    here = Here(installation.folder, installation.port)
    _everything_works(here, first, third, tmp_path / "when-it-does-not")
    kinds = _kinds(installation)
    assert kinds[: len(before)] == before
    for kind in ("audit.read", "audit.exported", "reveal.opened", "erasure.opened", "payload.erased", "key.revoked"):
        assert kind in before[first.seq :], kind
        assert kind in kinds[len(before) :], kind


def test_a_service_that_was_killed_leaves_a_log_that_commands_can_open(installation: Installation) -> None:
    with installation.serving() as process:
        question = Question.of(installation.ask(VENDOR_QUESTION))
        process.kill()
        process.communicate()
    assert (installation.state / "service.json").exists()  # nobody removed it
    records = _json(installation, "list", "--request-id", question.request_id)["records"]
    assert [record["seq"] for record in records][-1] == question.seq
    assert json.loads(installation.does("audit", "proof", str(question.seq)))["seq"] == question.seq

"""The program as people run it: real processes, the real encoder, a real port, signals, and exit codes.

One story after the other on one service, because starting it takes seconds.
"""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.certificates import TRUSTS_NOBODY
from tests.support.forked import Forked
from tests.support.installation import (
    BY,
    OFF_TOPIC_QUESTION,
    START_TIMEOUT_S,
    TRAVEL_QUESTION,
    TRAVEL_TEXT,
    VENDOR_QUESTION,
    Installation,
    copy_of,
)
from tests.support.otlp_collector import collecting, said
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def installation(ingested: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return copy_of(ingested, tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="module")
def running(installation: Installation) -> Iterator[Forked]:
    """`greenlit serve`, ready."""
    with installation.serving() as process:
        yield process


def _cited(result: dict[str, Any]) -> list[str]:
    return [citation["document"] for citation in result["citations"]]


@pytest.mark.usefixtures("running")
class TestAServiceThatRuns:
    """While `greenlit serve` runs."""

    def test_it_answers_and_refuses_over_http(self, installation: Installation) -> None:
        answered = installation.ask(VENDOR_QUESTION)
        assert answered["outcome"] == "answered"
        assert "ten working days" in answered["answer"]
        assert set(_cited(answered)) == {"rules/ai-policy.md"}
        assert installation.ask(OFF_TOPIC_QUESTION)["refusal"]["reason"] == "no_evidence"

    def test_it_says_where_it_is_only_to_its_owner(self, installation: Installation) -> None:
        announced = json.loads((installation.folder / "state" / "service.json").read_text())
        assert announced["url"] == installation.url
        assert (installation.folder / "state" / "token").stat().st_mode & 0o077 == 0

    def test_the_command_line_asks_through_it(self, installation: Installation) -> None:
        asked = installation.run_from_the_start("ask", VENDOR_QUESTION, python=("-X", "importtime"))
        assert asked.returncode == 0, asked.stderr
        assert "ten working days. [1]" in asked.stdout
        assert "(rules/ai-policy.md, until " in asked.stdout + asked.stderr
        imported = {line.rsplit("|", 1)[-1].strip() for line in asked.stderr.splitlines()}
        assert "service.commands.ask" in imported
        assert "torch" not in imported, "expected no encoder to be loaded while a service runs"
        as_json = json.loads(installation.does("ask", OFF_TOPIC_QUESTION, "--json", code=1))
        assert as_json["refusal"]["reason"] == "no_evidence"
        assert "rules/ai-policy.md" in installation.does("search", VENDOR_QUESTION, "--limit", "3")

    def test_a_revocation_acts_on_the_next_question_and_so_does_approving_it_again(
        self, installation: Installation
    ) -> None:
        installation.does("revoke", "rules/ai-policy.md", *BY, "--reason", "superseded")
        assert installation.ask(VENDOR_QUESTION)["outcome"] == "refused"
        assert "No answer" in installation.does("ask", VENDOR_QUESTION, code=1)
        installation.does("approve", "rules/ai-policy.md", *BY)
        assert installation.ask(VENDOR_QUESTION)["outcome"] == "answered"

    def test_a_new_build_answers_the_next_question(self, installation: Installation) -> None:
        assert installation.ask(TRAVEL_QUESTION)["outcome"] == "refused"
        installation.write("travel.md", TRAVEL_TEXT)
        installation.does("approve", "rules/travel.md", *BY)
        installation.does("ingest")
        answered = installation.ask(TRAVEL_QUESTION)
        assert "fifty euros" in answered["answer"]
        assert _cited(answered) == ["rules/travel.md"]

    def test_a_second_service_on_its_port_or_its_log_is_refused(self, installation: Installation) -> None:
        port_taken = installation.does("serve", "--port", str(installation.port), code=1)
        assert "cannot be listened on (Address already in use): choose another with --port" in port_taken
        log_taken = installation.does("serve", "--port", str(free_port()), code=1)
        pid = json.loads((installation.state / "service.json").read_text())["pid"]
        assert (
            f"another process ({pid}) writes the audit log and holds {installation.state / 'audit.lock'}" in log_taken
        )
        assert "stop it first" in log_taken
        assert "Traceback" not in port_taken + log_taken
        assert installation.ask(VENDOR_QUESTION)["outcome"] == "answered"

    def test_bad_usage_ends_with_2(self, installation: Installation) -> None:
        installation.does("ask", "", code=2)
        installation.does("serve", "--host", "192.168.1.7", code=2)

    def test_the_doctor_finds_nothing_wrong(self, installation: Installation) -> None:
        checks = json.loads(installation.does("doctor", "--json"))["checks"]
        assert [check["name"] for check in checks if not check["ok"]] == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_signal_ends_it_cleanly(tmp_path: Path, ingested: Installation, stop: signal.Signals) -> None:
    own = copy_of(ingested, tmp_path)
    with own.serving() as process:
        first = own.ask(VENDOR_QUESTION)["receipt"]
        process.send_signal(stop)
        out, err = process.communicate(timeout=START_TIMEOUT_S)
    assert process.returncode == 0, err
    assert re.search(rf"Open {own.url}/open\?code=[\w-]{{43}}\n", out)
    assert own.token() not in out + err
    logged = [json.loads(line) for line in err.splitlines()]  # there is no other form of line
    assert (logged[0]["event"], logged[0]["listens"]) == ("started", f"127.0.0.1:{own.port}")
    assert {"build opened", "register extended", "request"} <= {line["event"] for line in logged}
    assert (logged[-1]["event"], logged[-1]["why"]) == ("stopped", stop.name)
    assert VENDOR_QUESTION not in out + err
    assert not (own.state / "service.json").exists()
    records = json.loads(own.does("audit", "list", "--json"))["records"]  # the log is free
    assert first["seq"] in [record["seq"] for record in records]


def test_it_is_watched_on_a_port_of_its_own_and_at_a_collector(tmp_path: Path, ingested: Installation) -> None:
    own, port = copy_of(ingested, tmp_path), free_port()
    with collecting() as collector:
        (own.folder / ".env").write_text(f"GREENLIT_METRICS_PORT={port}\nGREENLIT_OTLP_ENDPOINT={collector.url}\n")
        with own.serving() as process:
            asked = own.ask(VENDOR_QUESTION)["request_id"]
            metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, verify=TRUSTS_NOBODY).text
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=START_TIMEOUT_S)
        assert process.returncode == 0, err
        assert 'greenlit_questions_total{door="api",outcome="answered",reason=""} 1.0' in metrics
        assert [said(span)["greenlit.request_id"] for span in collector.spans() if span.name == "question"] == [asked]
    requests = [line for line in map(json.loads, err.splitlines()) if line["event"] == "request"]
    assert [line["request_id"] for line in requests if line["route"] == "/v1/ask"] == [asked]

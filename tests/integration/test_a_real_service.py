"""The program as people run it: real processes, the real encoder, a real port, signals, and exit codes.

One story after the other on one service, because starting it takes seconds.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

REPOSITORY = Path(__file__).parents[2]
POLICY_TEXT = """# AI use policy

Never upload unreleased scripts to any chatbot.

The security team reviews every new AI vendor within ten working days.
"""
TRAVEL_TEXT = """# Travel rules

The daily travel allowance is fifty euros. Flights are booked in economy class.
"""
SOURCES = '[[source]]\nname = "rules"\nkind = "folder"\nowner = "o@x.example"\ngroups = ["staff"]\n'
VENDOR_QUESTION = "How many working days does the security team take to review a new AI vendor?"
TRAVEL_QUESTION = "How much is the daily travel allowance?"
OFF_TOPIC_QUESTION = "Which orbit do geostationary satellites follow?"
START_TIMEOUT_S = 60.0
BY = ("--by", "ann@x.example")


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with a library, and the command line over it."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        places = {name: str(self.folder / name.lower()) for name in ("LIBRARY", "BUILDS", "STATE")}
        settings = {f"GREENLIT_{name}": value for name, value in places.items()}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(self.folder), **settings}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "greenlit", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_TIMEOUT_S,
        )

    def does(self, *arguments: str, code: int = 0) -> str:
        """Run a command that ends with a code; its output."""
        ran = self.run(*arguments)
        assert ran.returncode == code, f"{arguments} ended with {ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr

    def write(self, name: str, text: str) -> None:
        path = self.folder / "library" / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("serve", "--port", str(self.port)),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def token(self) -> str:
        return (self.folder / "state" / "token").read_text().strip()

    def ask(self, question: str) -> dict[str, Any]:
        """Ask over HTTP."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        response = httpx.post(f"{self.url}/v1/ask", json={"question": question}, headers=headers, trust_env=False)
        assert response.status_code == 200, response.text
        value: dict[str, Any] = response.json()
        return value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A library with one approved document, ingested."""
    made = Installation(tmp_path_factory.mktemp("installation"), _free_port())
    made.write("ai-policy.md", POLICY_TEXT)
    (made.folder / "library" / "sources.toml").write_text(SOURCES)
    assert "rules/ai-policy.md is approved" in made.does("approve", "rules/ai-policy.md", *BY)
    assert "published build" in made.does("ingest")
    return made


@pytest.fixture(scope="module")
def running(installation: Installation) -> Iterator[subprocess.Popen[str]]:
    """`greenlit serve`, ready."""
    process = installation.start()
    try:
        _wait_until_ready(installation, process)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _wait_until_ready(installation: Installation, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        assert process.poll() is None, f"serve ended: {process.communicate()}"
        assert time.monotonic() < deadline, "serve did not get ready"
        try:
            if httpx.get(f"{installation.url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)


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
        started = time.monotonic()
        said = installation.does("ask", VENDOR_QUESTION)
        took_s = time.monotonic() - started
        assert "ten working days. [1]" in said
        assert "(rules/ai-policy.md, until " in said
        assert took_s < 5, "expected no encoder to be loaded while a service runs"
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
        log_taken = installation.does("serve", "--port", str(_free_port()), code=1)
        assert "another process" in log_taken
        assert installation.ask(VENDOR_QUESTION)["outcome"] == "answered"

    def test_bad_usage_ends_with_2(self, installation: Installation) -> None:
        installation.does("ask", "", code=2)
        installation.does("ask", "x" * 2001, code=2)
        installation.does("ask", code=2)
        installation.does("serve", "--host", "192.168.1.7", code=2)
        installation.does("serve", "--port", "99999", code=2)

    def test_the_doctor_finds_nothing_wrong(self, installation: Installation) -> None:
        checks = json.loads(installation.does("doctor", "--json"))["checks"]
        assert [check["name"] for check in checks if not check["ok"]] == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_signal_ends_it_cleanly(tmp_path: Path, installation: Installation, stop: signal.Signals) -> None:
    """With a state of its own, so that it does not matter what else runs."""
    own = Installation(tmp_path, _free_port())
    for name in ("library", "builds"):
        (tmp_path / name).symlink_to(installation.folder / name)
    process = own.start()
    try:
        _wait_until_ready(own, process)
        assert own.ask(VENDOR_QUESTION)["receipt"]["seq"] == 1
        process.send_signal(stop)
        out, err = process.communicate(timeout=START_TIMEOUT_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0, err
    assert f"Open {own.url}/open?token={own.token()}" in out
    assert "Traceback" not in err
    assert VENDOR_QUESTION not in out + err
    assert not (tmp_path / "state" / "service.json").exists()
    answered = json.loads(own.does("ask", VENDOR_QUESTION, "--json"))  # the log is free: it asks in its own process
    assert answered["receipt"]["seq"] == 3

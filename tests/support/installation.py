"""The program as people run it, for the tests: a folder with a library, its command line, and a service on a port.

Its processes are forked off one that has imported the libraries (`forked`), unless they are run from the start.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support import forked
from tests.support.certificates import TRUSTS_NOBODY
from tests.support.forked import Forked
from tests.support.ports import free_port

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
START_TIMEOUT_S = 300.0  # only so that nothing hangs for ever: it takes seconds, and a minute on a busy machine
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
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        places = {name: str(self.folder / name.lower()) for name in ("LIBRARY", "BUILDS", "STATE")}
        settings = {f"GREENLIT_{name}": value for name, value in places.items()}
        machine = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "container": "of the tests, maybe as root"}
        return {**machine, "PYTHONPATH": str(REPOSITORY), **settings}

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command."""
        return forked.run(
            forked.GREENLIT, *arguments, environment=self.environment, folder=self.folder, timeout=START_TIMEOUT_S
        )

    def run_from_the_start(self, *arguments: str, python: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        """Run a command in a new interpreter with some options."""
        return subprocess.run(
            [sys.executable, *python, "-m", "greenlit", *arguments],
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

    def start(self) -> Forked:
        return Forked(
            forked.GREENLIT, "serve", "--port", str(self.port), environment=self.environment, folder=self.folder
        )

    @contextlib.contextmanager
    def serving(self) -> Iterator[Forked]:
        """Run `greenlit serve`; it is ready when the context begins, and gone when it has ended."""
        process = self.start()
        try:
            self._wait_until_ready(process)
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            if not process.stdout.closed:
                process.communicate()

    def _wait_until_ready(self, process: Forked) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            assert process.poll() is None, f"serve ended: {process.communicate()}"
            assert time.monotonic() < deadline, "serve did not get ready"
            try:
                if httpx.get(f"{self.url}/readyz", trust_env=False, verify=TRUSTS_NOBODY).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)

    def token(self) -> str:
        return (self.state / "token").read_text().strip()

    def get(self, path: str) -> Any:
        """Get JSON over HTTP."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        response = httpx.get(f"{self.url}{path}", headers=headers, trust_env=False, verify=TRUSTS_NOBODY)
        assert response.status_code == 200, response.text
        return response.json()

    def ask(self, question: str) -> dict[str, Any]:
        """Ask over HTTP."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        response = httpx.post(
            f"{self.url}/v1/ask", json={"question": question}, headers=headers, trust_env=False, verify=TRUSTS_NOBODY
        )
        assert response.status_code == 200, response.text
        value: dict[str, Any] = response.json()
        return value


def install(folder: Path) -> Installation:
    """Make a library with one approved document, and ingest it."""
    made = Installation(folder, free_port())
    made.write("ai-policy.md", POLICY_TEXT)
    (folder / "library" / "sources.toml").write_text(SOURCES)
    assert "rules/ai-policy.md is approved" in made.does("approve", "rules/ai-policy.md", *BY)
    assert "published build" in made.does("ingest")
    return made


def copy_of(installation: Installation, folder: Path) -> Installation:
    """Return an installation with the same library and builds and a state of its own."""
    for name in ("library", "builds"):
        shutil.copytree(installation.folder / name, folder / name)
    return Installation(folder, free_port())

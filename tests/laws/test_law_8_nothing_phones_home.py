"""Law 8: it starts, ingests and answers on a machine with no network, and does not even try to reach one.

With an identity provider it reaches that one, which the operator named, and nobody else.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.network_watch import TEMPTING

pytestmark = pytest.mark.not_over(
    *("database", "objects", "milvus"), why="it is a program of its own, at which every attempt to connect is a fault"
)
REPOSITORY = Path(__file__).parents[2]


def test_everything_works_without_a_single_attempt_to_reach_the_network(tmp_path: Path) -> None:
    """In a process of its own, watched from its first import on; `asks_offline` says what it does."""
    run = forked.run(
        "import sys, pathlib, tests.laws.asks_offline as program; program.main(pathlib.Path(sys.argv[1]))",
        str(tmp_path / "studio"),
        environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), **TEMPTING},
        folder=REPOSITORY,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["attempts"] == []
    assert said["model libraries closed"], "a model by its name would be asked for elsewhere"
    assert said["answer"] == "The security team reviews every new AI vendor within ten working days."
    assert said["by MCP"] == said["answer"]
    assert (said["passages"], said["records"]) == (2, 4)
    assert {"service.app", "ingest.pipeline", "indexes.encoder"} <= set(said["imported"])


def test_with_an_identity_provider_nobody_but_its_issuer_is_asked_and_nobody_for_a_session(tmp_path: Path) -> None:
    """In a process of its own; `signs_in_offline` says what it does. No proxy of the environment is asked either."""
    run = forked.run(
        "import sys, pathlib, tests.laws.signs_in_offline as program; program.main(pathlib.Path(sys.argv[1]))",
        str(tmp_path / "var"),
        environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), **TEMPTING},
        folder=REPOSITORY,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    tried = json.loads(run.stdout.splitlines()[-1])
    assert tried["of a session"] == []
    assert set(tried["in all"]) == {"socket.getaddrinfo idp.northlight.example"}


def test_a_model_s_libraries_are_there_only_where_one_is_asked_for_and_reach_its_endpoint_alone(tmp_path: Path) -> None:
    """In a process of its own; `asks_a_model` says what it does. No key of the environment goes out.

    All of the product is imported there before it begins, but for the one module that needs a model's libraries.
    """
    tempting = {
        "OPENAI_API_KEY": "sk-of-the-environment",
        "OPENAI_BASE_URL": "https://api.openai.example/v1",
        "OPENAI_LOG": "debug",
        "HTTP_PROXY": "http://proxy.example:3128",
    }
    program = "import sys, pathlib, tests.laws.asks_a_model as program; program.main(pathlib.Path(sys.argv[1]))"
    known = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    run = forked.run(
        program,
        str(tmp_path / "studio"),
        environment={**known, **TEMPTING, **tempting},
        folder=REPOSITORY,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout.splitlines()[-1])
    answer = "The security team reviews every new AI vendor within ten working days."
    assert said["without"] == {"answer": answer, "imported": [], "connected": []}
    assert {"openai", "llama_index.llms.openai_like"} <= set(said["with"]["imported"])
    assert (said["with"]["problem"], said["with"]["keys"]) == (None, ["None"])
    assert (said["with"]["wrote"]["name"], said["with"]["wrote"]["wrote"]) == ("writer", True)
    assert said["with"]["connected"] == [said["with"]["endpoint"]]
    assert said["attempts"] == []


def test_the_hook_notices_an_attempt() -> None:
    """The test above could fail: a lookup of another machine is written down and refused."""
    probe = (
        "import contextlib, socket, tests.support.network_watch as watched\n"
        "watched.watch()\n"
        "with contextlib.suppress(OSError): socket.getaddrinfo('example.com', 80)\n"
        "with contextlib.suppress(OSError): socket.socket().connect(('192.0.2.1', 9))\n"
        "print(watched.ATTEMPTS)"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout.strip() == "['socket.getaddrinfo example.com', 'socket.connect 192.0.2.1']"

"""Law 8: it starts, ingests and answers on a machine with no network, and does not even try to reach one."""

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_everything_works_without_a_single_attempt_to_reach_the_network(tmp_path: Path) -> None:
    """In a process of its own, with a hook of Python's below every library; `asks_offline` says what it does."""
    tempting = {  # what would switch on exporters, proxies and downloads, if anything listened to it
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "0",
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), **tempting}
    command = [sys.executable, "-m", "tests.laws.asks_offline", str(tmp_path / "studio")]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["attempts"] == []
    assert said["model libraries closed"], "a model by its name would be asked for elsewhere"
    assert said["answer"] == "The security team reviews every new AI vendor within ten working days."
    assert (said["passages"], said["records"]) == (2, 2)
    assert {"service.app", "ingest.pipeline", "indexes.encoder"} <= set(said["imported"])


def test_the_hook_notices_an_attempt() -> None:
    """The test above could fail: a lookup of another machine is written down and refused."""
    probe = (
        "import contextlib, socket, tests.laws.asks_offline as watched\n"
        "with contextlib.suppress(OSError): socket.getaddrinfo('example.com', 80)\n"
        "with contextlib.suppress(OSError): socket.socket().connect(('192.0.2.1', 9))\n"
        "print(watched.ATTEMPTS)"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout.strip() == "['socket.getaddrinfo example.com', 'socket.connect 192.0.2.1']"

"""The import contracts of pyproject.toml hold, and each of them really catches what it forbids.

A contract that nothing can break guards nothing: for each, a copy of the code gets forbidden imports, one a module and
a few a contract at a time, and the check has to name the contract and the module.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

_BREAKERS = 4  # of one contract at a time
_PACKAGES = ("indexes", "ingest", "service", "eval")

# (module that gets the line, the line, the name of the contract that must break)
_FORBIDDEN = [
    ("service/operating/health.py", "import ingest.report", "One direction"),
    ("ingest/report.py", "import service.operating.health", "One direction"),
    ("indexes/words.py", "def f():\n    import ingest.errors", "One direction"),
    ("service/web/routes.py", "import service.api.bodies", "Inside service"),
    ("service/audit/errors.py", "import service.answering.errors", "Inside service"),
    ("service/access/errors.py", "import service.audit.errors", "Inside service"),
    ("service/http/originals.py", "import service.web.routes", "Inside service"),
    ("service/api/routes.py", "import service.parts", "Inside service"),
    ("service/chat_completions/routes.py", "import service.api.bodies", "Inside service"),
    ("service/clients/nodes.py", "import service.answering.errors", "Clients of the API"),
    ("service/unplaced.py", "", "Inside service"),
    ("service/answering/finding/retrieve.py", "import service.settings", "Settings are read at the doors"),
    ("ingest/pipeline.py", "import indexes.settings", "Shared settings"),
    ("service/answering/pipeline.py", "import fastapi", "know no framework"),
    ("service/audit/log.py", "def f():\n    from starlette import requests", "know no framework"),
    ("indexes/names.py", "def f():\n    import rich.console", "know no framework"),
    ("indexes/words.py", "import indexes.console", "Only commands print"),
    ("service/audit/errors.py", "def f():\n    from indexes.console import out", "Only commands print"),
    ("ingest/pipeline.py", "from indexes import console", "Only commands print"),
    ("indexes/console.py", "import fastapi", "know no framework"),
    ("ingest/publish.py", "import uvicorn", "The writer knows no web framework"),
    ("indexes/encoder.py", "import requests", "opens a connection"),
    ("service/answering/choosing/extract.py", "import httpx", "opens a connection"),
    ("service/http/middleware.py", "import urllib3", "opens a connection"),
    ("service/access/openid/login.py", "import httpx", "opens a connection"),
    ("service/access/openid/connection.py", "import socket", "opens a connection"),
    ("service/access/local.py", "def f():\n    import httpx2", "opens a connection"),
    ("service/models/openai_like.py", "import httpx", "opens a connection"),
    ("service/models/trying.py", "def f():\n    import openai", "opens a connection"),
    ("service/models/port.py", "import service.audit.errors", "Inside service"),
    ("service/answering/drafts.py", "def f():\n    import service.models.openai_like", "adapter to language models"),
    ("service/clients/calls.py", "import service.answering.answers", "Clients of the API"),
    ("service/mcp/within.py", "import httpx", "opens a connection"),
    ("service/app.py", "def f():\n    import service.mcp.routes", "MCP is imported only"),
    ("service/http/origin.py", "import mcp_types", "The SDK of MCP"),
    ("service/audit/log.py", "import service.audit.storage.postgres_store", "PostgreSQL is imported only"),
    ("service/audit/histories.py", "def f():\n    import psycopg", "PostgreSQL's library"),
    ("service/parts.py", "def f():\n    import indexes.milvus_candidates", "Milvus is imported only"),
    ("indexes/dense.py", "def f():\n    import pymilvus", "Milvus's client"),
    ("ingest/cluster/engine.py", "def f():\n    import ray", "Ray is known to one module"),
    ("ingest/pipeline.py", "import ingest.cluster.engine", "The cluster is imported only"),
    ("ingest/sending.py", "def f():\n    import indexes.objects.bucket", "Buckets are known"),
    ("indexes/objects/mirror.py", "import obstore", "The library of object stores"),
    ("service/operating/metrics.py", "import httpx", "opens a connection"),
    ("service/commands/serve.py", "def f():\n    import service.operating.spans", "Traces are imported only"),
    ("service/http/asking.py", "import opentelemetry.trace", "OpenTelemetry is known"),
    ("service/addresses.py", "import service.settings", "Inside service"),
    ("service/slack_bot/arriving/intake.py", "import service.audit.errors", "The Slack bot loads no library"),
    ("service/slack_bot/bot.py", "def f():\n    import numpy", "The Slack bot loads no library"),
    ("indexes/passages.py", "import pickle", "Nothing is unpickled"),
    ("service/app.py", "import greenlit", "The command line is on top"),
    ("indexes/names.py", "import indexes.library", "No cycles"),
    ("service/answering/questions.py", "def f():\n    import service.answering.record", "No cycles"),
]


def _check(folder: Path) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "500", "PYTHONDONTWRITEBYTECODE": "1"}
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", folder / "pyproject.toml"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return checked.returncode, " ".join((checked.stdout + checked.stderr).split())


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """The code of the packages, to be broken."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for package in _PACKAGES:
        for module in (root / package).rglob("*.py"):
            target = tmp_path / module.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, target)
    return tmp_path


def test_contracts_hold(copy: Path) -> None:
    """As nobody broke the copy yet; in the project itself `make lint` checks them."""
    status, said = _check(copy)

    assert status == 0, said
    assert " 0 broken." in said


def _rounds() -> list[list[tuple[str, str, str]]]:
    """Share the forbidden imports out, so that in a round a module breaks one contract, and few modules break each."""
    rounds: list[list[tuple[str, str, str]]] = []
    for one in _FORBIDDEN:
        free = (made for made in rounds if one[0] not in {module for module, _, _ in made})
        room = next((made for made in free if sum(name == one[2] for _, _, name in made) < _BREAKERS), None)
        if room is None:
            rounds.append([one])
        else:
            room.append(one)
    return rounds


@pytest.mark.parametrize("forbidden", _rounds())
def test_forbidden_imports_are_caught(copy: Path, forbidden: list[tuple[str, str, str]]) -> None:
    for module, line, _ in forbidden:
        with (copy / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    status, said = _check(copy)

    assert status == 1, said
    broken = said.split("Broken contracts", 1)[1]
    for module, _, contract in forbidden:
        name = module.removesuffix(".py").replace("/", ".")
        shown = (f"{name} -> ", f".{name.rpartition('.')[2]} ")  # as an import, and as part of a cycle
        assert contract in broken
        assert any(one in broken for one in shown), f"{name} in {broken}"


def test_every_contract_is_broken_on_purpose_here(root: Path) -> None:
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    names = [contract["name"] for contract in config["contracts"]]

    assert [name for name in names if not any(part in name for _, _, part in _FORBIDDEN)] == []

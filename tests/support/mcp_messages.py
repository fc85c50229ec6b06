"""Single messages of MCP, sent by hand as an older client sends them: each is a request of its own, with its answer."""

from typing import Any

PATH = "/mcp"
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
TOOLS = ("ask", "search_passages")


def message(method: str, **params: Any) -> dict[str, Any]:
    """Return a request of the protocol."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def sent(client: Any, method: str, **params: Any) -> Any:
    """Send one request; the response of HTTP."""
    return client.post(PATH, json=message(method, **params), headers=HEADERS)


def result(client: Any, method: str, **params: Any) -> dict[str, Any]:
    """Send one request; its result."""
    response = sent(client, method, **params)
    assert response.status_code == 200, response.text
    given: dict[str, Any] = response.json()["result"]
    return given


def called(client: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool; its result."""
    return result(client, "tools/call", name=tool, arguments=arguments)

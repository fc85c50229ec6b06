"""The two tools: `ask` and `search_passages`. Both only read, and both are on record.

A refusal is a result. What could not be done is told as a tool's error, in words for whoever asked; a tool that does
not exist is an error of the protocol.
"""

from collections.abc import Mapping
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel

from service.mcp.arguments import AskArguments, SearchArguments, checked
from service.mcp.knowledge import Knowledge, NotGivenError
from service.mcp.results import AnswerResult, SearchResult, of_answer, of_search
from service.mcp.texts import answer_text, search_text

ASK, SEARCH = "ask", "search_passages"
_ASK = (
    "Answers a question from documents that this organisation has approved, and from nothing else. Every sentence of "
    "the answer cites a passage word for word, with who approved the document and until when; where a language model "
    "wrote the sentences, the result says so, and each was checked against what it cites. Where the documents that the "
    "caller may read do not hold enough evidence it refuses and says why: a refusal is an answer, so report it "
    "instead of answering from elsewhere. Each question and its answer are recorded in the organisation's audit log."
)
_SEARCH = (
    "Finds the passages of approved documents that fit a question best, ranked, without an answer: for reading on, or "
    "where an answer was refused. Only documents that the caller may read are looked at. Each search is recorded in "
    "the organisation's audit log."
)
# The same question may be answered otherwise tomorrow, and each is a record of its own: not idempotent.
_READS = {"read_only_hint": True, "destructive_hint": False, "idempotent_hint": False, "open_world_hint": False}


def all_tools() -> list[Tool]:
    """Return the tools as they are listed."""
    return [
        _tool(ASK, "Ask the approved documents", _ASK, AskArguments, AnswerResult),
        _tool(SEARCH, "Search the approved documents", _SEARCH, SearchArguments, SearchResult),
    ]


async def call(knowledge: Knowledge, name: str, arguments: Mapping[str, Any] | None) -> CallToolResult:
    """Call a tool.

    Raises:
        MCPError: there is none of this name.
    """
    if name not in (ASK, SEARCH):
        raise MCPError(INVALID_PARAMS, f"expected one of the tools {ASK} and {SEARCH}, got another")
    try:
        result, text = await (_ask if name == ASK else _search)(knowledge, arguments)
    except NotGivenError as error:
        return CallToolResult(content=[TextContent(text=str(error))], is_error=True)
    return CallToolResult(content=[TextContent(text=text)], structured_content=result.model_dump(mode="json"))


async def _ask(knowledge: Knowledge, arguments: Mapping[str, Any] | None) -> tuple[BaseModel, str]:
    asked = checked(AskArguments, arguments)
    answer = await knowledge.ask(asked.question, conversation_id=asked.conversation_id)
    result = of_answer(answer, knowledge.address)
    return result, answer_text(result)


async def _search(knowledge: Knowledge, arguments: Mapping[str, Any] | None) -> tuple[BaseModel, str]:
    asked = checked(SearchArguments, arguments)
    result = of_search(await knowledge.search(asked.question, limit=asked.limit), knowledge.address)
    return result, search_text(result)


def _tool(name: str, title: str, what: str, takes: type[BaseModel], gives: type[BaseModel]) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=what,
        input_schema=takes.model_json_schema(),
        output_schema=gives.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(title=title, **_READS),
    )

"""What the tools take. Anything else is refused: a question comes with nothing else (law 9).

What is wrong is said without any text of the call, not even the name of an unknown argument.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.mcp.knowledge import NotGivenError

_MOST_PASSAGES = 50
_FEW_PASSAGES = 10

_Question = Annotated[
    str,
    Field(
        min_length=1,
        description="the question, in words, as a person would ask it; no documents, links or instructions",
        examples=["Who approves a new AI vendor?"],
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AskArguments(_Strict):
    """Of `ask`."""

    question: _Question
    conversation_id: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9._:-]{1,128}$",
            description=(
                "any id of your own, the same for all questions of one conversation: earlier ones of the same caller "
                "in it help to understand a follow-up, and are never evidence"
            ),
        ),
    ] = None


class SearchArguments(_Strict):
    """Of `search_passages`."""

    question: _Question
    limit: Annotated[int, Field(ge=1, le=_MOST_PASSAGES, description="at most this many passages")] = _FEW_PASSAGES


_Arguments = TypeVar("_Arguments", bound=_Strict)
_EXPECTED = {
    "missing": "is missing",
    "string_type": "expected a text",
    "string_too_short": "expected a question, got none",
    "int_type": "expected a whole number",
    "greater_than_equal": "expected at least 1",
    "less_than_equal": f"expected at most {_MOST_PASSAGES}",
    "string_pattern_mismatch": "expected 1 to 128 letters, digits or . _ : -",
}


def checked(kind: type[_Arguments], sent: Mapping[str, Any] | None) -> _Arguments:
    """Return a call's arguments.

    Raises:
        NotGivenError: they are others than the tool takes.
    """
    try:
        return kind.model_validate(dict(sent or {}))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
    raise NotGivenError("The arguments cannot be taken: " + "; ".join(dict.fromkeys(map(_in_words, wrong))))


def _in_words(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown argument: a question comes with nothing else"
    return f"{error['loc'][0]}: {_EXPECTED.get(error['type'], 'not of the expected form')}"

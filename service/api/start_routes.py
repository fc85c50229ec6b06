"""The route of what somebody is told who begins: how long questions are kept and why, and four that are answered."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from service.answering.library.reading import Reading
from service.answering.library.starting import Starting
from service.api.problems import problems
from service.http.given import given
from service.http.identity import Staff

_router = APIRouter(prefix="/v1", tags=["questions"], responses=problems(400, 401, 403, 422, 429, 500, 503))


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long questions and answers are kept, in months, and why, where that is longer than usual."""

    months: int
    reason: str


class StartBody(BaseModel):
    """What somebody is told who begins."""

    kept_months: int = Field(description="how long the texts of questions and answers are kept", examples=[12])
    kept_reason: str = Field(description="why, where that is longer than 12 months", examples=[""])
    questions: list[str] = Field(
        max_length=4,
        description="up to four that the documents answer which the caller may read; others each day",
        examples=[["What are the rules for library music?"]],
    )


@_router.get("/start", response_model=StartBody)
def start(
    caller: Staff,
    keeping: Annotated[Keeping, Depends(given(Keeping))],
    reading: Annotated[Reading, Depends(given(Reading))],
    starting: Annotated[Starting, Depends(given(Starting))],
) -> dict[str, Any]:
    """Tell whoever begins what is kept of their questions and how long, and questions to begin with.

    Nothing is asked in anybody's name, so nothing is recorded.
    """
    questions = starting.questions(reading.within(caller))
    return {"kept_months": keeping.months, "kept_reason": keeping.reason, "questions": list(questions)}


ROUTES = _router.routes

"""The route of what somebody is told who begins: what becomes of their questions, and four that are answered."""

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
class Beginning:
    """What becomes of questions here.

    How long they and their answers are kept, in months, and why, where that is longer than usual; which language model
    is asked, and for what, `None` where none is.
    """

    months: int
    reason: str
    model: "AskedModelBody | None"


class AskedModelBody(BaseModel):
    """The language model that questions can go to."""

    name: str = Field(description="as models.toml names it", examples=["house"])
    writes: bool = Field(description="answers are its words, each sentence checked; quotes otherwise")
    reads: bool = Field(description="it is also sent passages that the asker may read, to write or to choose")
    rewrites: bool = Field(description="it is also sent the questions before it in the conversation, to understand it")


class StartBody(BaseModel):
    """What somebody is told who begins."""

    kept_months: int = Field(description="how long the texts of questions and answers are kept", examples=[12])
    kept_reason: str = Field(description="why, where that is longer than 12 months", examples=[""])
    model: AskedModelBody | None = Field(description="the language model that questions can go to; null if none")
    questions: list[str] = Field(
        max_length=4,
        description="up to four that the documents answer which the caller may read; others each day",
        examples=[["What are the rules for library music?"]],
    )


@_router.get("/start", response_model=StartBody)
def start(
    caller: Staff,
    beginning: Annotated[Beginning, Depends(given(Beginning))],
    reading: Annotated[Reading, Depends(given(Reading))],
    starting: Annotated[Starting, Depends(given(Starting))],
) -> dict[str, Any]:
    """Tell whoever begins what becomes of their questions, and questions to begin with.

    Nothing is asked in anybody's name, so nothing is recorded.
    """
    questions = starting.questions(reading.within(caller))
    return {
        "kept_months": beginning.months,
        "kept_reason": beginning.reason,
        "model": beginning.model,
        "questions": list(questions),
    }


ROUTES = _router.routes

"""The routes of what staff say back: feedback on an answer, asking for a document. They wait for the disk, in threads.

Only whoever asked a question says something of it; for everybody else there is no such question.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from service.api.bodies import ReceiptBody
from service.api.problems import problems
from service.audit.events import Verdict
from service.audit.storage.store import Receipt
from service.hearing.hearing import MAX_TEXT_CHARS, Hearing
from service.http.given import given
from service.http.identity import Staff

_REQUEST_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_EXAMPLE_ID = "0199d1f0-7c1e-7aa0-8c55-3b1f0a4d2e61"
_Hearing = Annotated[Hearing, Depends(given(Hearing))]

_router = APIRouter(prefix="/v1", tags=["feedback"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))


class FeedbackBody(BaseModel):
    """What an answer was worth to whoever asked."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"request_id": _EXAMPLE_ID, "verdict": "outdated", "comment": "The limit is 60 euros by now."}]
        },
    )

    request_id: str = Field(pattern=_REQUEST_ID, description="of the question, as it came with the answer")
    verdict: Verdict
    comment: str = Field(
        "",
        max_length=MAX_TEXT_CHARS,
        description="plain text; approvers of the documents cited read it, without a name",
    )


class DocumentRequestBody(BaseModel):
    """A document that somebody misses."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"wish": "The rules for travel by night train", "request_id": _EXAMPLE_ID}]},
    )

    wish: str = Field(
        min_length=1, max_length=MAX_TEXT_CHARS, description="plain text; approvers read it, without a name"
    )
    request_id: str | None = Field(
        None, pattern=_REQUEST_ID, description="of the caller's own question that this is about, if it is about one"
    )


class FeedbackGivenBody(BaseModel):
    """Feedback that is on record; the newest of several verdicts on a question stands."""

    request_id: str = Field(examples=[_EXAMPLE_ID])
    verdict: Verdict = Field(examples=["outdated"])
    receipt: ReceiptBody


class DocumentRequestedBody(BaseModel):
    """A request that is on record, and open until an approver closes it."""

    number: int = Field(description="of its record; what becomes of it is in `/v1/audit/own`", examples=[42])
    receipt: ReceiptBody


@_router.post("/feedback", response_model=FeedbackGivenBody)
def feedback(body: FeedbackBody, caller: Staff, hearing: _Hearing) -> dict[str, Any]:
    """Say what an answer was worth, or a refusal. It is on record before this is answered.

    Only the caller's own questions can be spoken of, also later; a new verdict replaces the earlier one in what is
    shown, and both stay on record.
    """
    receipt = hearing.feedback(caller, body.request_id, body.verdict, body.comment)
    return {"request_id": body.request_id, "verdict": body.verdict, "receipt": _receipt(receipt)}


@_router.post("/requests", response_model=DocumentRequestedBody)
def request(body: DocumentRequestBody, caller: Staff, hearing: _Hearing) -> dict[str, Any]:
    """Ask for a document that is missing. Approvers see the wish and no person, until one of them closes it."""
    receipt = hearing.request(caller, body.wish, body.request_id)
    return {"number": receipt.seq, "receipt": _receipt(receipt)}


ROUTES = _router.routes


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {"origin": receipt.origin, "seq": receipt.seq, "leaf_hash": receipt.leaf_hash}

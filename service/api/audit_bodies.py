"""What the audit routes take. Unknown fields are refused, as everywhere; what they give is in `audit_results`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.audit.reading.auditor import MAX_LIMIT

MAX_NUMBER = 2**53 - 1  # the widest integer that every reader of JSON keeps as it is
_PURPOSE = "what for, in words; kept sealed beside the record of this"

Purpose = Annotated[str, Field("", max_length=2000, description=_PURPOSE)]
GivenPurpose = Annotated[
    str, Field(min_length=1, max_length=2000, description=_PURPOSE, examples=["complaint 2026-17"])
]
Moment = Annotated[
    str | None,
    Field(None, max_length=40, description="a day or a time (ISO 8601; UTC unless it names a zone)"),
]
Code = Annotated[str | None, Field(max_length=64)]
RequestId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="the id of a question, as it came with the answer",
        examples=["01890a5d-ac96-774b-bcce-b302099a8057"],
    ),
]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER, description="the number of a record", examples=[42])]
Ground = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z_]{0,31}$",
        description="the legal ground, as a code that stays on record",
        examples=["asker_request", "court_order"],
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RecordsQuery(BaseModel):
    """Which records to list. A filter that is not known is refused: it would show more than was meant."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(-1, ge=-1, le=MAX_NUMBER, description="only higher numbers: the `next` of the page before")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="at most this many")
    kind: Code = Field(None, alias="type", examples=["query.finished"])
    outcome: Code = Field(None, description="of a question", examples=["refused"])
    reason: Code = Field(None, description="why there was no answer", examples=["no_evidence"])
    document: str | None = Field(None, max_length=1024, description="found or cited", examples=["legal/a.pdf"])
    channel: Code = Field(None, description="how it was asked", examples=["web"])
    request_id: Code = Field(None, description="one question", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    since: Moment = None
    until: Moment = None


class PayloadBody(_Strict):
    """Why a text is opened."""

    purpose: GivenPurpose


class EraseBody(_Strict):
    """Whose texts to erase: those of one question."""

    request_id: RequestId
    ground: Ground = "asker_request"
    purpose: Purpose


class OpenErasureBody(_Strict):
    """What to erase by age, once a second person confirms it: all texts that are older than a time."""

    before: str = Field(
        max_length=40,
        description="a day or a time (ISO 8601; UTC unless it names a zone)",
        examples=["2026-11-20"],
    )
    ground: Ground
    purpose: Purpose


class OwnEraseBody(_Strict):
    """Which of one's own questions to erase."""

    request_id: RequestId


class OpenRevealBody(_Strict):
    """Whose question somebody wishes to know, for which case and why; a second person has to confirm it."""

    seq: Number
    case: str = Field(min_length=1, max_length=200, description="the number of the case", examples=["HR-2026-3"])
    reason: str = Field(
        min_length=1, max_length=2000, description="why, in words; kept sealed", examples=["a threat to a person"]
    )


class ConfirmBody(_Strict):
    """What comes with a confirmation: nothing. What is confirmed stands in the record that opened it."""


class ReplayBody(_Strict):
    """Which answer to make again: the number of either record of its question."""

    seq: Number


class RotateBody(_Strict):
    """Which key to change; or, with `lost` and a reason, which keys are gone."""

    purpose: Literal["payload", "signing", "identity", "actor", "all"]
    lost: bool = Field(False, description="the key is gone: the log says so, and goes on with another")
    reason: str = Field("", max_length=2000, description="how it was lost; kept sealed beside the record")


class ExportBody(_Strict):
    """Which records to export: each end by number (itself included) or by time (`until` is not included).

    The whole log as it is now unless said otherwise. With texts only for a purpose.
    """

    from_seq: Number | None = Field(None, alias="from")
    to_seq: Number | None = Field(None, alias="to")
    since: Moment = None
    until: Moment = None
    payloads: bool = Field(False, description="with the texts of questions and answers")
    purpose: Purpose

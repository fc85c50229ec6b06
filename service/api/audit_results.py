"""What the audit routes give, as OpenAPI shows it. What they take is in `audit_bodies`.

A record has the fields that its type has, so those of a list allow more than is named here; every other shape is fixed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.bodies import ReceiptBody
from service.audit.events import Closing, Verdict

Time = Annotated[str, Field(description="UTC", examples=["2026-11-20T09:00:00Z"])]
_HASH = "0f3c1a5e" * 8
_ORIGIN = "greenlit.local/audit/2026-11"
VKEY = "greenlit.local/audit+33321ffb+AYd5sBCTstETJSalU7AbUnVAWb4LjgrMrS2YfpQadnLF"
NOTE = f"""{_ORIGIN}
43
UNhY4JhezH9gQYqvDMWrWH9CwlcKiECVqejMrND2VFw=

— greenlit.local/audit MzIf+3vS/I9SZQVjRUTFMk1BclBclkI2efRj8PxG1m3/sRaIRKH4s3Kxq6QUDnf0D64l4PO54Gaf4CE4KuApsY39nwg=
"""


class RecordBody(BaseModel):
    """A record in short. Which further fields there are depends on its type."""

    model_config = ConfigDict(extra="allow")

    seq: int = Field(description="its number", examples=[42])
    leaf_hash: str = Field(description="SHA-256 of the leaf as RFC 6962 makes it, hex", examples=[_HASH])
    type: str = Field(examples=["query.finished"])
    ts_us: int = Field(description="microseconds since 1970, UTC", examples=[1795165200000000])
    time: Time
    request_id: str | None = Field(description="the question it belongs to", examples=[None])


class RecordListBody(BaseModel):
    """A page of records, oldest first."""

    records: list[RecordBody]
    next: int | None = Field(description="the `after` of the next page; null at the end", examples=[142])


class ErasedBody(BaseModel):
    """The record that says that the texts are gone."""

    seq: int
    ground: str = Field(examples=["asker_request"])
    ts_us: int
    time: Time


class RecordDetailBody(RecordBody):
    """One record without its texts."""

    leaf: dict[str, Any] = Field(description="what the record says", examples=[{"type": "query.finished", "v": 1}])
    leaf_text: str = Field(description="the exact text that was hashed", examples=['{"type":"query.finished","v":1}'])
    payloads: list[str] = Field(description="the texts that can be opened", examples=[["answer"]])
    erased: ErasedBody | None


class TextsBody(BaseModel):
    """The texts of one record, by field; each was held against the commitment in the record."""

    seq: int
    texts: dict[str, str] = Field(examples=[{"prompt": "Who approves a new AI vendor?"}])
    erased: ErasedBody | None


class ErasureBody(BaseModel):
    """What was erased; the record of it, or null where there was nothing left."""

    erased: int = Field(description="how many records lost their texts", examples=[2])
    ranges: list[tuple[int, int]] = Field(description="their numbers, both ends included", examples=[[[41, 42]]])
    receipt: ReceiptBody | None


class OpenedRevealBody(BaseModel):
    """A reveal that waits for a second person."""

    id: int = Field(description="what the second person confirms", examples=[44])
    seq: int = Field(description="the number of the question", examples=[41])
    expires: Time


class OpenedErasureBody(BaseModel):
    """An erasure by age that waits for a second person."""

    id: int = Field(description="what the second person confirms", examples=[44])
    expires: Time


class WaitingRevealBody(OpenedRevealBody):
    """A reveal that waits for a second person, as a list shows it."""

    case: str = Field(examples=["HR-2026-3"])
    opened: Time
    own: bool = Field(description="whether the caller opened it, so that somebody else has to confirm")


class WaitingRevealsBody(BaseModel):
    """The reveals that wait, the oldest first."""

    reveals: list[WaitingRevealBody]


class RevealedBody(BaseModel):
    """Who asked one question."""

    seq: int
    request_id: str
    actor: str = Field(description="the pseudonym", examples=["actor-0f3c1a5e0f3c1a5e0f3c1a5e0f3c1a5e"])
    identity: str = Field(examples=["mira@northlight.example"])


class ReplayedBody(BaseModel):
    """What came of asking a past question again, on the build that answered."""

    seq: int
    received_seq: int
    request_id: str
    verdict: Literal["identical", "differs"]
    differences: list[str] = Field(examples=[[]])
    notes: list[str] = Field(description="what is another than it was, whether or not it matters", examples=[[]])
    build: str
    passages: int
    score_difference_u: int = Field(description="the largest difference of a passage's score, in millionths")


class RotatedBody(BaseModel):
    """The new key; where keys were lost, which, and those that are in use instead."""

    purpose: Literal["payload", "signing", "identity", "actor", "all"]
    key_id: str | None = Field(None, description="of a key that was changed", examples=["payload-2026-11-2"])
    lost: list[str] | None = Field(None, description="the keys that are gone", examples=[["payload-2026-11-1"]])
    in_use: list[str] | None = Field(None, description="the keys that are used now", examples=[["payload-2026-11-2"]])
    vkey: str | None = Field(None, description="what auditors need, of a signing key", examples=[VKEY])


class BuildAskedBody(BaseModel):
    """How many questions on record a build was asked, by month."""

    build: str = Field(examples=["20261120T120000Z-1f"])
    questions: dict[str, int] = Field(examples=[{"2026-11": 134}])


class InclusionBody(BaseModel):
    """That a record is in the log: RFC 6962, section 2.1.1, under a signed checkpoint."""

    origin: str = Field(examples=[_ORIGIN])
    seq: int = Field(examples=[42])
    index: int = Field(description="its place in the shard, from 0", examples=[42])
    leaf_hash: str = Field(description="hex", examples=[_HASH])
    size: int = Field(description="of the checkpoint", examples=[43])
    proof: list[str] = Field(description="hashes in base64, lowest first")
    checkpoint: str = Field(description="a signed note (C2SP tlog-checkpoint)", examples=[NOTE])


class ConsistencyBody(BaseModel):
    """That a shard at one size begins with what it was at a smaller one: RFC 6962, section 2.1.2."""

    origin: str = Field(examples=[_ORIGIN])
    old_size: int = Field(examples=[20])
    size: int = Field(examples=[43])
    proof: list[str] = Field(description="hashes in base64")


class ShardBody(BaseModel):
    """A month of the log."""

    origin: str = Field(examples=[_ORIGIN])
    first_seq: int = Field(examples=[0])
    size: int = Field(description="how many of its records a checkpoint covers", examples=[43])


class RestoreBody(BaseModel):
    """That the log was restored from a copy, and goes on under another history."""

    history: str = Field(description="8 digits, which its origins bear after the month", examples=["3fa9c1d2"])
    seq: int = Field(description="of the `log.restored` record", examples=[797])
    leaf: str = Field(description="the record itself, to be proven by `/v1/audit/proof`")


class ShardListBody(BaseModel):
    """All shards, oldest first, and the restores of the log."""

    shards: list[ShardBody]
    restores: list[RestoreBody]


class LookBody(BaseModel):
    """That somebody looked at a question."""

    time: Time
    what: str = Field(examples=["list", "show", "payload", "replay", "shared", "feedback", "gaps", "export"])
    who: str = Field(examples=["auditor@northlight.example"])
    purpose: str | None


class RevealLookBody(BaseModel):
    """That it was revealed who asked a question, to two people."""

    time: Time
    who: list[str]
    case: str | None
    purpose: str | None


class OpeningLookBody(BaseModel):
    """That somebody wished to know who asked a question, and nobody confirmed it."""

    time: Time
    who: str
    case: str | None
    reason: str | None


class SaidFeedbackBody(BaseModel):
    """What the caller said of an answer."""

    time: Time
    verdict: Verdict = Field(examples=["outdated"])
    comment: str | None = Field(description="null if there was none, or it was erased")


class ClosedRequestBody(BaseModel):
    """What became of a document that was asked for."""

    time: Time
    how: Closing = Field(examples=["granted"])
    note: str | None


class SaidRequestBody(BaseModel):
    """A document that the caller asked for."""

    number: int = Field(description="of its record", examples=[42])
    time: Time
    wish: str | None = Field(description="null if it was erased", examples=["The rules for night trains"])
    closed: ClosedRequestBody | None = Field(description="null while it is open")


class LookedAtRequestBody(SaidRequestBody):
    """A document that the caller asked for without a question, and who looked."""

    looks: list[LookBody]


class OwnQuestionBody(BaseModel):
    """What is on record of one of the caller's own questions."""

    request_id: str
    time: Time
    channel: str = Field(examples=["web"])
    outcome: str | None = Field(description="null while it is open", examples=["answered"])
    reason: str | None
    documents: list[str] = Field(description="those that the answer cites")
    question: str | None = Field(description="null if it was erased")
    answer: str | None
    erased: ErasedBody | None
    feedback: list[SaidFeedbackBody] = Field(description="the newest stands")
    requests: list[SaidRequestBody] = Field(description="documents asked for on this question")
    looks: list[LookBody]
    revealed: list[RevealLookBody]
    openings: list[OpeningLookBody] = Field(description="of a reveal that nobody confirmed, so nobody was told")
    receipt: ReceiptBody


class OwnListBody(BaseModel):
    """The caller's own questions, the newest first."""

    questions: list[OwnQuestionBody]
    requests: list[LookedAtRequestBody] = Field(
        description="documents asked for without a question, the newest first; on the first page only"
    )
    next: int | None = Field(description="the `before` of the next page; null at the end", examples=[None])


class ExportLineBody(BaseModel):
    """A line of an export: one line of one of its files."""

    file: str = Field(examples=["leaves.jsonl"])
    line: str

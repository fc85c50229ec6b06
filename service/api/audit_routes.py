"""The audit routes under `/v1/audit`: records for auditors, proofs for everybody who is signed in, one's own questions.

Each look is recorded by the part it goes to, before anything is given. Proofs, checkpoints and keys hold hashes and no
record, so whoever holds a receipt can check it. What takes two people is in `second_person_routes`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from service.api.audit_bodies import (
    MAX_NUMBER,
    EraseBody,
    ExportBody,
    OwnEraseBody,
    PayloadBody,
    RecordsQuery,
    ReplayBody,
    RotateBody,
)
from service.api.audit_results import (
    NOTE,
    VKEY,
    ConsistencyBody,
    ErasureBody,
    ExportLineBody,
    InclusionBody,
    OwnListBody,
    RecordDetailBody,
    RecordListBody,
    ReplayedBody,
    RotatedBody,
    ShardListBody,
    TextsBody,
)
from service.api.problems import problems
from service.audit.desk import Auditing, Replaying, Span
from service.audit.errors import FilterError, NotCoveredError
from service.audit.keys.key_ids import PURPOSES
from service.audit.reading.auditor import Filter
from service.audit.rotation import Rotation
from service.http.given import given
from service.http.identity import Caller, Operator, auditor, somebody

_OWN_LIMIT = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROOF_PAUSE_S = 0.1
_PROOF_PAUSES = 20  # two seconds: a checkpoint comes within one
Place = Annotated[int, Path(ge=0, le=MAX_NUMBER, description="the number of a record", examples=[42])]
Number = Annotated[int, Query(ge=0, le=MAX_NUMBER, description="the number of a record", examples=[42])]
Size = Annotated[int, Query(ge=0, le=MAX_NUMBER, description="how many records a checkpoint covers", examples=[43])]
Before = Annotated[
    int | None, Query(ge=0, le=MAX_NUMBER, description="only lower numbers: the `next` of the page before")
]
Origin = Annotated[str, Query(max_length=200, description="a shard", examples=["greenlit.local/audit/2026-11"])]
_EXPORT = {"application/x-ndjson": {"schema": ExportLineBody.model_json_schema()}}


_Auditor = Annotated[str, Depends(auditor)]
_Auditing = Annotated[Auditing, Depends(given(Auditing))]
_Replaying = Annotated[Replaying, Depends(given(Replaying))]
_KNOWN = [Depends(somebody)]

_router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=problems(400, 401, 403, 404, 409, 422, 429, 500, 503))


def _example(text: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": text}}}}


@_router.get("/records", response_model=RecordListBody)
def records(auditing: _Auditing, who: _Auditor, query: Annotated[RecordsQuery, Query()]) -> dict[str, Any]:
    """List records by number, without their texts. `next` is the `after` of the next page."""
    wanted = Filter(
        kind=query.kind,
        outcome=query.outcome,
        reason=query.reason,
        document=query.document,
        channel=query.channel,
        request_id=query.request_id,
        since_us=moment_us(query.since),
        until_us=moment_us(query.until),
    )
    return auditing.auditor.records(who, wanted, after=query.after, limit=query.limit)


@_router.get("/records/{seq}", response_model=RecordDetailBody)
def record(auditing: _Auditing, seq: Place, who: _Auditor) -> dict[str, Any]:
    """Show one record without its texts."""
    return auditing.auditor.record(who, seq)


@_router.post("/records/{seq}/payload", response_model=TextsBody)
def payload(auditing: _Auditing, seq: Place, body: PayloadBody, who: _Auditor) -> dict[str, Any]:
    """Open the texts of one record; a second step, recorded with its purpose."""
    return auditing.auditor.payload(who, seq, purpose=body.purpose)


@_router.post("/erase", response_model=ErasureBody)
def erase(auditing: _Auditing, body: EraseBody, who: _Auditor) -> dict[str, Any]:
    """Erase the texts of one question. The proofs stay."""
    return auditing.erasure.by_request(who, body.request_id, ground=body.ground, purpose=body.purpose)


@_router.post("/replay", response_model=ReplayedBody)
def replay_one(body: ReplayBody, who: _Auditor, replay: _Replaying) -> dict[str, Any]:
    """Make a past answer again on the build that gave it, and say what differs."""
    return replay.run(who, body.seq)


@_router.post("/rotate", response_model=RotatedBody, response_model_exclude_unset=True)
def rotate(auditing: _Auditing, body: RotateBody, operator: Operator) -> dict[str, Any]:
    """For operators. Change the key that seals texts or the one that signs checkpoints; the change is on record.

    With `lost`, say that the keys of a purpose are gone: the log goes on with another, and what they sealed stays shut.
    """
    rotation = auditing.rotation
    if body.lost:
        return _lost(rotation, body, operator.principal_id)
    if body.purpose not in ("payload", "signing"):
        raise FilterError("expected payload or signing, or a key that is lost, got another that is not changed")
    return rotation.payload_key() if body.purpose == "payload" else rotation.signing_key()


def _lost(rotation: Rotation, body: RotateBody, who: str) -> dict[str, Any]:
    if not body.reason.strip():
        raise FilterError("expected a reason in words how the key was lost, got none")
    if body.purpose == "signing":
        raise FilterError(
            "expected payload, identity, actor or all: a signing key that is lost takes a new history of the log; stop "
            "the service, then greenlit restore --here --reason TEXT"
        )
    purposes = PURPOSES if body.purpose == "all" else (body.purpose,)
    return {"purpose": body.purpose, **rotation.lost_keys(purposes, who=who, reason=body.reason.strip())}


@_router.post("/export", response_class=StreamingResponse, responses={200: {"content": _EXPORT}})
def export(auditing: _Auditing, body: ExportBody, who: _Auditor) -> StreamingResponse:
    """Stream an export as lines of JSON, each with the file it belongs to; `greenlit audit export` writes them."""
    lines = export_lines(auditing, who, body)
    return StreamingResponse(_json_lines(lines), media_type="application/x-ndjson")


def export_lines(auditing: Auditing, who: str, body: ExportBody) -> Iterator[dict[str, str]]:
    """Record an export and return its lines; it is on record when this returns.

    Raises:
        FilterError: an end of it cannot be understood, or texts are wished for without a purpose.
        AuditError: as `export.Exports.lines`.
    """
    if body.payloads and not body.purpose.strip():
        raise FilterError("expected a purpose in words for which the texts are exported, got none")
    span = Span(body.from_seq, body.to_seq, moment_us(body.since), moment_us(body.until))
    first, last = span.numbers(auditing.store)
    return auditing.exports.lines(who, from_seq=first, to_seq=last, payloads=body.payloads, purpose=body.purpose)


def _json_lines(lines: Iterator[dict[str, str]]) -> Iterator[bytes]:
    for line in lines:
        yield json.dumps(line).encode() + b"\n"


@_router.get("/proof", response_model=InclusionBody, dependencies=_KNOWN)
async def proof(auditing: _Auditing, seq: Number) -> dict[str, Any]:
    """Prove that a record is in the log. Waits up to two seconds for a checkpoint that covers it."""
    for _ in range(_PROOF_PAUSES):  # without holding a thread, and without a checkpoint made to order
        try:
            return await run_in_threadpool(auditing.proofs.inclusion, seq)
        except NotCoveredError:
            await anyio.sleep(_PROOF_PAUSE_S)
    return await run_in_threadpool(auditing.proofs.inclusion, seq)


@_router.get("/consistency", response_model=ConsistencyBody, dependencies=_KNOWN)
def consistency(auditing: _Auditing, origin: Origin, old: Size, new: Size) -> dict[str, Any]:
    """Prove that one checkpoint of a shard grew from another."""
    return auditing.proofs.consistency(origin, old, new)


@_router.get("/checkpoint", response_class=PlainTextResponse, responses=_example(NOTE), dependencies=_KNOWN)
def checkpoint(auditing: _Auditing, origin: Origin | None = None) -> str:
    """Return the newest checkpoint, of the newest shard unless another is named, as a signed note."""
    return auditing.proofs.checkpoint(origin)


@_router.get("/shards", response_model=ShardListBody, dependencies=_KNOWN)
def shards(auditing: _Auditing) -> dict[str, Any]:
    """List the shards (one a month) with their first number and the size that is covered, and the log's restores."""
    return {"shards": auditing.proofs.shards(), "restores": auditing.proofs.restores()}


@_router.get("/key", response_class=PlainTextResponse, responses=_example(VKEY), dependencies=_KNOWN)
def key(auditing: _Auditing) -> str:
    """Return the key that verifies checkpoints, as a verifier key of a signed note."""
    return auditing.signer.key().text() + "\n"


@_router.get("/own", response_model=OwnListBody)
def own(
    auditing: _Auditing,
    principal: Caller,
    limit: Annotated[int, Query(ge=1, le=_OWN_LIMIT)] = 50,
    before: Before = None,
) -> dict[str, Any]:
    """List what the log holds about the caller's own questions, and who looked at it; the newest first."""
    return auditing.own.list(principal.principal_id, limit=limit, before=before)


@_router.post("/own/erase", response_model=ErasureBody)
def erase_own(auditing: _Auditing, body: OwnEraseBody, principal: Caller) -> dict[str, Any]:
    """Erase the texts of one of the caller's own questions. The proof that it was asked stays."""
    return auditing.own.erase(principal.principal_id, body.request_id)


ROUTES = _router.routes


def moment_us(text: str | None) -> int | None:
    """Return a day or a time (ISO 8601; UTC where no zone is said) in microseconds since 1970.

    Raises:
        FilterError: it is neither.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FilterError("expected a day like 2026-11-20 or a time like 2026-11-20T09:00:00Z, got neither") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)

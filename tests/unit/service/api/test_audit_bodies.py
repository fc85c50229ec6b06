"""What the audit routes take: exactly their fields, of exactly their types."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from service.api.audit_bodies import (
    ConfirmBody,
    EraseBody,
    ExportBody,
    OpenErasureBody,
    OpenRevealBody,
    OwnEraseBody,
    PayloadBody,
    RecordsQuery,
    ReplayBody,
    RotateBody,
)

REQUEST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
REVEAL = {"seq": 1, "case": "HR-1", "reason": "why"}
ERASURE = {"before": "2026-11-20", "ground": "court_order"}
GOOD: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (PayloadBody, {"purpose": "why"}),
    (EraseBody, {"request_id": REQUEST_ID}),
    (EraseBody, {"request_id": REQUEST_ID, "ground": "court_order", "purpose": "why"}),
    (OwnEraseBody, {"request_id": REQUEST_ID}),
    (OpenRevealBody, REVEAL),
    (OpenErasureBody, ERASURE),
    (ConfirmBody, {}),
    (ReplayBody, {"seq": 0}),
    (RotateBody, {"purpose": "payload"}),
    (RotateBody, {"purpose": "signing"}),
    (ExportBody, {}),
    (ExportBody, {"from": 0, "to": 7, "payloads": True, "purpose": "why"}),
    (ExportBody, {"since": "2026-11-01", "until": "2026-12-01T00:00:00Z"}),
    (RecordsQuery, {}),
    (RecordsQuery, {"after": "7", "limit": "10", "type": "audit.read", "since": "2026-11-20"}),
]
BAD: list[tuple[type[BaseModel], dict[str, Any], str]] = [
    (PayloadBody, {}, "purpose"),
    (PayloadBody, {"purpose": ""}, "purpose"),
    (PayloadBody, {"purpose": "x" * 2001}, "purpose"),
    (PayloadBody, {"purpose": "half a pair \ud800"}, "purpose"),
    (EraseBody, {"request_id": "everything"}, "request_id"),
    (EraseBody, {"request_id": "-" * 36}, "request_id"),
    (EraseBody, {"request_id": REQUEST_ID.upper()}, "request_id"),
    (EraseBody, {"request_id": f"{REQUEST_ID}\n"}, "request_id"),
    (EraseBody, {"request_id": REQUEST_ID, "ground": "they asked"}, "ground"),
    (EraseBody, {"request_id": REQUEST_ID, "ground": ""}, "ground"),
    (EraseBody, {"request_id": REQUEST_ID, "ground": "x" * 33}, "ground"),
    (EraseBody, {"ground": "court_order"}, "request_id"),
    (EraseBody, {"request_id": REQUEST_ID, "before": "2026-11-20"}, "before"),
    (OwnEraseBody, {}, "request_id"),
    (OwnEraseBody, {"request_id": REQUEST_ID, "actor": "somebody"}, "actor"),
    (OpenRevealBody, {**REVEAL, "seq": -1}, "seq"),
    (OpenRevealBody, {**REVEAL, "seq": "1"}, "seq"),
    (OpenRevealBody, {**REVEAL, "seq": True}, "seq"),
    (OpenRevealBody, {**REVEAL, "case": ""}, "case"),
    (OpenRevealBody, {**REVEAL, "reason": ""}, "reason"),
    (OpenRevealBody, {key: value for key, value in REVEAL.items() if key != "reason"}, "reason"),
    (OpenRevealBody, {**REVEAL, "case": "x" * 201}, "case"),
    (OpenRevealBody, {**REVEAL, "reason": "x" * 2001}, "reason"),
    (OpenErasureBody, {"ground": "court_order"}, "before"),
    (OpenErasureBody, {"before": "2026-11-20"}, "ground"),
    (OpenErasureBody, {**ERASURE, "before": "x" * 41}, "before"),
    (OpenErasureBody, {**ERASURE, "before": 20261120}, "before"),
    (OpenErasureBody, {**ERASURE, "ground": "He asked!"}, "ground"),
    (ReplayBody, {"seq": 2**53}, "seq"),
    (ReplayBody, {"seq": 1.0}, "seq"),
    (RotateBody, {"purpose": "names"}, "purpose"),
    (RotateBody, {}, "purpose"),
    (ExportBody, {"from": -1}, "from"),
    (ExportBody, {"from_seq": 1}, "from_seq"),
    (ExportBody, {"payloads": "yes"}, "payloads"),
    (RecordsQuery, {"limit": "0"}, "limit"),
    (RecordsQuery, {"limit": "1001"}, "limit"),
    (RecordsQuery, {"after": "-2"}, "after"),
    (RecordsQuery, {"actor": "actor-0"}, "actor"),
    (RecordsQuery, {"outcom": "refused"}, "outcom"),
]


@pytest.mark.parametrize(("body", "value"), GOOD)
def test_what_is_of_its_form_is_taken(body: type[BaseModel], value: dict[str, Any]) -> None:
    taken = body.model_validate(value).model_dump(by_alias=True, exclude_unset=True)
    assert {key: str(item) for key, item in taken.items()} == {key: str(item) for key, item in value.items()}


@pytest.mark.parametrize(("body", "value", "field"), BAD)
def test_anything_else_is_refused(body: type[BaseModel], value: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        body.model_validate(value)
    assert [one["loc"][0] for one in error.value.errors()] == [field]


def test_there_is_no_asking_for_the_records_of_a_person() -> None:
    people = ("actor", "who", "person", "user", "principal", "subject", "identity", "name")
    assert [field for field in RecordsQuery.model_fields if any(word in field for word in people)] == []

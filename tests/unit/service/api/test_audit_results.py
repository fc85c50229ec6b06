"""What the audit routes give, as it is described: the examples are true to their formats."""

from service.api.audit_results import NOTE, VKEY, RecordBody
from service.audit.formats.notes import read_verifier_key, verified


def test_the_checkpoint_shown_as_an_example_is_signed_with_the_key_shown_as_one() -> None:
    checkpoint = verified(NOTE, [read_verifier_key(VKEY)])
    assert (checkpoint.origin, checkpoint.size) == ("greenlit.local/audit/2026-11", 43)


def test_what_only_some_types_of_records_have_is_given_too() -> None:
    record = {"seq": 1, "leaf_hash": "0" * 64, "type": "x.y", "ts_us": 1, "time": "…", "request_id": None, "more": [7]}
    assert RecordBody.model_validate(record).model_dump() == record

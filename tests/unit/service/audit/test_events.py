"""What is on record besides questions: codes, numbers and hashes in the leaf, people and free texts beside it."""

import json
from typing import Any

import pytest

from service.audit import events
from service.audit.errors import AuditEntryError
from service.audit.events import Event
from service.audit.leaves import BuildRef, Commitment, ReleaseRef, Stamp
from service.audit.serialise import MAX_LEAF_BYTES, event_leaf

STAMP = Stamp(origin="greenlit/audit/2026-11", ts_us=1_795_089_600_000_000)
WHO = "auditor@northlight.example"


def _leaf(event: Event) -> dict[str, Any]:
    """Return what a leaf says besides what every leaf says."""
    commitments = {field: Commitment("9" * 64, len(text)) for field, text in event.texts.items()}
    actor = None if event.subject is None else "actor-" + "a" * 32
    value: dict[str, Any] = json.loads(event_leaf(event, STAMP, actor=actor, texts=commitments))
    common = {"v": 1, "type": event.type, "origin": STAMP.origin, "ts_us": STAMP.ts_us}
    assert {key: value.pop(key) for key in common} == common
    return value


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (events.shard_opened(7, None), {"first_seq": 7, "previous": None}),
        (
            events.shard_opened(7, {"origin": "o", "first_seq": 0, "size": 7, "checkpoint": "note"}),
            {"first_seq": 7, "previous": {"origin": "o", "first_seq": 0, "size": 7, "checkpoint": "note"}},
        ),
        (events.shard_closed("greenlit/audit/2026-12"), {"next_origin": "greenlit/audit/2026-12"}),
        (
            events.key_created("payload", "payload-2026-11-1"),
            {"purpose": "payload", "key_id": "payload-2026-11-1"},
        ),
        (
            events.key_created("signing", "0123abcd", "greenlit/audit+0123abcd+AQ=="),
            {"purpose": "signing", "key_id": "0123abcd", "vkey": "greenlit/audit+0123abcd+AQ=="},
        ),
        (events.key_revoked("actor", "actor-2026-11"), {"purpose": "actor", "key_id": "actor-2026-11"}),
        (
            events.register_extended(3, ["1" * 64, "2" * 64], "3" * 64),
            {"first_line": 3, "lines": ["1" * 64, "2" * 64], "register_hash": "3" * 64},
        ),
        (
            events.register_rewritten(5, "1" * 64, 4, "2" * 64),
            {"recorded_lines": 5, "recorded_hash": "1" * 64, "lines": 4, "register_hash": "2" * 64},
        ),
        (events.build_activated(BuildRef("b-1", "1" * 64)), {"build": {"id": "b-1", "manifest_hash": "1" * 64}}),
        (
            events.config_changed(ReleaseRef("0.1.0", "1" * 64)),
            {"release": {"version": "0.1.0", "config_hash": "1" * 64}},
        ),
    ],
    ids=lambda value: value.type if isinstance(value, Event) else "",
)
def test_what_the_service_does_itself_names_nobody(event: Event, expected: dict[str, Any]) -> None:
    assert _leaf(event) == expected
    assert (event.subject, event.texts, event.erases) == (None, {}, ())


BY_SOMEBODY = {"actor": "actor-" + "a" * 32, "who_commit": "9" * 64, "who_len": len(WHO)}
FOR_SOMETHING = {"purpose_commit": "9" * 64, "purpose_len": 6}


def test_a_look_says_at_what_and_how_many() -> None:
    event = events.audit_read(WHO, "list", filters={"outcome": "refused"}, seqs=[7, 9], purpose="yearly")
    looked_at = {"what": "list", "filter": {"outcome": "refused"}, "seqs": [7, 9], "count": 2}
    assert _leaf(event) == {**looked_at, **BY_SOMEBODY, **FOR_SOMETHING}
    assert (event.subject, event.texts) == (WHO, {"who": WHO, "purpose": "yearly"})


def test_an_export_says_from_where_to_where() -> None:
    event = events.audit_exported(WHO, span=(3, 9), payloads=True, purpose="yearly")
    span = {"from_seq": 3, "to_seq": 9, "count": 7, "payloads": True}
    assert _leaf(event) == {**span, **BY_SOMEBODY, **FOR_SOMETHING}


def test_a_reveal_names_the_question_and_nobody() -> None:
    texts = {"who": WHO, "case": "2026/7", "purpose": "yearly"}
    event = events.identity_revealed(WHO, opening=8, seq=7, request_id="r", texts=texts)
    case = {"case_commit": "9" * 64, "case_len": 6}
    assert _leaf(event) == {"opening": 8, "seq": 7, "request_id": "r", **BY_SOMEBODY, **case, **FOR_SOMETHING}


def test_a_build_that_is_removed_says_which_and_nobody() -> None:
    leaf = _leaf(events.build_removed(WHO, "b-1"))
    assert (leaf["build"], set(leaf)) == ({"id": "b-1"}, {"build", "actor"})


def test_what_waits_for_a_second_person_says_what_and_nobody() -> None:
    reveal = events.reveal_opened(WHO, seq=7, request_id="r", texts={"who": WHO, "case": "2026/7"})
    case = {"case_commit": "9" * 64, "case_len": 6}
    assert _leaf(reveal) == {"seq": 7, "request_id": "r", **BY_SOMEBODY, **case}
    erasure = events.erasure_opened(WHO, before_us=12, ground="court_order", texts={"who": WHO, "purpose": "yearly"})
    assert _leaf(erasure) == {"before_us": 12, "ground": "court_order", **BY_SOMEBODY, **FOR_SOMETHING}
    assert erasure.erases == ()


def test_an_erasure_says_on_what_ground_and_erases_what_it_says() -> None:
    event = events.payload_erased(WHO, ground="asker_request", ranges=[(3, 4)], texts={"who": WHO})
    assert _leaf(event) == {"ground": "asker_request", "ranges": [[3, 4]], **BY_SOMEBODY}
    assert event.erases == ((3, 4),)
    nobody = events.payload_erased(None, ground="retention", ranges=[], texts={})
    assert _leaf(nobody) == {"ground": "retention", "ranges": []}
    assert (nobody.subject, nobody.erases) == (None, ())
    agreed = events.payload_erased(WHO, ground="court_order", ranges=[], texts={"who": WHO}, opening=5)
    assert _leaf(agreed) == {"ground": "court_order", "ranges": [], "opening": 5, **BY_SOMEBODY}


def test_an_api_key_is_named_by_its_id_and_its_name_is_sealed() -> None:
    made = events.api_key_created(
        WHO, key_id="abcdefg234", name="slack", scopes=["ask", "act-for"], expires="2027-11-28"
    )
    name = {"name_commit": "9" * 64, "name_len": 5}
    by = {"actor": BY_SOMEBODY["actor"], "who_commit": "9" * 64, "who_len": len(WHO), **name}
    said = {"key_id": "abcdefg234", "scopes": ["act-for", "ask"], "expires": "2027-11-28"}
    assert _leaf(made) == {**said, **by}
    revoked = events.api_key_revoked(WHO, key_id="abcdefg234", name="slack")
    assert _leaf(revoked) == {"key_id": "abcdefg234", **by}
    assert revoked.texts == {"who": WHO, "name": "slack"}


@pytest.mark.parametrize(
    ("ranges", "merged"),
    [
        ([(5, 5), (3, 3)], [(3, 3), (5, 5)]),
        ([(3, 4), (5, 9)], [(3, 9)]),
        ([(3, 9), (4, 5), (9, 12)], [(3, 12)]),
        ([(0, 0), (0, 0)], [(0, 0)]),
        ([(1, 2), (4, 5)], [(1, 2), (4, 5)]),
    ],
)
def test_ranges_are_put_in_order_and_joined(ranges: list[tuple[int, int]], merged: list[tuple[int, int]]) -> None:
    event = events.payload_erased(None, ground="retention", ranges=ranges, texts={})
    assert event.erases == tuple(merged)
    assert _leaf(event)["ranges"] == [list(one) for one in merged]


@pytest.mark.parametrize("wrong", [(-1, 3), (5, 4), (-3, -2)])
def test_what_is_no_range_is_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(AuditEntryError, match=r"expected ranges of numbers from a first to a last, got \(-?\d, -?\d\)"):
        events.payload_erased(None, ground="retention", ranges=[(1, 2), wrong], texts={})


@pytest.mark.parametrize("ground", ["", "Asker", "because Mira asked", "a" * 33, "retention\n", "ärger"])
def test_a_ground_is_a_code_and_not_quoted(ground: str) -> None:
    with pytest.raises(AuditEntryError, match="expected a ground of 1 to 32 lower-case letters") as caught:
        events.payload_erased(None, ground=ground, ranges=[(1, 2)], texts={})
    assert not ground or ground not in str(caught.value)
    with pytest.raises(AuditEntryError, match="expected a ground of 1 to 32 lower-case letters") as caught:
        events.erasure_opened(WHO, before_us=1, ground=ground, texts={})
    assert not ground or ground not in str(caught.value)


def test_texts_are_kept_out_of_what_is_shown_of_an_event() -> None:
    event = events.audit_read("mira", "own", filters={}, seqs=[], purpose="zebra-canary-4711")
    assert "canary" not in repr(event)


def test_as_many_lines_as_a_leaf_takes_stay_far_under_its_limit() -> None:
    event = events.register_extended(1, ["f" * 64] * events.MAX_REGISTER_LINES, "f" * 64)
    assert len(event_leaf(event, STAMP, actor=None, texts={})) < MAX_LEAF_BYTES / 2


def test_a_leaf_that_would_be_too_long_is_refused() -> None:
    ranges = [(number, number) for number in range(0, 40_000, 2)]
    event = events.payload_erased(None, ground="retention", ranges=ranges, texts={})
    with pytest.raises(AuditEntryError, match="expected a leaf of at most 65535 bytes, got"):
        event_leaf(event, STAMP, actor=None, texts={})


def test_an_actor_is_a_pseudonym() -> None:
    event = events.audit_read("mira", "own", filters={}, seqs=[], purpose="mine")
    with pytest.raises(AuditEntryError, match='expected "actor" = a pseudonym') as caught:
        event_leaf(event, STAMP, actor="mira", texts={})
    assert "mira" not in str(caught.value)

"""How a leaf is shown in a list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.errors import AuditUnavailableError
from service.audit.events import Event
from service.audit.reading.summaries import cited_documents, iso_time, summary, value_of
from service.audit.storage.store import StoredLeaf
from tests.support.small_log import BUILD, DOCUMENT, QUESTION, REFUSED, RELEASE, Ending, SmallLog, open_small_log

COMMON = {"seq", "leaf_hash", "type", "ts_us", "time", "request_id"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def _summary(log: SmallLog, seq: int) -> dict[str, Any]:
    leaf = log.stored(seq)
    return summary(leaf, value_of(leaf))


def _own_fields(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in COMMON}


def test_a_question_is_shown_by_how_it_came(log: SmallLog) -> None:
    asked = log.ask("mira", channel="slack")
    assert _summary(log, asked.received) == {
        "seq": 5,
        "leaf_hash": log.stored(5).leaf_hash,
        "type": "query.received",
        "ts_us": 1_795_165_200_000_000,
        "time": "2026-11-20T09:00:00Z",
        "request_id": asked.request_id,
        "channel": "slack",
        "actor": log.pseudonym("mira", "2026-11"),
    }


def test_a_result_is_shown_by_what_it_cites(log: SmallLog) -> None:
    found = ("legal/contracts.md", "legal/archive.md", "legal/tax.md")
    asked = log.ask(ending=Ending(documents=found))
    shown = _summary(log, asked.finished)
    assert _own_fields(shown) == {
        "outcome": "answered",
        "reason": None,
        "documents": ["legal/contracts.md"],
        "elapsed_us": 41_250,
    }
    refused = log.ask(ending=REFUSED)
    shown = _summary(log, refused.finished)
    assert (shown["outcome"], shown["reason"], shown["documents"]) == ("refused", "no_evidence", [])


def test_a_document_is_named_once_and_in_the_order_of_the_citations() -> None:
    value = {
        "hits": [
            {"passage_id": "a", "document": "one.md"},
            {"passage_id": "b", "document": "two.md"},
            {"passage_id": "c", "document": "one.md"},
        ],
        "citations": [{"passage_id": name} for name in ("b", "c", "a", "gone")],
    }
    assert cited_documents(value) == ["two.md", "one.md"]
    assert cited_documents({}) == []


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (events.key_revoked("actor", "actor-2026-01"), {"purpose": "actor", "key_id": "actor-2026-01"}),
        (events.register_extended(3, ["a" * 64, "b" * 64], "c" * 64), {"first_line": 3, "line_count": 2}),
        (events.register_rewritten(4, "a" * 64, 3, "b" * 64), {"recorded_lines": 4, "lines": 3}),
        (events.build_activated(BUILD), {"build": {"id": "20261119-1", "manifest_hash": "c" * 64}}),
        (events.build_removed("ann", "20261119-1"), {"actor": "ann", "build": {"id": "20261119-1"}}),
        (events.config_changed(RELEASE), {"release": {"version": "0.1.0", "config_hash": "d" * 64}}),
        (
            events.audit_read("ann", "list", filters={}, seqs=[1, 2], purpose=""),
            {"actor": "ann", "what": "list", "count": 2},
        ),
        (
            events.audit_exported("ann", span=(1, 4), payloads=True, purpose=""),
            {"actor": "ann", "from_seq": 1, "to_seq": 4, "payloads": True},
        ),
        (
            events.payload_erased("ann", ground="retention", ranges=[(1, 2), (4, 4)], texts={}),
            {"actor": "ann", "ground": "retention", "range_count": 2},
        ),
        (
            events.payload_erased(None, ground="asker_request", ranges=[(1, 2)], texts={}),
            {"actor": None, "ground": "asker_request", "range_count": 1},
        ),
        (
            events.erasure_opened("ann", before_us=12, ground="court_order", texts={"purpose": "why"}),
            {"actor": "ann", "ground": "court_order", "before_us": 12},
        ),
        (
            events.feedback_given("a-question", verdict="wrong", documents=["legal/a.md"], comment="Not so."),
            {"verdict": "wrong", "documents": ["legal/a.md"]},
        ),
        (events.document_requested("zoe", request_id="a-question", wish="The rules"), {"actor": None}),
        (
            events.request_closed("ann", request=5, how="granted", note=""),
            {"actor": "ann", "request": 5, "how": "granted"},
        ),
        (Event("unheard.of", {"what": "later"}), {}),
    ],
)
def test_what_is_no_question_has_short_fields_of_its_own(log: SmallLog, event: Event, shown: dict[str, Any]) -> None:
    seq = log.opened.log.note(event).seq
    if shown.get("actor"):
        shown = {**shown, "actor": log.watcher("ann", "2026-11")}
    assert _own_fields(_summary(log, seq)) == shown
    assert _summary(log, seq)["request_id"] == event.fields.get("request_id")


def test_a_reveal_says_of_which_record_and_keeps_its_own_number(log: SmallLog) -> None:
    asked = log.ask()
    about: dict[str, Any] = {"seq": asked.received, "request_id": asked.request_id, "texts": {"case": "C-1"}}
    opening = log.opened.log.note(events.reveal_opened("ann", **about)).seq
    seq = log.opened.log.note(events.identity_revealed("bo", opening=opening, **about)).seq
    for number, expected in ((opening, None), (seq, opening)):
        shown = _summary(log, number)
        assert (shown["seq"], shown["of_seq"], shown["request_id"]) == (number, asked.received, asked.request_id)
        assert shown.get("opening") == expected


def test_a_month_is_shown_by_where_it_begins_and_what_follows(log: SmallLog) -> None:
    assert _own_fields(_summary(log, 0)) == {"origin": "greenlit.local/audit/2026-11", "first_seq": 0}
    log.set_time("2026-12-01T00:00:00Z")
    log.ask()
    assert _own_fields(_summary(log, 5)) == {
        "origin": "greenlit.local/audit/2026-11",
        "next_origin": "greenlit.local/audit/2026-12",
    }


def test_no_summary_holds_a_text(log: SmallLog) -> None:
    log.ask()
    log.auditor.payload("ann@x.example", 6, purpose="a wrong answer")
    shown = repr([_summary(log, seq) for seq in range(log.store.size())])
    assert DOCUMENT in shown
    for text in (QUESTION, "Ten years", "wrong answer", "ann@x", "_commit"):
        assert text not in shown


def test_a_time_is_shown_in_utc_and_never_rounded_up() -> None:
    assert iso_time(1_796_083_199_999_999) == "2026-11-30T23:59:59Z"
    assert iso_time(0) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("leaf", [b"", b"{", b"\xff", b"[1]", b'"text"', b"7"])
def test_what_is_no_leaf_is_named_by_its_number_alone(leaf: bytes) -> None:
    stored = StoredLeaf(7, "a" * 64, "query.received", 0, "", leaf)
    with pytest.raises(AuditUnavailableError, match=r"^record 7 is not as it was written: run greenlit audit verify$"):
        value_of(stored)

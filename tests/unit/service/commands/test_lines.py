"""Records as short lines for people."""

from typing import Any

import pytest

from service.commands.lines import COLUMNS, own_lines, record_line

REQUEST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
ACTOR = "actor-0123456789abcdef0123456789abcdef"
ANY = {"leaf_hash": "0" * 64, "ts_us": 1, "time": "2026-11-20T12:00:00Z", "request_id": None}
QUESTION = {**ANY, "request_id": REQUEST_ID}


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (
            {**QUESTION, "seq": 7, "type": "query.received", "channel": "api", "actor": ACTOR},
            f"      7  2026-11-20T12:00:00Z  query.received     api actor-01234567… {REQUEST_ID}",
        ),
        (
            {
                **QUESTION,
                "seq": 1_234_567,
                "type": "query.finished",
                "outcome": "answered",
                "reason": None,
                "documents": ["legal/a.md", "b.md"],
                "elapsed_us": 41_250,
            },
            f"1234567  2026-11-20T12:00:00Z  query.finished     answered {REQUEST_ID} legal/a.md,b.md",
        ),
        (
            {**QUESTION, "seq": 9, "type": "query.finished", "outcome": "refused", "reason": "no_evidence"},
            f"      9  2026-11-20T12:00:00Z  query.finished     refused no_evidence {REQUEST_ID}",
        ),
        (
            {**ANY, "seq": 5, "type": "build.activated", "build": {"id": "20261120-1", "manifest_hash": "c" * 64}},
            "      5  2026-11-20T12:00:00Z  build.activated    build=20261120-1",
        ),
        (
            {**ANY, "seq": 6, "type": "audit.read", "actor": ACTOR, "what": "list", "count": 3},
            "      6  2026-11-20T12:00:00Z  audit.read         actor=actor-01234567… what=list count=3",
        ),
        (
            {**ANY, "seq": 0, "type": "shard.opened", "origin": "g/audit/2026-11", "first_seq": 0},
            "      0  2026-11-20T12:00:00Z  shard.opened       origin=g/audit/2026-11",
        ),
        (
            {**ANY, "seq": 6, "type": "payload.erased", "ground": "retention", "range_count": 1, "erased": None},
            "      6  2026-11-20T12:00:00Z  payload.erased     ground=retention range_count=1",
        ),
    ],
)
def test_a_record_is_a_line(record: dict[str, Any], line: str) -> None:
    assert record_line(record) == line
    assert len(line) <= COLUMNS


def test_a_record_with_much_to_say_stays_one_line_of_120_columns() -> None:
    documents = [f"legal/{number}.md" for number in range(99)]
    record = {**QUESTION, "seq": 7, "type": "query.finished", "outcome": "answered", "documents": documents}
    line = record_line(record)
    assert len(line) == 120
    assert line.endswith("…")


def test_what_is_no_summary_is_left_out_of_the_line() -> None:
    record = {
        **ANY,
        "seq": 7,
        "type": "x.y",
        "leaf": {"a": 1},
        "leaf_text": "{}",
        "payloads": ["p"],
        "texts": {"p": "t"},
    }
    assert record_line(record) == "      7  2026-11-20T12:00:00Z  x.y"


@pytest.mark.parametrize("bad", ["\x1b[2J", "\u202e", "\r", "\u200b"])
def test_a_record_is_cut_after_what_misleads_is_escaped(bad: str) -> None:
    record = {**QUESTION, "seq": 7, "type": "query.finished", "outcome": "answered", "documents": [f"a{bad}" * 99]}
    line = record_line(record)
    assert bad not in line
    assert len(line) == COLUMNS


def _own(**more: Any) -> dict[str, Any]:
    own = {"time": "2026-11-20T12:00:00Z", "outcome": "answered", "request_id": REQUEST_ID, "question": "Who?"}
    return {**own, "erased": None, "looks": [], "revealed": [], "openings": [], **more}


def test_ones_own_question_is_told_with_those_who_looked() -> None:
    looks = [
        {"time": "T1", "what": "show", "who": "ann", "purpose": None},
        {"time": "T2", "what": "payload", "who": "ben", "purpose": "complaint"},
    ]
    revealed = [{"time": "T3", "who": ["ann", "ben"], "case": "HR-1", "purpose": "complaint"}]
    openings = [
        {"time": "T4", "who": "cleo", "case": "HR-2", "reason": "a threat"},
        {"time": "T5", "who": "actor-1", "case": None, "reason": None},
    ]
    own = _own(looks=looks, revealed=revealed, openings=openings, question="Who?\nAnd why?")
    assert own_lines([own]) == [
        f"2026-11-20T12:00:00Z  answered  {REQUEST_ID}",
        "    Who?",
        "    And why?",
        "    looked at T1 (show) by ann",
        "    looked at T2 (payload) by ben: complaint",
        "    who asked was revealed T3 to ann and ben: complaint",
        "    who asked was asked for T4 by cleo, not confirmed: a threat",
        "    who asked was asked for T5 by actor-1, not confirmed",
    ]


def test_a_question_that_is_open_or_erased_is_told_as_such() -> None:
    assert own_lines([_own(outcome=None, erased={"seq": 9}, question=None)]) == [
        f"2026-11-20T12:00:00Z  open  {REQUEST_ID}",
        "    (erased)",
    ]

"""Who looked at a question, for whoever asked it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.reading.auditor import Filter
from service.audit.reading.looks import Looks
from service.audit.reading.unseal import Unsealer
from tests.support.small_log import Asked, SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def looks(log: SmallLog) -> Looks:
    return Looks(store=log.store, unsealer=Unsealer(store=log.store, keyring=log.opened.keyring))


def _of(*asked: Asked) -> dict[int, str]:
    return {seq: one.request_id for one in asked for seq in (one.received, one.finished)}


def _short(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(look["what"], look["who"]) for look in found]


def test_each_kind_of_look_is_shown_with_who_when_and_what_for(log: SmallLog, looks: Looks) -> None:
    asked = log.ask()
    log.set_time("2026-11-21T10:00:00Z")
    log.auditor.records("ann", Filter())
    log.auditor.record("bo", asked.finished)
    log.auditor.payload("cy", asked.received, purpose="a complaint")
    note = log.opened.log.note
    note(events.audit_read("di", "replay", filters={}, seqs=[asked.received], purpose="the same again?"))
    note(events.audit_exported("ed", span=(0, 5), payloads=False, purpose="the yearly check"))
    note(events.audit_exported("fay", span=(6, 7), payloads=True, purpose="a court asks"))
    time = "2026-11-21T10:00:00Z"
    assert looks.at(_of(asked)) == {
        asked.request_id: [
            {"time": time, "what": "list", "who": "ann", "purpose": None},
            {"time": time, "what": "show", "who": "bo", "purpose": None},
            {"time": time, "what": "payload", "who": "cy", "purpose": "a complaint"},
            {"time": time, "what": "replay", "who": "di", "purpose": "the same again?"},
            {"time": time, "what": "export", "who": "ed", "purpose": "the yearly check"},
            {"time": time, "what": "export_payloads", "who": "fay", "purpose": "a court asks"},
        ]
    }


def test_a_look_at_both_records_of_a_question_is_one_look(log: SmallLog, looks: Looks) -> None:
    one, other = log.ask(), log.ask()
    log.auditor.records("ann", Filter())
    log.opened.log.note(events.audit_exported("ed", span=(0, 100), payloads=False, purpose=""))
    found = looks.at(_of(one, other))
    assert [_short(found[asked.request_id]) for asked in (one, other)] == [[("list", "ann"), ("export", "ed")]] * 2


def test_what_was_looked_at_besides_is_not_shown(log: SmallLog, looks: Looks) -> None:
    one, other = log.ask("mira"), log.ask("zoe")
    log.auditor.record("ann", one.received)
    log.auditor.record("bo", other.received)
    log.opened.log.note(events.audit_exported("ed", span=(7, 8), payloads=False, purpose=""))
    assert looks.at(_of(one)).keys() == {one.request_id}
    assert _short(looks.at(_of(one))[one.request_id]) == [("show", "ann")]
    assert _short(looks.at(_of(other))[other.request_id]) == [("show", "bo"), ("export", "ed")]


def test_a_look_at_the_older_of_two_questions_is_found_when_it_came_before_the_newer(
    log: SmallLog, looks: Looks
) -> None:
    older = log.ask()
    log.auditor.record("ann", older.received)
    newer = log.ask()
    assert looks.at(_of(newer, older)).keys() == {older.request_id}


@pytest.mark.parametrize(("span", "seen"), [((0, 4), []), ((0, 5), ["export"]), ((6, 9), ["export"]), ((7, 9), [])])
def test_an_export_counts_when_its_span_holds_a_record(
    log: SmallLog, looks: Looks, span: tuple[int, int], seen: list[str]
) -> None:
    asked = log.ask()
    log.opened.log.note(events.audit_exported("ed", span=span, payloads=False, purpose=""))
    assert [look["what"] for look in looks.at(_of(asked)).get(asked.request_id, [])] == seen


def test_looks_at_ones_own_are_no_looks_by_others(log: SmallLog, looks: Looks) -> None:
    asked = log.ask("mira")
    log.own.list("mira")
    log.opened.log.note(events.audit_read("mira", "own", filters={}, seqs=[asked.received], purpose=""))
    assert looks.at(_of(asked)) == {}


def test_where_a_name_is_erased_or_damaged_the_pseudonym_stays(log: SmallLog, looks: Looks) -> None:
    asked = log.ask()
    log.auditor.payload("ann", asked.received, purpose="first")
    log.auditor.payload("ann", asked.received, purpose="second")
    log.opened.log.note(events.payload_erased(None, ground="too_old", ranges=[(7, 7)], texts={}))
    log.tamper("UPDATE payloads SET sealed = zeroblob(99) WHERE seq = 8 AND field = 'who'")
    known_as = log.watcher("ann", "2026-11")
    found = looks.at(_of(asked))[asked.request_id]
    assert [(look["what"], look["who"], look["purpose"]) for look in found] == [("payload", known_as, None)] * 2


def test_a_reveal_is_shown_with_both_people_the_case_and_why(log: SmallLog, looks: Looks) -> None:
    one, other = log.ask("mira"), log.ask("zoe")
    log.set_time("2026-11-21T10:00:00Z")
    log.reveal_by_two("dora", "ann", seq=one.finished, case="C-7", reason="a threat")
    assert looks.reveals_of(_of(one, other)) == {
        one.request_id: [{"time": "2026-11-21T10:00:00Z", "who": ["dora", "ann"], "case": "C-7", "purpose": "a threat"}]
    }
    assert looks.at(_of(one, other)) == looks.reveals_of(_of(other)) == {}
    log.opened.log.note(events.payload_erased(None, ground="too_old", ranges=[(10, 10)], texts={}))
    assert looks.reveals_of(_of(one))[one.request_id] == [
        {"time": "2026-11-21T10:00:00Z", "who": [log.watcher("ann", "2026-11")], "case": None, "purpose": None}
    ]


def test_a_reveal_that_nobody_confirmed_is_shown_as_such(log: SmallLog, looks: Looks) -> None:
    one, other = log.ask("mira"), log.ask("zoe")
    log.reveal.open("ann", seq=one.finished, case="C-7", reason="a threat")
    wished = {"time": "2026-11-20T09:00:00Z", "who": "ann", "case": "C-7", "reason": "a threat"}
    assert looks.openings_of(_of(one, other)) == {one.request_id: [wished]}
    assert looks.openings_of(_of(other)) == looks.reveals_of(_of(one)) == {}
    log.opened.log.note(events.payload_erased(None, ground="too_old", ranges=[(9, 9)], texts={}))
    unnamed = {**wished, "who": log.watcher("ann", "2026-11"), "case": None, "reason": None}
    assert looks.openings_of(_of(one)) == {one.request_id: [unnamed]}


def test_a_reveal_that_was_confirmed_is_told_once(log: SmallLog, looks: Looks) -> None:
    one = log.ask("mira")
    log.reveal_by_two("dora", "ann", seq=one.received, case="C-7", reason="a threat")
    assert (looks.openings_of(_of(one)), len(looks.reveals_of(_of(one)))) == ({}, 1)


def test_nobodys_questions_were_looked_at_by_nobody(log: SmallLog, looks: Looks) -> None:
    log.auditor.records("ann", Filter())
    assert looks.at({}) == looks.reveals_of({}) == looks.openings_of({}) == {}

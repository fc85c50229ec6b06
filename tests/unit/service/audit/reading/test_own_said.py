"""People see what they said back and what became of it; it goes with their question, or when they take it back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.access.principals import Principal, Role
from service.audit.errors import NoRecordError
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.requests import Requests
from service.hearing.hearing import Hearing
from tests.support.small_log import SmallLog, open_small_log

APPROVER = Principal("counsel", frozenset(), frozenset({Role.APPROVER}), "oidc-session")
TIME = "2026-11-20T09:00:00Z"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def own(log: SmallLog) -> OwnRecords:
    return log.own


@pytest.fixture
def hearing(log: SmallLog, own: OwnRecords) -> Hearing:
    return Hearing(log=log.opened.log, store=log.opened.store, own=own, requests=Requests(store=log.store))


def who(name: str) -> Principal:
    return Principal(name, frozenset({"staff"}), frozenset({Role.STAFF}), "oidc-session")


def _requests(own: OwnRecords, name: str) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = own.list(name)["requests"]
    return requests


def test_what_was_said_of_a_question_is_shown_beside_it(log: SmallLog, own: OwnRecords, hearing: Hearing) -> None:
    asked, other = log.ask("mira"), log.ask("mira")
    hearing.feedback(who("mira"), asked.request_id, "wrong", "Not so.")
    hearing.feedback(who("mira"), asked.request_id, "helpful")
    number = hearing.request(who("mira"), "The rules", asked.request_id).seq
    hearing.close(APPROVER, number, "declined", "There are none.")
    shown = {one["request_id"]: one for one in own.list("mira")["questions"]}
    assert shown[asked.request_id]["feedback"] == [
        {"time": TIME, "verdict": "wrong", "comment": "Not so."},
        {"time": TIME, "verdict": "helpful", "comment": None},
    ]
    closed = {"time": TIME, "how": "declined", "note": "There are none."}
    wish = {"number": number, "time": TIME, "wish": "The rules", "closed": closed}
    assert shown[asked.request_id]["requests"] == [wish]
    assert (shown[other.request_id]["feedback"], shown[other.request_id]["requests"]) == ([], [])


def test_a_document_asked_for_without_a_question_is_ones_own_in_every_month(
    log: SmallLog, own: OwnRecords, hearing: Hearing
) -> None:
    first = hearing.request(who("mira"), "The rules").seq
    hearing.request(who("zoe"), "Something else")
    log.set_time("2026-12-15T09:00:00Z")
    second = hearing.request(who("mira"), "More rules").seq
    hearing.close(APPROVER, first, "granted")
    assert [(one["number"], one["wish"]) for one in _requests(own, "mira")] == [
        (second, "More rules"),
        (first, "The rules"),
    ]
    assert [one["closed"] for one in _requests(own, "mira")] == [
        None,
        {"time": "2026-12-15T09:00:00Z", "how": "granted", "note": None},
    ]
    assert _requests(own, log.pseudonym("mira", "2026-11")) == []
    assert own.list("mira", before=10**6)["requests"] == []


def test_the_texts_of_a_question_take_with_them_what_was_said_of_it(
    log: SmallLog, own: OwnRecords, hearing: Hearing
) -> None:
    asked, other = log.ask("mira"), log.ask("mira")
    said = [
        hearing.feedback(who("mira"), asked.request_id, "wrong", "Not so.").seq,
        hearing.request(who("mira"), "The rules", asked.request_id).seq,
    ]
    said.append(hearing.close(APPROVER, said[1], "declined", "There are none.").seq)
    kept = [
        hearing.feedback(who("mira"), other.request_id, "wrong", "This neither.").seq,
        hearing.request(who("mira"), "More rules").seq,
    ]
    assert own.erase("mira", asked.request_id)["erased"] == 5
    assert [log.store.payloads(seq) for seq in said] == [(), (), ()]
    assert all(log.store.payloads(seq) for seq in kept)
    shown = {one["request_id"]: one for one in own.list("mira")["questions"]}[asked.request_id]
    assert shown["feedback"] == [{"time": TIME, "verdict": "wrong", "comment": None}]
    assert (shown["requests"][0]["wish"], shown["requests"][0]["closed"]["note"]) == (None, None)
    hearing.feedback(who("mira"), asked.request_id, "wrong", "Said after that.")
    assert own.erase("mira", asked.request_id)["erased"] == 1  # erased again: what is left goes


def test_auditors_erase_what_was_said_with_the_question_too(log: SmallLog, hearing: Hearing) -> None:
    asked = log.ask("mira")
    said = hearing.feedback(who("mira"), asked.request_id, "wrong", "Not so.").seq
    log.erasure.by_request("ann", asked.request_id, ground="court_order", purpose="")
    assert log.store.payloads(said) == ()


def test_retention_ends_what_was_said_with_its_month(log: SmallLog, hearing: Hearing) -> None:
    asked = log.ask("mira")
    said = hearing.feedback(who("mira"), asked.request_id, "wrong", "Not so.").seq
    wish = hearing.request(who("mira"), "The rules").seq
    log.set_time("2027-12-01T09:00:00Z")
    log.retention(12).apply(log.now_us)
    assert (log.store.payloads(said), log.store.payloads(wish)) == ((), ())


def test_a_wish_is_taken_back_by_whoever_had_it_and_by_nobody_else(
    log: SmallLog, own: OwnRecords, hearing: Hearing
) -> None:
    number = hearing.request(who("mira"), "The rules").seq
    asked = log.ask("mira")
    of_a_question = hearing.request(who("mira"), "The rules", asked.request_id).seq  # goes with its question
    told = set()
    for name, no_request in (("zoe", number), ("mira", of_a_question), ("mira", asked.received), ("mira", -1)):
        with pytest.raises(NoRecordError) as error:
            own.erase_request(name, no_request)
        told.add(str(error.value))
    assert len(told) == 1
    assert own.erase_request("mira", number)["ranges"] == [[number, number]]
    assert log.newest()["ground"] == "asker_request"
    assert "actor" not in log.newest()
    assert _requests(own, "mira")[0]["wish"] is None

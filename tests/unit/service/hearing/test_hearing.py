"""What staff say back is on record before they are told so, about their own questions only, and names nobody."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.access.errors import NotAllowedError
from service.access.principals import Principal, Role
from service.audit.errors import AuditUnavailableError, NoRecordError
from service.audit.keys.key_files import destroy_key
from service.audit.opening import OpenLog
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.requests import Request, Requests
from service.hearing.errors import NoRequestError, SayingError
from service.hearing.hearing import MAX_TEXT_CHARS, Hearing
from tests.support.replicas import MakeReplica
from tests.support.small_log import DOCUMENT, REFUSED, SmallLog, open_small_log

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
NOVEMBER, DECEMBER = "2026-11", "2026-12"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def hearing(log: SmallLog) -> Hearing:
    return Hearing(log=log.opened.log, store=log.opened.store, own=log.own, requests=Requests(store=log.store))


def who(name: str, *roles: Role, key_id: str | None = None) -> Principal:
    return Principal(name, frozenset({"staff"}), frozenset(roles or {Role.STAFF}), "oidc-session", key_id=key_id)


def _heard_at(opened: OpenLog, requests: Requests) -> Hearing:
    own = OwnRecords(log=opened.log, store=opened.store, keyring=opened.keyring)
    return Hearing(log=opened.log, store=opened.store, own=own, requests=requests)


def _texts(log: SmallLog, seq: int) -> dict[str, Any]:
    texts: dict[str, Any] = log.auditor.payload("ann", seq, purpose="a test")["texts"]
    return texts


def test_a_verdict_goes_on_record_with_what_the_answer_cites_and_the_comment_sealed(
    log: SmallLog, hearing: Hearing
) -> None:
    asked = log.ask("mira")
    receipt = hearing.feedback(who("mira"), asked.request_id, "outdated", "  Twenty days\r\nby now. ")
    leaf = log.leaf(receipt.seq)
    said = {"type", "request_id", "verdict", "documents", "actor", "comment_commit"} & leaf.keys()
    assert {name: leaf[name] for name in said - {"comment_commit"}} == {
        "type": "feedback.given",
        "request_id": asked.request_id,
        "verdict": "outdated",
        "documents": [DOCUMENT],
    }
    assert "days" not in str(leaf)
    assert _texts(log, receipt.seq) == {"comment": "Twenty days\nby now."}


def test_a_verdict_without_a_comment_seals_nothing(log: SmallLog, hearing: Hearing) -> None:
    refused = log.ask("mira", ending=REFUSED)
    receipt = hearing.feedback(who("mira"), refused.request_id, "should_have_answered", " \n ")
    assert log.leaf(receipt.seq)["documents"] == []
    assert log.store.payloads(receipt.seq) == ()


def test_what_is_said_later_ties_no_two_pseudonyms_of_one_person_together(log: SmallLog, hearing: Hearing) -> None:
    """A leaf of December about a question of November, with a pseudonym in it, would follow somebody over months."""
    asked = log.ask("mira")
    log.set_time("2026-12-15T09:00:00Z")
    log.ask("mira")
    receipts = [
        hearing.feedback(who("mira"), asked.request_id, "helpful"),
        hearing.request(who("mira"), "The rules", asked.request_id),
        hearing.request(who("mira"), "The rules"),
    ]
    kinds = [log.pseudonym("mira", month) for month in (NOVEMBER, DECEMBER)]
    kinds += [log.watcher("mira", month) for month in (NOVEMBER, DECEMBER)]
    for receipt in receipts:
        assert not [one for one in kinds if one.encode() in log.stored(receipt.seq).leaf]
        assert [payload.field for payload in log.store.payloads(receipt.seq)] in ([], ["wish"])
    assert [log.leaf(receipt.seq).get("actor") is None for receipt in receipts] == [True, True, False]


def test_a_question_of_somebody_else_is_one_that_is_not_there(log: SmallLog, hearing: Hearing) -> None:
    asked = log.ask("mira")
    open_id, _ = log.begin("mira")
    size, told = log.store.size(), set()
    for name, request_id in (("zoe", asked.request_id), ("mira", open_id), ("mira", UNKNOWN), ("mira", "' OR 1=1")):
        with pytest.raises(NoRecordError) as of_feedback:
            hearing.feedback(who(name), request_id, "wrong")
        with pytest.raises(NoRecordError) as of_request:
            hearing.request(who(name), "The rules", request_id)
        told |= {str(of_feedback.value), str(of_request.value)}
    assert (len(told), log.store.size()) == (1, size)


def test_a_month_whose_key_is_gone_is_spoken_of_no_more(log: SmallLog, hearing: Hearing) -> None:
    asked = log.ask("mira")
    log.set_time("2026-12-15T09:00:00Z")
    log.ask("mira")
    destroy_key(log.folder / "keys", "actor-2026-11.key")
    with pytest.raises(NoRecordError):
        hearing.feedback(who("mira"), asked.request_id, "wrong")


@pytest.mark.parametrize(
    ("verdict", "comment", "told"),
    [
        ("great", "", "verdict: expected one of helpful"),
        ("wrong", "x" * (MAX_TEXT_CHARS + 1), "comment: expected at most 2000 characters, got 2001"),
        ("wrong", "a\x00b", "comment: expected plain text, got one that holds"),
        ("wrong", "fine\n\u202eesrever", "comment: expected plain text, got one that holds"),
    ],
)
def test_what_cannot_be_taken_is_said_without_repeating_it(
    log: SmallLog, hearing: Hearing, verdict: str, comment: str, told: str
) -> None:
    asked = log.ask("mira")
    with pytest.raises(SayingError, match=told) as error:
        hearing.feedback(who("mira"), asked.request_id, verdict, comment)
    assert "great" not in str(error.value)
    assert "esrever" not in str(error.value)


def test_browsers_lines_count_as_one_character(log: SmallLog, hearing: Hearing) -> None:
    asked = log.ask("mira")
    hearing.feedback(who("mira"), asked.request_id, "wrong", "x\r\n" * (MAX_TEXT_CHARS // 2))


def test_no_record_nothing_taken(log: SmallLog, hearing: Hearing) -> None:
    asked = log.ask("mira")
    number = hearing.request(who("mira"), "The rules").seq
    log.store.refused = {"feedback.given", "document.requested", "request.closed"}
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        hearing.feedback(who("mira"), asked.request_id, "wrong")
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        hearing.request(who("mira"), "More rules")
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        hearing.close(who("counsel", Role.APPROVER), number, "granted")


def test_a_request_is_open_until_an_approver_closes_it_once(log: SmallLog, hearing: Hearing) -> None:
    number = hearing.request(who("mira"), "The rules for night trains").seq
    for nobody in (who("mira"), who("bot", Role.APPROVER, key_id="a" * 10)):
        with pytest.raises(NotAllowedError):
            hearing.close(nobody, number, "granted")
    for unfit in ("refused", ""):
        with pytest.raises(SayingError, match="how: expected one of granted, declined"):
            hearing.close(who("counsel", Role.APPROVER), number, unfit)
    receipt = hearing.close(who("counsel", Role.APPROVER), number, "granted", "It is in legal now.")
    leaf = log.leaf(receipt.seq)
    assert (leaf["type"], leaf["request"], leaf["how"]) == ("request.closed", number, "granted")
    assert leaf["actor"] == log.watcher("counsel", NOVEMBER)
    assert _texts(log, receipt.seq) == {"who": "counsel", "note": "It is in legal now."}
    for gone in (number, 0, 10**9):
        with pytest.raises(NoRequestError):
            hearing.close(who("counsel", Role.APPROVER), gone, "declined")


def test_of_two_who_close_a_request_at_once_at_two_processes_one_does(make_replica: MakeReplica) -> None:
    looks, refused = threading.Barrier(2), []

    class Looked(Requests):
        def get(self, number: int) -> Request | None:
            found = super().get(number)
            with contextlib.suppress(threading.BrokenBarrierError):
                looks.wait(0.2)  # both see it open, unless one of them waits for the other
            return found

    both = [make_replica(), make_replica()]
    hearings = [_heard_at(one.parts, Looked(store=one.parts.store)) for one in both]
    number = hearings[0].request(who("mira"), "The rules for night trains").seq

    def close(hearing: Hearing) -> None:
        try:
            hearing.close(who("counsel", Role.APPROVER), number, "granted")
        except NoRequestError as error:
            refused.append(error)

    threads = [threading.Thread(target=close, args=(hearing,)) for hearing in hearings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [leaf["type"] for leaf in both[0].leaves()].count("request.closed") == 1
    assert len(refused) == 1


def test_a_wish_has_to_say_something(hearing: Hearing) -> None:
    with pytest.raises(SayingError, match="wish: expected what document is missing"):
        hearing.request(who("mira"), " \r\n ")

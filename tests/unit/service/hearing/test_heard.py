"""Approvers see what was said of their sources' documents, and what was asked for, without a name or a question."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.access.errors import NotAllowedError
from service.access.principals import Principal, Role
from service.audit.errors import AuditUnavailableError
from service.audit.reading.feedback import Feedbacks
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.requests import Requests
from service.hearing import heard as heard_module
from service.hearing.heard import NO_DOCUMENT, Heard, Tally
from service.hearing.hearing import Hearing
from tests.support.small_log import QUESTION, REFUSED, Ending, SmallLog, open_small_log

LEGAL, BOARD = "legal/contracts.md", "board/plan.md"
ON_BOARD = Ending(documents=(BOARD,))
COUNSEL = Principal("counsel", frozenset(), frozenset({Role.APPROVER}), "oidc-session", approves=frozenset({"legal"}))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def hearing(log: SmallLog) -> Hearing:
    own = OwnRecords(log=log.opened.log, store=log.store, keyring=log.opened.keyring)
    return Hearing(log=log.opened.log, store=log.opened.store, own=own, requests=Requests(store=log.store))


@pytest.fixture
def heard(log: SmallLog) -> Heard:
    return Heard(
        log=log.opened.log,
        store=log.store,
        keyring=log.opened.keyring,
        feedbacks=Feedbacks(store=log.store),
        requests=Requests(store=log.store),
    )


def who(name: str) -> Principal:
    return Principal(name, frozenset(), frozenset({Role.STAFF}), "oidc-session")


def approver(*sources: str) -> Principal:
    return Principal("other", frozenset(), frozenset({Role.APPROVER}), "oidc-session", approves=frozenset(sources))


def _say(log: SmallLog, hearing: Hearing, verdict: str, comment: str = "", *, ending: Ending | None = None) -> int:
    asked = log.ask("mira", ending=ending) if ending else log.ask("mira")
    return hearing.feedback(who("mira"), asked.request_id, verdict, comment).seq


def test_comments_stand_beside_the_documents_of_ones_sources_the_newest_first(
    log: SmallLog, hearing: Hearing, heard: Heard
) -> None:
    first = _say(log, hearing, "outdated", "Twenty days by now.")
    _say(log, hearing, "wrong", "The plan is another.", ending=ON_BOARD)
    second = _say(log, hearing, "helpful")
    seen = heard.feedback(COUNSEL)
    assert [(one.seq, one.verdict, one.comment, one.documents) for one in seen.said] == [
        (second, "helpful", None, (LEGAL,)),
        (first, "outdated", "Twenty days by now.", (LEGAL,)),
    ]
    assert (seen.tallies, seen.older) == ((Tally(LEGAL, 2, 1),), None)
    for hidden in ("plan", BOARD, "mira", QUESTION, "actor-"):
        assert hidden not in str(seen)
    assert [one.comment for one in heard.feedback(approver("board")).said] == ["The plan is another."]
    assert len(heard.feedback(approver("*")).said) == 3
    assert heard.feedback(approver()).said == ()
    assert heard.feedback(approver("board"), document=LEGAL).said == ()


def test_of_an_answer_that_cites_several_sources_each_approver_sees_their_own(
    log: SmallLog, hearing: Hearing, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.hearing.hearing.cited_documents", lambda _value: [LEGAL, BOARD])
    _say(log, hearing, "wrong", "Both are.")
    assert [one.documents for one in heard.feedback(COUNSEL).said] == [(LEGAL,)]
    assert BOARD not in str(heard.feedback(COUNSEL))


def test_feedback_on_a_refusal_belongs_to_no_document_and_to_every_approver(
    log: SmallLog, hearing: Hearing, heard: Heard
) -> None:
    _say(log, hearing, "should_have_answered", "It is in the handbook.", ending=REFUSED)
    _say(log, hearing, "helpful")
    seen = heard.feedback(approver("board"))
    assert [(one.comment, one.documents) for one in seen.said] == [("It is in the handbook.", ())]
    assert seen.tallies == (Tally(NO_DOCUMENT, 1, 1),)
    assert len(heard.feedback(COUNSEL).said) == 2
    assert [one.verdict for one in heard.feedback(COUNSEL, document=NO_DOCUMENT).said] == ["should_have_answered"]
    assert [one.verdict for one in heard.feedback(COUNSEL, document=LEGAL).said] == ["helpful"]


def test_a_later_verdict_replaces_the_earlier_one_in_what_is_shown(
    log: SmallLog, hearing: Hearing, heard: Heard
) -> None:
    asked = log.ask("mira")
    hearing.feedback(who("mira"), asked.request_id, "wrong", "Not so.")
    hearing.feedback(who("mira"), asked.request_id, "helpful")
    seen = heard.feedback(COUNSEL)
    assert [(one.verdict, one.comment) for one in seen.said] == [("helpful", None)]
    assert seen.tallies == (Tally(LEGAL, 1, 0),)


def test_pages_join_without_a_gap(
    log: SmallLog, hearing: Hearing, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard_module, "PAGE", 2)
    numbers = [_say(log, hearing, "wrong") for _ in range(4)]
    first = heard.feedback(COUNSEL)
    rest = heard.feedback(COUNSEL, before=first.older)
    assert [one.seq for one in (*first.said, *rest.said)] == numbers[::-1]
    assert (rest.older, first.tallies) == (None, (Tally(LEGAL, 4, 4),))


def test_a_look_is_on_record_with_what_it_was_at_and_whoever_commented_sees_it(
    log: SmallLog, hearing: Hearing, heard: Heard
) -> None:
    seq = _say(log, hearing, "wrong", "Not so.")
    wish = hearing.request(who("mira"), "The rules").seq
    heard.feedback(COUNSEL)
    look = log.newest()
    assert (look["what"], look["seqs"], look["actor"]) == ("feedback", [seq], log.watcher("counsel", "2026-11"))
    heard.requests(COUNSEL)
    assert (log.newest()["what"], log.newest()["seqs"]) == ("requests", [wish])
    shown = log.own.list("mira")
    assert [(one["what"], one["who"]) for one in shown["questions"][0]["looks"]] == [("feedback", "counsel")]
    assert [(one["what"], one["who"]) for one in shown["requests"][0]["looks"]] == [("requests", "counsel")]


def test_no_record_nothing_shown(log: SmallLog, hearing: Hearing, heard: Heard) -> None:
    _say(log, hearing, "wrong", "Not so.")
    log.store.refused = {"audit.read"}
    for look in (heard.feedback, heard.requests):
        with pytest.raises(AuditUnavailableError, match="the disk is full"):
            look(COUNSEL)


def test_who_is_no_approver_sees_nothing_and_leaves_no_look(log: SmallLog, heard: Heard) -> None:
    size = log.store.size()
    for look in (heard.feedback, heard.requests):
        with pytest.raises(NotAllowedError):
            look(who("mira"))
    assert log.store.size() == size


def test_what_was_asked_for_waits_the_oldest_first_and_what_was_taken_back_does_not(
    log: SmallLog, hearing: Hearing, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [hearing.request(who("mira"), f"The rules {number}").seq for number in range(5)]
    hearing.close(COUNSEL, numbers[1], "granted")
    log.own.erase_request("mira", numbers[0])
    seen = heard.requests(approver("board"))
    assert [(one.number, one.wish) for one in seen.wishes] == [
        (numbers[2], "The rules 2"),
        (numbers[3], "The rules 3"),
        (numbers[4], "The rules 4"),
    ]
    assert not seen.more
    monkeypatch.setattr(heard_module, "MAX_WAITING", 2)
    assert [one.number for one in heard.requests(COUNSEL).wishes] == numbers[2:4]
    assert heard.requests(COUNSEL).more


def test_a_comment_that_was_erased_is_not_shown_and_the_verdict_stays(
    log: SmallLog, hearing: Hearing, heard: Heard
) -> None:
    asked = log.ask("mira")
    hearing.feedback(who("mira"), asked.request_id, "wrong", "Not so.")
    log.own.erase("mira", asked.request_id)
    assert [(one.verdict, one.comment) for one in heard.feedback(COUNSEL).said] == [("wrong", None)]

"""Finding a question of the past: on record before anything is opened, and only if all of it is as it was."""

from typing import Any

import pytest

from service.answering.errors import AnswerFailedError, ReplayError
from service.answering.past.past_questions import PastQuestion, open_past_question
from service.audit.errors import AuditUnavailableError, NoRecordError
from service.audit.events import READ_TYPE, payload_erased
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import (
    ANSWER,
    AUDITOR,
    OFF_TOPIC,
    POLICY,
    QUESTION,
    TRAVEL,
    Archive,
    Drafting,
    a_question,
    open_archive,
    with_documents,
)


def _open(archive: Archive, seq: int) -> PastQuestion:
    return open_past_question(AUDITOR, seq, log=archive.opened.log, store=archive.store, keyring=archive.opened.keyring)


def _received_seq(archive: Archive) -> int:
    return next(leaf.seq for leaf in archive.store.leaves(-1, 1000) if leaf.type == RECEIVED_TYPE)


def test_what_was_asked_and_answered_comes_with_the_scope_of_that_moment(archive: Archive) -> None:
    answer = archive.ask()
    past = _open(archive, answer.receipt.seq)
    assert (past.searched_for, past.answer, past.is_search) == (QUESTION, ANSWER, False)
    assert (past.received_seq, past.finished_seq) == (_received_seq(archive), answer.receipt.seq)
    assert past.received["request_id"] == past.finished["request_id"] == answer.request_id
    documents = dict(archive.live_build.get().documents)
    assert past.pairs_seen() == [(name, documents[name]) for name in (POLICY, TRAVEL)]
    assert past.passages == 2


def test_a_scope_of_nothing_has_no_pairs(archive: Archive) -> None:
    assert _open(archive, archive.ask(QUESTION, "nobody").receipt.seq).pairs_seen() == []


def test_what_superseded_what_is_on_record_with_the_scope(archive: Archive) -> None:
    assert _open(archive, archive.ask().receipt.seq).superseding_seen() == {}
    archive.library.approve(TRAVEL, supersedes=[POLICY])
    past = _open(archive, archive.ask().receipt.seq)
    assert past.superseding_seen() == {TRAVEL: {POLICY}}
    assert [document for document, _ in past.pairs_seen()] == [POLICY, TRAVEL]


def test_a_refusal_has_no_answer_and_a_search_is_told_from_it(archive: Archive) -> None:
    refused = _open(archive, archive.ask(OFF_TOPIC).receipt.seq)
    searched = _open(archive, archive.search().receipt.seq)
    assert (refused.answer, refused.is_search) == (None, False)
    assert (searched.searched_for, searched.answer, searched.is_search) == (QUESTION, None, True)


def test_texts_do_not_show_when_it_is_printed(archive: Archive) -> None:
    shown = repr(_open(archive, archive.ask().receipt.seq))
    assert QUESTION not in shown
    assert ANSWER not in shown


def test_the_look_is_on_record_with_both_numbers_and_who_looked(archive: Archive) -> None:
    answer = archive.ask()
    _open(archive, answer.receipt.seq)
    look = archive.leaves()[-1]
    assert (look["type"], look["what"], look["count"]) == (READ_TYPE, "replay", 2)
    assert look["seqs"] == [_received_seq(archive), answer.receipt.seq]
    assert look["filter"] == {"request_id": answer.request_id}
    pseudonyms = archive.opened.keyring.pseudonyms("2026-11")
    assert look["actor"] == pseudonyms.watcher(AUDITOR)


def test_the_look_is_on_record_before_anything_is_opened(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = archive.ask()
    opened: list[Any] = []

    def when_opened(*_arguments: object, **_named: object) -> tuple[bytes, bytes]:
        opened.append(archive.leaves()[-1]["type"])
        raise AuditUnavailableError("seen enough")

    monkeypatch.setattr(type(archive.opened.keyring), "open", when_opened)
    with pytest.raises(AuditUnavailableError, match="seen enough"):
        _open(archive, answer.receipt.seq)
    assert opened == [READ_TYPE]
    archive.refuse(READ_TYPE)
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        _open(archive, answer.receipt.seq)
    assert opened == [READ_TYPE], "nothing was opened for a look that is not on record"


@pytest.mark.parametrize("seq", [-1, 0, 10_000, 2**70])
def test_a_number_of_no_question_is_refused_and_nothing_recorded(archive: Archive, seq: int) -> None:
    archive.ask()
    size = archive.store.size()
    with pytest.raises(NoRecordError, match=f"expected the number of a question's record, got {seq}"):
        _open(archive, seq)
    assert archive.store.size() == size


def _look_refused(archive: Archive, seq: int, message: str) -> None:
    """A question that cannot be asked again is still one that somebody looked at."""
    before = len(archive.leaves(READ_TYPE))
    with pytest.raises(ReplayError, match=message) as raised:
        _open(archive, seq)
    assert len(archive.leaves(READ_TYPE)) == before + 1
    assert QUESTION not in str(raised.value)


def test_a_question_that_is_still_worked_on_has_no_result(archive: Archive) -> None:
    opened = archive.recorder.received(a_question(QUESTION, ("staff",)), archive.live_build.get())
    _look_refused(archive, opened.seq, f"got record {opened.seq}: it has no result yet")
    assert archive.leaves(READ_TYPE)[0]["seqs"] == [opened.seq]


def test_a_question_that_failed_has_nothing_to_compare(library: TinyLibrary) -> None:
    def breaks(_found: object, _build: object) -> list[Any]:
        raise KeyError

    with open_archive(with_documents(library), answerer=Drafting(breaks)) as archive:
        with pytest.raises(AnswerFailedError):
            archive.ask()
        _look_refused(archive, _received_seq(archive), r"it ended as failed \(internal_error\)")


def test_a_question_that_a_crash_left_has_nothing_to_compare(library: TinyLibrary) -> None:
    with open_archive(with_documents(library)) as archive:
        seq = archive.recorder.received(a_question(QUESTION, ("staff",)), archive.live_build.get()).seq
    with open_archive(library) as archive:
        archive.opened.log.make_ready()
        _look_refused(archive, seq, r"it ended as aborted \(interrupted\)")


@pytest.mark.parametrize("kind", [RECEIVED_TYPE, FINISHED_TYPE])
def test_an_erased_question_is_said_to_be_erased(archive: Archive, kind: str) -> None:
    answer = archive.ask()
    seq = next(leaf.seq for leaf in archive.store.leaves(-1, 1000) if leaf.type == kind)
    erased = payload_erased(None, ground="asker_request", ranges=[(seq, seq)], texts={})
    erasure = archive.opened.log.note(erased).seq
    message = rf"in record {seq} was erased \(record {erasure}\), so it cannot be asked again: the record still names"
    _look_refused(archive, answer.receipt.seq, message)


def test_a_question_whose_keys_are_gone_cannot_be_opened(archive: Archive) -> None:
    answer = archive.ask()
    archive.library.clock.pass_days(30)
    archive.opened.keyring.destroy("2026-11")
    _look_refused(archive, answer.receipt.seq, "cannot be asked again: the text 'prompt' of record .* cannot be opened")


@pytest.mark.parametrize(
    ("stored", "message"), [(None, "are not kept"), (b"legal/a.md\0" + b"a" * 64 + b"\n", "are not those on record")]
)
def test_a_scope_that_was_changed_or_lost_is_not_used(
    archive: Archive, stored: bytes | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = archive.ask()
    monkeypatch.setattr(archive.store, "scope", lambda _filter_hash: stored)
    _look_refused(archive, answer.receipt.seq, message)

"""A follow-up, from question to proof: understood by one's own earlier questions, shown, on record, replayed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.audit.checking.verifier import check_export
from service.audit.checking.verify_store import verify_store
from service.audit.reading.export_files import write_export
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.audit_doors import Company, company
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL_QUESTION, VENDOR_QUESTION, Studio, open_studio, with_rules

FOLLOW_UP = "How much is it?"
REWRITTEN = "How much is the daily travel allowance?"
ANSWER = "The daily travel allowance is fifty euros."


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    library = TinyLibrary(tmp_path_factory.mktemp("follow-ups") / "studio")
    with open_studio(with_rules(library)) as studio:
        yield company(studio)


def _ask(people: Company, name: str, question: str, conversation: str | None, **more: Any) -> dict[str, Any]:
    body = {"question": question, "conversation_id": conversation, **more}
    response = people.api(name).post("/v1/ask", json=body)
    assert response.status_code == 200, response.text
    value: dict[str, Any] = response.json()
    return value


def _leaf(studio: Studio, answer: dict[str, Any]) -> dict[str, Any]:
    leaf: dict[str, Any] = studio.all_leaves()[answer["receipt"]["seq"]]
    return leaf


def test_a_follow_up_is_searched_for_as_it_stands_alone_and_that_is_said(people: Company) -> None:
    assert _ask(people, "mira", TRAVEL_QUESTION, "c-said")["searched_for"] is None
    answer = _ask(people, "mira", FOLLOW_UP, "c-said")
    assert (answer["searched_for"], answer["answer"]) == (REWRITTEN, ANSWER)
    chained = _ask(people, "mira", "Who decides on it?", "c-said")
    assert chained["searched_for"] == "Who decides on the daily travel allowance?"


def test_or_as_it_was_typed_if_one_wishes(people: Company) -> None:
    _ask(people, "mira", TRAVEL_QUESTION, "c-typed")
    typed = _ask(people, "mira", FOLLOW_UP, "c-typed", as_typed=True)
    assert (typed["searched_for"], typed["outcome"]) == (None, "refused")
    assert "searched_for_commit" not in _leaf(people.studio, typed)


def test_a_question_without_a_conversation_has_nothing_before_it(people: Company) -> None:
    for conversation in (None, "c-new"):
        alone = _ask(people, "mira", FOLLOW_UP, conversation)
        assert (alone["searched_for"], alone["outcome"]) == (None, "refused")
        assert not {"searched_for_commit", "searched_for_len"} & set(_leaf(people.studio, alone))


def test_a_conversation_of_somebody_else_with_the_same_id_is_not_seen(people: Company) -> None:
    """Law 2: what others asked is theirs."""
    _ask(people, "mira", TRAVEL_QUESTION, "c-same")
    other = _ask(people, "tom", FOLLOW_UP, "c-same")
    assert (other["searched_for"], other["outcome"]) == (None, "refused")
    _ask(people, "tom", VENDOR_QUESTION, "c-same")
    assert _ask(people, "mira", FOLLOW_UP, "c-same")["searched_for"] == REWRITTEN


def test_what_was_asked_long_ago_or_erased_is_not_what_is_meant(people: Company) -> None:
    clock, conversations = people.studio.library.clock, people.studio.service.auditing.conversations
    end = 10**12
    before, clock.at = clock.at, datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
    first = _ask(people, "mira", TRAVEL_QUESTION, "c-long")
    clock.at += timedelta(minutes=20)  # and another month, so another pseudonym
    second = _ask(people, "mira", FOLLOW_UP, "c-long")
    assert second["searched_for"] == REWRITTEN
    assert conversations.earlier("mira", "c-long", before=end) == [TRAVEL_QUESTION, REWRITTEN]
    assert people.api("mira").post("/v1/audit/own/erase", json={"request_id": second["request_id"]}).is_success
    assert conversations.earlier("mira", "c-long", before=end) == [TRAVEL_QUESTION]
    clock.at += timedelta(hours=24)
    assert conversations.earlier("mira", "c-long", before=end) == []
    clock.at = max(before, clock.at)
    del first


def test_the_last_five_questions_are_read_and_none_that_comes_after(people: Company) -> None:
    answers = [_ask(people, "mira", f"What about rule {number}?", "c-many") for number in range(7)]
    last = answers[-1]["receipt"]["seq"] - 1
    earlier = people.studio.service.auditing.conversations.earlier("mira", "c-many", before=last)
    assert earlier == [f"What about rule {number}?" for number in range(1, 6)]


def test_the_rewriting_is_on_record_sealed_and_replayed(people: Company, tmp_path: Path) -> None:
    studio = people.studio
    _ask(people, "mira", TRAVEL_QUESTION, "c-proof")
    answer = _ask(people, "mira", FOLLOW_UP, "c-proof")
    seq, leaf = answer["receipt"]["seq"], _leaf(studio, answer)
    assert leaf["searched_for_len"] == len(REWRITTEN)
    assert REWRITTEN not in str(leaf)
    auditor = people.api("ann")
    opened = auditor.post(f"/v1/audit/records/{seq}/payload", json={"purpose": "HR-1"}).json()
    assert opened["texts"] == {"answer": ANSWER, "searched_for": REWRITTEN}
    replayed = auditor.post("/v1/audit/replay", json={"seq": seq}).json()
    assert (replayed["verdict"], replayed["differences"]) == ("identical", [])
    studio.opened.log.publish()
    lines = studio.service.auditing.exports.lines("ann", payloads=True, purpose="HR-1")
    exported = write_export(lines, tmp_path / "export")
    assert REWRITTEN in (exported / "payloads.jsonl").read_text()
    assert REWRITTEN in (exported / "records.csv").read_text()
    assert check_export(exported, keys=()).problems == []
    assert _wrong(studio) == []
    assert people.api("mira").post("/v1/audit/own/erase", json={"request_id": answer["request_id"]}).is_success
    assert not [payload for payload in studio.store.payloads(seq) if payload.field == "searched_for"]
    assert _wrong(studio) == []


def test_a_turn_that_was_hidden_from_its_conversation_is_found(people: Company) -> None:
    studio = people.studio
    _ask(people, "mira", TRAVEL_QUESTION, "c-hidden")
    (seq,) = studio.service.auditing.conversations._turns.of("mira", "c-hidden").seqs
    with closing(sqlite3.connect(studio.state / STORE_FILE, isolation_level=None)) as file:
        (statement,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'leaves_never_changes'").fetchone()
        file.execute("DROP TRIGGER leaves_never_changes")
        row = file.execute("SELECT conversation FROM leaves WHERE seq = ?", (seq,)).fetchone()
        file.execute("UPDATE leaves SET conversation = '' WHERE seq = ?", (seq,))
        assert _wrong(studio) == [(seq, "leaf")]
        file.execute("UPDATE leaves SET conversation = ? WHERE seq = ?", (*row, seq))
        file.execute(statement)
    assert _wrong(studio) == []


def _wrong(studio: Studio) -> list[tuple[int | None, str]]:
    studio.opened.log.publish()
    keys = [studio.service.auditing.signer.key().text()]
    verdict = verify_store(studio.store, keys=keys, keyring=studio.opened.keyring, signed=None)
    return [(problem.seq, problem.promise) for problem in verdict.problems]

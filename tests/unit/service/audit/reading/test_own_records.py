"""People see what the log holds of them and who looked, and can erase it. Nobody sees another's, nobody is profiled."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import uuid6

from service.audit import events
from service.audit.errors import AuditUnavailableError, NoRecordError, SealError
from service.audit.keys.key_files import destroy_key
from service.audit.leaves import Asker, QueryReceived
from service.audit.reading import own_records as own_records_module
from service.audit.reading import walk
from service.audit.reading.auditor import Filter
from tests.support.small_log import ANSWER, BUILD, DOCUMENT, QUESTION, REFUSED, RELEASE, SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def _ids(log: SmallLog, subject: str, **more: int) -> list[str]:
    return [one["request_id"] for one in log.own.list(subject, **more)["questions"]]


def test_a_question_is_shown_with_all_that_is_kept_of_it(log: SmallLog) -> None:
    asked = log.ask("mira", channel="slack")
    log.auditor.payload("ann", asked.finished, purpose="a complaint")
    log.reveal_by_two("ann", "dora", seq=asked.received, case="C-7", reason="a threat")
    log.reveal.open("bo", seq=asked.received, case="C-8", reason="another one")
    shown = log.own.list("mira")
    time = "2026-11-20T09:00:00Z"
    assert shown == {
        "questions": [
            {
                "request_id": asked.request_id,
                "time": time,
                "channel": "slack",
                "outcome": "answered",
                "reason": None,
                "documents": [DOCUMENT],
                "question": QUESTION,
                "answer": ANSWER,
                "erased": None,
                "feedback": [],
                "requests": [],
                "receipt": {
                    "origin": "greenlit.local/audit/2026-11",
                    "seq": asked.finished,
                    "leaf_hash": log.stored(asked.finished).leaf_hash,
                },
                "looks": [{"time": time, "what": "payload", "who": "ann", "purpose": "a complaint"}],
                "revealed": [{"time": time, "who": ["ann", "dora"], "case": "C-7", "purpose": "a threat"}],
                "openings": [{"time": time, "who": "bo", "case": "C-8", "reason": "another one"}],
            }
        ],
        "requests": [],
        "next": None,
    }
    assert json.dumps(shown)


def test_a_refused_and_an_open_question_are_shown_as_they_stand(log: SmallLog) -> None:
    refused = log.ask(ending=REFUSED)
    request_id, received = log.begin()
    newest, before = log.own.list("mira")["questions"]
    assert (newest["request_id"], newest["outcome"], newest["answer"]) == (request_id, None, None)
    assert newest["receipt"]["seq"] == received.seq
    assert (before["outcome"], before["reason"], before["answer"]) == ("refused", "no_evidence", None)
    assert (before["receipt"]["seq"], before["question"]) == (refused.finished, QUESTION)


def test_everybody_sees_their_own_and_nobody_elses(log: SmallLog) -> None:
    by = {name: [log.ask(name).request_id for _ in range(2)] for name in ("mira", "zoe")}
    log.auditor.record("ann", 5)
    assert _ids(log, "mira") == by["mira"][::-1]
    assert _ids(log, "zoe") == by["zoe"][::-1]
    for nobody in ("", "Mira", "mira ", log.pseudonym("mira", "2026-11"), "ann"):
        assert log.own.list(nobody) == {"questions": [], "requests": [], "next": None}


def test_who_names_another_in_a_record_does_not_ask_for_them(log: SmallLog) -> None:
    """A conversation's id comes from the caller, who may know a pseudonym."""
    entry = QueryReceived(
        request_id=str(uuid6.uuid7()),
        channel="api",
        auth="token",
        build=BUILD,
        release=RELEASE,
        conversation_id=log.pseudonym("mira", "2026-11"),
    )
    log.opened.log.received(entry, asker=Asker("zoe", frozenset()), prompt=QUESTION)
    assert (_ids(log, "mira"), _ids(log, "zoe")) == ([], [entry.request_id])


def test_a_look_under_ones_pseudonym_is_not_a_question(log: SmallLog) -> None:
    log.auditor.records("ann", Filter())
    assert _ids(log, "ann") == []


def test_questions_of_several_months_are_found_under_other_pseudonyms_newest_first(log: SmallLog) -> None:
    ids = []
    for time in ("2026-11-30T23:00:00Z", "2026-12-15T09:00:00Z", "2027-01-01T00:00:00Z"):
        log.set_time(time)
        ids += [log.ask("mira").request_id, log.ask("zoe").request_id]
    assert _ids(log, "mira") == ids[::2][::-1]
    assert len({log.pseudonym("mira", month) for month in ("2026-11", "2026-12", "2027-01")}) == 3


def test_a_month_whose_key_is_gone_is_nobodys(log: SmallLog) -> None:
    log.ask("mira")
    log.set_time("2026-12-15T09:00:00Z")
    kept = log.ask("mira")
    destroy_key(log.folder / "keys", "actor-2026-11.key")
    assert _ids(log, "mira") == [kept.request_id]


@pytest.mark.parametrize("page", [3, 256])
def test_pages_join_without_a_gap(log: SmallLog, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(walk, "PAGE", page)
    asked = []
    for month in ("2026-11", "2026-12"):
        log.set_time(f"{month}-20T09:00:00Z")
        for _ in range(3):
            asked.append(log.ask("mira"))
            log.ask("zoe")
    first = log.own.list("mira", limit=4)
    assert [one["request_id"] for one in first["questions"]] == [one.request_id for one in asked[:1:-1]]
    assert first["next"] == asked[2].received
    rest = log.own.list("mira", limit=4, before=first["next"])
    assert [one["request_id"] for one in rest["questions"]] == [asked[1].request_id, asked[0].request_id]
    assert rest["next"] is None
    assert _ids(log, "mira", before=0) == []
    assert len(_ids(log, "mira", before=10**9)) == 6


@pytest.mark.parametrize(("limit", "count"), [(0, 1), (1, 1), (2, 2)])
def test_a_page_holds_at_least_one_question(log: SmallLog, limit: int, count: int) -> None:
    for _ in range(3):
        log.ask("mira")
    assert len(_ids(log, "mira", limit=limit)) == count


def test_a_search_that_finds_little_stops_after_a_while_and_says_where(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = log.ask("mira")
    for _ in range(4):
        log.ask("zoe")
    monkeypatch.setattr(own_records_module, "MAX_SCANNED", 6)
    page = log.own.list("mira")
    assert page == {"questions": [], "requests": [], "next": 9}
    page = log.own.list("mira", before=9)
    assert [one["request_id"] for one in page["questions"]] == [asked.request_id]
    assert log.own.list("mira", before=page["next"])["next"] is None


def test_the_record_of_this_look_makes_no_profile_of_anybody(log: SmallLog) -> None:
    """A list of one person's questions, or a name beside a pseudonym, is what no auditor may find in the log."""
    log.ask("mira@x.example")
    log.set_time("2026-12-15T09:00:00Z")
    log.ask("mira@x.example")
    log.own.list("mira@x.example")
    look = log.newest()
    assert {name: look[name] for name in ("type", "what", "filter", "seqs", "count", "actor")} == {
        "type": "audit.read",
        "what": "own",
        "filter": {},
        "seqs": [],
        "count": None,
        "actor": log.watcher("mira@x.example", "2026-12"),
    }
    assert [name for name in look if name.endswith("_commit")] == []
    assert log.store.payloads(log.store.size() - 1) == ()


def test_what_cannot_be_recorded_is_not_shown(log: SmallLog) -> None:
    log.ask("mira")
    log.store.refused = {"audit.read"}
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        log.own.list("mira")


def test_a_damaged_text_is_not_given(log: SmallLog) -> None:
    log.ask("mira")
    log.tamper("UPDATE payloads SET sealed = zeroblob(99) WHERE seq = 6")
    with pytest.raises(SealError, match="the text 'answer' of record 6 cannot be opened"):
        log.own.list("mira")
    assert log.own.list("zoe")["questions"] == []


def test_an_asker_erases_their_question_and_sees_that_it_is_gone(log: SmallLog) -> None:
    asked = log.ask("mira")
    assert log.own.erase("mira", asked.request_id)["ranges"] == [[5, 6]]
    (shown,) = log.own.list("mira")["questions"]
    assert (shown["question"], shown["answer"], shown["outcome"]) == (None, None, "answered")
    assert shown["erased"] == {
        "seq": 7,
        "ground": "asker_request",
        "ts_us": log.now_us,
        "time": "2026-11-20T09:00:00Z",
    }
    assert log.own.erase("mira", asked.request_id) == {"erased": 0, "ranges": [], "receipt": None}


def test_a_text_that_grew_too_old_before_its_answer_is_shown_as_erased(log: SmallLog) -> None:
    request_id, received = log.begin("mira")
    log.set_time("2026-11-20T10:00:00Z")
    opening = log.erasure_by_age.open("ann", before_us=log.now_us, ground="too_old", purpose="")
    log.erasure_by_age.confirm("bo", opening["id"])
    log.end(request_id, received)
    (shown,) = log.own.list("mira")["questions"]
    assert (shown["question"], shown["answer"], shown["erased"]["ground"]) == (None, ANSWER, "too_old")


def test_an_answer_that_alone_was_erased_is_shown_as_erased(log: SmallLog) -> None:
    asked = log.ask("mira")
    event = events.payload_erased(None, ground="court_order", ranges=[(asked.finished, asked.finished)], texts={})
    log.opened.log.note(event)
    (shown,) = log.own.list("mira")["questions"]
    assert (shown["question"], shown["answer"], shown["erased"]["ground"]) == (QUESTION, None, "court_order")


def test_an_erasure_by_the_asker_names_nobody(log: SmallLog) -> None:
    asked = log.ask("mira@x.example")
    log.own.erase("mira@x.example", asked.request_id)
    leaf = log.newest()
    assert (leaf["type"], leaf["ground"]) == ("payload.erased", "asker_request")
    assert not {"actor", "who_commit"} & leaf.keys()


def test_what_is_somebody_elses_cannot_be_told_from_what_is_not_there(log: SmallLog) -> None:
    asked = log.ask("mira")
    open_id, _ = log.begin("mira")
    size = log.store.size()
    said = set()
    for request_id in (asked.request_id, open_id, "01890a5d-ac96-774b-bcce-b302099a8057", ""):
        with pytest.raises(NoRecordError) as told:
            log.own.erase("zoe", request_id)
        said.add(str(told.value))
    assert said == {"there is no such question on record: expected its request id, as it came with the answer"}
    assert (log.store.size(), len(log.store.payloads(asked.received))) == (size, 2)


def test_ones_own_open_question_has_to_end_first(log: SmallLog) -> None:
    request_id, _ = log.begin("mira")
    with pytest.raises(NoRecordError, match="the question is still open"):
        log.own.erase("mira", request_id)


def test_a_question_whose_month_has_lost_its_key_is_nobodys_to_erase(log: SmallLog) -> None:
    asked = log.ask("mira")
    log.set_time("2026-12-15T09:00:00Z")
    log.ask("mira")
    destroy_key(log.folder / "keys", "actor-2026-11.key")
    with pytest.raises(NoRecordError, match="there is no such question on record"):
        log.own.erase("mira", asked.request_id)


def test_looks_at_other_peoples_questions_do_not_show(log: SmallLog) -> None:
    log.ask("mira")
    log.ask("zoe")
    log.auditor.records("ann", Filter())
    log.auditor.payload("ann", 7, purpose="a complaint of Zoe's")
    (mine,) = log.own.list("mira")["questions"]
    assert [look["what"] for look in mine["looks"]] == ["list"]
    assert "Zoe" not in json.dumps(mine)

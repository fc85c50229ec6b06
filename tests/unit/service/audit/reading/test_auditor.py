"""What an auditor sees, page by page, and that each look is a record of its own."""

import inspect
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit.errors import AuditUnavailableError, FilterError, NoRecordError, SealError
from service.audit.reading import auditor as auditor_module
from service.audit.reading import walk
from service.audit.reading.auditor import Auditor, Filter
from service.audit.storage.sqlite_store import STORE_FILE
from service.audit.storage.store import leaf_hash
from tests.support.small_log import ANSWER, QUESTION, REFUSED, Asked, Ending, SmallLog, at_us, open_small_log

ALL = Filter()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def _seqs(log: SmallLog, wanted: Filter, **more: int) -> list[int]:
    return [one["seq"] for one in log.auditor.records("ann", wanted, **more)["records"]]


def _all_pages(log: SmallLog, wanted: Filter, limit: int) -> tuple[list[int], int]:
    """Return what following `next` to the end gives, and in how many pages."""
    found: list[int] = []
    after: int | None = -1
    pages = 0
    while after is not None:
        page = log.auditor.records("ann", wanted, after=after, limit=limit)
        found += [one["seq"] for one in page["records"]]
        after = page["next"]
        pages += 1
        assert pages < 50
    return found, pages


def test_a_list_shows_summaries_and_is_itself_on_record(log: SmallLog) -> None:
    asked = log.ask()
    page = log.auditor.records("ann@x.example", Filter(kind="query.finished"))
    assert [one["request_id"] for one in page["records"]] == [asked.request_id]
    assert page["next"] is None
    look = log.newest()
    assert {name: look[name] for name in ("type", "what", "filter", "seqs", "count", "actor")} == {
        "type": "audit.read",
        "what": "list",
        "filter": {"kind": "query.finished"},
        "seqs": [asked.finished],
        "count": 1,
        "actor": log.watcher("ann@x.example", "2026-11"),
    }
    texts = log.auditor.payload("bo", log.store.size() - 1, purpose="the quarterly list")["texts"]
    assert texts == {"who": "ann@x.example", "purpose": ""}


def test_pages_join_without_a_gap(log: SmallLog) -> None:
    for _ in range(3):
        log.ask()
    first = log.auditor.records("ann", ALL, limit=4)
    assert ([one["seq"] for one in first["records"]], first["next"]) == ([0, 1, 2, 3], 3)
    second = log.auditor.records("ann", ALL, after=3, limit=4)
    assert ([one["seq"] for one in second["records"]], second["next"]) == ([4, 5, 6, 7], 7)
    rest = log.auditor.records("ann", ALL, after=7)
    assert ([one["seq"] for one in rest["records"]], rest["next"]) == ([8, 9, 10, 11, 12], None)
    assert log.types(11) == ["audit.read"] * 3


def test_looking_at_looks_comes_to_an_end(log: SmallLog) -> None:
    for _ in range(7):
        log.auditor.records("ann", ALL, limit=1)
    found, pages = _all_pages(log, Filter(kind="audit.read"), 3)
    assert (found[:7], pages) == ([5, 6, 7, 8, 9, 10, 11], 3)
    assert found == sorted(set(found))
    assert _all_pages(log, ALL, 1000) == (list(range(log.store.size() - 1)), 1)


def test_a_page_that_ends_with_the_log_is_the_last(log: SmallLog) -> None:
    log.ask()
    assert log.auditor.records("ann", Filter(until_us=log.now_us + 1), limit=7)["next"] is None
    assert log.auditor.records("ann", ALL, after=10**6)["records"] == []
    assert log.auditor.records("ann", ALL, after=10**6)["next"] is None


def test_nothing_found_is_a_look_too(log: SmallLog) -> None:
    assert log.auditor.records("ann", Filter(reason="no_evidence")) == {"records": [], "next": None}
    look = log.newest()
    assert (look["what"], look["filter"], look["seqs"], look["count"]) == ("list", {"reason": "no_evidence"}, [], 0)


@pytest.fixture
def asked(log: SmallLog) -> dict[str, Asked]:
    """Four questions of different ends: 5-6, 7-8, 9-10, 11-12."""
    two = Ending(documents=("legal/contracts.md", "legal/tax.md"))
    return {
        "web": log.ask(channel="web"),
        "refused": log.ask(channel="web", ending=REFUSED),
        "api": log.ask(channel="api", ending=two),
        "failed": log.ask(
            channel="api", ending=Ending(outcome="failed", reason="internal_error", documents=(), answer=None)
        ),
    }


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        (Filter(kind="query.received"), [5, 7, 9, 11]),
        (Filter(kind="key.created"), [1, 2, 3, 4]),
        (Filter(kind="no.such"), []),
        (Filter(outcome="answered"), [6, 10]),
        (Filter(outcome="refused"), [8]),
        (Filter(reason="internal_error"), [12]),
        (Filter(document="legal/contracts.md"), [6, 10]),
        (Filter(document="legal/tax.md"), [10]),
        (Filter(document="legal"), []),
        (Filter(channel="web"), [5, 6, 7, 8]),
        (Filter(channel="api"), [9, 10, 11, 12]),
        (Filter(channel="slack"), []),
        (Filter(channel="api", outcome="answered"), [10]),
        (Filter(channel="web", outcome="failed"), []),
        (Filter(channel="web", kind="query.finished"), [6, 8]),
        (Filter(channel="web", kind="query.received"), [5, 7]),
        (Filter(channel="web", kind="key.created"), []),
        (Filter(outcome="answered", kind="query.received"), []),
        (Filter(outcome="answered", document="legal/tax.md", channel="api", kind="query.finished"), [10]),
        (Filter(outcome="refused", reason="internal_error"), []),
    ],
)
def test_filters_go_together(log: SmallLog, wanted: Filter, seqs: list[int]) -> None:
    assert _seqs(log, wanted) == seqs
    assert _all_pages(log, wanted, 2)[0] == seqs


@pytest.mark.usefixtures("asked")
def test_a_channel_is_known_when_the_page_begins_between_question_and_result(log: SmallLog) -> None:
    assert _seqs(log, Filter(channel="web"), after=5) == [6, 7, 8]
    assert _seqs(log, Filter(channel="api"), after=5) == [9, 10, 11, 12]


@pytest.mark.parametrize("received_seq", [0, 10**6])
def test_a_result_without_its_question_has_no_channel(log: SmallLog, received_seq: int) -> None:
    request_id, received = log.begin(channel="web")
    finished = log.end(request_id, received)
    changed = {**log.leaf(finished.seq), "received_seq": received_seq}
    leaf = json.dumps(changed).encode()
    log.tamper("UPDATE leaves SET leaf = ?, leaf_hash = ? WHERE seq = 6", values=[leaf, leaf_hash(leaf)])
    assert _seqs(log, Filter(channel="web")) == [received.seq]


def test_a_record_that_became_another_is_not_shown(log: SmallLog) -> None:
    request_id, received = log.begin(channel="web")
    finished = log.end(request_id, received)
    changed = json.dumps({**log.leaf(finished.seq), "outcome": "answered"}).encode()
    log.tamper("UPDATE leaves SET leaf = ? WHERE seq = 6", values=[changed])
    looks: list[Callable[[], object]] = [
        lambda: log.auditor.records("ann", Filter()),
        lambda: log.auditor.record("ann", 6),
        lambda: log.auditor.payload("ann", 6, purpose="audit"),
    ]
    for look in looks:
        with pytest.raises(AuditUnavailableError, match="record 6 is not as it was written: run greenlit audit verify"):
            look()
    log.ask()
    assert _seqs(log, Filter(), after=6) == [7, 8], "what comes after it can be looked at"


def test_a_record_that_is_missing_among_others_is_not_said_never_to_have_been(log: SmallLog) -> None:
    log.ask()
    with closing(sqlite3.connect(log.folder / STORE_FILE)) as other, other:
        other.execute("DROP TRIGGER leaves_never_goes")
        other.execute("DELETE FROM leaves WHERE seq = 5")
    with pytest.raises(AuditUnavailableError, match="record 5 of 7 is missing: run greenlit audit verify"):
        log.auditor.record("ann", 5)


def test_a_question_is_found_by_its_id(log: SmallLog, asked: dict[str, Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log.store, "leaves", None)  # nothing is gone through
    one = asked["api"]
    page = log.auditor.records("ann", Filter(request_id=one.request_id))
    assert ([shown["seq"] for shown in page["records"]], page["next"]) == ([9, 10], None)
    assert _seqs(log, Filter(request_id=one.request_id, outcome="answered")) == [10]
    assert _seqs(log, Filter(request_id=one.request_id, outcome="failed")) == []
    assert _seqs(log, Filter(request_id=one.request_id), after=9) == [10]
    assert _all_pages(log, Filter(request_id=one.request_id), 1) == ([9, 10], 2)
    assert _seqs(log, Filter(request_id="0" * 8 + "-0000" * 3 + "-" + "0" * 12)) == []


def test_times_are_from_inclusive_to_exclusive(log: SmallLog) -> None:
    for hour in (10, 11, 12):
        log.set_time(f"2026-11-20T{hour}:00:00Z")
        log.ask()
    ten, eleven, noon = (at_us(f"2026-11-20T{hour}:00:00Z") for hour in (10, 11, 12))
    assert _seqs(log, Filter(since_us=eleven, until_us=noon)) == [7, 8]
    assert _seqs(log, Filter(since_us=eleven + 1, until_us=noon)) == []
    assert _seqs(log, Filter(since_us=eleven, until_us=noon + 1, kind="query.finished")) == [8, 10]
    assert _seqs(log, Filter(until_us=ten)) == [0, 1, 2, 3, 4]
    assert _seqs(log, Filter(since_us=eleven, until_us=ten)) == []
    assert _seqs(log, Filter(since_us=eleven, until_us=noon), after=7) == [8]


def test_a_time_filter_does_not_read_what_lies_before(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        log.ask()
    log.set_time("2026-11-21T09:00:00Z")
    log.ask()
    read: list[int] = []
    leaves = log.store.leaves

    def counted(after: int, limit: int) -> object:
        page = leaves(after, limit)
        read.extend(leaf.seq for leaf in page)
        return page

    monkeypatch.setattr(log.store, "leaves", counted)
    assert _seqs(log, Filter(since_us=at_us("2026-11-21T00:00:00Z"))) == [45, 46]
    assert read == [45, 46]


def test_a_filter_that_finds_little_stops_after_a_while_and_says_where(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditor_module, "MAX_SCANNED", 6)
    monkeypatch.setattr(walk, "PAGE", 4)
    for _ in range(5):
        log.ask()
    last = log.ask(ending=REFUSED)
    wanted = Filter(outcome="refused", until_us=log.now_us + 1)
    page = log.auditor.records("ann", wanted)
    assert page == {"records": [], "next": 5}
    assert _all_pages(log, wanted, 100)[0] == [last.finished]


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_is_one_to_a_thousand(log: SmallLog, limit: int) -> None:
    with pytest.raises(FilterError, match=f"expected a limit of 1 to 1000 records, got {limit}"):
        log.auditor.records("ann", ALL, limit=limit)
    assert log.types(5) == []


def test_the_longest_page_still_fits_into_the_leaf_that_lists_it(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {"seq": 10**12}
    monkeypatch.setattr(Auditor, "_find", lambda *_: ([shown] * 1000, None))
    log.auditor.records("ann", Filter(document="ü" * 1024, reason="r" * 64, kind=f"{'k' * 32}.{'k' * 32}"))
    assert log.newest()["count"] == 1000


CANARY = "Zebra canary: what does Mira earn?"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"kind": CANARY}, 'expected "kind" = a type of record such as query.finished, got 34 characters'),
        ({"outcome": CANARY}, 'expected "outcome" = a code'),
        ({"reason": ""}, 'expected "reason" = a code'),
        ({"channel": "Web"}, 'expected "channel" = a code'),
        ({"document": f"{CANARY}\n"}, 'expected "document" = the name of a document'),
        ({"document": "d" * 1025}, 'expected "document" = the name of a document'),
        ({"request_id": CANARY}, 'expected "request_id" = the id of a question'),
        ({"since_us": 2**53}, 'expected "since_us" = a time'),
        ({"until_us": -(2**53)}, 'expected "until_us" = a time'),
    ],
)
def test_no_free_text_gets_into_the_record_of_a_look(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(FilterError, match=said) as told:
        Filter(**wanted)
    assert "Zebra" not in str(told.value)


def test_a_filter_says_only_what_is_given() -> None:
    assert ALL.as_json() == {}
    assert Filter(kind="audit.read", since_us=0).as_json() == {"kind": "audit.read", "since_us": 0}


def test_there_is_no_way_to_ask_for_a_person() -> None:
    """The log is not a tool to watch employees: nothing that can be asked for names one."""
    asked_for = {name for method in (Auditor.records, Auditor.record, Auditor.payload) for name in _parameters(method)}
    assert asked_for == {"self", "who", "wanted", "after", "limit", "seq", "purpose"}
    assert set(inspect.signature(Filter).parameters) == {
        *("kind", "outcome", "reason", "document", "channel", "request_id", "since_us", "until_us")
    }


def _parameters(method: object) -> list[str]:
    return list(inspect.signature(method).parameters)  # type: ignore[arg-type]


def test_records_come_in_their_order_whoever_asked(log: SmallLog) -> None:
    for by in ("zoe", "ann", "zoe", "mira", "ann"):
        log.ask(by)
    shown = log.auditor.records("ann", Filter(kind="query.received"))["records"]
    assert [one["seq"] for one in shown] == [5, 7, 9, 11, 13]
    assert [one["actor"] for one in shown] == [
        log.pseudonym(by, "2026-11") for by in ("zoe", "ann", "zoe", "mira", "ann")
    ]


def test_one_record_is_shown_with_the_bytes_that_were_hashed(log: SmallLog) -> None:
    asked = log.ask()
    shown = log.auditor.record("ann", asked.received)
    assert leaf_hash(shown["leaf_text"].encode()) == shown["leaf_hash"] == log.stored(asked.received).leaf_hash
    assert shown["leaf"] == json.loads(shown["leaf_text"])
    assert (shown["channel"], shown["payloads"], shown["erased"]) == ("web", ["prompt"], None)
    assert QUESTION not in json.dumps(shown)
    look = log.newest()
    assert (look["type"], look["what"], look["seqs"], look["filter"]) == ("audit.read", "show", [5], {})


def test_a_text_is_opened_for_a_purpose_that_is_on_record(log: SmallLog) -> None:
    asked = log.ask()
    opened = log.auditor.payload("ann", asked.finished, purpose="a complaint about the answer")
    assert opened == {"seq": asked.finished, "texts": {"answer": ANSWER}, "erased": None}
    look = log.newest()
    assert (look["type"], look["what"], look["seqs"]) == ("audit.read", "payload", [asked.finished])
    assert log.auditor.payload("bo", log.store.size() - 1, purpose="check")["texts"] == {
        "who": "ann",
        "purpose": "a complaint about the answer",
    }


@pytest.mark.parametrize("purpose", ["", "  ", "\n"])
def test_without_a_purpose_no_text_is_opened(log: SmallLog, purpose: str) -> None:
    asked = log.ask()
    with pytest.raises(FilterError, match="expected a purpose in words"):
        log.auditor.payload("ann", asked.received, purpose=purpose)


def test_who_asked_is_in_no_text_and_in_no_list_of_them(log: SmallLog) -> None:
    asked = log.ask("mira@x.example")
    assert {payload.field for payload in log.store.payloads(asked.received)} == {"prompt", "asker"}
    shown = log.auditor.record("ann", asked.received), log.auditor.payload("ann", asked.received, purpose="check")
    assert "mira" not in json.dumps(shown)
    assert "asker" not in json.dumps(shown)


def test_what_was_erased_is_shown_as_that(log: SmallLog) -> None:
    asked = log.ask()
    log.erasure.by_request("bo", asked.request_id, ground="asker_request", purpose="")
    erased = {"seq": 7, "ground": "asker_request", "ts_us": log.now_us, "time": "2026-11-20T09:00:00Z"}
    shown = log.auditor.record("ann", asked.received)
    assert (shown["payloads"], shown["erased"]) == ([], erased)
    opened = log.auditor.payload("ann", asked.received, purpose="check")
    assert opened == {"seq": asked.received, "texts": {}, "erased": erased}


def test_a_damaged_text_is_not_given(log: SmallLog) -> None:
    asked = log.ask()
    log.tamper("UPDATE payloads SET sealed = zeroblob(99) WHERE seq = 5")
    with pytest.raises(SealError, match="the text 'prompt' of record 5 cannot be opened"):
        log.auditor.payload("ann", asked.received, purpose="check")
    assert log.auditor.record("ann", asked.received)["payloads"] == ["prompt"]


@pytest.mark.parametrize("seq", [5, -1, 10**6, 2**70])
def test_a_record_that_is_not_there_is_said_not_to_be(log: SmallLog, seq: int) -> None:
    said = f"there is no record {seq}: the log holds 5 records"
    with pytest.raises(NoRecordError, match=said):
        log.auditor.record("ann", seq)
    with pytest.raises(NoRecordError, match=said):
        log.auditor.payload("ann", seq, purpose="check")
    assert log.types(5) == []

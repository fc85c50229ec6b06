"""Questions on record, a row each: the newest first, what fits a filter, what is damaged, and both records of one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError, FilterError, NoRecordError
from service.audit.events import Verdict, feedback_given
from service.audit.reading import question_records as module
from service.audit.reading.auditor import Filter
from service.audit.reading.on_record import Row, Sought
from service.audit.reading.question_records import QuestionRecords
from tests.support.small_log import ANSWER, DOCUMENT, QUESTION, REFUSED, Ending, SmallLog, at_us, open_small_log

OTHER = "legal/leave.md"
ALL = Sought()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def questions(log: SmallLog) -> QuestionRecords:
    return QuestionRecords(log=log.opened.log, store=log.store, keyring=log.opened.keyring)


def _rows(questions: QuestionRecords, sought: Sought) -> list[int]:
    """Return the numbers on all pages of two."""
    found: list[int] = []
    before: int | None = None
    while True:
        page = questions.page("ann", sought, before=before, limit=2)
        found += [row.seq for row in page.rows]
        if page.older is None:
            return found
        before = page.older


def test_sentences_that_a_model_wrote_are_told_apart_among_the_texts_of_a_question(
    log: SmallLog, questions: QuestionRecords
) -> None:
    request_id, received = log.begin()
    log.say(request_id, received, "Ten years.")
    second = log.say(request_id, received, "Not more.", 2)
    end = log.end(request_id, received)
    texts = questions.texts("ann", second.seq, purpose="why")
    assert texts == {"prompt": QUESTION, "sentence 1": "Ten years.", "sentence 2": "Not more.", "answer": ANSWER}
    assert [row.seq for row in questions.page("ann", ALL).rows] == [end.seq], "a question is one row"
    shown = questions.one("ann", second.seq)
    assert (shown.finished_seq, shown.openable[second.seq]) == (end.seq, ["sentence"])


def test_a_row_is_a_question_the_newest_first_and_the_look_is_on_record(
    log: SmallLog, questions: QuestionRecords
) -> None:
    first, second = log.ask(channel="slack"), log.ask(ending=REFUSED)
    page = questions.page("ann", ALL)
    assert [row.seq for row in page.rows] == [second.finished, first.finished]
    assert page.older is None
    row = page.rows[1]
    assert (row.kind, row.time, row.request_id) == ("query.finished", "2026-11-20T09:00:00Z", first.request_id)
    assert row.facts == {
        "channel": "slack",
        "actor": log.pseudonym("mira", "2026-11"),
        "outcome": "answered",
        "documents": [DOCUMENT],
        "elapsed_us": 41_250,
    }
    look = log.newest()
    assert (look["what"], look["filter"], look["seqs"]) == ("list", {}, [second.finished, first.finished])
    assert look["actor"] == log.watcher("ann", "2026-11")


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        (Sought(Filter(outcome="refused")), ["refused"]),
        (Sought(Filter(reason="no_evidence")), ["refused"]),
        (Sought(Filter(document=OTHER)), ["other"]),
        (Sought(Filter(document="legal/never.md")), []),
        (Sought(Filter(channel="slack")), ["open", "other"]),
        (Sought(Filter(channel="slack", outcome="answered")), ["other"]),
        (Sought(verdict="wrong"), ["other"]),
        (Sought(verdict="helpful"), []),
        (Sought(Filter(since_us=at_us("2026-11-22T00:00:00Z"))), ["open", "refused"]),
        (Sought(Filter(until_us=at_us("2026-11-22T00:00:00Z"))), ["other", "first"]),
    ],
    ids=lambda value: "-".join(map(str, value.as_json().values())) if isinstance(value, Sought) else None,
)
def test_filters_find_what_fits_and_go_together_on_however_many_pages(
    log: SmallLog, questions: QuestionRecords, sought: Sought, expected: list[str]
) -> None:
    names = {log.ask().finished: "first"}
    other = log.ask(channel="slack", ending=Ending(documents=(OTHER,)))
    names[other.finished] = "other"
    log.opened.log.note(feedback_given(other.request_id, verdict="wrong", documents=[], comment=""))
    log.set_time("2026-11-23T09:00:00Z")
    names[log.ask(ending=REFUSED).finished] = "refused"
    names[log.begin(channel="slack")[1].seq] = "open"
    assert [names[seq] for seq in _rows(questions, sought)] == expected
    given = sought.as_json()
    assert {name: log.newest()["filter"].get(name) for name in given} == given


def test_what_was_said_of_an_answer_is_in_its_row_and_all_records_can_be_shown(
    log: SmallLog, questions: QuestionRecords
) -> None:
    asked = log.ask()
    verdicts: tuple[Verdict, ...] = ("helpful", "outdated")
    for verdict in verdicts:
        log.opened.log.note(feedback_given(asked.request_id, verdict=verdict, documents=[], comment=""))
    (row,) = questions.page("ann", ALL).rows
    assert row.verdict == "outdated"  # the newest stands
    size = log.store.size()
    page = questions.page("ann", Sought(everything=True))
    assert [one.seq for one in page.rows] == list(range(size - 1, -1, -1))
    assert [one.kind for one in page.rows[-2:]] == ["key.created", "shard.opened"]


def test_a_damaged_record_is_a_row_that_says_so_and_hides_no_other(log: SmallLog, questions: QuestionRecords) -> None:
    first, damaged, last = log.ask(), log.ask(), log.ask()
    log.tamper("UPDATE leaves SET leaf = ? WHERE seq = ?", values=(b'{"type":"x"}', damaged.finished))
    for sought in (ALL, Sought(Filter(document=DOCUMENT)), Sought(Filter(outcome="answered", channel="web"))):
        rows = questions.page("ann", sought).rows
        shown = [row for row in rows if row.seq in (first.finished, damaged.finished, last.finished)]
        assert [(row.seq, row.damaged) for row in shown] == [
            (last.finished, ""),
            (damaged.finished, "is not as it was written"),
            (first.finished, ""),
        ]
        assert rows[1] == Row(damaged.finished, damaged="is not as it was written")


def test_a_missing_record_is_a_row_too(log: SmallLog, questions: QuestionRecords) -> None:
    log.ask()
    gone = log.ask().finished
    log.ask()
    log.tamper("DROP TRIGGER leaves_never_goes", "DELETE FROM payloads")
    log.tamper("DELETE FROM leaves WHERE seq = ?", values=(gone,))
    assert [row.damaged for row in questions.page("ann", ALL).rows if row.seq == gone] == ["is missing"]


def test_a_filter_that_finds_little_ends_a_page_and_says_how_far_it_came(
    log: SmallLog, questions: QuestionRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SCANNED", 4)
    for _ in range(3):
        log.ask()
    page = questions.page("ann", Sought(Filter(document=OTHER)))
    assert (page.rows, page.looked_through, page.older) == ((), 4, log.store.size() - 1 - 4)
    assert _rows(questions, Sought(Filter(document=OTHER))) == []


def test_one_record_is_shown_with_the_other_of_its_question_as_one_look(
    log: SmallLog, questions: QuestionRecords
) -> None:
    asked = log.ask()
    for seq in (asked.received, asked.finished):
        shown = questions.one("ann", seq)
        assert (shown.received_seq, shown.finished_seq) == (asked.received, asked.finished)
        assert shown.row.facts["outcome"] == "answered"
        assert shown.leaf_hash == log.stored(seq).leaf_hash
        assert shown.openable == {asked.received: ["prompt"], asked.finished: ["answer"]}
        look = log.newest()
        assert (look["what"], look["seqs"]) == ("show", [asked.received, asked.finished])
        assert QUESTION not in str(shown)
    with pytest.raises(NoRecordError):
        questions.one("ann", 10_000)


def test_texts_are_opened_for_a_purpose_and_never_with_who_asked(log: SmallLog, questions: QuestionRecords) -> None:
    asked = log.ask()
    size = log.store.size()
    with pytest.raises(FilterError):
        questions.texts("ann", asked.finished, purpose=" ")
    assert log.store.size() == size
    assert questions.texts("ann", asked.finished, purpose=" complaint ") == {"prompt": QUESTION, "answer": ANSWER}
    look = log.newest()
    assert (look["what"], look["seqs"], look["purpose_len"]) == ("payload", [asked.received, asked.finished], 9)
    log.erasure.by_request("ann", asked.request_id, ground="court_order", purpose="")
    assert questions.texts("ann", asked.finished, purpose="again") == {}
    erased = questions.one("ann", asked.finished).erased
    assert erased is not None
    assert erased.ground == "court_order"


def test_nothing_is_shown_that_cannot_be_put_on_record(log: SmallLog, questions: QuestionRecords) -> None:
    asked = log.ask()
    log.store.refused = {"audit.read"}
    for look in (
        lambda: questions.page("ann", ALL),
        lambda: questions.one("ann", asked.finished),
        lambda: questions.texts("ann", asked.finished, purpose="complaint"),
    ):
        with pytest.raises(AuditUnavailableError):
            look()


def test_a_verdict_is_a_code_and_a_page_has_a_size(questions: QuestionRecords) -> None:
    with pytest.raises(FilterError):
        Sought(verdict="he said: no")
    with pytest.raises(FilterError):
        questions.page("ann", ALL, limit=0)

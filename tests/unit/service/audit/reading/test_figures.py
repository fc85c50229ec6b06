"""Figures of questions: what they count, and that they stand for five people or more and for nobody alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.reading import figures as module
from service.audit.reading.figures import Day, FigureReader, Figures, people
from tests.support.small_log import ANSWERED, DOCUMENT, REFUSED, Ending, SmallLog, at_us, open_small_log

SINCE, UNTIL = at_us("2026-11-01T00:00:00Z"), at_us("2026-12-31T00:00:00Z")
FIVE = ("ann", "ben", "cleo", "dora", "emil")
OTHER = "legal/leave.md"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def _figures(log: SmallLog, **more: int) -> Figures:
    reader = FigureReader(log=log.opened.log, store=log.store)
    return reader.figures("ida", **{"since_us": SINCE, "until_us": UNTIL, **more})


def _day(log: SmallLog, day: str, askers: Sequence[str], ending: Ending = ANSWERED) -> None:
    log.set_time(f"{day}T09:00:00Z")
    for name in askers:
        log.ask(name, ending=ending)


def test_they_count_what_was_asked_and_how_it_ended_and_the_look_is_on_record(log: SmallLog) -> None:
    _day(log, "2026-11-20", FIVE)
    _day(log, "2026-11-21", FIVE, REFUSED)
    found = _figures(log)
    assert found.questions == 10
    assert list(found.days) == [Day("2026-11-20", 5, 5), Day("2026-11-21", 5, 0)]
    assert found.endings == [(("answered", None), 5), (("refused", "no_evidence"), 5)]
    assert (found.documents, found.other_documents) == ([(DOCUMENT, 5)], 0)
    assert (found.half_ms, found.most_ms, found.latencies[1]) == (41.25, 41.25, 10)
    assert found.is_all
    look = log.newest()
    assert (look["what"], look["filter"], look["seqs"]) == ("charts", {"since_us": SINCE, "until_us": UNTIL}, [])
    assert found.questions == _figures(log, until_us=at_us("2026-11-22T00:00:00Z")).questions
    assert _figures(log, since_us=at_us("2026-11-21T00:00:00Z")).questions == 5


def test_a_day_of_fewer_than_five_people_has_no_number_and_counts_with_others_like_it(log: SmallLog) -> None:
    _day(log, "2026-11-20", FIVE)
    _day(log, "2026-11-21", ("ann", "ann", "ann", "ben", "cleo"))
    _day(log, "2026-11-22", ("dora", "emil"))
    found = _figures(log)
    assert list(found.days) == [Day("2026-11-20", 5, 5), Day("2026-11-21", None, None), Day("2026-11-22", None, None)]
    assert (found.questions, found.together) == (12, 7)


def test_days_that_together_have_fewer_than_five_people_are_in_no_figure_at_all(log: SmallLog) -> None:
    _day(log, "2026-11-20", FIVE)
    _day(log, "2026-11-21", FIVE[:4], REFUSED)
    found = _figures(log)
    assert (found.questions, found.together) == (5, None)
    assert found.endings == [(("answered", None), 5)]
    assert sum(found.latencies) == 5


def test_fewer_than_five_people_make_no_figure_and_nobody_counts_twice_over_a_months_end(log: SmallLog) -> None:
    _day(log, "2026-11-29", FIVE[:4] * 3)
    _day(log, "2026-12-01", FIVE[:4] * 3)  # under other pseudonyms: eight, but four people
    found = _figures(log)
    assert (found.questions, found.days, found.endings, found.documents) == (0, [], [], [])
    assert people([("2026-11", "a"), ("2026-12", "b"), ("2026-12", "c")]) == 2


def test_what_fewer_than_five_people_met_is_not_named(log: SmallLog) -> None:
    _day(log, "2026-11-20", FIVE)
    _day(log, "2026-11-20", FIVE[:4], Ending(documents=(OTHER,)))
    _day(log, "2026-11-20", ("ann",), Ending(outcome="failed", reason="internal_error", documents=(), answer=None))
    found = _figures(log)
    assert (found.documents, found.other_documents) == ([(DOCUMENT, 5)], 1)
    assert (found.endings, found.other_endings) == ([(("answered", None), 9)], 1)


def test_a_span_that_is_too_long_is_read_from_its_end_and_says_so(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    _day(log, "2026-11-20", FIVE)
    _day(log, "2026-11-21", FIVE)
    monkeypatch.setattr(module, "MAX_LEAVES", 10)
    found = _figures(log)
    assert (found.is_all, found.looked_through, found.questions) == (False, 10, 5)
    assert [one.day for one in found.days] == ["2026-11-21"]


def test_a_damaged_record_is_passed_over(log: SmallLog) -> None:
    _day(log, "2026-11-20", FIVE)
    damaged = log.ask("ann").finished
    log.tamper("UPDATE leaves SET leaf = ? WHERE seq = ?", values=(b"{}", damaged))
    assert _figures(log).questions == 5


def test_nothing_is_shown_that_cannot_be_put_on_record(log: SmallLog) -> None:
    log.store.refused = {"audit.read"}
    with pytest.raises(AuditUnavailableError):
        _figures(log)

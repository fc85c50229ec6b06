"""Problems that come and go are told once each."""

import structlog

from service.operating.health import Report
from service.operating.problems import Problems


def _told(*reports: Report) -> list[tuple[str, str, object]]:
    coming = iter(reports)
    log = structlog.get_logger()
    with structlog.testing.capture_logs() as lines:
        problems = Problems(lambda: next(coming), warn=log.warning, say=log.info)
        for _ in reports:
            problems.look()
    return [(line["log_level"], line["event"], line.get("words", line.get("failing"))) for line in lines]


def test_a_problem_is_told_when_it_comes_and_when_it_goes_and_not_meanwhile() -> None:
    wrong = Report((), ("the worker is gone",))
    assert _told(wrong, wrong, Report((), ())) == [
        ("warning", "problem", "the worker is gone"),
        ("info", "problem over", "the worker is gone"),
    ]


def test_each_of_several_comes_and_goes_by_itself() -> None:
    assert [words for *_, words in _told(Report((), ("a",)), Report((), ("a", "b")), Report((), ("b",)))] == [
        "a",
        "b",
        "a",
    ]


def test_that_nothing_can_be_answered_is_told_with_what_fails() -> None:
    failing = Report(("log",), ())
    assert _told(Report((), ()), failing, failing, Report((), ())) == [
        ("warning", "not ready", ["log"]),
        ("info", "ready again", None),
    ]

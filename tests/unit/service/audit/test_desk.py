"""What auditors and askers can do with a log, put together; and which records a span of time or numbers means."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.desk import Span, auditing_over
from service.audit.errors import ExportError, FilterError
from service.audit.formats.notes import verified
from tests.support.real_logs import RealLog, at_us


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RealLog]:
    """Return a log with two records of the 20th and two of the 22nd, after its beginning on the 20th."""
    opened = RealLog(tmp_path)
    opened.ask("On the 20th?")
    opened.now_us = at_us(2026, 11, 22)
    opened.ask("On the 22nd?")
    yield opened
    opened.close()


def test_without_ends_it_is_the_whole_log_whatever_that_is_by_then(log: RealLog) -> None:
    assert Span().numbers(log.parts.store) == (None, None)


def test_numbers_stay_numbers(log: RealLog) -> None:
    assert Span(from_seq=3, to_seq=99).numbers(log.parts.store) == (3, 99)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ((2026, 11, 20), None, (0, None)),
        ((2026, 11, 21), None, (-2, None)),
        ((2026, 11, 22), None, (-2, None)),
        (None, (2026, 11, 21), (None, -3)),
        (None, (2026, 11, 22), (None, -3)),
        (None, (2027, 1, 1), (None, -1)),
        ((2026, 11, 19), (2026, 11, 21), (0, -3)),
        ((2026, 11, 21), (2026, 11, 23), (-2, -1)),
    ],
)
def test_a_time_is_a_number_its_end_not_included(
    log: RealLog,
    since: tuple[int, int, int] | None,
    until: tuple[int, int, int] | None,
    expected: tuple[int | None, int | None],
) -> None:
    span = Span(since_us=at_us(*since) if since else None, until_us=at_us(*until) if until else None)
    size = log.size
    assert span.numbers(log.parts.store) == tuple(
        end if end is None or end >= 0 else size + end  # negative ones count from the end of the log
        for end in expected
    )


def test_one_end_may_be_a_number_and_the_other_a_time(log: RealLog) -> None:
    assert Span(from_seq=1, until_us=at_us(2026, 11, 21)).numbers(log.parts.store) == (1, log.size - 3)
    assert Span(since_us=at_us(2026, 11, 21), to_seq=log.size - 1).numbers(log.parts.store) == (
        log.size - 2,
        log.size - 1,
    )


@pytest.mark.parametrize(
    "span", [Span(from_seq=1, since_us=1), Span(to_seq=1, until_us=1), Span(from_seq=0, since_us=0)]
)
def test_an_end_cannot_be_both(log: RealLog, span: Span) -> None:
    with pytest.raises(FilterError, match="expected each end of the records by number or by time, got both"):
        span.numbers(log.parts.store)


@pytest.mark.parametrize(
    "span",
    [
        Span(since_us=at_us(2026, 11, 23)),
        Span(until_us=at_us(2026, 11, 19)),
        Span(since_us=at_us(2026, 11, 21), until_us=at_us(2026, 11, 22)),
        Span(since_us=at_us(2026, 11, 22), until_us=at_us(2026, 11, 20)),
        Span(since_us=at_us(2026, 11, 21), to_seq=0),
    ],
)
def test_a_time_without_any_record_is_said_so(log: RealLog, span: Span) -> None:
    with pytest.raises(ExportError, match="expected a time in which something was recorded, got one without"):
        span.numbers(log.parts.store)


def test_a_log_without_any_record_has_no_such_time(tmp_path: Path) -> None:
    log = RealLog(tmp_path)
    assert Span().numbers(log.parts.store) == (None, None)
    with pytest.raises(ExportError, match="got one without any record"):
        Span(since_us=0).numbers(log.parts.store)
    log.close()


def test_all_parts_are_of_the_same_log(log: RealLog) -> None:
    log.publish()
    parts = auditing_over(log.parts)
    seq = log.size - 1
    checkpoint = parts.proofs.inclusion(seq)["checkpoint"]
    assert parts.auditor.record("ann", seq)["leaf"]["type"] == "query.finished"
    assert parts.own.list("mira@x.example")["questions"][0]["question"] == "On the 22nd?"
    assert verified(checkpoint, [parts.signer.key()]).origin == "greenlit.test/audit/2026-11"
    opening = parts.erasure_by_age.open("ann", before_us=at_us(2026, 11, 21), ground="court_order", purpose="")
    assert parts.erasure_by_age.confirm("ben", opening["id"])["erased"] == 2
    assert parts.rotation.payload_key()["key_id"] == "payload-2026-11-2"
    lines = list(parts.exports.lines("ann", payloads=False, purpose=""))
    assert lines[-1]["file"] == "manifest.json"
    revealed = parts.reveal.confirm("ben", parts.reveal.open("ann", seq=seq, case="1", reason="why")["id"])
    assert revealed["identity"] == "mira@x.example"

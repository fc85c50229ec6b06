"""A document that was asked for waits until the first record that closes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.events import document_requested, request_closed
from service.audit.reading.requests import Requests
from tests.support.small_log import SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def test_requests_wait_until_they_are_closed_and_are_followed(log: SmallLog) -> None:
    requests, note = Requests(store=log.store), log.opened.log.note
    assert (requests.all(), requests.waiting(), requests.get(5)) == ([], [], None)
    first = note(document_requested("mira", request_id=None, wish="The rules")).seq
    second = note(document_requested("mira", request_id="a-question", wish="More rules")).seq
    assert [one.seq for one in requests.waiting()] == [first, second]
    end = note(request_closed("counsel", request=first, how="granted", note="")).seq
    note(request_closed("counsel", request=first, how="declined", note=""))
    note(request_closed("counsel", request=0, how="declined", note=""))  # of nothing
    assert [one.seq for one in requests.waiting()] == [second]
    assert [one.seq for one in requests.all()] == [second, first]
    closed = requests.get(first)
    assert closed is not None
    assert closed.closed is not None
    assert (closed.closed.seq, closed.closed.how, closed.month) == (end, "granted", "2026-11")
    assert [one.request_id for one in requests.all()] == ["a-question", None]

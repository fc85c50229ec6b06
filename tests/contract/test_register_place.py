"""What holds of a register wherever it lies, in a file or in a database: the same lines, hashes and decisions."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from indexes.errors import RegisterError
from indexes.events import Approval, Event, Upload, Withdrawal, event_to_line
from indexes.library_register import register_of
from indexes.register_moving import move_to_rows
from indexes.register_state import NOTHING, RegisterPlace, fold_lines, register_at, register_hash

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
APPROVAL = Approval("legal/a.md", "a" * 64, "Größe – ✓", "ann@x.example", AT, date(2027, 1, 1), ("staff",))
REVOKED = Withdrawal("revoke", "legal/a.md", "ann@x.example", AT.replace(hour=11), "superseded\x1b[2J")
UPLOAD = Upload("legal/b.md", "b" * 64, "bo@x.example", AT)

Open = Callable[[], RegisterPlace]


@pytest.fixture(params=["file", "rows"])
def open_place(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open one place again and again, as several programs do."""
    if request.param == "file":
        return lambda: register_of(tmp_path)
    database = request.getfixturevalue("database_url")
    move_to_rows(tmp_path, database)
    return lambda: register_of(tmp_path, database)


@pytest.fixture
def place(open_place: Open) -> RegisterPlace:
    return open_place()


def test_what_is_decided_is_seen_by_whoever_looks_next(place: RegisterPlace, open_place: Open) -> None:
    other = open_place()
    assert other.refresh() == NOTHING
    place.append([APPROVAL, UPLOAD])
    seen = other.refresh()
    assert seen.position == 2
    assert seen.decisions["legal/a.md"].approvals == (APPROVAL,)
    place.append([replace(REVOKED, reason="superseded")])
    assert other.refresh().decisions["legal/a.md"].approvals == ()
    assert open_place().refresh() == other.refresh() == place.refresh()


def test_as_long_as_nothing_changed_it_is_the_same_object(place: RegisterPlace) -> None:
    place.append([APPROVAL])
    seen, look = place.refresh(), place.look()
    assert place.refresh() is seen
    assert place.newest() is seen
    assert place.look() == look
    place.append([UPLOAD])
    assert place.look() != look
    assert place.newest().position <= 2


def test_lines_and_hashes_are_those_of_the_events_byte_for_byte(place: RegisterPlace) -> None:
    place.append([APPROVAL, UPLOAD])
    place.append([replace(APPROVAL, document="legal/c.md")])
    events: list[Event] = [APPROVAL, UPLOAD, replace(APPROVAL, document="legal/c.md")]
    lines = [event_to_line(event).removesuffix(b"\n") for event in events]
    assert place.lines() == lines
    expected = fold_lines(NOTHING, lines)
    assert place.refresh() == expected
    assert register_hash(place.refresh().line_hashes) == register_hash(expected.line_hashes)
    assert register_at(place.lines(), 2) == fold_lines(NOTHING, lines[:2])
    assert register_at(place.lines(), 9) == expected


def test_what_must_not_be_written_is_not_and_nothing_of_what_came_with_it(place: RegisterPlace) -> None:
    with pytest.raises(RegisterError, match="plain text"):
        place.append([APPROVAL, REVOKED])
    assert place.refresh() == NOTHING


def test_somebody_elses_decision_is_seen_before_one_is_written(place: RegisterPlace, open_place: Open) -> None:
    """Who decides looks once more when nobody else may write; what came between is there then."""
    other, seen = open_place(), []
    place.refresh()
    other.append([APPROVAL])

    def still() -> None:
        seen.append(place.refresh().position)
        raise RegisterError("somebody decided meanwhile")

    with pytest.raises(RegisterError, match="decided meanwhile"):
        place.append([UPLOAD], still=still)
    assert seen == [1]
    assert other.refresh().position == 1
    place.append([UPLOAD])
    assert other.refresh().position == 2


def test_nobody_writes_between_the_last_look_and_the_line(place: RegisterPlace, open_place: Open) -> None:
    """Two who both want to be the first to decide on a document: one is, and the other sees it."""
    barrier, written, refused = threading.Barrier(6), [], []

    def decide(number: int) -> None:
        mine = open_place()
        mine.refresh()
        barrier.wait()

        def first() -> None:
            if mine.refresh().position:
                raise RegisterError("somebody was first")

        try:
            mine.append([replace(APPROVAL, by=f"{number}@x.example")], still=first)
            written.append(number)
        except RegisterError as error:
            refused.append(str(error))

    _at_once(decide, 6)
    assert len(written) == 1
    assert refused == ["somebody was first"] * 5
    assert place.refresh().decisions["legal/a.md"].approvals[0].by == f"{written[0]}@x.example"


def test_of_many_who_write_at_once_nothing_is_lost(place: RegisterPlace, open_place: Open) -> None:
    def write(number: int) -> None:
        mine = open_place()
        for nth in range(4):
            mine.append(
                [replace(APPROVAL, document=f"legal/{number}-{nth}.md"), replace(UPLOAD, by=f"{number}@x.example")]
            )

    _at_once(write, 5)
    state = place.refresh()
    assert state.position == 40
    assert not state.problems
    for number in range(5):
        lines = [at for at, line in enumerate(place.lines()) if f"legal/{number}-".encode() in line]
        assert [place.lines()[at] for at in lines] == sorted(place.lines()[at] for at in lines), "each in its order"
        assert all(f"{number}@x.example".encode() in place.lines()[at + 1] for at in lines), "what came together is so"


def _at_once(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

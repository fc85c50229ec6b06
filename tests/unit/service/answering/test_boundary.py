"""Scopes: drawn from the live library, kept while nothing changes, redrawn the moment something does."""

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from indexes import standing
from indexes.builds import Build, current_build_id, open_build
from indexes.decisions import Decision
from indexes.errors import RegisterError
from indexes.register_state import RegisterState
from indexes.sources import Source
from indexes.standing import Grant
from service.answering import boundary as boundary_module
from service.answering.boundary import Boundary
from service.answering.errors import LibraryUnavailableError
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, TRAVEL_TEXT, with_rules

STAFF = frozenset({"staff"})


@dataclass
class Record:
    """Keeps the states of a register that it is told of; while `broken` is set, it fails after it has kept one."""

    states: list[RegisterState] = field(default_factory=list)
    broken: Exception | None = None

    def __call__(self, state: RegisterState) -> None:
        self.states.append(state)
        if self.broken:
            raise self.broken

    def positions(self) -> list[int]:
        return [state.position for state in self.states]


def _boundary(
    library: TinyLibrary,
    notice: Callable[[str], None] = lambda _words: None,
    on_change: Callable[[RegisterState], None] = lambda _state: None,
) -> Boundary:
    return Boundary(library=library.folder, now=library.clock, notice=notice, on_change=on_change)


def _build(library: TinyLibrary) -> Build:
    return open_build(library.builds / current_build_id(library.builds))


def test_a_scope_holds_what_is_approved_for_the_asker(library: TinyLibrary) -> None:
    library.add("legal/board.md", POLICY_TEXT, groups=["board"])
    build = _build(with_rules(library))
    scope = _boundary(library).scope(build, STAFF)
    assert scope.grants.keys() == {POLICY, TRAVEL}
    visible = [build.documents[number][0] for number in build.document_of_row[scope.rows]]
    assert set(visible) == {POLICY, TRAVEL}
    assert scope.lexical.count == np.count_nonzero(scope.rows) == len(visible)
    assert scope.register_position == 3
    assert scope.grants[POLICY].approved_by == ("ann@x.example",)


@pytest.mark.parametrize("groups", [frozenset(), frozenset({"other"}), frozenset({"STAFF"}), frozenset({""})])
def test_nobody_in_particular_sees_nothing(library: TinyLibrary, groups: frozenset[str]) -> None:
    scope = _boundary(with_rules(library)).scope(_build(library), groups)
    assert not scope.rows.any()
    assert scope.grants == {}
    assert scope.valid_until == datetime.max.replace(tzinfo=UTC)


def test_a_scope_tells_which_one_group_is_enough_to_read_each_document(library: TinyLibrary) -> None:
    library.allow("board", groups=["board", "people"])
    library.allow("odd", groups=["people"])
    library.add("legal/all.md", "# All\n\nFor all of us.\n")
    library.add("legal/some.md", "# Some\n\nFor some of us.\n", groups=["finance"])
    library.add("board/minutes.md", "# Minutes\n\nFor the board.\n", groups=["board"])
    library.add("odd/one.md", "# One\n\nFor who is in both.\n", groups=["finance"])
    library.ingest()
    everything = frozenset({"staff", "board", "people", "finance"})
    readers = _boundary(library).scope(_build(library), everything).readers
    assert readers == {
        "legal/all.md": {"staff"},
        "legal/some.md": {"finance"},  # everybody is in the source's group
        "board/minutes.md": {"board"},
        "odd/one.md": set(),  # no one group is enough
    }


def test_a_scope_is_kept_while_nothing_changes(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    first = boundary.scope(build, STAFF)
    library.clock.pass_days(30)
    assert boundary.scope(build, STAFF) is first
    assert boundary.scope(build, STAFF | {"board"}) is not first


def test_a_scope_ends_when_the_first_approval_in_it_does(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT, expires=date(2026, 11, 25))
    build, boundary = _build(with_rules_kept(library)), _boundary(library)
    before = boundary.scope(build, STAFF)
    assert before.valid_until == datetime(2026, 11, 26, tzinfo=UTC)
    library.clock.at = before.valid_until - timedelta(microseconds=1)
    assert boundary.scope(build, STAFF) is before
    library.clock.at = before.valid_until
    assert boundary.scope(build, STAFF).grants.keys() == {TRAVEL}


def with_rules_kept(library: TinyLibrary) -> TinyLibrary:
    """Add the travel rule only; the policy is there with its own terms."""
    library.add(TRAVEL, TRAVEL_TEXT)
    library.ingest()
    return library


def test_a_clock_that_is_set_back_draws_the_scope_anew(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    first = boundary.scope(build, STAFF)
    library.clock.pass_days(-1)
    assert boundary.scope(build, STAFF) is not first


def test_the_filter_hash_names_the_set_of_documents_and_versions(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    first = boundary.scope(build, STAFF)
    library.append()  # nothing
    library.revoke(TRAVEL)
    narrower = boundary.scope(build, STAFF)
    library.approve(TRAVEL)
    again = boundary.scope(build, STAFF)
    assert first.filter_hash == again.filter_hash != narrower.filter_hash
    assert (first.register_position, narrower.register_position, again.register_position) == (2, 3, 4)


def test_the_filter_hash_can_be_made_again_from_the_pairs_that_are_kept(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    scope = boundary.scope(build, STAFF)
    assert hashlib.sha256(scope.pairs).hexdigest() == scope.filter_hash
    lines = scope.pairs.decode().splitlines()
    assert [tuple(line.split("\0")) for line in lines] == sorted(build.documents)
    nobody = boundary.scope(build, frozenset())
    assert (nobody.pairs, nobody.filter_hash) == (b"", hashlib.sha256(b"").hexdigest())


def test_what_a_document_supersedes_is_of_the_scope_and_of_its_hash(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    before = boundary.scope(build, STAFF)
    library.approve(TRAVEL, supersedes=[POLICY])
    scope = boundary.scope(build, STAFF)
    assert dict(before.replaced) == {}
    assert dict(scope.replaced) == {POLICY: TRAVEL}
    assert scope.filter_hash == hashlib.sha256(scope.pairs).hexdigest() != before.filter_hash
    assert scope.pairs.decode().endswith(f"\0{POLICY}\n")
    assert scope.grants.keys() == {POLICY, TRAVEL}, "the older one may be read as before"


def test_an_approval_that_ends_replaces_nothing_any_more(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    tomorrow = library.clock.at.date() + timedelta(days=1)
    library.approve(TRAVEL, supersedes=[POLICY], expires=tomorrow)
    assert boundary.scope(build, STAFF).replaced == {POLICY: TRAVEL}
    library.clock.pass_days(2)
    assert boundary.scope(build, STAFF).replaced == {}
    library.approve(TRAVEL)
    assert boundary.scope(build, STAFF).replaced == {POLICY: TRAVEL}, "renewed, it says what it said"
    library.revoke(TRAVEL)
    assert boundary.scope(build, STAFF).replaced == {}


def test_law_2_who_may_not_read_the_newer_document_is_told_nothing_of_it(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    library.approve(POLICY, groups=["staff", "board"])
    library.approve(TRAVEL, groups=["board"], supersedes=[POLICY])
    scope = boundary.scope(build, STAFF)
    assert (set(scope.grants), dict(scope.replaced)) == ({POLICY}, {})
    assert TRAVEL not in scope.pairs.decode()
    assert boundary.scope(build, frozenset({"staff", "board"})).replaced == {POLICY: TRAVEL}


def test_law_2_who_may_not_read_the_older_document_is_told_nothing_of_it(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    library.approve(POLICY, groups=["board"])
    library.approve(TRAVEL, supersedes=[POLICY])
    scope = boundary.scope(build, STAFF)
    assert (set(scope.grants), dict(scope.replaced)) == ({TRAVEL}, {})
    assert POLICY not in scope.pairs.decode()


def test_law_2_what_was_kept_of_other_documents_does_not_outlive_a_change(library: TinyLibrary) -> None:
    build = _build(with_rules(library))
    boundary = _boundary(library)
    assert boundary.scope(build, STAFF).grants.keys() == {POLICY, TRAVEL}
    library.revoke(POLICY)
    assert boundary.scope(build, STAFF).grants.keys() == {TRAVEL}
    library.approve(POLICY, groups=["board"])
    assert boundary.scope(build, STAFF).grants.keys() == {TRAVEL}
    assert boundary.scope(build, frozenset({"board", "staff"})).grants.keys() == {POLICY, TRAVEL}
    library.approve(POLICY)
    assert boundary.scope(build, STAFF).grants.keys() == {POLICY, TRAVEL}
    narrowed = library.folder / "sources.toml"
    narrowed.write_text(narrowed.read_text().replace('"staff"', '"board"'))
    assert not boundary.scope(build, STAFF).grants
    library.clock.pass_days(4000)
    assert not boundary.scope(build, frozenset({"board", "staff"})).grants


def test_after_one_decision_only_that_document_is_looked_at_again(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = _build(with_rules(library))
    boundary = _boundary(library)
    looked_at, grant = list[str](), standing.grant

    def note(decision: Decision | None, source: Source) -> Grant | None:
        granted = grant(decision, source)
        looked_at.append(granted.document if granted else "")
        return granted

    monkeypatch.setattr(boundary_module, "grant", note)
    boundary.scope(build, STAFF)
    boundary.scope(build, frozenset({"board"}))
    assert sorted(looked_at) == [POLICY, TRAVEL]
    library.approve(TRAVEL, by="bo@x.example")
    boundary.scope(build, STAFF)
    assert looked_at[2:] == [TRAVEL]


def test_a_version_that_the_build_does_not_hold_is_not_shown(library: TinyLibrary) -> None:
    build = _build(with_rules(library))
    library.add(POLICY, POLICY_TEXT + "\nMore.\n")
    assert _boundary(library).scope(build, STAFF).grants.keys() == {TRAVEL}


def test_many_combinations_of_groups_do_not_pile_up(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    for number in range(300):
        boundary.scope(build, STAFF | {f"group-{number}"})
    assert len(boundary._scopes) <= 256


def test_a_line_that_cannot_be_understood_is_told_once(library: TinyLibrary) -> None:
    told: list[str] = []
    build, boundary = _build(with_rules(library)), _boundary(library, told.append)
    with library.register_path.open("ab") as file:
        file.write(b"not JSON\n")
    for _ in range(3):
        boundary.scope(build, STAFF)
    assert len(told) == 1
    assert "register.jsonl, line 3: expected one JSON object" in told[0]
    assert boundary.problems() == told


def test_an_allowlist_of_the_same_length_and_age_is_still_another_one(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    assert boundary.scope(build, STAFF).grants
    path = library.folder / "sources.toml"
    before = path.stat()
    path.write_text(path.read_text().replace('"staff"', '"board"'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert boundary.scope(build, STAFF).grants == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no sources.toml in"), ("[[source", "cannot be read as TOML"), ('[[source]]\nname = "a b"\n', "source 1")],
)
def test_an_allowlist_that_cannot_be_read_shows_nobody_anything(
    library: TinyLibrary, content: str | None, message: str
) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    boundary.scope(build, STAFF)
    path = library.folder / "sources.toml"
    path.unlink() if content is None else path.write_text(content)
    for _ in range(2):  # and it does not get used to it
        with pytest.raises(LibraryUnavailableError, match=message):
            boundary.scope(build, STAFF)
    with pytest.raises(LibraryUnavailableError, match=message):
        boundary.problems()


def test_a_register_that_cannot_be_read_shows_nobody_anything(library: TinyLibrary) -> None:
    build, boundary = _build(with_rules(library)), _boundary(library)
    boundary.scope(build, STAFF)
    library.register_path.unlink()
    library.register_path.mkdir()
    with pytest.raises(LibraryUnavailableError, match=r"register\.jsonl cannot be read: Is a directory"):
        boundary.scope(build, STAFF)


# Nothing is answered from a register that is not on record


def test_each_state_of_the_register_is_put_on_record_once(library: TinyLibrary) -> None:
    build, record = _build(with_rules(library)), Record()
    boundary = _boundary(library, on_change=record)
    for _ in range(3):
        boundary.scope(build, STAFF)
        boundary.scope(build, STAFF | {"board"})
        boundary.problems()
    assert record.positions() == [2]
    library.revoke(TRAVEL)
    library.approve(TRAVEL)
    boundary.problems()
    library.revoke(TRAVEL)
    boundary.scope(build, STAFF)
    assert record.positions() == [2, 4, 5], "what was added between two looks is one state, with each of its lines"
    assert record.states[1].line_hashes[:2] == record.states[0].line_hashes


def test_a_register_without_a_line_is_put_on_record_too(library: TinyLibrary) -> None:
    record = Record()
    boundary = _boundary(library, on_change=record)
    for _ in range(2):
        boundary.problems()
    assert record.states == [RegisterState()]


def test_a_register_that_goes_away_and_comes_back_is_put_on_record_each_time(library: TinyLibrary) -> None:
    build, record = _build(with_rules(library)), Record()
    boundary = _boundary(library, on_change=record)
    boundary.scope(build, STAFF)
    away = library.register_path.with_suffix(".away")
    library.register_path.rename(away)
    for _ in range(3):
        with pytest.raises(LibraryUnavailableError, match="is not there, and the live build holds 2 documents"):
            boundary.scope(build, STAFF)
    away.rename(library.register_path)
    boundary.scope(build, STAFF)
    assert record.positions() == [2, 0, 2]


@pytest.mark.parametrize("error", [OSError("the disk is full"), RegisterError("broken"), RuntimeError("broken")])
def test_while_the_record_cannot_be_written_nobody_gets_a_scope_and_the_error_stays_what_it_is(
    library: TinyLibrary, error: Exception
) -> None:
    build, record = _build(with_rules(library)), Record()
    boundary = _boundary(library, on_change=record)
    before = boundary.scope(build, STAFF)
    library.revoke(TRAVEL)
    record.broken = error
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            boundary.scope(build, STAFF)
        assert caught.value is error
        with pytest.raises(type(error)):
            boundary.problems()
    record.broken = None
    after = boundary.scope(build, STAFF)
    assert after.grants.keys() == {POLICY} != before.grants.keys()
    assert record.positions() == [2, 3, 3, 3, 3, 3], "it was tried again each time, and not once more than needed"
    boundary.scope(build, STAFF)
    assert len(record.states) == 6


def test_a_state_whose_record_failed_half_way_is_followed_by_one_that_is_recorded(library: TinyLibrary) -> None:
    """The register is back as it was before; but who knows how much of the other state is on record?"""
    record = Record()
    boundary = _boundary(library, on_change=record)
    boundary.problems()
    library.add(POLICY, POLICY_TEXT)
    record.broken = OSError("the disk is full")
    with pytest.raises(OSError, match="the disk is full"):
        boundary.problems()
    library.register_path.unlink()
    record.broken = None
    boundary.problems()
    assert record.positions() == [0, 1, 0]


def test_a_bad_line_is_told_even_while_the_record_cannot_be_written(library: TinyLibrary) -> None:
    told: list[str] = []
    boundary = _boundary(with_rules(library), told.append, Record(broken=OSError("the disk is full")))
    with library.register_path.open("ab") as file:
        file.write(b"not JSON\n")
    with pytest.raises(OSError, match="the disk is full"):
        boundary.problems()
    assert len(told) == 1


def test_threads_wait_until_the_register_is_on_record(library: TinyLibrary) -> None:
    build = _build(with_rules(library))
    order: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def record(state: RegisterState) -> None:
        started.set()
        assert go_on.wait(timeout=30)
        order.append(f"recorded {state.position}")

    boundary = _boundary(library, on_change=record)

    def ask(_number: int) -> None:
        boundary.scope(build, STAFF)
        order.append("scope")

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask, number) for number in range(8)]
        assert started.wait(timeout=30)
        assert order == []
        go_on.set()
        for each in asking:
            each.result()
    assert order == ["recorded 2", *["scope"] * 8]

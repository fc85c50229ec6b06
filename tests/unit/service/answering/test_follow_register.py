"""Every line of the register gets on record once, whoever wrote it, and so does every change of a recorded one."""

import contextlib
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.register import Register
from indexes.register_state import RegisterState
from service.audit.errors import AuditUnavailableError
from service.audit.events import (
    MAX_REGISTER_LINES,
    REGISTER_EXTENDED_TYPE,
    REGISTER_REWRITTEN_TYPE,
)
from tests.support.examples import examples
from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import ANSWER, RELEASE, TRAVEL, Archive, open_archive


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _whole_hash(lines: list[bytes]) -> str:
    return _sha256(b"".join(hashlib.sha256(line).digest() for line in lines))


def _state(archive: Archive, *lines: bytes) -> RegisterState:
    """Write a register of these lines and return it as a reader sees it."""
    path = archive.library.register_path
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return Register(path).refresh()


def _register_leaves(archive: Archive) -> list[dict[str, Any]]:
    return [leaf for leaf in archive.leaves() if leaf["type"].startswith("register.")]


def _lines_on_record(archive: Archive) -> list[str]:
    """Read the log as an auditor would: which lines does it say that the register has?"""
    lines: list[str] = []
    for leaf in _register_leaves(archive):
        if leaf["type"] == REGISTER_REWRITTEN_TYPE:
            assert leaf["recorded_lines"] == len(lines)
            assert leaf["recorded_hash"] == _sha256(bytes.fromhex("".join(lines)))
            lines = []
        else:
            assert leaf["first_line"] == len(lines) + 1
            assert 0 < len(leaf["lines"]) <= MAX_REGISTER_LINES
            lines += leaf["lines"]
            assert leaf["register_hash"] == _sha256(bytes.fromhex("".join(lines)))
    return lines


def test_every_line_of_the_register_gets_on_record_with_its_hash(archive: Archive) -> None:
    archive.ask()
    lines = archive.library.register_path.read_bytes().splitlines()
    (leaf,) = _register_leaves(archive)
    assert leaf["first_line"] == 1
    assert leaf["lines"] == [_sha256(line) for line in lines]
    assert leaf["register_hash"] == _whole_hash(lines)


def test_it_is_on_record_before_what_it_allows_is_answered(archive: Archive) -> None:
    answer = archive.ask()
    (leaf,) = archive.store.of_type(REGISTER_EXTENDED_TYPE)
    assert leaf.seq < answer.receipt.seq


def test_nobody_is_answered_from_a_line_that_cannot_be_recorded(archive: Archive) -> None:
    archive.refuse(REGISTER_EXTENDED_TYPE)
    for _ in range(2):
        with pytest.raises(AuditUnavailableError):
            archive.boundary.scope(archive.live_build.get(), frozenset({"staff"}))
        archive.allow_all()
        archive.refuse(REGISTER_EXTENDED_TYPE)
    archive.allow_all()
    assert archive.ask().text == ANSWER
    assert len(_lines_on_record(archive)) == 3


def test_only_added_lines_are_recorded(archive: Archive) -> None:
    archive.ask()
    archive.library.revoke(TRAVEL)
    for _ in range(2):
        archive.ask()
    first, second = _register_leaves(archive)
    assert (second["first_line"], len(second["lines"])) == (len(first["lines"]) + 1, 1)


def test_a_line_that_is_still_being_written_is_not_recorded(archive: Archive) -> None:
    archive.ask()
    with archive.library.register_path.open("ab") as file:
        file.write(b'{"event": "rev')
    archive.ask()
    assert len(_register_leaves(archive)) == 1


def test_an_empty_register_says_nothing(archive: Archive) -> None:
    archive.follower.register_changed(RegisterState())
    assert _register_leaves(archive) == []


@pytest.mark.parametrize("how", ["while it runs", "while it is stopped"])
@pytest.mark.parametrize(
    "after",
    [
        [b"a", b"x", b"c"],
        [b"b", b"a", b"c"],
        [b"a", b"c"],
        [b"a", b"b"],
        [b"b", b"c", b"d", b"e"],
        [b"a", b"b", b""],
        [],
    ],
    ids=["edited", "swapped", "one removed", "cut off", "replaced by more", "emptied", "all gone"],
)
def test_a_recorded_line_that_changed_or_went_is_recorded_and_then_all_lines_anew(
    archive: Archive, after: list[bytes], how: str
) -> None:
    before = [b"a", b"b", b"c"]
    archive.follower.register_changed(_state(archive, *before))
    follower = archive.follower if how == "while it runs" else archive.followed_by(RELEASE)
    follower.register_changed(_state(archive, *after))
    _, rewritten, *extended = _register_leaves(archive)
    assert rewritten["type"] == REGISTER_REWRITTEN_TYPE
    assert (rewritten["recorded_lines"], rewritten["recorded_hash"]) == (3, _whole_hash(before))
    assert (rewritten["lines"], rewritten["register_hash"]) == (len(after), _whole_hash(after))
    assert [leaf["lines"] for leaf in extended] == ([[_sha256(line) for line in after]] if after else [])


def test_a_register_that_comes_back_after_it_was_gone_is_recorded_anew(archive: Archive) -> None:
    for lines in ([b"a", b"b"], [], [b"a", b"b"]):
        archive.follower.register_changed(_state(archive, *lines))
    kinds = [leaf["type"].partition(".")[2] for leaf in _register_leaves(archive)]
    assert kinds == ["extended", "rewritten", "extended"]
    assert _lines_on_record(archive) == [_sha256(b"a"), _sha256(b"b")]


@pytest.mark.parametrize("count", [MAX_REGISTER_LINES, MAX_REGISTER_LINES + 1, 2 * MAX_REGISTER_LINES + 7])
def test_many_lines_go_into_leaves_of_a_size_that_fits(archive: Archive, count: int) -> None:
    lines = [str(number).encode() for number in range(count)]
    archive.follower.register_changed(_state(archive, *lines))
    leaves = _register_leaves(archive)
    assert [len(leaf["lines"]) for leaf in leaves[:-1]] == [MAX_REGISTER_LINES] * (len(leaves) - 1)
    assert _lines_on_record(archive) == [_sha256(line) for line in lines]


def test_what_a_failure_left_half_recorded_is_taken_up_where_it_was(archive: Archive) -> None:
    lines = [str(number).encode() for number in range(3 * MAX_REGISTER_LINES)]
    archive.follower.register_changed(_state(archive, *lines[:-1], b"another"))
    state = _state(archive, *lines)
    for refuse in (REGISTER_REWRITTEN_TYPE, REGISTER_EXTENDED_TYPE):
        archive.refuse(refuse)
        with pytest.raises(AuditUnavailableError):
            archive.follower.register_changed(state)
        archive.allow_all()
    assert _lines_on_record(archive) == []
    archive.follower.register_changed(state)
    assert _lines_on_record(archive) == [_sha256(line) for line in lines]
    assert len(archive.leaves(REGISTER_REWRITTEN_TYPE)) == 1


_LINES = st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=5)
_STEPS = st.lists(st.tuples(_LINES, st.sampled_from(["follow", "fail", "restart"])), min_size=1, max_size=8)


@settings(max_examples=examples(12, thorough=500), deadline=None)
@given(steps=_STEPS)
def test_whatever_happens_to_the_register_the_log_knows_every_line(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[bytes], str]]
) -> None:
    library = TinyLibrary(tmp_path_factory.mktemp("any") / "studio")
    with open_archive(library) as archive:
        follower = archive.follower
        for lines, how in steps:
            state = _state(archive, *lines)
            if how == "fail":
                archive.refuse(REGISTER_EXTENDED_TYPE)
                with contextlib.suppress(AuditUnavailableError):
                    follower.register_changed(state)
                archive.allow_all()
            elif how == "restart":
                follower = archive.followed_by(RELEASE)
            follower.register_changed(state)
            assert _lines_on_record(archive) == list(state.line_hashes)
        size = archive.store.size()
        follower.register_changed(state)
        assert archive.store.size() == size


def test_lines_that_another_service_recorded_meanwhile_are_not_taken_for_gone(archive: Archive) -> None:
    """Two services on one log and one register: the other has seen a line, and recorded it, after this one looked."""
    before = _state(archive, b"1")
    now = _state(archive, b"1", b"2")
    other, this = archive.followed_by(RELEASE), archive.followed_by(RELEASE)
    other.register_changed(now)
    this.look = lambda: now
    this.register_changed(before)
    this.register_changed(now)
    assert _lines_on_record(archive) == [_sha256(b"1"), _sha256(b"2")]
    assert [leaf["type"] for leaf in _register_leaves(archive)] == [REGISTER_EXTENDED_TYPE]
    this.look = lambda: before  # and now it is gone indeed
    this.register_changed(before)
    assert [leaf["type"] for leaf in _register_leaves(archive)][1:] == [REGISTER_REWRITTEN_TYPE, REGISTER_EXTENDED_TYPE]

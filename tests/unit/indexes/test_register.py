"""The register: whole lines, added and never edited; what cannot be understood approves nothing and says so."""

import errno
import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes import register as register_module
from indexes.decisions import Decision
from indexes.errors import RegisterError
from indexes.events import Approval, Event, event_from_line, event_to_line
from indexes.register import Register, append_events
from indexes.register_state import LineOrder, RegisterState, register_hash, register_remarks
from tests.support.fakes import APPROVAL, NOON, REVOCATION

OTHER = replace(APPROVAL, document="legal/b.md")
ROOT = Path(__file__).parents[3]
APPEND_FIFTY = """
import sys
from dataclasses import replace
from pathlib import Path
from indexes.events import event_from_line
from indexes.register import append_events
event = event_from_line(sys.argv[2].encode())
for number in range(50):
    append_events(Path(sys.argv[1]), [replace(event, by=f"{sys.argv[3]}-{number}")])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "register.jsonl"


def _read(path: Path) -> RegisterState:
    return Register(path).refresh()


def _approvals(state: RegisterState, document: str = "legal/a.md") -> tuple[Approval, ...]:
    """Return the approvals that count of a document that nothing else holds for."""
    decision = state.decisions[document]
    assert (decision.withdrawal, decision.problem) == (None, None)
    return decision.approvals


def _of(*events: Event) -> dict[str, Decision]:
    """Return decisions of documents that one approval each was given, in order."""
    return {
        event.document: Decision(approvals=(event,), events=(event,)) for event in events if isinstance(event, Approval)
    }


def _hashes(*lines: bytes) -> tuple[str, ...]:
    """Return the hashes of lines that are given with their newlines."""
    return tuple(hashlib.sha256(line.removesuffix(b"\n")).hexdigest() for line in lines)


# Adding and reading


def test_a_register_that_is_not_there_yet_approves_nothing(path: Path) -> None:
    assert _read(path) == RegisterState()


def test_what_was_added_is_read(path: Path) -> None:
    append_events(path, [APPROVAL, OTHER])
    state = _read(path)
    assert state.position == 2
    assert state.decisions == _of(APPROVAL, OTHER)


def test_the_register_only_grows_by_whole_lines(path: Path) -> None:
    contents = [b""]
    for event in (APPROVAL, REVOCATION, OTHER, replace(APPROVAL, by="bo@x.example")):
        append_events(path, [event])
        contents.append(path.read_bytes())
    for before, after in itertools.pairwise(contents):
        assert after.startswith(before)
        assert after[len(before) :].count(b"\n") == 1
        assert after.endswith(b"\n")


def test_approvals_gather_until_a_withdrawal_ends_them_all(path: Path) -> None:
    again = replace(APPROVAL, by="bo@x.example")
    append_events(path, [APPROVAL, again])
    assert _approvals(_read(path)) == (APPROVAL, again)
    append_events(path, [REVOCATION])
    decision = _read(path).decisions["legal/a.md"]
    assert (decision.withdrawal, decision.approvals) == (REVOCATION, ())


def test_after_a_revocation_only_fresh_approvals_count(path: Path) -> None:
    fresh = replace(APPROVAL, by="bo@x.example", at=NOON + timedelta(seconds=1))
    append_events(path, [APPROVAL, REVOCATION, fresh])
    assert _approvals(_read(path)) == (fresh,)


def test_blank_lines_decide_nothing_but_count_as_lines(path: Path) -> None:
    path.write_bytes(b"\n" + event_to_line(APPROVAL) + b"  \n" + b"broken\n")
    state = _read(path)
    assert state.position == 4
    assert state.problems[0].line == 4


def test_a_state_that_was_handed_out_stays_as_it_was(path: Path) -> None:
    append_events(path, [APPROVAL])
    register = Register(path)
    before = register.refresh()
    append_events(path, [REVOCATION])
    assert register.refresh().decisions["legal/a.md"].withdrawal == REVOCATION
    assert _approvals(before) == (APPROVAL,)


def test_an_event_that_could_not_be_read_back_is_not_written(path: Path) -> None:
    append_events(path, [APPROVAL])
    before = path.read_bytes()
    with pytest.raises(RegisterError, match='expected "title" = a text'):
        append_events(path, [OTHER, replace(APPROVAL, title="half \udcff")])
    assert path.read_bytes() == before


# Lines that cannot be understood


@pytest.mark.parametrize(
    ("line", "message", "document"),
    [
        (b"rubbish", "not JSON", None),
        (b'{"event": "approve", "document": "legal/a.md"', "not JSON", "legal/a.md"),
        (b'{"document" : "legal\\/a.md", "event": "aprove"}', "got 'aprove'", "legal/a.md"),
        (event_to_line(APPROVAL).strip().replace(b"groups", b"group"), '"groups" is missing', "legal/a.md"),
        (event_to_line(APPROVAL).strip().replace(b"2027-11-20", b"next year"), '"expires" = a date', "legal/a.md"),
        (b'{"event": "revoke", "document": "legal/a.md"}', '"at" is missing', "legal/a.md"),
        (b'{"event": "revoke", "document": "\\q"}', "not JSON", None),
        (b'{"event": "approve", "document": 7}', "is missing", None),
        (b"[" * 100_000, "not JSON", None),
    ],
)
def test_a_malformed_line_is_named_by_file_line_and_problem(
    path: Path, line: bytes, message: str, document: str | None
) -> None:
    path.write_bytes(event_to_line(OTHER) + line + b"\n")
    state = _read(path)
    (problem,) = state.problems
    assert (problem.line, problem.documents) == (2, (document,) if document else ())
    assert message in problem.message
    words = problem.in_words(path)
    assert words.startswith(f"{path}, line 2: ")
    assert words.endswith("; 'legal/a.md' counts as not approved") == (document is not None)
    assert _approvals(state, "legal/b.md") == (OTHER,), "the others' approvals stand"


def test_a_malformed_line_takes_its_documents_approval_until_a_newer_event(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL) + b'{"event": "revok", "document": "legal/a.md"}\n')
    register = Register(path)
    decision = register.refresh().decisions["legal/a.md"]
    assert decision.problem is not None
    assert decision.approvals == ()
    append_events(path, [APPROVAL])
    assert register.refresh().decisions["legal/a.md"].approvals == (), "nor does a copy of it bring it back"
    fresh = replace(APPROVAL, by="bo@x.example", at=NOON + timedelta(seconds=1))
    append_events(path, [fresh])
    state = register.refresh()
    assert _approvals(state) == (fresh,), "the older approval does not come back"
    assert len(state.problems) == 1, "the line stays a problem that people are told of"


def test_a_line_cut_off_before_its_document_is_a_problem_and_decides_nothing(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL) + b'{"event": "rev')
    state = _read(path)
    assert [(problem.line, problem.documents) for problem in state.problems] == [(2, ())]
    assert "cut off (no newline at its end)" in state.problems[0].message
    assert _approvals(state) == (APPROVAL,)


def test_a_line_cut_off_after_its_document_takes_that_documents_approval(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL) + event_to_line(OTHER) + event_to_line(REVOCATION)[:-20])
    state = _read(path)
    assert state.decisions["legal/a.md"].problem == state.problems[0]
    assert (
        state.problems[0]
        .in_words(path)
        .endswith("line 3: the line is cut off (no newline at its end); 'legal/a.md' counts as not approved")
    )
    assert _approvals(state, "legal/b.md") == (OTHER,)


def test_law_1_a_whole_approval_without_its_newline_approves_nothing_yet(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL).removesuffix(b"\n"))
    assert _read(path).decisions["legal/a.md"].approvals == ()


def test_a_line_that_is_still_being_written_is_read_once_it_is_whole(path: Path) -> None:
    line = event_to_line(APPROVAL)
    register = Register(path)
    for length in range(1, len(line)):
        path.write_bytes(line[:length])
        assert not any(decision.approvals for decision in register.refresh().decisions.values())
    path.write_bytes(line)
    assert register.refresh() == RegisterState(1, _of(APPROVAL), (), _hashes(line), LineOrder(NOON))


def test_a_line_that_was_cut_off_does_not_swallow_the_next_event(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL) + b'{"event": "approve", "docu')
    append_events(path, [OTHER])
    state = _read(path)
    assert state.decisions == _of(APPROVAL, OTHER)
    assert [problem.line for problem in state.problems] == [2]


# Following the file


def _count_parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    parsed: list[bytes] = []

    def count(line: bytes) -> object:
        parsed.append(line)
        return event_from_line(line)

    monkeypatch.setattr("indexes.register_state.event_from_line", count)
    return parsed


def test_only_added_lines_are_parsed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_events(path, [replace(APPROVAL, document=f"legal/{number}.md") for number in range(1000)])
    register = Register(path)
    register.refresh()
    append_events(path, [OTHER, REVOCATION])
    parsed = _count_parsed(monkeypatch)
    state = register.refresh()
    assert len(parsed) == 2
    assert (state.position, len(state.decisions)) == (1002, 1002)


def test_nothing_is_read_when_nothing_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_events(path, [APPROVAL])
    register = Register(path)
    before = register.refresh()
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    assert register.refresh() is before, "whoever keeps what was made from a state can tell that it still holds"


@pytest.mark.parametrize("keep_times", [False, True])
def test_an_edit_of_the_same_size_is_noticed(path: Path, keep_times: bool) -> None:  # noqa: FBT001
    append_events(path, [APPROVAL])
    register = Register(path)
    register.refresh()
    status = path.stat()
    time.sleep(0.02)  # a kernel counts time in ticks of up to 10 ms
    path.write_bytes(path.read_bytes().replace(b"legal/a.md", b"legal/x.md"))
    if keep_times:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert list(register.refresh().decisions) == ["legal/x.md"]


def test_an_edited_register_is_read_anew_even_if_it_also_grew(path: Path) -> None:
    append_events(path, [APPROVAL])
    register = Register(path)
    register.refresh()
    path.write_bytes(event_to_line(OTHER) + event_to_line(REVOCATION) + event_to_line(OTHER))
    state = register.refresh()
    assert state.position == 3
    assert state.decisions["legal/a.md"].withdrawal == REVOCATION


def test_a_register_that_was_cut_short_is_read_anew(path: Path) -> None:
    append_events(path, [APPROVAL, OTHER])
    register = Register(path)
    register.refresh()
    line = event_to_line(APPROVAL)
    path.write_bytes(line)
    assert register.refresh() == RegisterState(1, _of(APPROVAL), (), _hashes(line), LineOrder(NOON))


def test_law_10_a_register_that_went_away_approves_nothing_and_may_come_back(path: Path) -> None:
    append_events(path, [APPROVAL])
    register = Register(path)
    register.refresh()
    path.rename(path.with_suffix(".away"))
    assert register.refresh() == RegisterState()
    path.with_suffix(".away").rename(path)
    assert _approvals(register.refresh()) == (APPROVAL,)


def test_a_register_that_cannot_be_read_is_an_error_and_not_an_empty_one(path: Path) -> None:
    path.mkdir()
    with pytest.raises(RegisterError, match=r"register\.jsonl cannot be read: Is a directory"):
        _read(path)


def test_a_register_that_stays_away_stays_the_same(path: Path) -> None:
    register = Register(path)
    away = register.refresh()
    assert register.refresh() is away
    append_events(path, [APPROVAL])
    assert register.refresh() is not away


def test_a_register_that_was_only_touched_is_the_same(path: Path) -> None:
    append_events(path, [APPROVAL])
    register = Register(path)
    before = register.refresh()
    os.utime(path, (4e9, 4e9))
    assert register.refresh() is before


# The hash of every line, whoever wrote it


def test_every_whole_line_is_known_by_its_hash_whatever_it_says(path: Path) -> None:
    lines = [event_to_line(APPROVAL), b"\n", b"rubbish\n", b"  \n", event_to_line(REVOCATION).replace(b"\n", b"\r\n")]
    path.write_bytes(b"".join(lines) + b'{"event": "approve", "docu')
    state = _read(path)
    assert state.line_hashes == _hashes(*lines), "the line that is cut off is none yet"
    assert state.position == 5
    assert state.line_hashes[1] == hashlib.sha256(b"").hexdigest()
    assert state.line_hashes[state.problems[0].line - 1] == hashlib.sha256(b"rubbish").hexdigest()


def test_lines_that_another_process_adds_are_seen_with_their_hashes(path: Path) -> None:
    append_events(path, [APPROVAL])
    register = Register(path)
    before = register.refresh()
    added = [event_to_line(OTHER), b"written with an editor\n"]
    write = "import sys; open(sys.argv[1], 'ab').write(bytes.fromhex(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", write, str(path), b"".join(added).hex()], check=True)
    after = register.refresh()
    assert after.line_hashes == before.line_hashes + _hashes(*added)
    assert before.line_hashes == _hashes(event_to_line(APPROVAL)), "what was handed out stays as it was"


def test_an_earlier_line_that_is_edited_changes_the_hash_of_the_register(path: Path) -> None:
    append_events(path, [APPROVAL, OTHER, REVOCATION])
    register = Register(path)
    before = register.refresh()
    path.write_bytes(path.read_bytes().replace(b"ann@x.example", b"bob@x.example", 1))
    append_events(path, [OTHER])
    after = register.refresh()
    assert [n for n in range(3) if before.line_hashes[n] != after.line_hashes[n]] == [0]
    assert register_hash(after.line_hashes[:3]) != register_hash(before.line_hashes)
    assert register_hash(after.line_hashes[1:3]) == register_hash(before.line_hashes[1:])


def test_the_hash_of_the_register_is_the_hash_of_its_lines_hashes_in_their_order() -> None:
    one, two = hashlib.sha256(b"one"), hashlib.sha256(b"two")
    expected = hashlib.sha256(one.digest() + two.digest()).hexdigest()
    assert register_hash([one.hexdigest(), two.hexdigest()]) == expected
    assert register_hash([two.hexdigest(), one.hexdigest()]) != expected
    assert register_hash(()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


_PIECES = st.lists(
    st.sampled_from(
        [
            event_to_line(APPROVAL),
            event_to_line(OTHER),
            event_to_line(REVOCATION),
            event_to_line(REVOCATION)[:40],
            event_to_line(APPROVAL)[:-1],
            event_to_line(APPROVAL)[-30:],
            b"\n",
            b"rubbish\n",
            b'"document": "legal/b.md"',
            event_to_line(replace(APPROVAL, at=NOON + timedelta(days=1))),
            event_to_line(replace(REVOCATION, at=NOON - timedelta(days=1))),
            b"=======\n",
        ]
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(pieces=_PIECES)
def test_a_follower_knows_what_a_newcomer_reads(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("followed") / "register.jsonl"
    follower = Register(path)
    with path.open("ab", buffering=0) as file:
        for piece in pieces:
            file.write(piece)
            state = follower.refresh()
            assert state == _read(path)
            assert state.line_hashes == _hashes(*path.read_bytes().split(b"\n")[:-1])
            assert state.position == len(state.line_hashes)


def test_threads_share_a_register(path: Path) -> None:
    register = Register(path)

    def add(number: int) -> int:
        append_events(path, [replace(APPROVAL, document=f"legal/{number}.md")])
        return register.refresh().position

    with ThreadPoolExecutor(8) as threads:
        positions = list(threads.map(add, range(80)))
    assert max(positions) == 80
    assert register.refresh() == _read(path)


# Writing under pressure


def test_several_processes_lose_and_break_no_line(path: Path) -> None:
    arguments = [sys.executable, "-P", "-c", APPEND_FIFTY, str(path), event_to_line(APPROVAL).decode()]
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.defpath}
    writers = [subprocess.Popen([*arguments, f"writer-{n}"], env=environment, cwd="/") for n in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    lines = path.read_bytes().splitlines()
    assert len(lines) == 200
    assert {json.loads(line)["by"] for line in lines} == {f"writer-{n}-{m}" for n in range(4) for m in range(50)}
    assert _read(path).problems == ()


def test_a_disk_that_fills_up_in_mid_line_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_events(path, [APPROVAL])
    before = path.read_bytes()
    write = os.write

    def write_half(descriptor: int, content: bytes) -> int:
        if len(content) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, content[: len(content) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_half)
        with pytest.raises(RegisterError, match=r"cannot be written \(No space left on device\); nothing was recorded"):
            append_events(path, [OTHER, REVOCATION])
    assert path.read_bytes() == before
    append_events(path, [OTHER])
    assert path.read_bytes() == before + event_to_line(OTHER)


def test_an_event_that_is_not_durable_was_not_recorded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_events(path, [APPROVAL])
    before = path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(RegisterError, match="Input/output error"):
        append_events(path, [OTHER])
    assert path.read_bytes() == before


def test_every_event_is_made_durable_and_a_new_register_with_its_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    append_events(path, [APPROVAL])
    assert synced == [str(path), str(path.parent)]
    append_events(path, [OTHER])
    assert synced[2:] == [str(path)]


def test_a_register_that_stays_locked_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_module, "_LOCK_TIMEOUT_S", 0.05)
    with FileLock(f"{path}.lock"), pytest.raises(RegisterError, match="has been locked by another writer for 0 s"):
        append_events(path, [APPROVAL])
    assert not path.exists()


def test_a_place_that_cannot_hold_a_register_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegisterError, match=r"cannot be written \(.*\); nothing was recorded"):
        append_events(tmp_path / "file" / "register.jsonl", [APPROVAL])


# Lines that a merge of two branches has mixed

LATER = NOON + timedelta(hours=1)
EVENING = NOON + timedelta(hours=8)


def test_law_2_a_merge_does_not_undo_a_revocation(path: Path) -> None:
    renewed_elsewhere = replace(APPROVAL, by="bo@x.example", at=LATER)
    append_events(path, [APPROVAL, replace(REVOCATION, at=EVENING), renewed_elsewhere])
    state = _read(path)
    decision = state.decisions["legal/a.md"]
    assert (decision.approvals, decision.withdrawal) == ((), replace(REVOCATION, at=EVENING))
    assert state.problems == (), "nothing has to be mended"
    mixed, moot = register_remarks(state, path, now=EVENING)
    assert mixed.startswith(
        f"{path}: lines dated before one above them: 1, the first is line 3; branches were merged, or"
    )
    assert moot == (
        f"{path}, line 3: this approval of 'legal/a.md' is dated 2026-11-20T13:00:00Z and does not count: what was "
        "approved up to 2026-11-20T20:00:00Z is withdrawn; if it should count, approve it again"
    )


def test_law_2_a_union_of_two_branches_does_not_bring_an_old_line_back(path: Path) -> None:
    revocation = replace(REVOCATION, at=EVENING)
    append_events(path, [APPROVAL, revocation, APPROVAL, revocation])
    state = _read(path)
    assert state.decisions["legal/a.md"].withdrawal == revocation
    assert state.order.repeated == 2
    assert f"{path}: lines that stand in it twice: 2; the second of each decides nothing" in register_remarks(
        state, path, now=EVENING
    )


def test_a_revocation_that_a_union_doubled_does_not_end_the_approval_that_followed_it(path: Path) -> None:
    revocation = replace(REVOCATION, at=LATER)
    again = replace(APPROVAL, at=EVENING)
    append_events(path, [APPROVAL, revocation, again, revocation])
    assert _approvals(_read(path)) == (again,)


def test_law_2_a_revocation_by_a_clock_that_runs_behind_ends_what_stands_above_it(path: Path) -> None:
    behind = replace(REVOCATION, at=NOON - timedelta(seconds=7))
    append_events(path, [APPROVAL, behind])
    state = _read(path)
    assert state.decisions["legal/a.md"].withdrawal == behind
    (remark,) = register_remarks(state, path, now=EVENING)
    assert (
        "line 2: 'legal/a.md' is withdrawn by this line of 2026-11-20T11:59:53Z, although an approval above" in remark
    )
    append_events(path, [replace(APPROVAL, at=EVENING)])
    assert register_remarks(_read(path), path, now=EVENING) == [], "decided anew, there is nothing left to know"


def test_marks_that_git_leaves_of_a_merge_are_named_and_both_sides_count(path: Path) -> None:
    ours, theirs = event_to_line(replace(APPROVAL, at=LATER)), event_to_line(replace(REVOCATION, at=EVENING))
    path.write_bytes(
        event_to_line(APPROVAL) + b"<<<<<<< HEAD\n" + ours + b"||||||| 1a2b\n=======\n" + theirs + b">>>>>>> renew\n"
    )
    state = _read(path)
    assert state.decisions["legal/a.md"].withdrawal is not None
    (problem,) = state.problems
    said = (
        "git left a merge open, '<<<<<<< HEAD' to '>>>>>>> renew': keep the lines of both sides and take its marks out"
    )
    assert problem.in_words(path) == f"{path}, lines 2 to 7: {said}"


def _merge_with_git(folder: Path, attributes: str, *, renewed: Event, revoked: Event) -> int:
    """Let two branches of a register add a line each and merge them; return what `git merge` exits with."""

    def git(*arguments: str) -> int:
        identity = ("-c", "user.name=a", "-c", "user.email=a@x.example", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, check=False).returncode  # noqa: S607

    def commit(*events: Event) -> None:
        append_events(folder / "register.jsonl", events)
        assert git("add", "register.jsonl", ".gitattributes") == git("commit", "-m", "decided") == 0

    assert git("init", "-b", "main") == 0
    (folder / ".gitattributes").write_text(attributes)
    commit(APPROVAL)
    assert git("checkout", "-b", "renewals") == 0
    commit(renewed)
    assert git("checkout", "main") == 0
    commit(revoked)
    return git("merge", "renewals")


def test_git_asks_a_person_about_a_register_that_both_branches_added_to(tmp_path: Path) -> None:
    attributes = "* merge=union\n" + (ROOT / ".gitattributes").read_text()
    renewed, revoked = replace(APPROVAL, by="bo@x.example", at=LATER), replace(REVOCATION, at=EVENING)
    assert _merge_with_git(tmp_path, attributes, renewed=renewed, revoked=revoked) == 1
    state = _read(tmp_path / "register.jsonl")
    assert state.decisions["legal/a.md"].withdrawal == revoked, "and both sides count meanwhile"
    assert len(state.problems) == 1


def test_law_2_whoever_lets_git_join_both_branches_gets_no_revoked_document_back(tmp_path: Path) -> None:
    renewed, revoked = replace(APPROVAL, by="bo@x.example", at=LATER), replace(REVOCATION, at=EVENING)
    assert _merge_with_git(tmp_path, "*.jsonl merge=union\n", renewed=renewed, revoked=revoked) == 0
    state = _read(tmp_path / "register.jsonl")
    assert [line.split(b'"')[3] for line in (tmp_path / "register.jsonl").read_bytes().splitlines()] == [
        b"approve",
        b"revoke",
        b"approve",
    ]
    assert state.decisions["legal/a.md"].withdrawal == revoked


def test_a_mark_that_ends_the_file_is_named_too(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL) + b">>>>>>> renew")
    assert "git left '>>>>>>> renew' of a merge" in _read(path).problems[0].message


def test_two_events_that_were_joined_on_one_line_take_the_approval_of_both_documents(path: Path) -> None:
    """A merge of files whose last line has no newline can do this, and nobody knows which of the two was meant."""
    append_events(path, [APPROVAL, OTHER])
    with path.open("ab") as file:
        file.write(event_to_line(APPROVAL).strip() + event_to_line(replace(REVOCATION, document="legal/b.md")))
    state = _read(path)
    assert [decision.approvals for decision in state.decisions.values()] == [(), ()]
    assert state.problems[0].in_words(path).endswith("; 'legal/a.md' and 'legal/b.md' count as not approved")


def test_times_that_differ_by_no_more_than_clocks_do_are_not_told_of_other_documents(path: Path) -> None:
    append_events(path, [APPROVAL, replace(OTHER, at=NOON - timedelta(seconds=40))])
    assert register_remarks(_read(path), path, now=NOON) == []


def test_lines_of_the_same_second_are_in_order(path: Path) -> None:
    append_events(path, [APPROVAL, OTHER, replace(APPROVAL, by="bo@x.example"), replace(REVOCATION, by="cy@x.example")])
    assert register_remarks(_read(path), path, now=NOON) == []


@pytest.mark.parametrize(
    "event", [replace(REVOCATION, at=NOON.replace(year=2099)), replace(APPROVAL, at=NOON.replace(year=2099))]
)
def test_a_time_that_has_not_come_is_told_until_it_is_mended(path: Path, event: Event) -> None:
    append_events(path, [event])
    (remark,) = register_remarks(_read(path), path, now=NOON)
    assert "'legal/a.md' is" in remark, "which document it is"
    assert "2099-11-20T12:00:00Z: that time has not come" in remark
    assert register_remarks(_read(path), path, now=NOON.replace(year=2100)) == []

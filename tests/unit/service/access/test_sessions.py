"""Sessions of browsers: random, with an end, begun by a code that works once and for minutes."""

import contextlib
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.access.errors import NotSignedInError, SessionsUnavailableError
from service.access.sessions import CODE_LASTS_S, SESSION_LASTS_S, SESSIONS_FILE, Sessions


class Seconds:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_s() -> Seconds:
    return Seconds()


@pytest.fixture
def sessions(tmp_path: Path, clock_s: Seconds) -> Iterator[Sessions]:
    with contextlib.closing(Sessions(path=tmp_path / SESSIONS_FILE, clock_s=clock_s)) as opened:
        yield opened


def test_a_code_begins_a_session_of_the_person_it_was_made_for(sessions: Sessions) -> None:
    begun = sessions.begin(sessions.new_code("mira"))
    assert sessions.person(begun.session_id) == "mira"
    assert begun.lasts_s == SESSION_LASTS_S
    assert len(begun.session_id) == 43  # 32 random bytes
    assert begun.session_id not in repr(begun)


def test_a_code_works_once(sessions: Sessions) -> None:
    code = sessions.new_code("mira")
    begun = sessions.begin(code)
    with pytest.raises(NotSignedInError, match="expected a new link"):
        sessions.begin(code)
    assert sessions.person(begun.session_id) == "mira"


def test_of_several_who_bring_one_code_at_once_one_gets_in(sessions: Sessions) -> None:
    code, at_once, got = sessions.new_code("mira"), threading.Barrier(8), []

    def bring() -> None:
        at_once.wait()
        with contextlib.suppress(NotSignedInError):
            got.append(sessions.begin(code))

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


@pytest.mark.parametrize(("later_s", "works"), [(CODE_LASTS_S - 1, True), (CODE_LASTS_S, False), (10**6, False)])
def test_a_code_works_for_minutes(sessions: Sessions, clock_s: Seconds, later_s: float, *, works: bool) -> None:
    code = sessions.new_code("mira")
    clock_s.now += later_s
    with contextlib.nullcontext() if works else pytest.raises(NotSignedInError):
        sessions.begin(code)


@pytest.mark.parametrize("later_s", [SESSION_LASTS_S - 1, SESSION_LASTS_S, SESSION_LASTS_S + 1])
def test_a_session_has_an_end_whoever_uses_it(sessions: Sessions, clock_s: Seconds, later_s: float) -> None:
    begun = sessions.begin(sessions.new_code("mira"))
    clock_s.now += later_s / 2
    assert sessions.person(begun.session_id) == "mira"
    clock_s.now += later_s / 2
    assert sessions.person(begun.session_id) == ("mira" if later_s < SESSION_LASTS_S else None)


def test_a_session_that_was_ended_is_none_and_others_go_on(sessions: Sessions) -> None:
    one, other = (sessions.begin(sessions.new_code("mira")).session_id for _ in range(2))
    sessions.end(one)
    sessions.end("never one")
    assert (sessions.person(one), sessions.person(other)) == (None, "mira")


@pytest.mark.parametrize("made_up", ["", "x", "a" * 43, "\ud800", "' OR 1=1 --", "\x00", "x" * 100_000])
def test_what_was_made_up_is_nobodys(sessions: Sessions, made_up: str) -> None:
    sessions.begin(sessions.new_code("mira"))
    assert sessions.person(made_up) is None
    with pytest.raises(NotSignedInError):
        sessions.begin(made_up)


def test_they_outlive_the_process_and_another_sees_its_codes(
    tmp_path: Path, sessions: Sessions, clock_s: Seconds
) -> None:
    begun = sessions.begin(sessions.new_code("mira"))
    with contextlib.closing(Sessions(path=tmp_path / SESSIONS_FILE, clock_s=clock_s)) as another:
        assert another.person(begun.session_id) == "mira"
        code = another.new_code("tom")
    assert sessions.person(sessions.begin(code).session_id) == "tom"


def test_whoever_reads_the_file_can_use_nothing_of_it(tmp_path: Path, sessions: Sessions) -> None:
    code, begun = sessions.new_code("mira"), sessions.begin(sessions.new_code("mira"))
    content = (tmp_path / SESSIONS_FILE).read_bytes()
    assert code.encode() not in content
    assert begun.session_id.encode() not in content
    assert stat.S_IMODE((tmp_path / SESSIONS_FILE).stat().st_mode) == 0o600


def test_what_has_ended_does_not_stay_in_the_file(tmp_path: Path, sessions: Sessions, clock_s: Seconds) -> None:
    sessions.begin(sessions.new_code("mira"))
    sessions.new_code("mira")
    clock_s.now += SESSION_LASTS_S
    sessions.new_code("mira")
    with contextlib.closing(sqlite3.connect(tmp_path / SESSIONS_FILE)) as file:
        counts = file.execute("SELECT (SELECT count(*) FROM codes), (SELECT count(*) FROM sessions)").fetchone()
    assert counts == (1, 0)


def test_a_file_that_cannot_be_used_is_said_with_what_to_do(tmp_path: Path, clock_s: Seconds) -> None:
    (tmp_path / SESSIONS_FILE).write_bytes(b"no database at all, but long enough to be looked at" * 100)
    broken = Sessions(path=tmp_path / SESSIONS_FILE, clock_s=clock_s)
    uses: list[Callable[[str], object]] = [broken.new_code, broken.person, broken.end, broken.begin]
    for use in uses:
        with pytest.raises(SessionsUnavailableError, match=r"sqlite \(SQLITE_NOTADB\): .* or remove the file"):
            use("x")


def test_a_link_in_its_place_is_not_followed(tmp_path: Path, clock_s: Seconds) -> None:
    (tmp_path / SESSIONS_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SessionsUnavailableError):
        Sessions(path=tmp_path / SESSIONS_FILE, clock_s=clock_s).new_code("mira")
    assert not (tmp_path / "elsewhere").exists()

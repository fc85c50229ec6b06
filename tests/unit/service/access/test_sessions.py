"""Sessions of browsers: random, with an end, begun by a code that works once and for minutes."""

import contextlib
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.access.errors import NotSignedInError, SessionsUnavailableError
from service.access.people import Person
from service.access.private_file import in_folder
from service.access.session_store import SESSIONS_FILE, SessionStore
from service.access.sessions import CODE_LASTS_S, SESSION_LASTS_S, Lasting, Sessions

MIRA = Person("mira-1", "mira@northlight.example", "Mira", frozenset({"newsroom"}))


class Seconds:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_s() -> Seconds:
    return Seconds()


def name_of(sessions: Sessions, session_id: str) -> str | None:
    person = sessions.person(session_id)
    return person.person_id if person else None


@pytest.fixture
def sessions(tmp_path: Path, clock_s: Seconds) -> Iterator[Sessions]:
    with contextlib.closing(Sessions(SessionStore(in_folder(tmp_path), clock_s=clock_s), Lasting())) as opened:
        yield opened


def test_a_code_begins_a_session_of_the_person_it_was_made_for(sessions: Sessions) -> None:
    begun = sessions.begin_by_code(sessions.new_code("mira"))
    assert name_of(sessions, begun.session_id) == "mira"
    assert begun.lasts_s == SESSION_LASTS_S
    assert len(begun.session_id) == 43  # 32 random bytes
    assert begun.session_id not in repr(begun)


def test_a_code_works_once(sessions: Sessions) -> None:
    code = sessions.new_code("mira")
    begun = sessions.begin_by_code(code)
    with pytest.raises(NotSignedInError, match="expected a new link"):
        sessions.begin_by_code(code)
    assert name_of(sessions, begun.session_id) == "mira"


def test_of_several_who_bring_one_code_at_once_one_gets_in(sessions: Sessions) -> None:
    code, at_once, got = sessions.new_code("mira"), threading.Barrier(8), []

    def bring() -> None:
        at_once.wait()
        with contextlib.suppress(NotSignedInError):
            got.append(sessions.begin_by_code(code))

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
        sessions.begin_by_code(code)


@pytest.mark.parametrize("later_s", [SESSION_LASTS_S - 1, SESSION_LASTS_S, SESSION_LASTS_S + 1])
def test_a_session_has_an_end_whoever_uses_it(sessions: Sessions, clock_s: Seconds, later_s: float) -> None:
    begun = sessions.begin_by_code(sessions.new_code("mira"))
    clock_s.now += later_s / 2
    assert name_of(sessions, begun.session_id) == "mira"
    clock_s.now += later_s / 2
    assert name_of(sessions, begun.session_id) == ("mira" if later_s < SESSION_LASTS_S else None)


def test_a_session_that_was_ended_is_none_and_others_go_on(sessions: Sessions) -> None:
    one, other = (sessions.begin_by_code(sessions.new_code("mira")).session_id for _ in range(2))
    sessions.end(one)
    sessions.end("never one")
    assert (name_of(sessions, one), name_of(sessions, other)) == (None, "mira")


@pytest.mark.parametrize("made_up", ["", "x", "a" * 43, "\ud800", "' OR 1=1 --", "\x00", "x" * 100_000])
def test_what_was_made_up_is_nobodys(sessions: Sessions, made_up: str) -> None:
    sessions.begin_by_code(sessions.new_code("mira"))
    assert sessions.person(made_up) is None
    with pytest.raises(NotSignedInError):
        sessions.begin_by_code(made_up)


def test_they_outlive_the_process_and_another_sees_its_codes(
    tmp_path: Path, sessions: Sessions, clock_s: Seconds
) -> None:
    begun = sessions.begin_by_code(sessions.new_code("mira"))
    with contextlib.closing(Sessions(SessionStore(in_folder(tmp_path), clock_s=clock_s), Lasting())) as another:
        assert name_of(another, begun.session_id) == "mira"
        code = another.new_code("tom")
    assert name_of(sessions, sessions.begin_by_code(code).session_id) == "tom"


def test_whoever_reads_the_file_can_use_nothing_of_it(tmp_path: Path, sessions: Sessions) -> None:
    code, begun = sessions.new_code("mira"), sessions.begin_by_code(sessions.new_code("mira"))
    content = b"".join(file.read_bytes() for file in tmp_path.glob(f"{SESSIONS_FILE}*"))  # and what is written ahead
    assert b"mira" in content
    assert code.encode() not in content
    assert begun.session_id.encode() not in content
    assert stat.S_IMODE((tmp_path / SESSIONS_FILE).stat().st_mode) == 0o600


def test_what_has_ended_does_not_stay_in_the_file(tmp_path: Path, sessions: Sessions, clock_s: Seconds) -> None:
    sessions.begin_by_code(sessions.new_code("mira"))
    sessions.new_code("mira")
    clock_s.now += SESSION_LASTS_S
    sessions.new_code("mira")
    with contextlib.closing(sqlite3.connect(tmp_path / SESSIONS_FILE)) as file:
        counts = file.execute("SELECT (SELECT count(*) FROM codes), (SELECT count(*) FROM sessions)").fetchone()
    assert counts == (1, 0)


def test_a_file_that_cannot_be_used_is_said_with_what_to_do(tmp_path: Path, clock_s: Seconds) -> None:
    (tmp_path / SESSIONS_FILE).write_bytes(b"no database at all, but long enough to be looked at" * 100)
    broken = Sessions(SessionStore(in_folder(tmp_path), clock_s=clock_s), Lasting())
    uses: list[Callable[[str], object]] = [broken.new_code, broken.person, broken.end, broken.begin_by_code]
    for use in uses:
        with pytest.raises(SessionsUnavailableError, match=r"sqlite \(SQLITE_NOTADB\): .* or remove the file"):
            use("x")


def test_a_link_in_its_place_is_not_followed(tmp_path: Path, clock_s: Seconds) -> None:
    (tmp_path / SESSIONS_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SessionsUnavailableError):
        Sessions(SessionStore(in_folder(tmp_path), clock_s=clock_s), Lasting()).new_code("mira")
    assert not (tmp_path / "elsewhere").exists()


def test_somebody_who_was_recognised_has_a_session_with_what_is_known_of_them(sessions: Sessions) -> None:
    begun = sessions.begin(MIRA, before=None, id_token="as it came")
    assert sessions.person(begun.session_id) == MIRA
    assert sessions.end(begun.session_id) == "as it came"
    assert sessions.person(begun.session_id) is None


def test_signing_in_again_ends_the_session_that_the_browser_had(sessions: Sessions) -> None:
    before = sessions.begin(MIRA, before=None, id_token=None).session_id
    after = sessions.begin(MIRA, before=before, id_token=None).session_id
    assert (sessions.person(before), sessions.person(after)) == (None, MIRA)


def test_a_session_that_is_not_used_ends_early(tmp_path: Path, clock_s: Seconds) -> None:
    file = SessionStore(in_folder(tmp_path), clock_s=clock_s)
    with contextlib.closing(Sessions(file, Lasting(most_s=1000, idle_s=100))) as sessions:
        used, unused = (sessions.begin(MIRA, before=None, id_token=None).session_id for _ in range(2))
        for _ in range(10):
            clock_s.now += 99
            assert sessions.person(used) == MIRA
        assert sessions.person(unused) is None
        clock_s.now += 99
        assert sessions.person(used) is None  # its time is over in any case


@pytest.mark.parametrize("called", ["mira-1", "mira@northlight.example", "Mira@Northlight.example"])
def test_somebody_is_signed_out_everywhere_by_id_or_address(sessions: Sessions, called: str) -> None:
    two = [sessions.begin(MIRA, before=None, id_token=None).session_id for _ in range(2)]
    other = sessions.begin(Person("tom-2", None, "Tom"), before=None, id_token=None).session_id
    assert sessions.end_all(called) == len(two)
    assert [name_of(sessions, one) for one in (*two, other)] == [None, None, "tom-2"]


def test_who_signed_in_is_known_by_their_address_for_a_day(sessions: Sessions, clock_s: Seconds) -> None:
    sessions.begin(MIRA, before=None, id_token=None)
    assert sessions.seen_with_address("MIRA@northlight.example") == MIRA
    clock_s.now += 24 * 3600
    assert sessions.seen_with_address("mira@northlight.example") is None


def test_an_address_that_two_people_signed_in_with_is_nobodys(sessions: Sessions) -> None:
    for person_id in ("mira-1", "mira-2"):
        sessions.begin(Person(person_id, "mira@northlight.example", "Mira"), before=None, id_token=None)
    assert sessions.seen_with_address("mira@northlight.example") is None


def test_a_file_of_another_form_is_begun_anew(tmp_path: Path, sessions: Sessions) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / SESSIONS_FILE)) as file:
        file.execute("CREATE TABLE sessions (id_hash BLOB PRIMARY KEY, person TEXT NOT NULL, ends_s REAL NOT NULL)")
    assert sessions.person(sessions.begin(MIRA, before=None, id_token=None).session_id) == MIRA

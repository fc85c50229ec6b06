"""Logins that were begun: each found by what its browser has, once, and for ten minutes."""

import sqlite3
from pathlib import Path

import pytest

from service.access.openid import logins as module
from service.access.openid.logins import Logins
from service.access.private_file import in_folder
from service.access.session_store import SESSIONS_FILE, SessionStore


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_s() -> Seconds:
    return Seconds()


@pytest.fixture
def file(tmp_path: Path, clock_s: Seconds) -> SessionStore:
    return SessionStore(in_folder(tmp_path), clock_s=clock_s)


@pytest.fixture
def logins(file: SessionStore) -> Logins:
    return Logins(file)


def test_a_login_is_taken_once_by_its_id(logins: Logins) -> None:
    login_id, login = logins.begin()
    assert logins.take(login_id) == login
    assert logins.take(login_id) is None


def test_everything_in_it_is_random_and_shown_by_no_repr(logins: Logins) -> None:
    (one_id, one), (other_id, other) = logins.begin(), logins.begin()
    made = [one_id, one.state, one.nonce, one.verifier, other_id, other.state, other.nonce, other.verifier]
    assert len(set(made)) == len(made)
    assert {len(text) for text in made} == {43}  # 32 random bytes, as a verifier may be
    assert not [text for text in made if text in repr((one, other))]


@pytest.mark.parametrize(("later_s", "there"), [(599, True), (600, False), (10**6, False)])
def test_a_login_lasts_ten_minutes(logins: Logins, clock_s: Seconds, later_s: float, *, there: bool) -> None:
    login_id, _ = logins.begin()
    clock_s.now += later_s
    assert (logins.take(login_id) is not None) == there


def test_whoever_reads_the_file_has_no_id(file: SessionStore, logins: Logins, tmp_path: Path) -> None:
    login_id, _ = logins.begin()
    file.close()
    assert login_id.encode() not in (tmp_path / SESSIONS_FILE).read_bytes()


def test_the_oldest_go_where_very_many_are_begun(
    logins: Logins, clock_s: Seconds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    begun = []
    for _ in range(5):
        begun.append(logins.begin()[0])
        clock_s.now += 1
    rows = sqlite3.connect(tmp_path / SESSIONS_FILE)
    assert rows.execute("SELECT count(*) FROM logins").fetchone() == (3,)
    rows.close()
    assert [logins.take(login_id) is not None for login_id in begun] == [False, False, True, True, True]

"""Files of sessions, API keys and pushed people are carried into a database: all of it, once, and nothing is mixed."""

import contextlib
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.access import private_moving
from service.access.errors import DirectoryError, KeysError
from service.access.key_store import KEYS_FILE, Key, KeyStore
from service.access.people import Person
from service.access.private_database import Connection
from service.access.private_file import MOVED, in_folder
from service.access.private_moving import carry
from service.access.private_tables import in_database
from service.access.pushed import PushedPeople
from service.access.pushed_store import PUSHED_FILE, PushedStore
from service.access.session_store import SESSIONS_FILE, SessionStore
from service.access.sessions import Lasting, Sessions

TODAY = date(2026, 11, 29)
FILES = [KEYS_FILE, PUSHED_FILE, SESSIONS_FILE]


def a_key(name: str, key_id: str = "abcdefghij") -> Key:
    return Key(key_id, name, bytes(32), frozenset({"ask"}), frozenset(), "cli", "2026-11-29T12:00:00Z", TODAY)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder with a key on record and one that is not yet, people who were pushed, and a session."""
    with contextlib.closing(KeyStore(in_folder(tmp_path))) as keys:
        keys.add(a_key("slack"), today=TODAY)
        keys.mark_recorded(keys.unrecorded()[0].number)
        keys.add(a_key("metrics", "bcdefghijk"), today=TODAY)
    with contextlib.closing(PushedPeople(PushedStore(in_folder(tmp_path)))) as people:
        mira = people.add("user", {"userName": "mira@northlight.example", "displayName": "Mira ✓"})
        people.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
        people.delete("user", people.add("user", {"userName": "jon"}).id)
    return tmp_path


def begun(state: Path) -> str:
    with contextlib.closing(Sessions(SessionStore(in_folder(state), clock_s=lambda: 1000.0), Lasting())) as sessions:
        return sessions.begin(Person("mira-1", None, "Mira"), before=None, id_token=None).session_id


def test_everything_is_there_afterwards_and_the_files_are_put_out_of_use(state: Path, access_url: str) -> None:
    session_id = begun(state)
    carried = carry(state, url=access_url)
    assert [path.name for path in carried.left] == [name + MOVED for name in FILES]
    assert sorted(path.name for path in state.glob("*.sqlite*")) == sorted(name + MOVED for name in FILES)
    keep = in_database(access_url, state=state)
    with contextlib.closing(KeyStore(keep)) as keys:
        assert [key.name for key in keys.all()] == ["slack", "metrics"]
        assert [change.key.name for change in keys.unrecorded()] == ["metrics"]
        keys.add(a_key("late", "cdefghijkl"), today=TODAY + timedelta(days=1))
        assert [key.name for key in keys.all()] == ["slack", "metrics", "late"], "what comes later is later"
    with contextlib.closing(PushedPeople(PushedStore(keep))) as people:
        assert [user.resource["displayName"] for user in people.users()] == ["Mira ✓"]
        jon = people.by_id("jon")
        assert jon is not None
        assert not jon.active
    with contextlib.closing(Sessions(SessionStore(keep, clock_s=lambda: 1001.0), Lasting())) as sessions:
        found = sessions.person(session_id)
        assert found is not None
        assert found.person_id == "mira-1"


@pytest.mark.parametrize("name", FILES)
def test_a_move_that_was_cut_off_goes_on(state: Path, access_url: str, name: str) -> None:
    begun(state)
    carry(state, url=access_url)
    (state / (name + MOVED)).rename(state / name)  # the power went before this was written
    assert carry(state, url=access_url).left == [state / (name + MOVED)]
    assert carry(state, url=access_url).left == []
    with contextlib.closing(KeyStore(in_database(access_url, state=state))) as keys:
        assert [key.name for key in keys.all()] == ["slack", "metrics"]


def test_half_of_a_file_is_never_in_the_database(state: Path, access_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = private_moving._put

    def cut_off(connection: Connection, table: str, *more: Any) -> None:
        whole(connection, table, *more)
        if table == "keys":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(private_moving, "_put", cut_off)
        with pytest.raises(KeyboardInterrupt):
            carry(state, url=access_url)
    assert (state / KEYS_FILE).exists()
    with contextlib.closing(KeyStore(in_database(access_url, state=state / "elsewhere"))) as keys:
        assert keys.all() == []
    assert len(carry(state, url=access_url).left) == 2


@pytest.mark.parametrize(("name", "error"), [(KEYS_FILE, KeysError), (PUSHED_FILE, DirectoryError)])
def test_what_the_database_holds_already_is_not_mixed_with_another_installations(
    state: Path, access_url: str, name: str, error: type[Exception]
) -> None:
    with contextlib.closing(KeyStore(in_database(access_url, state=state / "elsewhere"))) as keys:
        if name == KEYS_FILE:
            keys.add(a_key("theirs", "zzzzzzzzzz"), today=TODAY)
    with contextlib.closing(PushedPeople(PushedStore(in_database(access_url, state=state / "elsewhere")))) as people:
        if name == PUSHED_FILE:
            people.add("user", {"userName": "somebody"})
    with pytest.raises(error, match=rf"holds something else than .*{name}"):
        carry(state, url=access_url)
    assert (state / name).exists()


def test_a_file_that_holds_nothing_stands_in_nobodys_way(tmp_path: Path, access_url: str) -> None:
    with contextlib.closing(KeyStore(in_folder(tmp_path))) as keys:
        assert keys.all() == []
    with contextlib.closing(KeyStore(in_database(access_url, state=tmp_path))) as keys:
        keys.expect_pepper(bytes(32))
        keys.add(a_key("slack"), today=TODAY)
        assert carry(tmp_path, url=access_url).rows == 0
        assert [key.name for key in keys.all()] == ["slack"]


def test_sessions_of_the_database_count_where_there_are_any(state: Path, access_url: str) -> None:
    here = begun(state)
    store = SessionStore(in_database(access_url, state=state), clock_s=lambda: 1000.0)
    with contextlib.closing(Sessions(store, Lasting())) as sessions:
        there = sessions.begin(Person("tom-2", None, "Tom"), before=None, id_token=None).session_id
        carry(state, url=access_url)
        assert [sessions.person(one) is not None for one in (here, there)] == [False, True]


def test_until_it_is_carried_no_key_and_no_person_is_known(state: Path, access_url: str) -> None:
    keep = in_database(access_url, state=state)
    with contextlib.closing(KeyStore(keep)) as keys, pytest.raises(KeysError, match="run greenlit audit move"):
        keys.all()
    with (
        contextlib.closing(PushedStore(keep)) as people,
        pytest.raises(DirectoryError, match="run greenlit audit move"),
    ):
        people.all()


def test_a_file_that_was_carried_is_not_begun_anew_without_the_database(state: Path, access_url: str) -> None:
    carry(state, url=access_url)
    with contextlib.closing(KeyStore(in_folder(state))) as keys:
        with pytest.raises(KeysError, match="set GREENLIT_DATABASE_URL to its address, or"):
            keys.all()
        (state / (KEYS_FILE + MOVED)).rename(state / KEYS_FILE)
        assert [key.name for key in keys.all()] == ["slack", "metrics"]
    people = PushedPeople(PushedStore(in_folder(state)))
    with pytest.raises(DirectoryError, match="was moved into a database"):
        people.refresh()


def test_a_file_of_the_form_before_keeps_what_it_holds(state: Path) -> None:
    for name, table in ((KEYS_FILE, "key_changes"), (PUSHED_FILE, "people_changes")):
        with contextlib.closing(sqlite3.connect(state / name)) as file:
            file.executescript(f"ALTER TABLE {table} RENAME TO changes; PRAGMA user_version = 1;")
    with contextlib.closing(KeyStore(in_folder(state))) as keys:
        assert [key.name for key in keys.all()] == ["slack", "metrics"]
    with contextlib.closing(PushedPeople(PushedStore(in_folder(state)))) as people:
        assert len(people.users()) == 1

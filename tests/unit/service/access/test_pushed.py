"""People and groups that a provider pushed: who somebody is, and that whoever was deleted is inactive, not unknown."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.access.errors import DirectoryError, NotFreshError
from service.access.people import Entry
from service.access.private_file import in_folder
from service.access.pushed import NoMemberError, Pushed, PushedPeople, TakenError, UnknownError
from service.access.pushed_store import PUSHED_FILE, PushedStore, Row

MIRA: dict[str, Any] = {"userName": "mira@northlight.example", "externalId": "mira-1", "active": True}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[PushedPeople]:
    opened = PushedPeople(PushedStore(in_folder(tmp_path)))
    yield opened
    opened.close()


def entry(people: PushedPeople, person_id: str) -> Entry | None:
    """Return who somebody is, as a request finds it."""
    try:
        return people.by_id(person_id)
    except NotFreshError:
        people.refresh()
        return people.by_id(person_id)


def found(people: PushedPeople, person_id: str) -> Entry:
    somebody = entry(people, person_id)
    assert somebody is not None
    return somebody


def test_where_nothing_was_pushed_nobody_is_known_and_no_file_is_made(people: PushedPeople, tmp_path: Path) -> None:
    assert people.by_id("mira-1") is None
    assert people.by_email("mira@northlight.example") is None
    assert list(tmp_path.iterdir()) == []


def test_a_person_is_known_by_id_and_address_with_the_names_of_their_groups(people: PushedPeople) -> None:
    mira = people.add("user", {**MIRA, "displayName": "Mira"})
    people.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
    people.add("group", {"displayName": "legal", "members": []})
    expected = Entry("mira-1", "mira@northlight.example", "Mira", frozenset({"newsroom"}), active=True)
    assert people.by_id("mira-1") == people.by_email("MIRA@northlight.example") == expected
    assert people.by_id("mira@northlight.example") is None, "whoever has an external id is known by it alone"


@pytest.mark.parametrize(
    ("more", "email"),
    [
        ({}, "mira@northlight.example"),
        ({"emails": [{"value": "M@x.example", "type": "work", "primary": True}]}, "m@x.example"),
        (
            {"emails": [{"value": "h@x.example", "type": "home"}, {"value": "w@x.example", "type": "work"}]},
            "w@x.example",
        ),
        (
            {
                "emails": [
                    {"value": "a@x.example", "type": "work"},
                    {"value": "b@x.example", "type": "work", "primary": True},
                ]
            },
            "b@x.example",
        ),
        ({"emails": [{"value": "h@x.example", "type": "home"}]}, "mira@northlight.example"),
        ({"emails": [{"value": "none", "type": "work"}], "userName": "mira"}, ""),
    ],
)
def test_the_address_is_the_primary_one_for_work(people: PushedPeople, more: dict[str, Any], email: str) -> None:
    people.add("user", MIRA | more)
    assert found(people, "mira-1").email == email
    assert people.by_email("") is None


def test_without_an_external_id_the_user_name_says_who_it_is(people: PushedPeople) -> None:
    people.add("user", {"userName": "mira"})
    assert found(people, "mira").active


def test_whoever_is_switched_off_or_deleted_is_inactive_and_in_no_group(people: PushedPeople) -> None:
    mira = people.add("user", MIRA)
    group = people.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
    people.change("user", mira.id, lambda before: {**before, "active": False})
    assert not found(people, "mira-1").active
    people.delete("user", mira.id)
    gone = found(people, "mira-1")
    assert (gone.active, gone.groups) == (False, frozenset())
    assert people.by_email("mira@northlight.example") == gone
    assert people.users() == []
    assert people.get("group", group.id).members == frozenset()
    with pytest.raises(UnknownError):
        people.get("user", mira.id)


def test_whoever_comes_back_after_being_deleted_is_active_without_the_old_groups(people: PushedPeople) -> None:
    mira = people.add("user", MIRA)
    people.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
    people.delete("user", mira.id)
    people.add("user", MIRA)
    back = found(people, "mira-1")
    assert (back.active, back.groups) == (True, frozenset())


def test_no_two_are_one_person_or_have_one_name(people: PushedPeople) -> None:
    people.add("user", MIRA)
    other = people.add("user", {"userName": "ada"})
    for taken in (MIRA | {"externalId": "x"}, {"userName": "MIRA@northlight.example"}, {"userName": "mira-1"}):
        with pytest.raises(TakenError):
            people.add("user", taken)
        with pytest.raises(TakenError):
            people.change("user", other.id, lambda _, taken=taken: taken)  # type: ignore[misc]
    people.add("group", {"displayName": "legal", "members": []})
    with pytest.raises(TakenError):
        people.add("group", {"displayName": "Legal", "members": []})
    people.change("user", other.id, lambda before: before)


def test_two_with_one_address_are_nobody_by_it(people: PushedPeople) -> None:
    mail = [{"value": "m@x.example", "type": "work"}]
    people.add("user", MIRA | {"emails": mail})
    ada = people.add("user", {"userName": "ada", "emails": mail})
    assert people.by_email("m@x.example") is None
    people.delete("user", ada.id)
    somebody = people.by_email("m@x.example")
    assert somebody is not None
    assert (somebody.person_id, somebody.active) == ("mira-1", True)


def test_a_group_takes_only_people_who_are_here(people: PushedPeople) -> None:
    mira = people.add("user", MIRA)
    for strangers in (["nobody"], [mira.id, "nobody"]):
        with pytest.raises(NoMemberError, match="got 1 that are none"):
            people.add("group", {"displayName": "g", "members": [{"value": id_} for id_ in strangers]})


def test_groups_are_renamed_left_and_deleted(people: PushedPeople) -> None:
    mira = people.add("user", MIRA)
    group = people.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
    people.change("group", group.id, lambda before: {**before, "displayName": "news"})
    assert found(people, "mira-1").groups == {"news"}
    people.change("group", group.id, lambda before: {**before, "members": []})
    assert found(people, "mira-1").groups == frozenset()
    people.change("group", group.id, lambda before: {**before, "members": [{"value": mira.id}]})
    people.delete("group", group.id)
    assert found(people, "mira-1").groups == frozenset()
    assert people.groups() == []


def test_everything_is_there_after_a_restart_and_for_its_owner_only(people: PushedPeople, tmp_path: Path) -> None:
    mira = people.add("user", MIRA)
    people.add("group", {"displayName": "newsroom", "members": [{"value": mira.id}]})
    gone = people.add("user", {"userName": "jon"})
    people.delete("user", gone.id)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    again = PushedPeople(PushedStore(in_folder(tmp_path)))
    with pytest.raises(NotFreshError):
        again.by_id("mira-1")
    assert found(again, "mira-1") == found(people, "mira-1")
    assert not found(again, "jon").active
    again.close()


def test_what_another_process_wrote_is_seen_before_anybody_is_looked_up(people: PushedPeople, tmp_path: Path) -> None:
    mira = people.add("user", MIRA)
    other = PushedPeople(PushedStore(in_folder(tmp_path)))
    other.change("user", mira.id, lambda before: {**before, "active": False})
    with pytest.raises(NotFreshError):
        people.by_id("mira-1")
    people.change("user", mira.id, lambda before: {**before, "displayName": "Mira"})
    assert found(people, "mira-1") == Entry("mira-1", "mira@northlight.example", "Mira", frozenset(), active=False)
    other.close()


def test_what_another_process_writes_in_between_is_not_lost(
    people: PushedPeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mira = people.add("user", MIRA)
    other = PushedPeople(PushedStore(in_folder(tmp_path)))
    usual = people._store.put
    came: list[Pushed] = []

    def put(row: Row, *, after: int) -> int | None:
        if not came:
            came.append(other.change("user", mira.id, lambda before: {**before, "active": False}))
        return usual(row, after=after)

    monkeypatch.setattr(people._store, "put", put)
    people.change("user", mira.id, lambda before: {**before, "displayName": "Mira"})
    assert (found(people, "mira-1").name, found(people, "mira-1").active) == ("Mira", False)
    other.close()


def test_a_store_that_cannot_be_read_is_said(people: PushedPeople, tmp_path: Path) -> None:
    (tmp_path / PUSHED_FILE).mkdir()
    with pytest.raises(NotFreshError):
        people.by_id("mira-1")
    with pytest.raises(DirectoryError, match="people cannot be read or written"):
        people.refresh()

"""Who somebody is here: the directory says whether and in which groups, the rules say what they may do."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from service.access.errors import DirectoryError, NotSignedInError, SessionsUnavailableError
from service.access.people import Entry, Membership, Person
from service.access.principals import Principal, Role
from service.access.rules import ACCESS_FILE, Rules

ADDRESS = "mira@northlight.example"
MIRA = Person("mira-1", ADDRESS, "Mira", frozenset({"newsroom", "archive"}))


class Listed:
    """A directory of some entries, in memory."""

    def __init__(self, *entries: Entry) -> None:
        self._entries = entries

    def by_id(self, person_id: str) -> Entry | None:
        return next((entry for entry in self._entries if entry.person_id == person_id), None)

    def by_email(self, email: str) -> Entry | None:
        return next((entry for entry in self._entries if entry.email == email.casefold()), None)

    def refresh(self) -> None:
        pass


def entry(person_id: str, *groups: str, email: str = ADDRESS, active: bool = True) -> Entry:
    return Entry(person_id, email, "Mira in the directory", frozenset(groups), active)


def membership(folder: Path, *directories: Listed, seen: Sequence[Person] = (), rules: str = "") -> Membership:
    (folder / ACCESS_FILE).write_text(rules, encoding="utf-8")
    followed = Rules(
        path=folder / ACCESS_FILE, on_change=lambda _: None, notice=lambda _: None, clock_s=lambda: 0.0, keep_s=1.0
    )
    made = Membership(
        rules=followed,
        directories=directories,
        seen=lambda email: next((person for person in seen if person.email == email), None),
    )
    made.refresh()
    return made


def known_as(made: Membership, person: Person = MIRA) -> Principal:
    return made.principal(person, auth="oidc-session")


def test_somebody_is_who_the_provider_says_and_one_of_everybody(tmp_path: Path) -> None:
    assert known_as(membership(tmp_path)) == Principal(
        principal_id="mira-1",
        groups=frozenset({"newsroom", "archive", "staff"}),
        roles=frozenset({Role.STAFF}),
        auth="oidc-session",
        name="Mira",
    )


def test_the_groups_of_the_directory_count_where_it_knows_the_person(tmp_path: Path) -> None:
    made = membership(tmp_path, Listed(entry("mira-1", "legal")))
    assert known_as(made).groups == {"legal", "staff"}


def test_the_first_directory_that_knows_somebody_is_believed(tmp_path: Path) -> None:
    made = membership(tmp_path, Listed(entry("mira-1", "legal")), Listed(entry("mira-1", "it", active=False)))
    assert known_as(made).groups == {"legal", "staff"}


def test_by_an_address_alone_the_directory_takes_and_never_gives(tmp_path: Path) -> None:
    made = membership(tmp_path, Listed(entry("of somebody else", "archive", "board")))
    assert known_as(made).groups == {"archive", "staff"}


@pytest.mark.parametrize("person_id", ["mira-1", "of the directory"])
def test_whoever_is_switched_off_is_nobody(tmp_path: Path, person_id: str) -> None:
    made = membership(tmp_path, Listed(entry(person_id, "newsroom", active=False)))
    with pytest.raises(NotSignedInError, match="active in the directory"):
        known_as(made)
    assert made.with_address(ADDRESS) is None


def test_whoever_may_not_ask_is_not_one_of_everybody(tmp_path: Path) -> None:
    made = membership(tmp_path, rules='[roles]\nstaff = ["legal"]\nauditor = ["archive"]\n')
    principal = known_as(made)
    assert principal.roles == {Role.AUDITOR}
    assert principal.groups == {"newsroom", "archive"}


def test_an_approver_decides_on_the_sources_of_their_groups(tmp_path: Path) -> None:
    made = membership(tmp_path, rules='[approvers]\nlegal = ["archive"]\nvfx = ["leads"]\n')
    principal = known_as(made)
    assert [principal.may_approve(source) for source in ("legal", "vfx", "*")] == [True, False, False]
    every = known_as(membership(tmp_path, rules='[approvers]\n"*" = ["archive"]\n'))
    assert every.may_approve("vfx")


def test_who_is_not_there_is_found_by_their_address(tmp_path: Path) -> None:
    made = membership(tmp_path, Listed(entry("mira-1", "legal")), seen=[MIRA])
    found = made.with_address("Mira@Northlight.example")
    assert found == Person("mira-1", ADDRESS, "Mira in the directory", frozenset({"legal"}))


def test_without_a_directory_it_is_who_signed_in_lately(tmp_path: Path) -> None:
    made = membership(tmp_path, Listed(), seen=[MIRA])
    assert made.with_address(ADDRESS) == MIRA
    assert made.with_address("tom@northlight.example") is None


def test_where_nobody_can_say_who_signed_in_it_is_said(tmp_path: Path) -> None:
    def seen(_email: str) -> Person | None:
        raise SessionsUnavailableError("the disk is full")

    rules = Rules(
        path=tmp_path / ACCESS_FILE, on_change=lambda _: None, notice=lambda _: None, clock_s=lambda: 0.0, keep_s=1.0
    )
    with pytest.raises(DirectoryError, match="the disk is full"):
        Membership(rules=rules, directories=(), seen=seen).with_address(ADDRESS)


def test_somebody_without_a_name_is_called_by_what_there_is(tmp_path: Path) -> None:
    made = membership(tmp_path)
    assert known_as(made, Person("x-1", ADDRESS, "")).name == ADDRESS
    assert known_as(made, Person("x-1", None, "")).name == "x-1"

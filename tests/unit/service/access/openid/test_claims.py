"""From claims to a person: what is taken, what is left out, who is refused."""

from typing import Any

import pytest

from service.access.errors import NotSignedInError
from service.access.openid.claims import groups_of, person_of
from service.access.people import Person
from tests.support.openid_parts import settings_of

SETTINGS = settings_of("https://idp.northlight.example")


def person(**said: Any) -> Person:
    return person_of({"sub": "mira-1", **said}, SETTINGS)


def test_a_person_is_their_id_with_address_name_and_groups() -> None:
    said = {"email": "Mira@Northlight.example", "email_verified": True, "name": "Mira Holt", "groups": ["newsroom"]}
    assert person(**said) == Person("mira-1", "mira@northlight.example", "Mira Holt", frozenset({"newsroom"}))


def test_the_claims_are_those_that_the_operator_names() -> None:
    settings = settings_of("https://idp.example", person_claim="oid", groups_claim="roles", email_claim="upn")
    said = {"sub": "pairwise", "oid": "mira-1", "roles": ["legal"], "groups": ["board"], "upn": "m@x.example"}
    assert person_of(said, settings) == Person("mira-1", "m@x.example", "", frozenset({"legal"}))
    with pytest.raises(NotSignedInError):
        person_of({"sub": "mira-1"}, settings)


@pytest.mark.parametrize("person_id", ["a", "x" * 255, "auth0|5f7c8ec7c33c6c004bbafe82", "Mira Holt", "Łucja"])
def test_these_are_ids(person_id: str) -> None:
    assert person(sub=person_id).person_id == person_id


@pytest.mark.parametrize(
    "person_id",
    ["", " ", " mira", "mira ", "x" * 256, "mi\nra", "mi\u202era", "\x00", None, 1, True, ["mira"], {"id": "mira"}],
    ids=repr,
)
def test_these_are_none(person_id: Any) -> None:
    with pytest.raises(NotSignedInError, match="names a person"):
        person(sub=person_id)


@pytest.mark.parametrize("person_id", ["local", "key:", "key:ci-robot"])
def test_nobody_of_the_provider_is_the_local_person_or_a_key(person_id: str) -> None:
    with pytest.raises(NotSignedInError, match="means something else here"):
        person(sub=person_id)


@pytest.mark.parametrize("verified", [False, "false", 0, "no", [], None, True, "true"], ids=repr)
def test_an_address_that_is_called_unverified_is_none(verified: Any) -> None:
    email = person(email="mira@northlight.example", email_verified=verified).email
    assert email == ("mira@northlight.example" if verified in (None, True, "true") else None)


@pytest.mark.parametrize("email", ["", "mira", "@x", "m@", "a@b@c", "m ira@x.example", "mıra@x.example", 1, ["m@x"]])
def test_what_is_no_address_is_left_out(email: Any) -> None:
    assert person(email=email).email is None


def test_where_addresses_name_people_the_provider_has_to_have_verified_them() -> None:
    settings = settings_of("https://idp.example", person_claim="email")
    said = {"sub": "1", "email": "mira@northlight.example"}
    assert person_of({**said, "email_verified": True}, settings).person_id == "mira@northlight.example"
    for more in ({}, {"email_verified": False}):
        with pytest.raises(NotSignedInError, match="verified"):
            person_of({**said, **more}, settings)


@pytest.mark.parametrize("name", [None, 7, "", "x" * 256, "Mi\u202era", "Mira\n"])
def test_a_name_that_would_mislead_is_left_out(name: Any) -> None:
    assert person(name=name).name == ""


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (["newsroom", "legal"], {"newsroom", "legal"}),
        ("newsroom", {"newsroom"}),
        (["/staff/legal", "Grüße", "Board of 2026"], {"/staff/legal", "Grüße", "Board of 2026"}),
        (["newsroom", 1, None, True, ["legal"], {"a": 1}, "", " "], {"newsroom"}),
        (["le\u202egal", "le\x00gal", "legal\u2028", "legal ", "x" * 256, "ok"], {"ok"}),
        (None, set()),
        ({"newsroom": True}, set()),
        (7, set()),
        ([], set()),
    ],
    ids=lambda given: str(sorted(given) if isinstance(given, set) else given),  # a set has no order that lasts
)
def test_groups_are_a_list_or_one_and_what_is_no_group_is_left_out(claim: Any, groups: set[str]) -> None:
    assert groups_of(claim) == groups


def test_of_very_many_groups_a_thousand_are_taken() -> None:
    assert groups_of([f"group-{number}" for number in range(5000)]) == {f"group-{number}" for number in range(1000)}

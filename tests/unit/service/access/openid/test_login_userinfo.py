"""What the ID token lacks is asked of userinfo, which has to be of the same person and never says who that is."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.access.errors import ProviderError
from service.access.people import Person
from tests.support.openid_login import There, header
from tests.support.openid_parts import (
    Asked,
    Says,
    opened_access,
    settings_of,
)


@dataclass
class Userinfo:
    """What userinfo says of whom."""

    says: Says
    tokens: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Says:
        self.tokens.append(header(asked, "authorization"))
        return self.says


def with_userinfo(there: There, content: dict[str, Any], status: int = 200) -> Userinfo:
    there.provider.discovers(userinfo_endpoint=f"{there.provider.issuer}/me")
    userinfo = Userinfo(Says(content, status=status))
    there.provider.says["/me"] = userinfo
    return userinfo


def test_groups_address_and_name_come_from_userinfo_where_the_id_token_has_none(there: There) -> None:
    userinfo = with_userinfo(
        there, {"sub": "mira-1", "groups": ["legal"], "email": "m@x.example", "name": "Mira", "exp": 1, "aud": "x"}
    )
    there.says |= {"groups": None, "email": None}
    assert there.person(there.depart()[1]) == Person("mira-1", "m@x.example", "Mira", frozenset({"legal"}))
    assert userinfo.tokens == ["Bearer an-access-token"]


def test_what_the_id_token_says_is_not_asked_again_and_not_overruled(there: There) -> None:
    userinfo = with_userinfo(there, {"sub": "mira-1", "groups": ["board"], "email": "director@x.example"})
    assert there.person(there.depart()[1]) == Person("mira-1", "mira@northlight.example", "", frozenset({"newsroom"}))
    assert userinfo.tokens == []
    there.says |= {"groups": [], "email": None}
    found = there.person(there.depart()[1])
    assert found == Person("mira-1", "director@x.example", "", frozenset())


def test_userinfo_of_somebody_else_signs_nobody_in(there: There) -> None:
    there.says |= {"groups": None}
    for said in ({"sub": "the-director", "groups": ["board"]}, {"groups": ["board"]}):
        with_userinfo(there, said)
        assert "userinfo of the person" in there.refused(there.depart()[1])


def test_userinfo_that_does_not_answer_is_the_providers_fault(there: There) -> None:
    there.says |= {"groups": None}
    with_userinfo(there, {}, status=500)
    with pytest.raises(ProviderError, match="userinfo_endpoint"):
        there.opened.access.arrive(there.depart()[1], before=None)


def test_an_address_is_verified_by_who_names_it(there: There) -> None:
    with_userinfo(there, {"sub": "mira-1", "email": "director@x.example", "email_verified": False})
    there.says |= {"email": None, "email_verified": True}
    found = there.person(there.depart()[1])
    assert found
    assert found.email is None


def test_userinfo_never_says_who_somebody_is(there: There, tmp_path: Path) -> None:
    settings = settings_of(there.provider.issuer, person_claim="oid")
    with_userinfo(there, {"sub": "mira-1", "oid": "the-director", "groups": ["board"]})
    there.says |= {"groups": None}
    with opened_access(tmp_path / "other", settings) as opened:
        there.opened = opened
        assert "names a person" in there.refused(there.depart()[1])

"""Who calls the API."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi.security import HTTPAuthorizationCredentials

from service.access.counts import Counted, Full, MemoryCounts
from service.access.errors import DirectoryError, NotAllowedError, NotSignedInError
from service.access.local import LocalAccess
from service.access.port import Access, Carried
from service.access.principals import Principal, Role
from service.access.private_file import in_folder
from service.audit.errors import AuditUnavailableError
from service.http.identity import asker, known, person_with_role, signed_in, somebody, with_role
from service.http.limits_per_caller import CallerLimits

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return LocalAccess.open(state=tmp_path, keep=in_folder(tmp_path), given=TOKEN, groups=frozenset())


def _credentials(token: str) -> HTTPAuthorizationCredentials:
    return HTTPAuthorizationCredentials(scheme="Bearer", credentials=token)


def test_the_bearer_of_the_token_is_known(access: Access) -> None:
    assert asyncio.run(signed_in(access, _credentials(TOKEN))).principal_id == "local"
    assert asyncio.run(known(access, _credentials(TOKEN)))


@pytest.mark.parametrize("credentials", [None, _credentials(""), _credentials("another")])
def test_anybody_else_is_not(access: Access, credentials: HTTPAuthorizationCredentials | None) -> None:
    assert not asyncio.run(known(access, credentials))
    with pytest.raises(NotSignedInError, match="expected the token of this installation"):
        asyncio.run(signed_in(access, credentials))


@pytest.mark.parametrize("error", [DirectoryError("too old"), AuditUnavailableError("the disk is full")])
def test_health_is_told_also_while_nobody_can_say_who_asks(
    access: Access, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def cannot_say(_: Carried) -> Principal:
        raise error

    monkeypatch.setattr(access, "principal", cannot_say)
    assert asyncio.run(known(access, _credentials(TOKEN))) is None


@pytest.mark.parametrize(
    ("roles", "scopes", "counted"),
    [
        ({Role.STAFF, Role.AUDITOR}, set(), ["requests", "questions"]),
        ({Role.AUDITOR}, set(), ["requests"]),
        ({Role.STAFF}, {"scim"}, ["requests"]),
    ],
)
def test_the_question_of_whoever_may_ask_is_counted_with_the_request(
    roles: set[Role], scopes: set[str], counted: list[str]
) -> None:
    counts = Counting()
    limits = CallerLimits(counts, questions_per_minute=1, requests_per_minute=1, arrivals_per_minute=1)
    caller = Principal("ada", frozenset(), frozenset(roles), "token", scopes=frozenset(scopes))
    may_ask = counted[-1] == "questions"
    with contextlib.nullcontext() if may_ask else pytest.raises(NotAllowedError):
        assert asyncio.run(asker(caller, limits)) is caller
    assert counts.asked == [counted]


class Counting(MemoryCounts):
    """Remembers what it was asked at once."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def take(self, wanted: Sequence[Counted]) -> Full | None:
        self.asked.append([one.what for one in wanted])
        return super().take(wanted)


@pytest.mark.parametrize("role", Role)
def test_no_role_stands_for_another(role: Role) -> None:
    takes = with_role(role)
    held = Principal("ada", frozenset(), frozenset({role}), "token")
    assert asyncio.run(takes(held)) is held
    for others in (frozenset(Role) - {role}, frozenset[Role]()):
        with pytest.raises(NotAllowedError, match=f"expected somebody with the role {role}"):
            asyncio.run(takes(Principal("ada", frozenset(), others, "token")))


def test_one_of_several_roles_is_enough() -> None:
    takes = with_role(Role.OPERATOR, Role.AUDITOR)
    for role in (Role.OPERATOR, Role.AUDITOR):
        held = Principal("ada", frozenset(), frozenset({role}), "token")
        assert asyncio.run(takes(held)) is held
    with pytest.raises(NotAllowedError, match="expected somebody with the role operator or auditor"):
        asyncio.run(takes(Principal("ada", frozenset(), frozenset({Role.STAFF, Role.APPROVER}), "token")))


def test_a_key_that_pushes_people_is_no_caller_of_anything_else() -> None:
    key = Principal("key:a", frozenset(), frozenset(), "api-key", key_id="a", scopes=frozenset({"scim"}))
    with pytest.raises(NotAllowedError, match="for something else than pushing people"):
        asyncio.run(somebody(key))
    other = Principal("key:b", frozenset(), frozenset(), "api-key", key_id="b", scopes=frozenset({"audit"}))
    assert asyncio.run(somebody(other)) is other


def test_a_person_came_themselves_and_a_key_is_none() -> None:
    takes = person_with_role(Role.AUDITOR)
    roles = frozenset({Role.AUDITOR})
    assert asyncio.run(takes(Principal("ada", frozenset(), roles, "token"))) == "ada"
    with pytest.raises(NotAllowedError, match="expected a person who signed in themselves, got an API key"):
        asyncio.run(takes(Principal("ada", frozenset(), roles, "token", key_id="k1")))

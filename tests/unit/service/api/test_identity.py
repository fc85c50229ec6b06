"""Who calls the API."""

import asyncio
from pathlib import Path

import pytest
from fastapi.security import HTTPAuthorizationCredentials

from service.access.errors import NotSignedInError
from service.access.local import LocalAccess
from service.api.identity import SignedIn

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def signed_in(tmp_path: Path) -> SignedIn:
    return SignedIn(LocalAccess.open(state=tmp_path, given=TOKEN, groups=frozenset()))


def _credentials(token: str) -> HTTPAuthorizationCredentials:
    return HTTPAuthorizationCredentials(scheme="Bearer", credentials=token)


def test_the_bearer_of_the_token_is_known(signed_in: SignedIn) -> None:
    assert asyncio.run(signed_in.required(_credentials(TOKEN))).principal_id == "local"
    assert asyncio.run(signed_in.known(_credentials(TOKEN)))


@pytest.mark.parametrize("credentials", [None, _credentials(""), _credentials("another")])
def test_anybody_else_is_not(signed_in: SignedIn, credentials: HTTPAuthorizationCredentials | None) -> None:
    assert not asyncio.run(signed_in.known(credentials))
    with pytest.raises(NotSignedInError, match="expected the token of this installation"):
        asyncio.run(signed_in.required(credentials))

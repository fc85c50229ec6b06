"""The discovery document: asked when needed, believed only where it fits, kept while the provider is away."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.access.errors import ProviderError
from service.access.openid.connection import Connection
from service.access.openid.discovery import Discovery
from tests.support.openid_parts import Says, ScriptedProvider, scripted_provider

PATH = "/.well-known/openid-configuration"


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with scripted_provider() as running:
        yield running


@pytest.fixture
def clock_s() -> Seconds:
    return Seconds()


@pytest.fixture
def discovery(provider: ScriptedProvider, clock_s: Seconds) -> Iterator[Discovery]:
    connection = Connection(issuer=provider.issuer, hosts=["keys.northlight.example"])
    yield Discovery(connection=connection, issuer=provider.issuer, clock_s=clock_s)
    connection.close()


def test_it_is_asked_once_and_when_it_is_needed(provider: ScriptedProvider, discovery: Discovery) -> None:
    assert provider.asked == []
    provider.discovers(jwks_uri="https://keys.northlight.example/jwks", userinfo_endpoint=f"{provider.issuer}/me")
    found = [discovery.endpoints() for _ in range(3)][-1]
    assert provider.count(PATH) == 1
    assert (found.token, found.keys) == (f"{provider.issuer}/token", "https://keys.northlight.example/jwks")
    assert (found.userinfo, found.end_session, found.names_itself) == (f"{provider.issuer}/me", None, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"issuer": "https://evil.example"}, "to the letter, got another"),
        ({"issuer": None}, "to the letter"),
        ({"token_endpoint": None}, "to name token_endpoint, got none"),
        ({"jwks_uri": ["x"]}, "to name jwks_uri as an address"),
        ({"token_endpoint": "https://evil.example/token"}, "got https://evil.example: .*GREENLIT_OIDC_HOSTS"),
        ({"jwks_uri": "https://evil.example/jwks"}, "expected jwks_uri of the provider"),
        ({"authorization_endpoint": "https://evil.example/auth"}, "expected authorization_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "expected an address"),
        ({"userinfo_endpoint": "https://evil.example/me"}, "expected userinfo_endpoint"),
        ({"end_session_endpoint": "https://evil.example/end"}, "expected end_session_endpoint"),
        ({"code_challenge_methods_supported": ["plain"]}, "knows S256"),
        ({"code_challenge_methods_supported": "S256"}, "knows S256"),
    ],
    ids=str,
)
def test_a_document_that_does_not_fit_is_not_believed(
    provider: ScriptedProvider, discovery: Discovery, more: dict[str, Any], said: str
) -> None:
    provider.discovers(**more)
    with pytest.raises(ProviderError, match=said):
        discovery.endpoints()


def test_an_issuer_with_a_stroke_at_the_end_is_another(provider: ScriptedProvider, discovery: Discovery) -> None:
    provider.discovers(issuer=f"{provider.issuer}/")
    with pytest.raises(ProviderError, match="to the letter"):
        discovery.endpoints()


def test_a_failure_is_told_to_all_for_some_seconds_and_then_it_is_tried_again(
    provider: ScriptedProvider, discovery: Discovery, clock_s: Seconds
) -> None:
    provider.says[PATH] = Says(status=503)
    for _ in range(3):
        with pytest.raises(ProviderError, match="got status 503"):
            discovery.endpoints()
    assert provider.count(PATH) == 1
    provider.discovers()
    clock_s.now += 5
    assert discovery.endpoints()
    assert provider.count(PATH) == 2


def test_what_it_said_goes_on_while_it_is_away_and_is_asked_for_again_each_hour(
    provider: ScriptedProvider, discovery: Discovery, clock_s: Seconds
) -> None:
    before = discovery.endpoints()
    provider.says[PATH] = Says(status=503)
    for later_s in (3599, 1, 59):
        clock_s.now += later_s
        assert discovery.endpoints() == before
    assert provider.count(PATH) == 2
    provider.discovers(token_endpoint=f"{provider.issuer}/new")
    clock_s.now += 1
    assert discovery.endpoints().token == f"{provider.issuer}/new"


def test_whether_the_secret_goes_by_basic_is_the_providers_word(
    provider: ScriptedProvider, discovery: Discovery, clock_s: Seconds
) -> None:
    assert discovery.endpoints().takes_basic
    provider.discovers(token_endpoint_auth_methods_supported=["client_secret_post"])
    clock_s.now += 3600
    assert not discovery.endpoints().takes_basic

"""Who the provider knows, as doors ask: browsers by a session, programs by a token, also while the provider is away."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.access.errors import NotFreshError, NotSignedInError, ProviderError
from service.access.people import Person
from service.access.port import Brought, Carried
from service.access.principals import Role
from service.access.session_store import SESSIONS_FILE
from tests.support.openid_parts import (
    Opened,
    Says,
    ScriptedProvider,
    Signer,
    claims,
    opened_access,
    scripted_provider,
    settings_of,
)
from tests.support.ports import free_port

MIRA = Person("mira-1", "mira@northlight.example", "Mira", frozenset({"newsroom"}))
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with scripted_provider() as running:
        yield running


@pytest.fixture
def opened(provider: ScriptedProvider, tmp_path: Path) -> Iterator[Opened]:
    with opened_access(tmp_path, settings_of(provider.issuer)) as made:
        yield made


def bearer(provider: ScriptedProvider, signer: Signer | None = None, **more: object) -> Carried:
    return Carried(bearer=(signer or Signer()).sign(claims(provider.issuer, **more), typ="at+jwt"))


def session_of(opened: Opened) -> Carried:
    return Carried(session=opened.sessions.begin(MIRA, before=None, id_token=None).session_id)


def test_a_session_is_whoever_signed_in(opened: Opened) -> None:
    found = opened.access.principal(session_of(opened))
    assert (found.principal_id, found.auth, found.name) == ("mira-1", "oidc-session", "Mira")
    assert found.groups == {"newsroom", "staff"}
    assert found.roles == {Role.STAFF}  # what no rule gives, nobody has


def test_a_token_is_whom_it_names_once_its_key_is_known(provider: ScriptedProvider, opened: Opened) -> None:
    carried = bearer(provider)
    with pytest.raises(NotFreshError):
        opened.access.principal(carried)
    opened.access.refresh()
    found = opened.access.principal(carried)
    assert (found.principal_id, found.auth, found.key_id) == ("mira-1", "oidc-token", None)
    assert found.groups == {"newsroom", "staff"}


def test_a_token_touches_no_store(provider: ScriptedProvider, opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(NotFreshError):
        opened.access.principal(bearer(provider))
    opened.access.refresh()
    assert opened.access.principal(bearer(provider))
    assert not (tmp_path / SESSIONS_FILE).exists()


def test_nobody_is_nobody(opened: Opened) -> None:
    for carried in (Carried(), Carried(session=""), Carried(session="made up"), Carried(on_behalf_of="m@x.example")):
        with pytest.raises(NotSignedInError, match="signed in at the identity provider"):
            opened.access.principal(carried)


def test_a_session_that_a_link_began_in_local_mode_is_nobodys_here(opened: Opened) -> None:
    local = opened.sessions.begin_by_code(opened.sessions.new_code("local")).session_id
    with pytest.raises(NotSignedInError):
        opened.access.principal(Carried(session=local))


def test_nobody_signs_in_by_a_link(opened: Opened) -> None:
    with pytest.raises(NotSignedInError, match="got a link"):
        opened.access.sign_in(opened.sessions.new_code("local"))


def test_somebody_is_signed_out_everywhere(opened: Opened) -> None:
    carried = [session_of(opened) for _ in range(2)]
    assert opened.access.sign_out_everywhere("mira@northlight.example") == 2
    for one in carried:
        with pytest.raises(NotSignedInError):
            opened.access.principal(one)


def test_a_new_key_is_asked_for_once_a_minute(provider: ScriptedProvider, opened: Opened) -> None:
    for number in range(5):
        carried = bearer(provider, Signer(f"made-up-{number}", number=2))
        with pytest.raises(NotSignedInError):
            opened.access.principal(carried)
        opened.access.refresh()
    assert provider.count("/jwks") == 1
    assert opened.access.principal(bearer(provider))


def test_the_service_starts_without_the_provider_and_works_when_it_is_there(tmp_path: Path) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    with opened_access(tmp_path, settings_of(issuer)) as opened:
        assert opened.access.principal(session_of(opened)).principal_id == "mira-1"
        with pytest.raises(ProviderError, match="cannot be reached"):
            opened.access.depart()
        carried = Carried(bearer=Signer().sign(claims(issuer)))
        with pytest.raises(NotFreshError):
            opened.access.principal(carried)
        opened.access.refresh()
        with pytest.raises(NotSignedInError) as caught:
            opened.access.principal(carried)
        assert not isinstance(caught.value, NotFreshError)
        assert [line for line in opened.said if "keys of the identity provider cannot be read anew" in line]


def test_while_the_provider_is_away_those_who_are_in_stay_in(provider: ScriptedProvider, opened: Opened) -> None:
    carried = session_of(opened)
    with pytest.raises(NotFreshError):
        opened.access.principal(bearer(provider))
    opened.access.refresh()
    provider.says.clear()
    assert opened.access.principal(carried)
    assert opened.access.principal(bearer(provider))


def test_a_login_that_comes_back_while_the_provider_is_away_is_its_fault(
    provider: ScriptedProvider, opened: Opened
) -> None:
    departure = opened.access.depart()
    state = departure.address.split("state=")[1].split("&")[0]
    provider.says = {"/token": Says(b"", status=503)}
    with pytest.raises(ProviderError):
        opened.access.arrive(Brought(departure.login_id, "code", state, provider.issuer), before=None)


def test_the_id_token_is_kept_for_signing_out_and_no_other(opened: Opened, tmp_path: Path) -> None:
    opened.sessions.begin(MIRA, before=None, id_token="an.id.token")
    file = sqlite3.connect(tmp_path / SESSIONS_FILE)
    assert file.execute("SELECT id_token FROM sessions").fetchall() == [("an.id.token",)]
    file.close()


def test_an_issuer_that_may_not_be_reached_is_said_at_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(ProviderError, match="begins with https://"),
        opened_access(tmp_path, settings_of("http://idp.northlight.example")),
    ):
        pass

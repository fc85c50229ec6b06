"""The adapter over a real OpenID provider: people sign in by its forms, programs bring its tokens."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from service.access.errors import NotFreshError, NotSignedInError, ProviderError
from service.access.openid import signing_keys
from service.access.port import Brought, Carried
from service.access.principals import Principal
from service.access.session_store import SESSIONS_FILE
from tests.support.openid import PUBLIC_CLIENT_ID, OpenIdProvider, browser
from tests.support.openid_parts import Opened, opened_access, settings_of


@pytest.fixture
def opened(openid_provider: OpenIdProvider, tmp_path: Path) -> Iterator[Opened]:
    with opened_access(tmp_path, settings_of(openid_provider.issuer)) as made:
        yield made


def brought(provider: OpenIdProvider, opened: Opened, account: str) -> Brought:
    """Go there, sign in by the forms, and return what the browser brings back."""
    departure = opened.access.depart()
    with browser() as client:
        query = parse_qs(urlsplit(provider.login(client, departure.address, account)).query)
    return Brought(departure.login_id, query["code"][0], query["state"][0], query["iss"][0])


def signed_in(provider: OpenIdProvider, opened: Opened, account: str) -> Principal:
    begun = opened.access.arrive(brought(provider, opened, account), before=None)
    return opened.access.principal(Carried(session=begun.session_id))


def recognised(opened: Opened, token: str) -> Principal:
    """Ask as a door does."""
    try:
        return opened.access.principal(Carried(bearer=token))
    except NotFreshError:
        opened.access.refresh()
        return opened.access.principal(Carried(bearer=token))


def test_people_sign_in_by_its_forms_each_as_themselves(openid_provider: OpenIdProvider, opened: Opened) -> None:
    mira, tom = (signed_in(openid_provider, opened, account) for account in ("mira-1", "tom-2"))
    assert (mira.principal_id, mira.name, mira.auth) == ("mira-1", "Mira Holt", "oidc-session")
    assert mira.groups == {"newsroom", "board", "staff"}
    assert tom.principal_id == "tom-2"
    assert tom.groups == {"legal", "staff"}


def test_an_account_that_is_called_as_the_local_person_is_nobody(
    openid_provider: OpenIdProvider, opened: Opened
) -> None:
    with pytest.raises(NotSignedInError, match="means something else here"):
        signed_in(openid_provider, opened, "local")


def test_a_public_client_signs_people_in_without_a_secret(openid_provider: OpenIdProvider, tmp_path: Path) -> None:
    settings = settings_of(openid_provider.issuer, client_id=PUBLIC_CLIENT_ID, client_secret=None)
    with opened_access(tmp_path, settings) as opened:
        assert signed_in(openid_provider, opened, "mira-1").principal_id == "mira-1"


def test_groups_come_from_userinfo_where_the_id_token_has_none(openid_provider: OpenIdProvider, opened: Opened) -> None:
    with openid_provider.with_claims_in_userinfo():
        mira = signed_in(openid_provider, opened, "mira-1")
    assert mira.name == "Mira Holt"
    assert mira.groups == {"newsroom", "board", "staff"}


def test_a_wrong_verifier_is_refused_by_the_provider(
    openid_provider: OpenIdProvider, opened: Opened, tmp_path: Path
) -> None:
    came = brought(openid_provider, opened, "mira-1")
    file = sqlite3.connect(tmp_path / SESSIONS_FILE)
    file.execute("UPDATE logins SET verifier = ?", ("x" * 43,))
    file.commit()
    file.close()
    with pytest.raises(NotSignedInError, match="a code that the provider takes"):
        opened.access.arrive(came, before=None)


def test_a_wrong_secret_is_the_operators_to_mend(openid_provider: OpenIdProvider, tmp_path: Path) -> None:
    with opened_access(tmp_path, settings_of(openid_provider.issuer, client_secret="wrong")) as opened:
        came = brought(openid_provider, opened, "mira-1")
        with pytest.raises(ProviderError, match="got status 401"):
            opened.access.arrive(came, before=None)


def test_new_keys_of_the_provider_are_taken_up_without_a_restart(
    openid_provider: OpenIdProvider, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = openid_provider.access_token("mira-1")
    assert recognised(opened, old)
    openid_provider.rotate()
    new = openid_provider.access_token("mira-1")
    with pytest.raises(NotSignedInError):
        recognised(opened, new)  # it was asked less than a minute ago
    assert signed_in(openid_provider, opened, "mira-1")  # which asks at once
    assert recognised(opened, new)
    with pytest.raises(NotSignedInError):
        recognised(opened, old)
    openid_provider.rotate()
    monkeypatch.setattr(signing_keys, "_ANEW_S", 0.0)  # as if a minute were over
    assert recognised(opened, openid_provider.access_token("mira-1"))


def test_programs_bring_tokens_of_people_and_of_their_own(openid_provider: OpenIdProvider, opened: Opened) -> None:
    mira = recognised(opened, openid_provider.access_token("mira-1"))
    assert (mira.principal_id, mira.auth) == ("mira-1", "oidc-token")
    assert mira.groups == {"newsroom", "board", "staff"}
    program = recognised(opened, openid_provider.program_token())
    assert program.principal_id == "program"
    assert program.groups == {"staff"}


def test_a_token_that_was_changed_is_nobodys(openid_provider: OpenIdProvider, opened: Opened) -> None:
    token = openid_provider.access_token("mira-1")
    head, payload, signature = token.split(".")
    _, of_tom, _ = openid_provider.access_token("tom-2").split(".")
    assert recognised(opened, token)
    for changed in (f"{head}.{of_tom}.{signature}", f"{head}.{payload}.{signature[::-1]}", f"{head}.{payload}."):
        with pytest.raises(NotSignedInError):
            recognised(opened, changed)


def test_an_id_token_of_somebody_who_signed_in_opens_no_api(
    openid_provider: OpenIdProvider, opened: Opened, tmp_path: Path
) -> None:
    signed_in(openid_provider, opened, "mira-1")
    file = sqlite3.connect(tmp_path / SESSIONS_FILE)
    (id_token,) = file.execute("SELECT id_token FROM sessions").fetchone()
    file.close()
    with pytest.raises(NotSignedInError, match="a token for this service"):
        recognised(opened, id_token)
    settings = settings_of(openid_provider.issuer, audience=settings_of("").client_id)
    with opened_access(tmp_path / "other", settings) as careless, pytest.raises(NotSignedInError, match="access token"):
        recognised(careless, id_token)


def test_the_sign_out_address_signs_out_there_and_leads_back(openid_provider: OpenIdProvider, opened: Opened) -> None:
    departure = opened.access.depart()
    with browser() as client:
        query = parse_qs(urlsplit(openid_provider.login(client, departure.address, "mira-1")).query)
        came = Brought(departure.login_id, query["code"][0], query["state"][0], query["iss"][0])
        begun = opened.access.arrive(came, before=None)
        address = opened.access.sign_out(begun.session_id)
        assert address
        assert openid_provider.login(client, address, "mira-1").startswith("http://127.0.0.1/")
        anew = opened.access.depart().address
        assert "Sign-in" in client.get(anew, follow_redirects=True).text  # the form, and no silent way in


def test_while_it_is_away_who_is_in_stays_in_and_nobody_new_comes(
    openid_provider: OpenIdProvider, opened: Opened
) -> None:
    begun = opened.access.arrive(brought(openid_provider, opened, "mira-1"), before=None)
    token = openid_provider.access_token("mira-1")
    came = brought(openid_provider, opened, "tom-2")
    with openid_provider.away():
        begun_s = time.monotonic()
        assert opened.access.principal(Carried(session=begun.session_id)).principal_id == "mira-1"
        assert recognised(opened, token).principal_id == "mira-1"
        with pytest.raises(ProviderError, match="cannot be reached"):
            opened.access.arrive(came, before=None)
        assert time.monotonic() - begun_s < 5
    assert signed_in(openid_provider, opened, "tom-2").principal_id == "tom-2"

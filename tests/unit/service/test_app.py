"""The wiring: one set of parts behind every door, and a log that says where something broke but not on what."""

import anyio.to_thread
import pytest
import structlog
from pydantic import SecretStr

from service.access.errors import TokenError
from service.app import release, utc_now, where_it_broke
from service.audit.log import system_clock_us
from tests.fakes import TinyLibrary
from tests.service_parts import TOKEN, VENDOR_QUESTION, Studio, open_studio, settings_for, with_rules

SECRET = "quokka4711"


def test_the_parts_belong_to_one_installation(studio: Studio) -> None:
    assert studio.service.access.principal(TOKEN).groups == {"staff"}
    assert (studio.state / "keys" / "actor.key").exists()
    assert not (studio.state / "token").exists()  # a token was given
    assert studio.service.health.report().ready


def test_the_groups_of_the_local_person_come_from_the_settings(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), groups="board, legal") as studio:
        assert studio.service.access.owner().groups == {"staff", "board", "legal"}


def test_a_token_that_can_be_guessed_stops_the_start(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.service_parts.TOKEN", "short")
    with (
        pytest.raises(TokenError, match="GREENLIT_TOKEN: expected at least 8 characters, got 5"),
        open_studio(library),
    ):
        pass


def test_as_many_questions_are_worked_on_at_once_as_the_settings_say(studio: Studio) -> None:
    assert studio.api.portal is not None
    limiter = studio.api.portal.call(anyio.to_thread.current_default_thread_limiter)
    assert limiter.total_tokens == studio.service.settings.max_concurrent


def test_the_interactive_pages_that_load_from_elsewhere_are_not_there(studio: Studio) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert studio.api.get(path).status_code == 404


def test_the_record_names_the_release_and_its_settings(library: TinyLibrary) -> None:
    settings = settings_for(library)
    named = release(settings)
    assert named.version
    assert named.config_hash == settings.config_hash()
    other_token = settings.model_copy(update={"token": SecretStr("another-token-of-the-tests")})
    assert release(other_token) == named


def test_the_clocks_agree() -> None:
    assert abs(system_clock_us() / 1_000_000 - utc_now().timestamp()) < 60
    assert utc_now().utcoffset() is not None


def test_where_it_broke_is_types_and_places_of_an_error_and_its_causes() -> None:
    def inner() -> None:
        raise KeyError(SECRET)

    try:
        try:
            inner()
        except KeyError as cause:
            raise RuntimeError(SECRET) from cause
    except RuntimeError as error:
        first, second = where_it_broke(error)
    assert first.startswith("RuntimeError at ")
    assert second.startswith("KeyError at ")
    assert "test_app.py:" in first
    assert SECRET not in first + second


def test_where_it_broke_of_an_error_that_was_never_raised() -> None:
    assert where_it_broke(ValueError(SECRET)) == ["ValueError at unknown place"]


def test_what_breaks_is_logged_with_its_kind_and_place_and_without_its_words(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio, structlog.testing.capture_logs() as lines:
        studio.store.refused = {"query.received"}
        studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
    failed, request = lines
    assert (failed["event"], failed["kind"], failed["log_level"]) == ("failed", "log", "error")
    assert failed["where"][0].startswith("AuditUnavailableError at ")
    assert "disk is full" not in str(failed)
    assert (request["event"], request["route"], request["status"]) == ("request", "/v1/ask", 503)

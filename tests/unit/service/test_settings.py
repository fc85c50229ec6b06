"""Settings: read from the environment, frozen, and a wrong value names itself."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from indexes.errors import SettingsError
from service.settings import Settings, environment, read_settings


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"GREENLIT_{name.upper()}", raising=False)


def test_without_any_setting_it_serves_this_machine_only(tmp_path: Path) -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8000, None)
    assert settings.groups() == frozenset()
    assert settings.state == tmp_path / "var"


def test_settings_come_from_the_environment_and_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("GREENLIT_PORT=8001\nGREENLIT_LOG_NAME=in-file\n")
    monkeypatch.setenv("GREENLIT_PORT", "8002")
    monkeypatch.setenv("GREENLIT_LOCAL_GROUPS", " board , legal,, ")
    settings = read_settings()
    assert (settings.port, settings.log_name) == (8002, "in-file")
    assert settings.groups() == {"board", "legal"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("HOST", ""),
        ("LOG_NAME", "Has Blanks"),
        ("LOG_NAME", "a/b"),
        ("MAX_QUESTION_CHARS", "0"),
        ("MAX_QUESTION_CHARS", "8001"),
        ("MAX_CONCURRENT", "0"),
        ("RETENTION_MONTHS", "5"),
        ("RETENTION_MONTHS", "37"),
        ("RETENTION_MONTHS", "a year"),
        ("RETENTION_REASON", "x" * 501),
        ("OPENWEBUI_SECRET", "x" * 31),
        ("OPENWEBUI_PLAIN_HEADERS", "perhaps"),
        ("ANSWERER", "gpt"),
        ("JUDGE", "model"),
        ("REWRITER", "model"),
        ("MODEL_FAILS", "guess"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_itself(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"GREENLIT_{name}", value)
    with pytest.raises(SettingsError, match=f"^GREENLIT_{name}: "):
        read_settings()


def test_open_webui_signs_or_is_believed_and_its_secret_is_in_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = read_settings().config_hash()
    monkeypatch.setenv("GREENLIT_OPENWEBUI_SECRET", "x" * 32)
    assert "x" * 32 not in repr(read_settings())
    assert read_settings().config_hash() == plain
    monkeypatch.setenv("GREENLIT_OPENWEBUI_PLAIN_HEADERS", "true")
    with pytest.raises(SettingsError, match="GREENLIT_OPENWEBUI_SECRET or GREENLIT_OPENWEBUI_PLAIN_HEADERS, got both"):
        read_settings()


@pytest.mark.parametrize("months", [6, 7, 12])
def test_texts_are_kept_for_half_a_year_to_a_year_without_a_reason(
    monkeypatch: pytest.MonkeyPatch, months: int
) -> None:
    assert read_settings().retention_months == 12
    monkeypatch.setenv("GREENLIT_RETENTION_MONTHS", str(months))
    assert read_settings().retention_months == months


@pytest.mark.parametrize("months", [13, 36])
def test_and_for_longer_only_with_one(monkeypatch: pytest.MonkeyPatch, months: int) -> None:
    monkeypatch.setenv("GREENLIT_RETENTION_MONTHS", str(months))
    needed = f"GREENLIT_RETENTION_REASON to say why questions are kept for {months} months"
    for reason in ("", "   "):
        monkeypatch.setenv("GREENLIT_RETENTION_REASON", reason)
        with pytest.raises(SettingsError, match=needed):
            read_settings()
    monkeypatch.setenv("GREENLIT_RETENTION_REASON", "the works council agreed")
    assert (read_settings().retention_months, read_settings().retention_reason) == (months, "the works council agreed")


def test_the_keys_are_beside_the_log_until_another_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLIT_STATE", "elsewhere")
    assert read_settings().keys_folder() == tmp_path / "elsewhere" / "keys"
    monkeypatch.setenv("GREENLIT_KEYS", "safe/keys")
    assert read_settings().keys_folder() == tmp_path / "safe" / "keys"


@pytest.mark.parametrize(
    ("name", "value"), [("RETENTION_MONTHS", "6"), ("RETENTION_REASON", "why"), ("KEYS", "elsewhere")]
)
def test_what_is_kept_for_how_long_and_where_is_part_of_the_hash_on_record(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    before = read_settings().config_hash()
    monkeypatch.setenv(f"GREENLIT_{name}", value)
    assert read_settings().config_hash() != before


def test_settings_do_not_change() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]  # that it cannot be set is the point


def test_the_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_TOKEN", "a-secret-of-the-tests")
    assert "a-secret" not in repr(read_settings()) + str(read_settings())


def test_the_hash_of_the_settings_tells_them_apart_and_not_their_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_settings().config_hash()
    monkeypatch.setenv("GREENLIT_TOKEN", "a-secret-of-the-tests")
    assert read_settings().config_hash() == first
    monkeypatch.setenv("GREENLIT_MAX_CONCURRENT", "3")
    assert read_settings().config_hash() != first


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://greenlit.northlight.example", "https://greenlit.northlight.example"),
        ("https://Greenlit.Northlight.Example:443/", "https://greenlit.northlight.example"),
        ("https://greenlit.northlight.example:8443", "https://greenlit.northlight.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("", ""),
    ],
)
def test_a_public_address_is_kept_as_browsers_send_it(monkeypatch: pytest.MonkeyPatch, given: str, kept: str) -> None:
    monkeypatch.setenv("GREENLIT_PUBLIC_URL", given)
    assert read_settings().public_url == kept


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PUBLIC_URL", "http://greenlit.northlight.example", "PUBLIC_URL: expected https"),
        ("PUBLIC_URL", "greenlit.northlight.example", "PUBLIC_URL: expected an address like https"),
        ("PUBLIC_URL", "https://x.example/app", "PUBLIC_URL: expected an address like https"),
        ("PUBLIC_URL", "https://me:pw@x.example", "PUBLIC_URL: expected an address like https"),
        ("PUBLIC_URL", "https://x.example:many", "PUBLIC_URL: "),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "TRUSTED_PROXIES: expected the addresses of proxies, got everybody's"),
        ("TRUSTED_PROXIES", "10.0.0.1, ::/0", "TRUSTED_PROXIES: expected the addresses of proxies, got everybody's"),
        ("TRUSTED_PROXIES", "proxy.local", "TRUSTED_PROXIES: "),
        ("TLS_KEY", "key.pem", "TLS_CERTIFICATE and GREENLIT_TLS_KEY together"),
        ("AUTH", "oidc", "expected GREENLIT_OIDC_ISSUER with GREENLIT_AUTH=oidc, got none"),
        ("AUTH", "saml", "AUTH: "),
    ],
)
def test_what_a_network_must_not_see_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"GREENLIT_{name}", value)
    with pytest.raises(SettingsError, match=says):
        read_settings()


def test_secrets_are_no_part_of_what_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_settings().config_hash()
    for name in ("OIDC_CLIENT_SECRET", "API_KEY", "TOKEN"):
        monkeypatch.setenv(f"GREENLIT_{name}", "a-secret-of-the-tests")
    assert read_settings().config_hash() == before
    assert "a-secret-of-the-tests" not in repr(read_settings())


def test_one_person_alone_has_no_limits_and_many_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert min(read_settings().limits_a_minute()) > 10**6
    for name, value in (("AUTH", "oidc"), ("OIDC_ISSUER", "https://i.example"), ("OIDC_CLIENT_ID", "greenlit")):
        monkeypatch.setenv(f"GREENLIT_{name}", value)
    monkeypatch.setenv("GREENLIT_PUBLIC_URL", "https://greenlit.example")
    assert read_settings().limits_a_minute() == (60, 600)
    monkeypatch.setenv("GREENLIT_QUESTIONS_PER_MINUTE", "5")
    assert read_settings().limits_a_minute() == (5, 600)


@pytest.mark.parametrize("wanted", ["ANSWERER", "JUDGE", "REWRITER"])
def test_a_model_that_is_to_be_asked_is_named(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("GREENLIT_MODEL", "  ")
    assert not read_settings().wants_a_model
    monkeypatch.setenv(f"GREENLIT_{wanted}", "llm")
    with pytest.raises(SettingsError, match=f"^expected GREENLIT_MODEL with GREENLIT_{wanted}=llm, .* got none$"):
        read_settings()
    monkeypatch.setenv("GREENLIT_MODEL", "writer")
    assert read_settings().wants_a_model


def test_a_model_that_is_named_alone_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_MODEL", "writer")
    assert not read_settings().wants_a_model


def test_a_key_of_a_model_comes_from_the_environment_or_the_file_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("VENDOR_KEY=of-the-file\nOTHER_KEY=of-the-file\nEMPTY\n")
    monkeypatch.setenv("OTHER_KEY", "of-the-environment")
    found = environment()
    assert (found["VENDOR_KEY"], found["OTHER_KEY"]) == ("of-the-file", "of-the-environment")
    assert "EMPTY" not in found


def test_the_address_of_a_database_is_postgresqls_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = read_settings()
    assert plain.database() == ""
    monkeypatch.setenv("GREENLIT_DATABASE_URL", "postgresql://u:s3cret4711@db.example/log")
    named = read_settings()
    assert named.database() == "postgresql://u:s3cret4711@db.example/log"
    assert named.config_hash() == plain.config_hash()
    assert "s3cret4711" not in f"{named!r} {named.model_dump(mode='json')}"
    for wrong in ("sqlite:///s3cret4711", "db.example", "host=db.example", ""):
        monkeypatch.setenv("GREENLIT_DATABASE_URL", wrong)
        with pytest.raises(
            SettingsError, match=r"GREENLIT_DATABASE_URL: expected an address that begins with p"
        ) as told:
            read_settings()
        assert "s3cret4711" not in str(told.value)

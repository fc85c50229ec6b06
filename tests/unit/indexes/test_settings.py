"""Settings come from the environment, are frozen, and a wrong one names itself."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from indexes.errors import SettingsError
from indexes.library import DEFAULT_MAX_FILE_BYTES
from indexes.settings import read_library_settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in "LIBRARY BUILDS BUILDS_CACHE STATE ENCODER MAX_FILE_BYTES PARSE_TIMEOUT_S PARSE_MEMORY_BYTES".split():
        monkeypatch.delenv(f"GREENLIT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_three_places_stand_in_the_working_folder_until_told_otherwise(tmp_path: Path) -> None:
    settings = read_library_settings()
    assert settings.library == tmp_path / "approved_docs"
    assert settings.builds == tmp_path / "indexes" / "builds"
    assert settings.state == tmp_path / "var"
    assert (settings.encoder, settings.max_file_bytes) == ("all-MiniLM-L6-v2", DEFAULT_MAX_FILE_BYTES)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GREENLIT_LIBRARY", "elsewhere")
    monkeypatch.setenv("GREENLIT_BUILDS", "~/builds")
    monkeypatch.setenv("GREENLIT_ENCODER", "models/ours")
    settings = read_library_settings()
    assert settings.library == tmp_path / "elsewhere"
    assert settings.builds == Path.home() / "builds"
    assert settings.encoder == "models/ours"


def test_a_file_called_env_sets_them_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GREENLIT_ENCODER=from-file\nGREENLIT_MAX_FILE_BYTES=7\nOTHER=1\n")
    monkeypatch.setenv("GREENLIT_MAX_FILE_BYTES", "8")
    settings = read_library_settings()
    assert (settings.encoder, settings.max_file_bytes) == ("from-file", 8)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MAX_FILE_BYTES", "0", "GREENLIT_MAX_FILE_BYTES: Input should be greater than or equal to 1"),
        ("MAX_FILE_BYTES", "many", "GREENLIT_MAX_FILE_BYTES: Input should be a valid integer"),
        ("PARSE_TIMEOUT_S", "0", "GREENLIT_PARSE_TIMEOUT_S: Input should be greater than 0"),
        ("PARSE_MEMORY_BYTES", "1000", "GREENLIT_PARSE_MEMORY_BYTES: Input should be greater than or equal to 268"),
        ("ENCODER", "", "GREENLIT_ENCODER: String should have at least 1 character"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"GREENLIT_{name}", value)
    with pytest.raises(SettingsError, match=message):
        read_library_settings()


def test_settings_are_frozen() -> None:
    settings = read_library_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.encoder = "another"  # type: ignore[misc]


def test_builds_at_an_address_are_mirrored_in_a_folder_of_the_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GREENLIT_BUILDS", "s3://bucket/prefix/")
    settings = read_library_settings()
    assert settings.builds_address() == "s3://bucket/prefix"
    assert settings.builds.parent == tmp_path / "var" / "builds"

    monkeypatch.setenv("GREENLIT_BUILDS_CACHE", "/fast/disk")
    assert read_library_settings().builds == Path("/fast/disk") / settings.builds.name


def test_builds_in_a_folder_have_no_address() -> None:
    assert read_library_settings().builds_address() == ""


def test_an_address_with_a_secret_in_it_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_BUILDS", "s3://KEY:hush@bucket/prefix")
    with pytest.raises(SettingsError, match="GREENLIT_BUILDS: expected an address of a bucket") as told:
        read_library_settings()
    assert "hush" not in str(told.value)
